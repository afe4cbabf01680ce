"""What the papers of tests are about: a problem, what is done about it, and what is measured."""

TOPIC = "keeping membranes for desalination whole"
THINGS = (
    ("hydrogel membranes", "dynamic boronic bonds", "salt rejection"),
    ("bird calls in wind", "wavelet filter banks", "detection accuracy"),
    ("fuel cell catalysts", "iron clusters from pyrolysis", "current density"),
    ("bridge cables", "fibre optic strain lines", "time to failure"),
    ("protein folding screens", "droplet microfluidics", "assay throughput"),
    ("glacier melt records", "muon tomography", "ice thickness"),
    ("coral bleaching", "heat tolerant symbionts", "survival after warming"),
    ("lithium anodes", "sacrificial nitrate salts", "cycle life"),
    ("supply routing", "ant colony search", "delivery delay"),
    ("wound dressings", "shear thinning silk gels", "closure time"),
    ("street noise", "acoustic black holes", "sound pressure"),
    ("seed storage", "glassy sugar matrices", "germination rate"),
)

FEW = THINGS[:8]
"""For the commands, which are run often."""

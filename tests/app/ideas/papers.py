"""Papers and a topic for the commands of ideas."""

TOPIC = "keeping membranes for desalination whole"
FACTS = (
    ("hydrogel membranes", "dynamic boronic bonds", "salt rejection"),
    ("bird calls in wind", "wavelet filter banks", "detection accuracy"),
    ("fuel cell catalysts", "iron clusters from pyrolysis", "current density"),
    ("bridge cables", "fibre optic strain lines", "time to failure"),
    ("protein folding screens", "droplet microfluidics", "assay throughput"),
    ("glacier melt records", "muon tomography", "ice thickness"),
    ("coral bleaching", "heat tolerant symbionts", "survival after warming"),
    ("lithium anodes", "sacrificial nitrate salts", "cycle life"),
)

"""Is an idea known already, can it be done, can it fail, and does what it names exist.

To read in this order: `ledger` (what a verdict is and what stands behind it), `searching` (three forms of
query and one hop further), `thresholds` (what a similarity means for an embedder), `checking` (the verdicts),
`book` (which verdicts still stand after an edit), `standard_answers` (what everyone gets); then `feasibility`
with its rules and lanes, `falsifiability`, and `claims`.
"""

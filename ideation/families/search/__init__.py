"""Family 3, inference-time search: more calls on fewer ideas.

Read first `material.py` (what is shown), `asking.py` (how ideas are asked for), `worth.py` (how they are
graded), `twins.py` (which are the same), `saturation.py` and `lineage.py` (what became of every one). Then
the methods, from a line to a tree to a population:
`reflection.py`, `best_of.py`, `boosting.py`, `rejection.py`,
`beam.py`, `tree.py` and `mcts.py`, `islands.py` and `evolution.py`, `elites.py` and `map_elites.py`.
`arms.py` lists them. The family `steering` builds on the parts of this one.
"""

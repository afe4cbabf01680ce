"""Family 2, steering: the same calls, asked in another way.

Read first `material.py` and `asking.py` of the family `search`, then the small arms: `shapes.py`,
`denial.py`, `two_phase.py`, `bit_flip.py`, `personas.py`, `second_burst.py`. Decks of operators are data
(`decks.json`, `triz.json`), dealt by `decks.py` and played by `deck_arm.py`, with the lookup of
contradictions in `contradictions.py`; `box.py` walks a morphological box for `box_arm.py`. `bandit.py` spends
a budget over other arms, and `arms.py` lists them all.
"""

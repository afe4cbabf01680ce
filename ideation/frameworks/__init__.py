"""Creativity research applied to a run: Boden's levels with evidence, the four Ps, and what mattered.

To read in this order: `boden` (the level of an idea), `coverage` (families by levels), `four_ps` (the record
of an idea), `variance` (which P explains the outcome).
"""

"""Ranking ideas by pairwise comparison: who meets whom, what a judge is shown, and how sure the order is.

A `PairJudge` is handed in: over a model, by counting, or simulated. One append-only log holds every
call; schedules, fits, intervals, tiers and bias figures are functions of that log.
"""

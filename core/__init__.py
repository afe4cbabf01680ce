"""Shared words and seams: errors, episodes, chat models, usage, budget, events, the run store.

Imports no sibling package.
"""

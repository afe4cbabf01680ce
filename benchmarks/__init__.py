"""Environments, tasks, scorers, harness, statistics and baselines.

A benchmark never knows what a Teacher is, and runs without `memory` and without LangGraph.
"""

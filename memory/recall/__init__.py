"""Recall: what fits a task, and why."""

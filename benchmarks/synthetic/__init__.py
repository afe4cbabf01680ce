"""Synthetic incidents: worlds, alerts, logs and questions built from a seed, with no download.

They keep the schema and the habits of the real logs, and none of their values. From incident to incident
every name, address and story changes; what stays is how to look.
"""

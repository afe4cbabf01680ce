"""The adapter-tuning backend: one registry of methods, trained, merged and exported alike.

Only this package knows torch, and `adaptation.registry` is the one module of it to be imported without.
"""

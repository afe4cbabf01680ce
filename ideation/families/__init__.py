"""The five families of methods, one package each; every method is an arm (ideation/arm.py)."""

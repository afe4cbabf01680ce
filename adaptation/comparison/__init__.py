"""Methods side by side, at equal parameters and for equal time."""

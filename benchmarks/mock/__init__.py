"""A benchmark of twenty rows and three questions, for trying out whatever runs benchmarks."""

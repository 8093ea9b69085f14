"""Studies: comparison of variants, diagnosis, demo, migration from pythae, and baselines."""

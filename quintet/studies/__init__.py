"""Studies: what the five answers are worth, beside what a user would pick instead."""

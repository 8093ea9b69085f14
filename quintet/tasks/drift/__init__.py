"""Drift: whether new rows are distributed as the training rows, and which columns are not."""

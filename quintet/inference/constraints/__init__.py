"""Rows of a table drawn within the constraints of its schema."""

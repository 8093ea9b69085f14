"""Correct: cells of a table that look mistyped, what happened to them, and what they should be."""

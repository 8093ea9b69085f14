"""Columns of a table: one type for each, with the conversion of its values to the model's cells and back."""

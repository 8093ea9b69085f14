"""The questions for whole pictures, patch by patch."""

"""The schema of a row, its condition, rows in memory, readers and writers."""

"""Data: schema of the rows, conditions, rows in memory, readers and writers."""

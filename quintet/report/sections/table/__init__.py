"""The sections of a report on a table of columns, one question each."""

"""The text of CSV files: how typed columns were written, so that a file is restored byte for byte."""

"""Tables by PyArrow: from text, where each column gets the type that all its cells agree on, and from Parquet.

The modules here import PyArrow; ``data/readers/tables.py`` enters them inside ``with extra("tables", ...)``.
"""

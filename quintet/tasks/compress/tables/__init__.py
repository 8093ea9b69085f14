"""Compression of tables: the model's cells by the coder, and beside them everything that the cells do not give."""

"""Lossless coding of whole numbers: exact arithmetic, entropy coding, and the compressed file; it knows no model."""

"""Compression: rows to a file and back, bit for bit, at about -log2 p(x) bits a row; or lossy, latents only."""

from quintet.tasks.compress.file_bits import FileBits, describe_file
from quintet.tasks.compress.rates import bits_per_dimension, rate_distortion
from quintet.tasks.compress.reading import decompress, decompress_from, lost_rows
from quintet.tasks.compress.writing import ByteTarget, compress, compress_to

__all__ = [
    "ByteTarget",
    "FileBits",
    "bits_per_dimension",
    "compress",
    "compress_to",
    "decompress",
    "decompress_from",
    "describe_file",
    "lost_rows",
    "rate_distortion",
]

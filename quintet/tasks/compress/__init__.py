"""compress: rows to a real file and back, bit for bit, at about -log2 p(x) bits a row; or lossy, latents only."""

from quintet.tasks.compress.answer import compress, decompress
from quintet.tasks.compress.rates import bits_per_dimension, rate_distortion

__all__ = ["bits_per_dimension", "compress", "decompress", "rate_distortion"]

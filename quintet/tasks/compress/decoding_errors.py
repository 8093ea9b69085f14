"""Errors of decoding, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quintet.errors import FileRefused
from quintet.inference.chunks import out_of_memory

DIFFERENT_ARITHMETIC = (
    "The decoded rows do not fit the file's checksum: this machine or this PyTorch calculates differently from the one "
    "that compressed them; decompress the file there."
)


OUT_OF_MEMORY = (
    "The rows of the compressed file need more memory than is free: decompress some of them (rows=, --rows), or read "
    "the file block by block (decompress_from)."
)


@contextmanager
def decoding() -> Iterator[None]:
    """Turn any error of decoding into ``FileRefused``: a decoder that differs from the encoder reads random symbols."""
    try:
        yield
    except FileRefused:
        raise
    except MemoryError as error:
        raise FileRefused(OUT_OF_MEMORY) from error
    except (KeyError, IndexError, ValueError, OverflowError, AssertionError, RuntimeError) as error:
        raise FileRefused(OUT_OF_MEMORY if out_of_memory(error) else DIFFERENT_ARITHMETIC) from error

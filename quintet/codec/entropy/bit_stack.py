"""The ANS stack of bits, to which the encoder pushes and from which the decoder pops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quintet.codec.entropy.symbol_blocks import SymbolBlock

Array = np.ndarray[Any, Any]
PIECE = 16
RESERVE = 2  # words of the coder's state: with fewer, a pop would read bits that nobody pushed
PLENTY = 4096  # bits beyond four times the expected need, with which a pop is safe without a trial


class Stack:
    """An ANS coder with initial bits for bits-back coding.

    Where a pop needs more bits than there are, random words are put at the bottom; they stay there and are counted.
    """

    def __init__(self, content: bytes = b"") -> None:
        from constriction import stream

        content = content.rstrip(b"\0")  # the padding of the payload
        words = np.frombuffer(content + bytes(-len(content) % 4), "<u4").astype(np.uint32)
        self.coder: Any = stream.stack.AnsCoder(words) if len(words) else stream.stack.AnsCoder()
        self.initial_words = 0

    @property
    def available_bits(self) -> int:
        """Bits that can be popped."""
        return max(0, int(self.coder.num_valid_bits()) - 32 * RESERVE)

    def pop(self, block: SymbolBlock, expected_bits: float) -> Array:
        """The symbols of ``block``, about ``expected_bits`` bits; initial bits are added where it has too few."""
        if self.available_bits > 4 * expected_bits + PLENTY:
            return block.pop(self.coder)
        if self.available_bits < expected_bits:
            missing = math.ceil((expected_bits - self.available_bits) / 32)
            self._add_initial_words(missing + (RESERVE if not self.coder.num_words() else 0))
        while True:
            trial = self.coder.clone()
            symbols = block.pop(trial)
            if trial.num_words() >= RESERVE:
                self.coder = trial
                return symbols
            self._add_initial_words(1)

    def _add_initial_words(self, count: int) -> None:
        from constriction import stream

        words = np.random.default_rng(self.initial_words).integers(1, 1 << 32, count, dtype=np.uint32)
        self.initial_words += count
        self.coder = stream.stack.AnsCoder(np.concatenate([words, self.coder.get_compressed()]))

    def push_low_bits(self, low: Array, shift: Array, coded: Array) -> None:
        """Numbers of ``shift`` bits under the uniform distribution, (rows, cells) uint64; only those of coded cells."""
        for piece in reversed(range(_pieces(shift))):
            where, sizes = _sizes_of_piece(shift, coded, piece)
            part = (low[where] >> np.uint64(PIECE * piece)) % sizes.astype(np.uint64)
            self.coder.encode_reverse(part.astype(np.int32), _uniform(), sizes)

    def pop_low_bits(self, shift: Array, coded: Array) -> Array:
        """The inverse of ``push_low_bits``."""
        low = np.zeros(coded.shape, dtype=np.uint64)
        for piece in range(_pieces(shift)):
            where, sizes = _sizes_of_piece(shift, coded, piece)
            low[where] |= self.coder.decode(_uniform(), sizes).astype(np.uint64) << np.uint64(PIECE * piece)
        return low

    def to_bytes(self) -> bytes:
        """The content, without the zeros at its end."""
        return bytes(self.coder.get_compressed().astype("<u4").tobytes().rstrip(b"\0"))


def _pieces(shift: Array) -> int:
    return -(-int(shift.max(initial=0)) // PIECE)


def _sizes_of_piece(shift: Array, coded: Array, piece: int) -> tuple[Array, Array]:
    """The cells with bits in a piece of 16 bits, and how many values each can take there."""
    left = np.broadcast_to(np.clip(shift - PIECE * piece, 0, PIECE), coded.shape)
    where = coded & (left > 0)
    return where, (1 << left[where]).astype(np.int32)


def _uniform() -> Any:
    from constriction import stream

    return stream.model.Uniform()

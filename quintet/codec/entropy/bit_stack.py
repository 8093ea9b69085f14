"""The stack of bits that the coder pushes to and pops from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quintet.codec.entropy.coding_order import SymbolBlock

Array = np.ndarray[Any, Any]
PIECE = 16
RESERVE = 2  # words of the coder's state: below them a pop would invent bits


class Stack:
    """An ANS coder that lends itself random bits where a pop finds too few; they stay at the bottom and are counted."""

    def __init__(self, content: bytes = b"") -> None:
        from constriction import stream

        content = content.rstrip(b"\0")  # zeros that fill up a block
        words = np.frombuffer(content + bytes(-len(content) % 4), "<u4").astype(np.uint32)
        self.coder: Any = stream.stack.AnsCoder(words) if len(words) else stream.stack.AnsCoder()
        self.lent_words = 0

    @property
    def spare_bits(self) -> int:
        """Bits that can be popped."""
        return max(0, int(self.coder.num_valid_bits()) - 32 * RESERVE)

    def borrow(self, code: SymbolBlock, need: float) -> Array:
        """Pop k of ``code``, about ``need`` bits, without ever reaching below the bottom."""
        if self.spare_bits > 4 * need + 4096:
            return code.pop(self.coder)
        if self.spare_bits < need:
            self._lend(math.ceil((need - self.spare_bits) / 32) + (RESERVE if not self.coder.num_words() else 0))
        while True:
            trial = self.coder.clone()
            k = code.pop(trial)
            if trial.num_words() >= RESERVE:
                self.coder = trial
                return k
            self._lend(1)

    def _lend(self, count: int) -> None:
        from constriction import stream

        words = np.random.default_rng(self.lent_words).integers(1, 1 << 32, count, dtype=np.uint32)
        self.lent_words += count
        self.coder = stream.stack.AnsCoder(np.concatenate([words, self.coder.get_compressed()]))

    def push_low_bits(self, low: Array, shift: Array, coded: Array) -> None:
        """Numbers of ``shift`` bits as they are, (rows, cells) uint64; cells that are not coded are left out."""
        for piece in reversed(range(_pieces(shift))):
            where, sizes = _of_piece(shift, coded, piece)
            part = (low[where] >> np.uint64(PIECE * piece)) % sizes.astype(np.uint64)
            self.coder.encode_reverse(part.astype(np.int32), _uniform(), sizes)

    def pop_low_bits(self, shift: Array, coded: Array) -> Array:
        """The inverse of ``push_low_bits``."""
        low = np.zeros(coded.shape, dtype=np.uint64)
        for piece in range(_pieces(shift)):
            where, sizes = _of_piece(shift, coded, piece)
            low[where] |= self.coder.decode(_uniform(), sizes).astype(np.uint64) << np.uint64(PIECE * piece)
        return low

    def to_bytes(self) -> bytes:
        """The content, without the zeros at its end."""
        return bytes(self.coder.get_compressed().astype("<u4").tobytes().rstrip(b"\0"))


def _pieces(shift: Array) -> int:
    return -(-int(shift.max(initial=0)) // PIECE)


def _of_piece(shift: Array, coded: Array, piece: int) -> tuple[Array, Array]:
    left = np.broadcast_to(np.clip(shift - PIECE * piece, 0, PIECE), coded.shape)
    where = coded & (left > 0)
    return where, (1 << left[where]).astype(np.int32)


def _uniform() -> Any:
    from constriction import stream

    return stream.model.Uniform()

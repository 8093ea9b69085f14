"""The model that a compressed file belongs to: its names in the file and the shape of its rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from quintet.codec.container.checksums import digest
from quintet.errors import FileRefused

HALF = 4
"""Bytes of a model's name that stand for its weights alone."""


@dataclass(frozen=True)
class ModelIdentity:
    """Everything that the container knows about a model.

    Parameters
    ----------
    name : 8 bytes that name the model in files from version 3 on; the first half depends on the weights alone, the
        second half on weights and schema.
    old_name : 8 bytes that name it in files of version 1 and 2; they depend on the weights alone.
    row_shape : shape of one row in the user's layout.
    """

    name: bytes
    old_name: bytes
    row_shape: tuple[int, ...]

    @classmethod
    def from_fingerprints(cls, weights: str, model: str, row_shape: tuple[int, ...]) -> ModelIdentity:
        """The identity of a model from the fingerprint of its weights and that of its weights and schema."""
        old_name = digest(weights.encode())
        return cls(old_name[:HALF] + digest(model.encode())[HALF:], old_name, row_shape)

    @property
    def names(self) -> tuple[bytes, bytes]:
        """The name in files of today, and in files of version 1 and 2."""
        return self.name, self.old_name

    @property
    def cells(self) -> int:
        """Cells of one row."""
        return math.prod(self.row_shape)

    def require(self, name: bytes) -> None:
        """Raise ``FileRefused`` unless ``name``, read from a file, is a name of this model."""
        if name in self.names:
            return
        if name[:HALF] == self.name[:HALF]:
            raise FileRefused(
                f"The file was compressed with model {name.hex()}, this is model {self.name.hex()}: the weights are "
                "the same, and the schema (loc, scale, levels, condition) was edited; decompress it with the model "
                "before that edit."
            )
        raise FileRefused(
            f"The file was compressed with model {name.hex()}, this is model {self.name.hex()}: "
            "decompress it with the model that compressed it."
        )

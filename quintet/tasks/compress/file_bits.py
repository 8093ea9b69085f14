"""What the bits of a compressed file paid for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

from quintet.arguments import Content
from quintet.codec.container.archive import Archive, read_archive, read_start
from quintet.codec.container.blocks import Block
from quintet.codec.container.layout import BLOCKS, CODED, HEADER, LOSSY, LOSSY_KINDS, MAGIC, FileHeader, RowFormat
from quintet.codec.container.model_identity import ModelIdentity
from quintet.codec.container.salvage import damage_error
from quintet.entry_points import public
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block import decode_cells
from quintet.tasks.compress.decoding_errors import decoding
from quintet.tasks.compress.identity import identity_of
from quintet.tasks.compress.ledger import Ledger
from quintet.tasks.compress.seekable_file import seekable
from quintet.tasks.compress.tables.block import plain_table, split_payload

LOSSY_PARTS = {LOSSY: "latents, lossy", BLOCKS: "coefficients of blocks, lossy"}
"""Name of the payload of each lossy code."""


@dataclass
class FileBits:
    """The parts of a compressed file; bits of all of them sum to the file's.

    Parameters
    ----------
    rows, size, version, blocks : number of rows, bytes of the file, version of its layout, number of blocks.
    model : the model's name in the file, as 16 hexadecimal digits.
    ledger : bits of the lossless code; empty where no model is given.
    parts : bits of everything else by name: payloads that were not decoded, blocks packed without the model, the
        structure of tables, index and labels.
    beside : bits that a table keeps for each column beside its cells, of columns with a cell.
    verbatim : the same of columns without a cell.
    """

    rows: int
    size: int
    version: int
    blocks: int
    model: str
    ledger: Ledger = field(default_factory=Ledger)
    parts: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    verbatim: Counter[str] = field(default_factory=Counter)

    @property
    def score(self) -> float:
        """-log2 of z's price and of the cells given that z, in bits."""
        return self.ledger.latents + self.ledger.cells

    def listed(self) -> dict[str, float]:
        """Bits of each part by name; parts without a bit are left out."""
        book = self.ledger
        found = {
            "latents: -log2 p(z), less -log2 q(z|x)": book.latents,
            "cells given the latents": book.cells,
            "rounding of the coder": book.coded - self.score,
            "digits below the model's resolution": book.low_bits,
            "initial bits": book.initial,
            "exceptions: cells off the grid, rows stored as they are": book.exceptions,
            "grids, groups, condition": book.tables,
            **self.parts,
            **{f"exceptions of column {name}": bits for name, bits in self.beside.items()},
            **{f"column {name}, verbatim": bits for name, bits in self.verbatim.items()},
        }
        found["header, index, heads of blocks, padding"] = 8 * self.size - sum(found.values())
        return {name: bits for name, bits in found.items() if bits}

    def by_column(self, names: Sequence[str]) -> dict[str, float]:
        """Bits of each column of a table by its name: its cells, their low digits, and what is kept beside them.

        The rest of the file (latents, structure, exceptions of rows, rounding) belongs to no column.

        Parameters
        ----------
        names : of the columns with a cell, in the order of the cells.
        """
        of_cells = {name: float(self.ledger.by_cell[place]) for place, name in enumerate(names)}
        found = Counter(of_cells)
        found.update(self.beside)
        found.update(self.verbatim)
        return dict(found)


@public
def describe_file(file: Content, fitted: Fitted | None = None) -> FileBits:
    """What the bits of a compressed file paid for.

    Parameters
    ----------
    file : its bytes, its path, or the file open for reading bytes that can seek.
    fitted : the model that compressed it, which decodes it. None: the payload is one part.

    Raises
    ------
    FileRefused
        The file is damaged, has a later version, or belongs to another model.
    """
    with seekable(file) as source:
        model = _identity(source) if fitted is None else identity_of(fitted)
        archive = read_archive(source, model)
        if archive is None:
            raise damage_error(source, model)
        about = _empty(source, archive)
        for entry in archive.entries:
            block = archive.block(source, entry)
            if block is None:
                raise damage_error(source, model)
            with decoding():
                _add(about, archive.form, block, fitted)
        return about


def _identity(file: IO[bytes]) -> ModelIdentity:
    """The identity of any model with the name that the file gives; the shape of its rows is not known."""
    file.seek(0)
    start = file.read(HEADER)
    header = FileHeader.from_bytes(start)
    if header is None:
        kind = "is of version 1: give its model" if start[:4] == MAGIC + b"\1" else "is no compressed file, or damaged"
        raise FileRefused(f"The file begins with {start[:4]!r} and {kind}.")
    model = ModelIdentity(header.model, header.model, ())
    read_start(file, model)
    return model


def _empty(file: IO[bytes], archive: Archive) -> FileBits:
    file.seek(0)
    start = file.read(HEADER)
    model = start[5 : 5 + 8] if archive.version1 is None else b""
    return FileBits(archive.total, file.seek(0, 2), start[3], len(archive.entries), model.hex())


def _add(about: FileBits, form: RowFormat, block: Block, fitted: Fitted | None) -> None:
    """Add the bits of a block."""
    if fitted is None or block.kind in LOSSY_KINDS:
        name = LOSSY_PARTS.get(block.kind, "payload (its parts need the model)")
        about.parts[name] += 8 * len(block.payload)
        return
    coded, hidden = block.payload, None
    if fitted.schema.columns:
        coded, rest, hidden = split_payload(block.payload, block.rows, fitted.schema.size)
        about.parts["which cells are missing"] += 8 * (len(block.payload) - len(rest) - len(coded))
    if block.kind != CODED:
        about.parts["cells packed without the model"] += 8 * len(coded)
    cells = decode_cells(fitted, form, block, coded, about.ledger, hidden=hidden)
    if not fitted.schema.columns:
        return
    *columns, others, structure = plain_table(fitted.schema, rest, cells)[1]
    about.parts["index, labels and levels"] += 8 * others.size
    about.parts["names and types of the columns"] += 8 * structure.size
    for column in columns:
        part = about.beside if column.predicted else about.verbatim
        part[column.name] += 8 * column.size

"""Sizes as real files: this model's file beside those of common packers, as a table, a chart and a line of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from quintet.report.figures import bits
from quintet.report.figures.palettes import Palette
from quintet.report.page import Answer, Panel, TextTable

THIS_MODEL = f"{bits.OURS}, this model"
PACKERS = ("zip", "bz2", "xz")


@dataclass(frozen=True)
class FileSizes:
    """Sizes of one file by compressor.

    Parameters
    ----------
    ours : bytes of this model's file.
    others : bytes by compressor, "raw" among them.
    count : how many units are in the file.
    unit : what bits are counted by, such as "cell".
    digits : decimals of the bits of a unit.
    """

    ours: int
    others: Mapping[str, int]
    count: int
    unit: str
    digits: int = 2

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Bytes by compressor, fewest first."""
        sizes = {THIS_MODEL: self.ours, **self.others}
        return dict(sorted(sizes.items(), key=lambda item: item[1]))

    def bits(self, name: str) -> float:
        """Bits of a unit by one compressor."""
        return 8 * self.sizes[name] / self.count

    @property
    def best(self) -> str:
        """The packer of any files with the fewest bytes."""
        return min(PACKERS, key=lambda name: self.sizes[name])

    def table(self, note: str) -> TextTable:
        """All sizes; this model's line is bold."""
        return TextTable(
            "Sizes as real files",
            ("compressor", "bytes", f"bits per {self.unit}"),
            [(name, f"{size:,}", self.shown(name)) for name, size in self.sizes.items()],
            note,
            bold=list(self.sizes).index(THIS_MODEL),
        )

    def chart(self, palette: Palette, caption: str = "Fewer is better.") -> Panel:
        """A bar of bits of a unit for each compressor."""
        each = {name: self.bits(name) for name in self.sizes if name != "raw"}
        listed = ", ".join(f"{name} {value:.2f}" for name, value in each.items())
        return Panel(
            "bits",
            bits.bits_chart(each, palette, self.unit),
            f"Bits per {self.unit}",
            caption,
            alt=f"Bars of bits per {self.unit}: {listed}.",
        )

    def answer(self, what: str) -> Answer:
        """The line in the table of answers."""
        return Answer(
            "Compress", what, f"{self.shown(THIS_MODEL)} bits per {self.unit}", f"{self.best} {self.shown(self.best)}"
        )

    def shown(self, name: str) -> str:
        """Bits of a unit by one compressor, as text."""
        return f"{self.bits(name):.{self.digits}f}"

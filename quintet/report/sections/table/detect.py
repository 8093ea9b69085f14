"""The section on detection in a table: scores, and the strangest rows with their strange cells marked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quintet.data.dataset import Rows
from quintet.errors import Unanswerable
from quintet.report.figures import surprise
from quintet.report.gather import take_rows
from quintet.report.material import Array
from quintet.report.page import Answer, Mark, Panel, Section, TextTable
from quintet.report.sections.detect import SURPRISE
from quintet.report.table_material import TableMaterial, printed
from quintet.tasks.predict_column import predict_column

ROWS, MARKED, OTHERS = 8, 3, 5
"""Strangest rows that are shown, most marked cells of a row, and others."""
STRANGE = 2.0
"""Bits of surprise above the usual of its column from which a cell is marked."""
TAILS = (0.0005, 0.005, 0.05)
QUANTILES = (*TAILS, 0.5, *(1 - share for share in TAILS[::-1]))
"""Shares of a column's values beyond which a number may lie, and their quantiles."""


def detecting(m: TableMaterial) -> tuple[Section, Answer]:
    """Detection: the scores, and the strangest rows with what would be usual in their strange cells."""
    found = m.detection("test")
    sets = {m.which: m.surprise("test")} | ({} if m.strange is None else {m.strange_title: m.surprise("strange")})
    figure = surprise.score_histogram(sets, SURPRISE, palette=m.palette)
    alt = (
        f"Histogram of the anomaly scores of {len(found.scores)} {m.which} rows: median "
        f"{float(np.median(found.scores)):.2f}, highest {float(np.max(found.scores)):.2f}."
    )
    words = "One hill with a thin tail to the right is usual; the rows of the tail are listed below."
    section = Section("detect", "Detect", "Surprise is the model’s anomaly score.")
    section.panels += [Panel("histogram-surprise", figure, "Surprise", words, alt=alt), _strangest(m, found)]
    alarms = float((found.p_values <= 0.05).mean())
    return section, Answer("Detect", f"p-value of 0.05 or less in {m.which} rows", f"{alarms:.1%}", "expected 5.0%")


def _strangest(m: TableMaterial, found: Any) -> TextTable:
    """The rows with the highest scores, their strange cells, and some of their other cells."""
    order = np.argsort(-found.scores, kind="stable")[:ROWS]
    bits = np.asarray(found.where[order], dtype=float) / math.log(2)
    places = np.argsort(-bits, axis=1, kind="stable")[:, :MARKED]
    frame = take_rows(m.test, order)
    values = printed(frame, [column.name for column in m.columns], ROWS)
    lines: list[list[str | Mark]] = []
    for i, mine in zip(order, places, strict=True):
        at = len(lines)
        strange = [int(j) for j in mine if bits[at, j] >= STRANGE]
        line: list[str | Mark] = [Mark(f"{found.scores[i]:.2f}", "plain", f"p = {found.p_values[i]:.3f}")]
        for place in strange:
            usual = _usual(m, take_rows(frame, np.array([at])), place)
            line.append(
                Mark(f"{m.columns[place].name}: {values[at][place]}", "strange", f"{usual}{bits[at, place]:.1f} bits")
            )
        others = [j for j in range(len(m.columns)) if j not in strange and values[at][j]][:OTHERS]
        rest = Mark("", "plain", "\n".join(f"{m.columns[j].name}: {values[at][j]}" for j in others))
        lines.append([*line, *[""] * (MARKED - len(strange)), rest])
    words = (
        f"Orange: up to {MARKED} cells that surprise given all other cells of the row, by at least {STRANGE:g} bits "
        "more than is usual for the column, and what would be usual there by the other cells. Numbers: the median and "
        "the interval that holds nine tenths; beyond: the probability of values farther out."
    )
    title = f"The {len(lines)} {m.which} rows with the highest surprise, and their most surprising columns"
    head = ("score, p-value", "strangest cell", "second", "third", "other cells of the row")
    return TextTable(title, head, lines, words, wide=True, prose=True)


def _usual(m: TableMaterial, row: Any, place: int) -> str:
    """What is usual in a cell given the others of its row; "" by a model without a context decoder."""
    schema = m.vae.schema_
    cells = schema.encode(row)
    try:
        asked = Rows.of(cells, schema)
        found = predict_column(m.vae.fitted_, asked, place, QUANTILES, batch_rows=1)[0].numpy().astype(float)
    except Unanswerable:
        return ""
    if m.levels[place]:
        return _usual_level(m, place, found, cells[0, place])
    return _usual_number(m, place, found[1:] * schema.scale[place] + schema.loc[place], cells[0, place])


def _usual_level(m: TableMaterial, place: int, shares: Array, code: float) -> str:
    """The most probable level, and the probability of the one that is there."""
    best = int(shares.argmax())
    return f"usual: {m.text(place, best)}, {_percent(shares[best])}\nthis: {_percent(shares[int(code)])}\n"


def _usual_number(m: TableMaterial, place: int, quantiles: Array, cell: float) -> str:
    """The median and the central interval, and how much lies beyond the number that is there."""
    low, middle, high = (m.text(place, quantiles[number]) for number in (2, 3, 4))
    beyond = [share for share, edge in zip(TAILS, quantiles, strict=False) if cell < edge]
    beyond += [share for share, edge in zip(TAILS, quantiles[::-1], strict=False) if cell > edge]
    tail = f"\nbeyond: less than {_percent(min(beyond))}" if beyond else ""
    return f"usual: {middle} ({low} to {high}){tail}\n"


def _percent(share: float) -> str:
    if share < 0.0005:
        return "under 0.05 %"
    return f"{100 * share:.1f} %" if share > 0.995 else f"{100 * share:.2g} %"

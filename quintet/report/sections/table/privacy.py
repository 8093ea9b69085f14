"""The section on what new rows and the model give away about the training rows."""

from __future__ import annotations

import numpy as np

from quintet.errors import Unanswerable
from quintet.evaluate.privacy import Privacy
from quintet.report.figures import table_columns
from quintet.report.page import Panel, Section, TextTable
from quintet.report.table_material import TableMaterial


def leaking(m: TableMaterial) -> Section:
    """Distances to the closest training row, copies, and two membership attacks."""
    if m.train is None or m.which == "training":
        raise Unanswerable(
            "Privacy needs training rows and held-out rows: give the rows of both as X, or training rows by train= "
            "(--train)."
        )
    found = m.vae.privacy(m.train, m.test, random_state=m.seed)
    train, held, new = found.rows
    figure = table_columns.distance_curves(
        [("new rows", found.closest), (f"{m.which} rows", found.closest_held_out)],
        "distance to the closest training row",
        palette=m.palette,
    )
    medians = [float(np.median(each)) for each in (found.closest, found.closest_held_out)]
    alt = (
        f"Share of rows by their distance to the closest training row: the median is {medians[0]:.3f} of new rows and "
        f"{medians[1]:.3f} of {m.which} rows."
    )
    words = (
        f"{new:,} new and {held:,} {m.which} rows, {train:,} training rows. Distance, 0 to 1: of numbers the share of "
        "real rows between the two values, of levels 0 or 1, mean over the columns. New rows shall not be closer than "
        f"{m.which} rows are, whose curve shows what chance gives: a curve of new rows to the left of it shows copying."
    )
    lead = "New rows shall resemble rows that the model did not see as much as those that trained it. " + _verdict(
        found
    )
    return Section(
        "privacy",
        "Privacy",
        lead,
        [
            Panel("distance-to-closest-record", figure, "Distance to the closest training row", words, alt=alt),
            _figures(m, found),
        ],
    )


def _figures(m: TableMaterial, found: Privacy) -> TextTable:
    """Every figure beside the one of a model that leaks nothing."""
    half = "0.500"
    lines = [
        (
            f"new rows closer to training than to {m.which} rows, share",
            f"{found.dcr_share:.3f}\u202f±\u202f{2 * found.dcr_share_error:.3f}",
            half,
        ),
        ("new rows that equal a training row", _share(found.copies), _share(found.copies_held_out)),
        (
            "membership attack by distance to the closest new row, AUROC",
            f"{found.attack_by_distance:.3f}\u202f±\u202f{2 * found.attack_error:.3f}",
            half,
        ),
    ]
    if found.attack_by_likelihood is not None:
        attack = f"{found.attack_by_likelihood:.3f}\u202f±\u202f{2 * found.attack_error:.3f}"
        lines.append(("membership attack by the model’s likelihood, AUROC", attack, half))
    words = (
        "An attack ranks training and held-out rows; its AUROC is the probability that a training row is ranked above "
        f"a {m.which} row. Copies: beside them the share of {m.which} rows that equal a training row by chance. "
        "The attack by likelihood needs the model’s file, the others new rows alone. ±: two standard errors."
    )
    return TextTable("What leaks", ("measure", "measured", "if nothing leaks"), lines, words)


def _verdict(found: Privacy) -> str:
    """What the figures say, in a sentence."""
    leaks = []
    if found.dcr_share > 0.5 + 3 * found.dcr_share_error:
        leaks.append(f"{found.dcr_share:.0%} of the new rows are closer to training rows")
    if found.copies > 2 * found.copies_held_out + 0.001:
        leaks.append(f"{_share(found.copies)} of the new rows are copies of training rows")
    if found.attack_by_distance > 0.5 + 3 * found.attack_error:
        leaks.append(f"the attack by new rows succeeds (AUROC {found.attack_by_distance:.2f})")
    if found.attack_by_likelihood is not None and found.attack_by_likelihood > 0.5 + 3 * found.attack_error:
        leaks.append(
            f"the model’s file distinguishes members by their likelihood (AUROC {found.attack_by_likelihood:.2f})"
        )
    if not leaks:
        return "No measurement here finds a leak; that is no proof that there is none."
    return f"Here {'; '.join(leaks)}."


def _share(share: float) -> str:
    return f"{100 * share:.2f} %"

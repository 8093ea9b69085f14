"""The section on what each latent does to each column, by the decoder that sees latents alone."""

from __future__ import annotations

import numpy as np
import torch

from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.errors import Unanswerable
from quintet.models.context.model import ContextModel
from quintet.report.figures import table_columns
from quintet.report.material import Array
from quintet.report.page import Panel, Section, TextTable
from quintet.report.table_material import TableMaterial

LATENTS, COLUMNS, NAMED = 10, 30, 3
"""Most latents, most columns of a map, and columns that are named for each latent."""
EFFECT = 0.1
"""Effect on some column, in standard deviations or as a share of probability, from which a latent is shown."""
ENDS = (-2.0, 2.0)
"""Where a latent is moved to, in standard deviations of the rows' latents."""


def sweeping(m: TableMaterial) -> Section:
    """Each active latent moved from −2 to 2 standard deviations, the others at their means."""
    section = Section("latents", "What each latent does")
    means, shares = _swept(m)
    moved = np.where(m.levels, np.abs(shares[:, -1] - shares[:, 0]).sum(-1) / 2, means[:, -1] - means[:, 0])
    strength = np.abs(moved).max(1)
    order = np.argsort(-strength, kind="stable")[:LATENTS]
    order = order[strength[order] > EFFECT]
    if not len(order):
        section.notes.append(
            f"No latent moves any column by {EFFECT:g} standard deviations, or that share of a level’s probability: "
            "the decoder that sees latents alone makes no use of them."
        )
        return section
    moved, means, shares = moved[order], means[order], shares[order]
    numbers, levels = (_shown(moved, m.levels == kind) for kind in (False, True))
    names = tuple([m.columns[j].name for j in places] for places in (numbers, levels))
    labels = [f"latent {k + 1}" for k in order]
    figure = table_columns.effect_maps(
        moved[:, numbers], moved[:, levels], labels, (names[0], names[1]), palette=m.palette
    )
    section.lead = (
        f"{len(order)} of {len(strength)} latents are shown, those with the largest effects. Each is moved from −2 to "
        "2 standard deviations of the rows’ latents, the others stay at their means."
    )
    words = (
        "Colours far from white are strong effects; a pale line is a latent that is hardly used. "
        "By the decoder that sees the latents alone. Numbers: change of the mean from −2 to 2, in standard "
        "deviations of the column. Levels: probability that moves from some levels to others, 0 to 1."
    )
    hidden = int((m.levels == 0).sum()) - len(numbers) + int((m.levels == 1).sum()) - len(levels)
    words += f" {hidden} columns with smaller effects are left out." if hidden else ""
    lines = [(label, _effects(m, moved[i], means[i], shares[i])) for i, label in enumerate(labels)]
    alt = (
        f"Maps of the effect of {len(order)} latents on {len(numbers)} columns of numbers and {len(levels)} of levels. "
    )
    section.panels += [
        Panel(
            "latent-effects",
            figure,
            "Effect on each column",
            words,
            wide=True,
            alt=alt + "; ".join(map(": ".join, lines)),
        ),
        TextTable(
            "The strongest effects",
            ("latent", "effect from −2 to 2 standard deviations"),
            lines,
            "Numbers: change of the mean in standard deviations. Levels: the most probable ones at both ends, and the "
            "probability that moves.",
            wide=True,
            prose=True,
        ),
    ]
    return section


def _swept(m: TableMaterial) -> tuple[Array, Array]:
    """Means of numbers (latents, ends, cells) in standard deviations, and probabilities of levels, (latents, ends,
    cells, codes)."""
    fitted = m.vae.fitted_
    model = fitted.model
    plain = model.plain if isinstance(model, ContextModel) else model
    try:
        centre, spread = m.latents.mean(0), m.latents.std(0)
    except Unanswerable:  # a generator alone: the prior's
        centre, spread = np.zeros(m.latent_dim), np.ones(m.latent_dim)
    count = len(centre)
    z = np.tile(centre, (count, len(ENDS), 1))
    z[np.arange(count), :, np.arange(count)] += spread[:, None] * np.array(ENDS)
    points = torch.from_numpy(z.reshape(count * len(ENDS), -1).astype(np.float32)).to(fitted.device)
    condition = None
    if fitted.schema.condition is not None and m.usual is not None:
        condition = fitted.schema.condition.encode(m.usual, len(points)).to(fitted.device)
    means, shares = (
        np.zeros((len(points), len(m.levels))),
        np.zeros((len(points), len(m.levels), max(fitted.schema.codes) or 1)),
    )
    with torch.no_grad():
        found = plain.decode(points[None], condition).independent
        assert isinstance(found, Joint)
        for part in found.parts:
            cells = part.cells.cpu().numpy()
            if isinstance(part.distribution, Levels):
                of_codes = part.distribution.shares[0].cpu().numpy()
                shares[:, cells, : of_codes.shape[-1]] = of_codes
            else:
                means[:, cells] = part.distribution.mean[0].cpu().numpy()
    return means.reshape(count, len(ENDS), -1), shares.reshape(count, len(ENDS), *shares.shape[1:])


def _shown(moved: Array, kind: Array) -> Array:
    """Places of the columns of a kind with the largest effects, in the order of the table."""
    places = np.flatnonzero(kind)
    strength = np.abs(moved[:, places]).max(0)
    return np.sort(places[np.argsort(-strength, kind="stable")[:COLUMNS]])


def _effects(m: TableMaterial, moved: Array, means: Array, shares: Array) -> str:
    """The columns that a latent changes most, in words."""
    words = []
    for place in np.argsort(-np.abs(moved), kind="stable")[:NAMED]:
        name = m.columns[place].name
        if not m.levels[place]:
            words.append(f"{name} {moved[place]:+.1f} sd".replace("-", "−"))
            continue
        first, last = (m.text(int(place), int(shares[end, place].argmax())) for end in (0, -1))
        change = first if first == last else f"{first} → {last}"
        words.append(f"{name} {change} ({moved[place]:.0%} of the probability moves)")
    return "; ".join(words)

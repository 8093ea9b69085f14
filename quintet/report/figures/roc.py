"""ROC curves and their area, for anomaly scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet import evaluate
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.palettes import MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette


def auroc_between(normal: Array, strange: Array) -> float:
    """Area under the ROC curve of two groups of scores; see ``quintet.evaluate.auroc``."""
    truth = np.repeat([False, True], [len(normal), len(strange)])
    return evaluate.auroc(truth, np.concatenate([normal, strange]))


@styled
def roc_curves(scores: Mapping[str, tuple[Array, Array]], palette: Colours = "petroff") -> Figure:
    """ROC curves with their area, from {name: (scores of normal rows, scores of anomalous rows)}."""
    colours = get_palette(palette)
    figure, axes = plot(HALF, 4.2)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    for i, (name, (normal, strange)) in enumerate(scores.items()):
        steps = np.sort(np.concatenate([normal, strange]))[::-1]
        steps = steps[np.linspace(0, len(steps) - 1, min(len(steps), 400)).astype(int)]
        hits = np.array([0.0, *[(strange >= s).mean() for s in steps], 1.0])
        alarms = np.array([0.0, *[(normal >= s).mean() for s in steps], 1.0])
        colour = (colours.test, colours.strange, MUTED)[min(i, 2)]
        axes.plot(alarms, hits, color=colour, label=f"{name}, AUROC {auroc_between(normal, strange):.3f}")
    axes.set_xlabel("false alarm rate")
    axes.set_ylabel("detection rate")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
    return figure

"""Title, lead and facts of the page on series."""

from __future__ import annotations

from quintet.report.facts import variant_of
from quintet.report.series_material import SeriesMaterial

KINDS = {"vae": "A variational autoencoder", "cvae": "A conditional VAE", "vrae": "A recurrent VAE"}


def title(m: SeriesMaterial) -> str:
    """The heading."""
    return "One model of series, six answers"


def lead(m: SeriesMaterial) -> str:
    """What the model is, and which steps the page shows."""
    variant = variant_of(m.vae)
    axis, window = m.data.axis, m.known.window
    length = f"{window} steps" if axis.kind == "step" else f"{window} steps ({axis.span(window)})"
    kind = KINDS.get(variant, f"A model of the kind “{variant}”")
    return (
        f"{kind} was trained on windows of {length} of {channels(m)}. This page shows its answers on {extent(m)}. "
        + origin(m)
    )


def channels(m: SeriesMaterial) -> str:
    """The modelled channels in words."""
    names = m.channels
    return f"the channel “{names[0]}”" if len(names) == 1 else f"{len(names)} channels"


def extent(m: SeriesMaterial) -> str:
    """How many steps of how many series, and when."""
    steps = f"{m.data.steps:,} steps"
    if len(m.values) > 1:
        return f"{len(m.values):,} series of {steps} in all"
    if m.data.axis.kind == "step":
        return steps
    first, last = m.when(0, 0), m.when(0, -1)
    return f"{steps}, one every {m.data.axis.span(1)}, from {first} to {last}"


def origin(m: SeriesMaterial) -> str:
    """Whether training has seen the steps on which figures are measured."""
    if m.which == "new":
        return "No window of them is known to have trained the model."
    if m.which == "training":
        return "All of them trained the model, so all figures are optimistic."
    count = sum(map(len, m.unseen))
    return (
        f"{count:,} steps lie in {len(m.unseen):,} blocks of time that were held out of training: figures are measured "
        "there, and p-values are calibrated by them."
    )


def facts(m: SeriesMaterial) -> list[tuple[str, str]]:
    """Window, period and steps."""
    known = m.known
    found = [
        ("window", f"{known.window} steps"),
        ("period", "none" if known.period is None else f"{known.period} steps"),
    ]
    return [*found, ("steps", f"{m.data.steps:,}"), ("calibrating steps", f"{known.clean.count:,}")]

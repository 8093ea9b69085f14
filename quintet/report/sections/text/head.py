"""Title, lead and facts of the page on text."""

from __future__ import annotations

from quintet.report.facts import variant_of
from quintet.report.text_material import TextMaterial

UNITS = {"characters": "characters", "bytes": "bytes", "byte_pairs": "byte pairs"}


def title(m: TextMaterial) -> str:
    """The heading."""
    return "One model of text, five answers"


def lead(m: TextMaterial) -> str:
    """What the model is, and which lines the page shows."""
    variant = variant_of(m.vae)
    kind = {"vae": "A variational autoencoder", "cvae": "A conditional VAE"}.get(
        variant, f"A model of the kind “{variant}”"
    )
    trained = int(m.trained.sum())
    origin = {
        "new": "None of the lines is known to have trained the model.",
        "training": "All of them trained the model, so all figures are optimistic.",
        "held-out": f"Of {len(m.given):,} lines given, {trained:,} trained the model and are left out.",
    }[m.which]
    return (
        f"{kind} was trained on lines of text, cut into rows of {m.known.steps} {UNITS[m.known.tokens]}. This page "
        f"shows its answers on {len(m.lines):,} {m.which} lines. {origin}"
    )


def facts(m: TextMaterial) -> list[tuple[str, str]]:
    """Tokens and lines."""
    return [
        ("tokens", f"{m.known.vocabulary().size:,} {UNITS[m.known.tokens]}"),
        ("words known", f"{len(m.known.words):,}"),
        (f"{m.which} lines", f"{len(m.lines):,}"),
    ]

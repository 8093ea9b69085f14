"""The model card: what the model is of, how it was trained, and what its last epochs measured."""

from __future__ import annotations

from typing import Any

from quintet import variants
from quintet._version import __version__
from quintet.estimators.fitted_repr import describe_fitted
from quintet.extras import DISTRIBUTION

FIGURES = ("loss", "distortion", "rate", "val_loss", "val_distortion", "val_rate")
QUESTIONS = ("compress", "generate", "denoise", "detect", "impute")
TEMPLATE = """---
{{ card_data }}
---

# {{ title }}

A variational autoencoder of quintet {{ version }} (`pip install '{{ distribution }}[hub]'`): {{ described }}.

```python
from quintet import hub

model = hub.from_pretrained("OWNER/NAME")  # of this repository, or the path of a folder with its files
```

It answers {{ questions }}. The file is safetensors with a JSON header: loading runs no code.

## Rows

{{ rows }}

## Training

{{ training }}

Last epoch of each stage, nats a row:

{{ figures }}

## Before you use it

The figures are those of its training. Judge the model on rows of your own: `quintet evaluate {{ file }} DATA`.
The file holds some training rows, and of tables the levels of their columns: share it only where you may share those.
{% if not licensed %}
No licence is stated: whoever publishes this model chooses one (`license:` at the top of this card).
{% endif %}"""


def inner(model: Any) -> Any:
    """The VAE of a model; that of frames of a ``Sound``."""
    found = getattr(model, "vae", None)
    return model if found is None else found


def card_of(model: Any, license: str | None) -> dict[str, Any]:
    """The values of ``TEMPLATE``."""
    vae = inner(model)
    cannot = variants.get(vae.fitted_.options["variant"]).answers
    return {
        "title": f"{type(model).__name__}: {vae.fitted_.options['variant']}, {vae.latent_dim_} latents",
        "distribution": DISTRIBUTION,
        "version": __version__,
        "described": describe_fitted(vae),
        "questions": ", ".join(question for question in QUESTIONS if question not in cannot) or "no question",
        "rows": _rows(vae),
        "training": "\n".join(f"- {note}" for note in vae.notes_),
        "figures": _figures(vae),
        "file": "model.safetensors",
        "licensed": license is not None,
    }


def _rows(vae: Any) -> str:
    """What a row is, and of a table its columns with their types; no level and no bound of them."""
    schema = vae.schema_
    text = f"{schema.describe()[:1].upper()}{schema.describe()[1:]}, shape {tuple(schema.row_shape)}."
    if not schema.columns:
        return text
    lines = [f"| {_cell(column.name)} | {type(column).__name__} |" for column in schema.columns]
    return "\n".join([text, "", "| column | type |", "| --- | --- |", *lines])


def _figures(vae: Any) -> str:
    last = {row["stage"]: row for row in vae.history_.rows}
    names = [name for name in FIGURES if any(name in row for row in last.values())]
    lines = [
        "| " + " | ".join([stage, *(f"{row[name]:.4g}" if name in row else "" for name in names)]) + " |"
        for stage, row in last.items()
    ]
    return "\n".join(["| " + " | ".join(["stage", *names]) + " |", "| --- |" + " --- |" * len(names), *lines])


def _cell(name: Any) -> str:
    return str(name).replace("|", "\\|").replace("\n", " ")

"""Failures of training and their cures: figures of ``quintet diagnose`` before and after each cure, on digits.

The data are scikit-learn's digits, 1,400 rows for training and the rest held out; each training takes seconds.

    python benchmarks/remedies.py --json docs/results/remedies.json --page docs/remedies.md
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from common import options, table, write_json
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.errors import Diverged
from quintet.studies.diagnose import fit, latents, samples
from quintet.studies.diagnose.finding import Patient
from quintet.studies.diagnose.trade import trade

WIDE = {"kind": "mlp", "hidden": (512, 512)}
BARE = {"kl_warmup": 0.0, "warmup": 0.0, "ema": 0.0}
Figures = dict[str, float]
OPEN, CLOSE = "<!-- tables -->", "<!-- end of tables -->"


@dataclass(frozen=True)
class Case:
    """A training, and the sampler of its samples."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    sampler: str | None = None
    rows: int = 1400


@dataclass(frozen=True)
class Failing:
    """A failing, its figure, and the cures; the first case is the ill one."""

    name: str
    figures: tuple[str, ...]
    better: str
    look: Callable[[Patient, Case], Figures]
    cases: tuple[Case, ...]


def plan(**changes: Any) -> dict[str, Any]:
    """A training plan without any help, but for what is given."""
    return {**BARE, **changes}


def collapse(patient: Patient, case: Case) -> Figures:
    """What the latents carry."""
    held = latents.codes(patient)
    found = latents.collapse(patient, held, trade(patient)).figures
    bound = float(-patient.vae.score(patient.held))
    return {"active latents": found["active_units"], "I(x; z), nats": found["information"], "−ELBO, nats": bound}


def holes(patient: Patient, case: Case) -> Figures:
    """Whether samples cover the rows."""
    new = patient.vae.generate(1000, sampler=case.sampler, random_state=0)
    found = samples.precision_and_coverage(patient, np.asarray(new)).figures
    return {"rows covered": found["coverage"], "samples near a row": found["precision"]}


def overfitting(patient: Patient, case: Case) -> Figures:
    """Training rows against held-out rows."""
    finding = fit.overfitting(patient)
    assert finding is not None
    return {"gap, nats": finding.figures["gap"], "−ELBO held out": -finding.figures["held_elbo"]}


def instability(patient: Patient, case: Case) -> Figures:
    """Jumps of the loss; where it ended."""
    found = fit.stability(patient).figures
    bound = float(-patient.vae.score(patient.held))
    return {"jumps": found["spikes"], "gradient, largest over median": found["gradient_ratio"], "−ELBO, nats": bound}


def blur(patient: Patient, case: Case) -> Figures:
    """High frequencies that come back."""
    finding = fit.blur(patient)
    assert finding is not None
    return {"high-frequency power": finding.figures["high_power"], "latents": float(patient.vae.latent_dim_)}


def cost(patient: Patient, case: Case) -> Figures:
    """Seconds of the joint's stage, and what they buy."""
    rows = [row for row in patient.vae.history_.rows if row["stage"] == "joint"]
    return {"seconds": sum(row["seconds"] for row in rows), "−ELBO, nats": float(-patient.vae.score(patient.held))}


def failings(quick: bool) -> Iterator[Failing]:
    """All experiments."""
    short = {"epochs": 3 if quick else 15, "latent_dim": 10}
    long = {"epochs": 5 if quick else 60, "latent_dim": 10}
    yield Failing(
        "Posterior collapse: rate weighted 4 times, no help",
        ("active latents", "I(x; z), nats", "−ELBO, nats"),
        "more active latents, more nats of I(x; z), a lower −ELBO",
        collapse,
        (
            Case("ill: rate=4", {**long, "training": plan(rate=4.0)}),
            Case("rate=1", {**long, "training": plan()}),
            Case("rate=1, linear KL warm-up", {**long, "training": plan(kl_warmup=0.5)}),
            Case("rate=1, sigmoid KL warm-up", {**long, "training": plan(kl_warmup=0.5, kl_shape="sigmoid")}),
            Case("rate=1, cyclical KL warm-up", {**long, "training": plan(kl_warmup=0.5, kl_cycles=4)}),
            Case("rate=4, free bits 0.5", {**long, "training": plan(rate=4.0, free_bits=0.5)}),
            Case("rate=4, 5 encoder steps", {**long, "training": plan(rate=4.0, encoder_steps=5)}),
            Case(
                "rate=4, skips from z", {**long, "training": plan(rate=4.0), "network": {"kind": "mlp", "skip": True}}
            ),
            Case("iwae, k=10", {**long, "variant": "iwae", "variant__k": 10, "training": plan()}),
        ),
    )
    yield Failing(
        "Lagging inference: a short training, whose latents carry little at its start",
        ("active latents", "I(x; z), nats", "−ELBO, nats"),
        "more active latents, a lower −ELBO",
        collapse,
        (
            Case("ill: 15 epochs, no help", {**short, "training": plan()}),
            Case("5 encoder steps", {**short, "training": plan(encoder_steps=5)}),
            Case("linear KL warm-up", {**short, "training": plan(kl_warmup=0.5)}),
            Case("free bits 0.25", {**short, "training": plan(free_bits=0.25)}),
            Case("batch norm", {**short, "training": plan(), "network": {"kind": "mlp", "norm": "batch"}}),
            Case("layer norm", {**short, "training": plan(), "network": {"kind": "mlp", "norm": "layer"}}),
            Case("weight norm", {**short, "training": plan(), "network": {"kind": "mlp", "norm": "weight"}}),
        ),
    )
    yield Failing(
        "Holes: samples of an autoencoder from N(0, I)",
        ("rows covered", "samples near a row"),
        "both nearer to 1",
        holes,
        (
            Case("ill: ae, prior", {**long, "variant": "ae"}, "prior"),
            Case("ae, sampler='mixture'", {**long, "variant": "ae"}, "mixture"),
            Case("ae, sampler='flow'", {**long, "variant": "ae"}, "flow"),
            Case("ae, sampler='neighbours'", {**long, "variant": "ae"}, "neighbours"),
            Case("vae, prior", long, "prior"),
            Case("vamp, prior", {**long, "variant": "vamp"}, "prior"),
        ),
    )
    many = {"epochs": 20 if quick else 400, "latent_dim": 10, "training": plan()}
    yield Failing(
        "Overfitting: 150 rows, two layers of 512, 400 epochs",
        ("gap, nats", "−ELBO held out"),
        "a smaller gap, a lower −ELBO of held-out rows",
        overfitting,
        (
            Case("ill", {**many, "network": WIDE}, rows=150),
            Case("dropout 0.3", {**many, "network": {**WIDE, "dropout": 0.3}}, rows=150),
            Case("one layer of 32", {**many, "network": {"kind": "mlp", "hidden": (32,)}}, rows=150),
            Case("stopped early", {**many, "network": WIDE, "training": plan(validation=0.2, patience=20)}, rows=150),
            Case("weight decay 1", {**many, "network": WIDE, "training": plan(weight_decay=1.0)}, rows=150),
        ),
    )
    fast = {**long, "network": {"kind": "mlp", "hidden": (256, 256)}}
    yield Failing(
        "Instability: a learning rate of 0.02",
        ("jumps", "gradient, largest over median", "−ELBO, nats"),
        "no jumps, a lower −ELBO",
        instability,
        (
            Case("ill: learning rate 0.02", {**fast, "training": plan(learning_rate=0.02)}),
            Case("clipped at 10", {**fast, "training": plan(learning_rate=0.02, clip=10.0)}),
            Case(
                "spectral norm",
                {**fast, "training": plan(learning_rate=0.02), "network": {**fast["network"], "norm": "spectral"}},
            ),
            Case("warm-up 0.1", {**fast, "training": plan(learning_rate=0.02, warmup=0.1)}),
            Case("warm-up 0.1, clipped at 10", {**fast, "training": plan(learning_rate=0.02, warmup=0.1, clip=10.0)}),
            Case("learning rate 0.002", {**fast, "training": plan(learning_rate=0.002)}),
        ),
    )
    yield Failing(
        "Blur: two latents",
        ("high-frequency power", "latents"),
        "a share nearer to 1",
        blur,
        (
            Case("ill: 2 latents", {**long, "latent_dim": 2}),
            Case("10 latents", {**long, "latent_dim": 10}),
            Case("10 latents, rate=0.25", {**long, "training": plan(rate=0.25)}),
            Case("ae, 10 latents", {**long, "variant": "ae"}),
        ),
    )
    yield Failing(
        "Cost: two layers of 1024",
        ("seconds", "−ELBO, nats"),
        "fewer seconds at the same −ELBO",
        cost,
        (
            Case(
                "ill: 1024-1024, fp32",
                {**long, "network": {"kind": "mlp", "hidden": (1024, 1024)}, "training": {"precision": "fp32"}},
            ),
            Case(
                "1024-1024, bf16",
                {**long, "network": {"kind": "mlp", "hidden": (1024, 1024)}, "training": {"precision": "bf16"}},
            ),
            Case(
                "128-128, fp32",
                {**long, "network": {"kind": "mlp", "hidden": (128, 128)}, "training": {"precision": "fp32"}},
            ),
        ),
    )


def run(failing: Failing, case: Case) -> Figures:
    """Train a case and look at it; NaN where its training diverged."""
    digits = load_digits()
    X, y = digits.images.astype(np.uint8), digits.target
    options = dict(case.options)
    variant = {key: options.pop(key) for key in list(options) if key.startswith("variant__")}
    vae = VAE(**options, random_state=0).set_params(**variant)
    train, held = X[: case.rows], X[1400:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            vae.fit(train, y[: case.rows])
        except Diverged:
            return dict.fromkeys(failing.figures, float("nan"))
        return failing.look(Patient(vae, held, y[1400:], train), case)


def rewritten(text: str, results: list[tuple[Failing, list[tuple[Case, Figures]]]]) -> str:
    """A page with the tables between its marks made new; those of failings that were not run stay as they are."""
    before, rest = text.split(OPEN)
    tables, after = rest.split(CLOSE)
    old = ["**" + part.strip() for part in tables.split("\n\n**") if part.strip()]
    new = {part.partition(":")[0]: part for part in (*old, *parts_of(results))}
    return before + "\n\n".join((OPEN, *new.values(), CLOSE)) + after


def parts_of(results: list[tuple[Failing, list[tuple[Case, Figures]]]]) -> list[str]:
    """The tables as Markdown."""
    parts = []
    for failing, found in results:
        head = f"| | {' | '.join(failing.figures)} |\n|{' --- |' * (len(failing.figures) + 1)}"
        lines = [f"| {case.name} | {' | '.join(_short(of[name]) for name in failing.figures)} |" for case, of in found]
        parts.append(f"**{failing.name}.** Better is: {failing.better}.\n\n{head}\n" + "\n".join(lines))
    return parts


def _short(value: float) -> str:
    return "diverged" if np.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def main() -> None:
    """Run everything, print the tables, write them."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, help="write the tables between the marks of this page")
    parser.add_argument("--only", default="", help="the failings whose names begin with this")
    args = parser.parse_args()
    results, figures = [], {}
    for failing in (one for one in failings(args.quick) if one.name.startswith(args.only)):
        found = [(case, run(failing, case)) for case in failing.cases]
        results.append((failing, found))
        lines = [(case.name, *(_short(of[name]) for name in failing.figures)) for case, of in found]
        table(failing.name, lines, ("", *failing.figures))
        figures |= {f"{failing.name}: {case.name}: {k}": v for case, of in found for k, v in of.items() if v == v}
    write_json(args.json, figures)
    if args.page:
        args.page.write_text(rewritten(args.page.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()

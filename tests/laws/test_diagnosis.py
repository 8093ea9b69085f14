"""Every variant can be diagnosed: findings with a figure, a meaning, and lines that run as they stand."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.distributions import Normal
from quintet.models.priors.standard import StandardNormal
from quintet.studies.diagnose import diagnose
from quintet.studies.diagnose.finding import Finding, Patient
from tests.alt_texts import alt_texts
from tests.laws.models import TRAIN, digits

X, Y = digits()
HELD = slice(1200, 1240)
Known = Callable[[str], VAE]


class Pasted(VAE):  # type: ignore[misc]
    """Takes a cure's line without the minutes that it would train for."""

    def fit(self, *rows: Any, **more: Any) -> Pasted:
        return self

    def generate(self, n: int, **more: Any) -> None:
        assert set(more) <= {"condition", "sampler", "temperature"}


def checked(findings: list[Finding]) -> None:
    assert len({f.name for f in findings}) == len(findings)
    for finding in findings:
        assert finding.figure
        assert finding.meaning.endswith(".")
        assert "nan" not in finding.figure
        assert bool(finding.cure) is not finding.healthy
        exec(finding.cure, {"vae": Pasted("vae"), "X": X, "y": Y})


def has_rates(vae: VAE) -> bool:
    """Whether each latent has a divergence of its own, in closed form."""
    batch = Rows.of(X[HELD], vae.schema_, Y[HELD]).batch(slice(None))
    model = vae.fitted_.model
    with torch.no_grad():
        q = model.posterior(batch.x, batch.observed, batch.condition)
        return isinstance(q, Normal) and isinstance(getattr(model, "prior", None), StandardNormal)


def test_every_variant_is_diagnosed(any_vae: VAE) -> None:
    findings = diagnose(any_vae, X[HELD], Y[HELD], train=X[TRAIN])
    checked(findings)
    if any_vae.fitted_.model.has_posterior:
        assert len(findings) == 12
        (sized,) = (f for f in findings if "rate_distortion" in f.figures)
        points = np.array(sized.figures["rate_distortion"])
        assert points[0, 0] == 0
        assert points[-1, 0] == any_vae.latent_dim_
        if has_rates(any_vae):  # elsewhere the terms of single latents are no rates: only their sum is one
            assert (np.diff(points[:, 1]) > -1e-3).all()
    else:
        assert {"cost", "copies"} < {f.name for f in findings}


def test_the_page_shows_the_lines_to_paste(tmp_path: Path, known: Known) -> None:
    findings = diagnose(known("vae"), X[HELD], Y[HELD], train=X[TRAIN], out=tmp_path)
    raw = (tmp_path / "diagnosis.html").read_text()
    page = html.unescape(raw)
    assert any(f.command for f in findings)
    for finding in findings:
        assert finding.cure in page
        assert finding.command in page
    assert "Rate and distortion" in page
    assert any("The distortion falls from" in alt for alt in alt_texts(raw))


def test_a_conditional_model_is_diagnosed_without_labels(known: Known) -> None:
    checked(diagnose(known("cvae"), X[HELD]))


def test_lines_of_the_command_keep_what_was_set() -> None:
    vae = VAE("beta", latent_dim=3, epochs=1, network={"kind": "mlp", "hidden": (8,)})
    vae.set_params(variant__beta=2.0).fit(X[:60])
    lines = Patient(vae, X[HELD]).anew("or less", training__free_bits=0.1)
    assert lines["cure"] == "vae.set_params(training__free_bits=0.1).fit(X)  # or less"
    assert lines["command"].endswith("--variant beta --latent-dim 3 --set beta=2.0 --set free_bits=0.1")


@pytest.mark.parametrize("sampler", ["prior", "mixture"])
def test_every_sampler_that_a_cure_names_is_one(sampler: str, known: Known) -> None:
    assert np.asarray(known("vae").generate(2, sampler=sampler)).shape == (2, 8, 8)

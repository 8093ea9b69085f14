"""What a diagnosis says of hand-made figures: alarms by the binomial error, one size, classes that trained, holes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.studies.diagnose import diagnose, fit, latents, samples
from quintet.studies.diagnose.finding import Patient
from quintet.studies.diagnose.latents import HeldOutLatents

TINY: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (16,)}, "epochs": 3}


@pytest.mark.parametrize(
    ("count", "rows", "calibration", "healthy"),
    [(42, 500, 5000, False), (25, 500, 5000, True), (34, 500, 5000, True), (8, 500, 5000, False), (0, 60, 30, True)],
)
def test_alarms_are_judged_by_the_binomial_error(count: int, rows: int, calibration: int, healthy: bool) -> None:
    finding = fit.alarms(count, rows, calibration)
    assert finding.healthy is healthy
    assert bool(finding.cure) is not healthy
    assert f"{count / rows:.1%}" in finding.figure


def codes(*spreads: float, information: float = 3.0) -> HeldOutLatents:
    means = np.random.default_rng(0).normal(size=(400, len(spreads))) * spreads
    return HeldOutLatents(means, 3.0, information, 0.0)


@pytest.mark.parametrize(
    ("held", "advised"),
    [
        (codes(1.0, 1.0), 4),
        (codes(1.0, 0.5), None),
        (codes(1.0, 0.8, *[0.01] * 6), 4),
        (codes(1.0, 1.0, information=0.1), None),  # collapsed: no size is right
        (codes(*[0.01] * 6), None),
    ],
)
def test_a_diagnosis_advises_one_size(held: HeldOutLatents, advised: int | None) -> None:
    assert latents.advised_size(held) == advised


class Blurred:
    """Reconstructs pictures without any detail."""

    latent_dim_ = 8

    class fitted_:
        options: ClassVar[dict[str, Any]] = {"variant": "vae", "variant_options": {}, "training": {}}

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.nanmean(rows, (1, 2), keepdims=True), rows.shape)


@pytest.mark.parametrize("size", [None, 4, 16])
def test_blur_is_cured_by_the_size_that_is_advised_or_by_none(size: int | None) -> None:
    rows = np.random.default_rng(0).random((30, 8, 8))
    rows[:, 2, 3] = np.nan
    finding = fit.blur(Patient(Blurred(), rows, size=size))  # type: ignore[arg-type]
    assert finding is not None
    assert not finding.healthy
    advised = {None: 16, 4: 4, 16: 16}[size]
    assert f"--latent-dim {advised}" in finding.command
    assert ("latent_dim" in finding.cure) is (size != 4)


LABELS = np.repeat([7, 8, 9], 100)


def test_a_class_that_trained_nothing_is_not_called_drawn() -> None:
    read = np.repeat([7, 8, 9], [60, 60, 30])
    finding = samples.drawn_classes(read, LABELS, LABELS, np.array([7, 8]))
    assert finding is not None
    assert finding.healthy
    assert "Samples include every class of the training data. Class 9 is not" in finding.meaning


def test_mistakes_of_the_classifier_do_not_count_as_samples() -> None:
    read = np.repeat([7, 8, 9], [70, 70, 10])
    guess = LABELS.copy()
    guess[::10] = 9  # a tenth of all rows is read as a nine
    finding = samples.drawn_classes(read, LABELS, guess, None)
    assert finding is not None
    assert finding.name == "classes left out"
    assert "Class 9" in finding.meaning
    assert samples.drawn_classes(read, LABELS, LABELS, np.array([7])) is None


def test_a_table_with_holes_is_diagnosed_without_its_training_rows() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(260, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(260, 6))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    labels = np.repeat([0, 1], 130)
    vae = VAE(**TINY).fit(rows[:200])
    findings = {f.name: f for f in diagnose(vae, rows, labels)}
    trained = int((vae.parts_of(rows) == "train").sum())
    assert f"{trained} of 260 are training rows and are left out" in findings["rows"].figure
    assert "overfitting" in findings  # the rows of training among those given serve the comparison
    assert not any("nan" in f.figure for f in findings.values())
    with pytest.raises(InputError, match="at least 20 rows that are not training rows, got"):
        diagnose(vae, rows[:60])

"""What estimators, histories and detections print, and the frames they turn into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline

from quintet import VAE, Classifier, Imputer, PyodDetector
from quintet.errors import InputError
from quintet.tasks.detect.detections import Detections
from quintet.training import History
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 3))


@pytest.fixture(scope="module")
def vae() -> VAE:
    with hardly_measured():
        return VAE(latent_dim=2, epochs=2, kind="real", network="mlp").fit(ROWS)


def sklearn_repr(estimator: Any) -> str:
    return str(BaseEstimator.__repr__(estimator))


def test_a_fitted_estimator_says_what_it_is(vae: VAE) -> None:
    text = repr(vae)
    assert text.startswith(f"{sklearn_repr(vae)}, fitted: vae of rows of 3, kind real")
    assert "2 latents" in text
    assert f"trained for {len(vae.history_)} epochs in" in text
    assert len(text.splitlines()) == 1


def test_a_conditional_model_names_its_condition() -> None:
    with hardly_measured():
        vae = VAE("cvae", latent_dim=1, epochs=1, kind="real", network="mlp").fit(ROWS, np.arange(60) % 2)
    assert "cvae of rows of 3" in repr(vae)
    assert "1 latent, given y" in repr(vae)


@pytest.mark.parametrize("make", [VAE, Classifier, Imputer, PyodDetector])
def test_an_unfitted_one_keeps_the_repr_of_scikit_learn(make: Any) -> None:
    assert repr(make()) == f"{make.__name__}()"


def test_a_clone_is_unfitted_and_a_pipeline_lists_the_parameters_alone(vae: VAE) -> None:
    assert repr(clone(vae)) == sklearn_repr(vae)
    assert "fitted" not in repr(clone(vae))
    assert "fitted" not in repr(make_pipeline(vae))
    assert clone(vae).get_params() == vae.get_params()


def test_what_wraps_a_model_says_which(vae: VAE) -> None:
    with hardly_measured():
        detector = PyodDetector(vae=clone(vae)).fit(ROWS)
    assert repr(detector).startswith(sklearn_repr(detector) + ", fitted: vae of rows of 3")


def test_a_history_prints_a_table_of_its_epochs(vae: VAE) -> None:
    lines = repr(vae.history_).splitlines()
    assert lines[0] == f"History of {len(vae.history_)} epochs"
    assert lines[1].split()[:3] == ["stage", "epoch", "loss"]
    assert len(lines) == 2 + len(vae.history_) + len(vae.history_.notes)
    last = vae.history_.rows[-1]
    assert lines[1 + len(vae.history_)].split()[:3] == [last["stage"], str(last["epoch"]), f"{last['loss']:.4g}"]


def test_a_long_history_prints_its_ends() -> None:
    history = History([{"stage": "joint", "epoch": i, "loss": i / 7} for i in range(1, 201)], ["stopped early"])
    lines = repr(history).splitlines()
    assert len(lines) <= 15
    assert lines[2].split()[:2] == ["joint", "1"]
    assert lines[-2].split()[:2] == ["joint", "200"]
    assert lines[-1] == "note: stopped early"


@pytest.mark.parametrize(("library", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_a_history_turns_into_a_frame(library: str, frame: type, vae: VAE) -> None:
    found = vae.history_.to_frame(library)
    assert isinstance(found, frame)
    assert len(found) == len(vae.history_)
    assert list(found.columns)[:2] == ["stage", "epoch"]
    np.testing.assert_array_equal(found["loss"].to_numpy(), [row["loss"] for row in vae.history_])
    lacking = [row.get("kl_per_latent") is None for row in vae.history_]
    if any(lacking):
        values = found["kl_per_latent"]
        assert list(values.isna() if library == "pandas" else values.is_null()) == lacking


def test_an_empty_history_prints_and_turns_into_an_empty_frame() -> None:
    assert repr(History()) == "History of 0 epochs"
    assert len(History().to_frame()) == 0


def test_detections_of_a_frame_keep_its_index(vae: VAE) -> None:
    rows = pd.DataFrame(np.vstack([ROWS[:20], [[9.0, -9.0, 9.0]]]), index=range(450, 471))
    found = vae.detect(rows)
    assert list(found.to_frame("pandas").index) == list(rows.index)
    assert repr(found).splitlines()[3].split()[0] == "470"
    assert f"p at least {1 / (found.calibration_rows + 1):.2g}" in repr(found).splitlines()[0]


def test_a_model_is_not_saved_under_the_ending_of_a_pickle(vae: VAE, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"path must not end in \.pt or \.pth, .*m\.safetensors"):
        vae.save(tmp_path / "m.pt")
    assert not list(tmp_path.iterdir())


def test_detections_print_the_strangest_first(vae: VAE) -> None:
    found = vae.detect(np.vstack([ROWS[:20], [[9.0, -9.0, 9.0]]]))
    lines = repr(found).splitlines()
    assert lines[0].startswith("Detections of 21 rows: ")
    assert lines[2].split()[:2] == ["row", "score"]
    assert lines[3].split()[0] == str(found.scores.argmax()) == "20"
    assert len(lines) == 3 + 10


@pytest.mark.parametrize(("library", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_detections_turn_into_a_frame_in_the_order_of_the_rows(library: str, frame: type, vae: VAE) -> None:
    found = vae.detect(ROWS[:7])
    table = found.to_frame(library)
    assert isinstance(table, frame)
    assert list(table.columns)[:3] == ["score", "p_value", "is_anomaly"]
    np.testing.assert_array_equal(table["p_value"].to_numpy(), found.p_values)
    for name in set(found.components) - {"default"}:
        np.testing.assert_array_equal(table[name].to_numpy(), found.components[name])


def test_detections_of_a_table_name_the_strangest_column() -> None:
    where = np.array([[0.0, 2.0], [0.0, 0.0]], dtype=np.float32)
    p, scores = np.array([0.01, 0.5]), np.array([3.0, 1.0])
    found = Detections(scores, p, p < 0.05, where, {"default": scores}, "p <= 0.05", 99, ("a", "b"))
    assert list(found.to_frame()["strangest_column"]) == ["b", ""]
    assert "1 anomaly, compared with 99 calibration rows, p at least 0.01 (p <= 0.05)" in repr(found)
    assert len(found) == 2


def test_no_rows_print(vae: VAE) -> None:
    nothing = np.zeros(0)
    empty = Detections(nothing, nothing, nothing.astype(bool), np.zeros((0, 3), dtype=np.float32), {})
    assert repr(empty).startswith("Detections of 0 rows: 0 anomalies")
    assert len(empty.to_frame()) == 0


def test_an_unknown_library_is_refused(vae: VAE) -> None:
    with pytest.raises(InputError, match="'panda' is not known: did you mean 'pandas'"):
        vae.history_.to_frame("panda")

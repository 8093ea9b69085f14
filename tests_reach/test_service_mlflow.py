"""Models in MLflow: saved, logged, loaded, and asked by MLflow itself, with a tracking store in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from quintet import load
from quintet.errors import InputError
from quintet.serving import mlflow_flavour
from tests.tables import small_table
from tests_reach.service import files

# MLflow warns of itself and of SQLAlchemy while it is imported and opens its store.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {name: load(path) for name, path in files(tmp_path_factory).items()}


def test_mlflow_asks_a_saved_model(models: dict[str, Any], tmp_path: Path) -> None:
    mlflow_flavour.save_model(models["table"], tmp_path / "model")
    assert not list((tmp_path / "model").rglob("*.pkl"))
    found = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    rows = small_table(5, seed=3, holes=0.0)
    pd.testing.assert_frame_equal(found.predict(rows), models["table"].detect(rows).to_frame())
    holed = rows.assign(price=[None, 2.5, None, 3.0, 1.0])
    filled = found.predict(holed, params={"question": "impute"})
    pd.testing.assert_frame_equal(filled, models["table"].impute(holed))
    new = found.predict(rows, params={"question": "generate", "n": 3, "seed": 7})
    pd.testing.assert_frame_equal(new, models["table"].generate(3, random_state=7))


def test_a_logged_model_comes_back_whole(
    models: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where MLflow puts the files of its runs
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    with mlflow.start_run():
        logged = mlflow_flavour.log_model(models["images"], "digits", question="transform")
    rows = np.random.default_rng(0).integers(0, 17, (4, 8, 8)).astype(np.uint8)
    asked = mlflow.pyfunc.load_model(logged.model_uri)
    np.testing.assert_array_equal(asked.predict(rows), models["images"].transform(rows))
    again = mlflow_flavour.load_model(logged.model_uri)
    np.testing.assert_array_equal(again.generate(2), models["images"].generate(2))


def test_the_folder_states_what_must_be_installed(models: dict[str, Any], tmp_path: Path) -> None:
    mlflow_flavour.save_model(models["images"], tmp_path / "model", metadata={"team": "a"})
    assert "quintet-vae==" in (tmp_path / "model" / "requirements.txt").read_text()
    assert "quintet.serving.mlflow_flavour" in (tmp_path / "model" / "MLmodel").read_text()


def test_wrong_questions_are_refused(models: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="question"):
        mlflow_flavour.save_model(models["images"], tmp_path / "model", question="explain")
    predictor = mlflow_flavour.Predictor(models["images"])
    with pytest.raises(InputError, match="question must be one of"):
        predictor.predict(np.zeros((1, 8, 8)), {"question": "save"})
    with pytest.raises(InputError, match="holds none"):
        mlflow_flavour.load_model(str(tmp_path))

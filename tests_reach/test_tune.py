"""A search for options with Optuna goes on after an interruption as if there had been none, and reads no test row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import VAE, load
from quintet.errors import InputError, Interrupted
from quintet.studies.tune import Tuned, tune
from quintet.studies.tune.lean_fit import bound_of
from tests.shared import answering_in_haste, hardly_measured, unmeasured

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2)) @ RNG.normal(size=(2, 6)) + 0.1 * RNG.normal(size=(300, 6))
SPACE = {"latent_dim": (1, 4), "learning_rate": (1e-5, 1e-2), "variant": ["vae", "beta"], "beta": (0.5, 8.0)}
SMALL = VAE(epochs=8, network={"kind": "mlp", "hidden": (16,)})


@pytest.fixture(autouse=True)
def _in_haste() -> Iterator[None]:
    with hardly_measured(), answering_in_haste():
        yield


def search(out: Path, trials: int = 10, **options: Any) -> Tuned:
    options = {"estimator": SMALL, "search": SPACE, "minutes": None, **options}
    return tune(X, out=out, trials=trials, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuned, list[str]]:
    said: list[str] = []
    with hardly_measured(), answering_in_haste():
        return search(tmp_path_factory.mktemp("whole") / "study", tell=said.append), said


def settled(found: Tuned) -> list[dict[str, Any]]:
    """The trials that count, without their numbers and times."""
    kept = [dict(trial) for trial in found.trials if trial["state"] != "failed"]
    return [{name: value for name, value in trial.items() if name not in ("number", "seconds")} for trial in kept]


def test_the_best_of_the_trials_is_kept_as_a_model_that_answers(whole: tuple[Tuned, list[str]]) -> None:
    found, said = whole
    figures = [trial["figure"] for trial in found.trials if trial["state"] == "complete"]
    assert found.figure == min(figures) <= found.default_figure == figures[0]
    model = load(found.path, VAE)
    assert model.latent_dim_ == found.best["latent_dim"]
    assert model.history_.rows[0]["learning_rate"] > 0
    assert bool((model.decompress(model.compress(X[:5])) == X[:5]).all())
    assert sum("left." in sentence for sentence in said) == len(found.trials)


def test_the_figure_of_the_best_trial_is_that_of_the_model_in_the_file(whole: tuple[Tuned, list[str]]) -> None:
    from sklearn.model_selection import train_test_split

    found, _ = whole
    _, held = train_test_split(X, test_size=60, random_state=0)
    assert bound_of(found.model, held, None) == pytest.approx(found.figure, abs=1e-9)
    assert set(found.model.parts_of(held)) == {"held_out"}


def test_poor_trials_end_early_and_what_mattered_is_said(whole: tuple[Tuned, list[str]]) -> None:
    found, _ = whole
    states = [trial["state"] for trial in found.trials]
    assert "pruned" in states
    assert sum(found.importances.values()) == pytest.approx(1, abs=0.01)
    assert max(found.importances, key=found.importances.__getitem__) in ("latent_dim", "training__learning_rate")
    for trial in found.trials:
        assert ("variant__beta" in trial) == (trial["variant"] == "beta")


def test_the_files_of_a_study_say_what_the_result_says(whole: tuple[Tuned, list[str]]) -> None:
    found, _ = whole
    folder = found.path.parent
    assert sorted(file.name for file in folder.iterdir()) == ["best.safetensors", "study.db", "trials.csv", "tune.json"]
    assert json.loads((folder / "tune.json").read_text())["figure"] == found.figure
    with open(folder / "trials.csv", newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == [trial["state"] for trial in found.trials]


def test_a_study_that_was_interrupted_twice_ends_as_one_that_was_not(
    whole: tuple[Tuned, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quintet.studies.tune import search as loop

    count = 0
    fit = loop.held_out_bound

    def cut(*arguments: Any) -> float:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return fit(*arguments)

    def tell(sentence: str) -> None:
        if sentence.startswith("Trial 6"):
            raise KeyboardInterrupt

    with unmeasured():  # the bound needs no more
        with monkeypatch.context() as patch:
            patch.setattr(loop, "held_out_bound", cut)
            with pytest.raises(Interrupted, match=r"continues it from .*study"):
                search(tmp_path / "study")
        assert (tmp_path / "study" / "best.safetensors").exists()
        with pytest.raises(Interrupted):
            search(tmp_path / "study", tell=tell)
        found = search(tmp_path / "study")
    assert [trial["state"] for trial in found.trials].count("failed") == 1
    assert settled(found) == settled(whole[0])
    assert found.best == whole[0].best


def test_a_study_with_other_rows_or_options_is_refused(whole: tuple[Tuned, list[str]]) -> None:
    folder = whole[0].path.parent
    with pytest.raises(InputError, match="a study with other rows"):
        tune(X + 1, out=folder, estimator=SMALL, search=SPACE, minutes=None, trials=3)
    with pytest.raises(InputError, match="a study with other options and seed"):
        search(folder, estimator=VAE(epochs=3), seed=1)


def test_a_time_limit_ends_the_search(tmp_path: Path) -> None:
    found = tune(X, out=tmp_path / "study", estimator=SMALL, search={"latent_dim": (1, 4)}, minutes=0.001)
    assert len(found.trials) == 1
    assert found.figure == found.default_figure


@pytest.mark.parametrize("objective", ["impute", "denoise", "detect"])
def test_a_question_can_be_the_objective(objective: str, tmp_path: Path) -> None:
    found = search(tmp_path / "study", trials=2, objective=objective, search={"learning_rate": [1e-6, 1e-2]})
    assert len(found.trials) == 2
    assert 0 <= found.figure < 1.5
    assert load(found.path, VAE).n_features_in_ == 6


@pytest.mark.parametrize("objective", ["bits", "impute", "detect"])
def test_a_table_of_columns_is_searched_too(objective: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": X[:220, 0], "b": X[:220, 1], "town": np.where(X[:220, 0] > 0, "north", "south")})
    options: dict[str, Any] = {"out": tmp_path / "study", "trials": 2, "minutes": None, "objective": objective}
    options |= {"estimator": VAE(epochs=2, context="none"), "search": {"latent_dim": (1, 3)}}
    found = tune(table, X[:220, 2] > 0, **options)
    assert 0 < found.figure < 10
    assert [column.name for column in found.model.schema_.columns] == ["a", "b", "town"]


def test_the_command_reads_no_test_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quintet.cli.main import app
    from quintet.data.readers import sources

    read: list[str] = []
    load_data = sources.load_data

    def seen(*arguments: Any, split: str = "train", **options: Any) -> Any:
        read.append(split)
        return load_data(*arguments, split=split, **options)

    monkeypatch.setattr(sources, "load_data", seen)
    np.savez(tmp_path / "rows.npz", x_train=X[:200], x_test=np.full((50, 6), np.inf))
    line = ["tune", str(tmp_path / "rows.npz"), "--out", str(tmp_path / "study"), "--trials", "2", "--epochs", "2"]
    with pytest.raises(SystemExit) as ended:
        app([*line, "--search", "latent_dim=1..3", "--quiet"], prog_name="quintet")
    assert not ended.value.code
    assert set(read) == {"train"}
    assert (tmp_path / "study" / "best.safetensors").exists()

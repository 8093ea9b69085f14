"""The study: what it trains, that it goes on, what it says."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import numpy as np
import pytest
import torch

from quintet.errors import InputError
from quintet.studies.compare import Run, Study, compare
from quintet.studies.compare.answers import _settings
from quintet.studies.compare.figures import learning
from quintet.studies.compare.measure import holes, sliced_gap
from quintet.studies.compare.plan import preset
from quintet.studies.compare.regions import regions
from quintet.studies.compare.results import Results
from quintet.studies.compare.rows import material
from quintet.studies.compare.study import _train, minutes_for_run
from quintet.studies.compare.train import prepared
from quintet.studies.compare.words import findings
from tests.alt_texts import alt_texts

SMALL = Study(("ae", "vae"), (2, 3), epochs=3, rows=300, hidden=(16,), answers=False)


@contextmanager
def threads_for_processes() -> Iterator[None]:
    """Runs train in this process, on one core: one of its own imports torch first. The notebook has real processes."""
    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.sched_getaffinity", lambda _: {0})
        patch.setattr("quintet.studies.compare.study.ProcessPoolExecutor", lambda jobs, **_: ThreadPoolExecutor(jobs))
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    """A small study of the embedded digits."""
    out = tmp_path_factory.mktemp("study")
    with threads_for_processes():
        return compare("digits", out, SMALL, jobs=1), out


def test_a_study_writes_its_page_and_a_line_for_each_run(done: tuple[Results, Path]) -> None:
    results, out = done
    page = (out / "compare.html").read_text()
    for title in ("Side by side", "AE against VAE", "vae by t-SNE", "Curves at 3 latents", "Dense and sparse regions"):
        assert title in page
    assert len(alt_texts(page)) > 10
    lines = list(csv.DictReader((out / "figures.csv").read_text().splitlines()))
    assert len(lines) == len(SMALL.runs()) == 6
    keys = {(r["variant"], r["latent_dim"], r["likelihood"]) for r in lines}
    assert keys >= {("vae", "2", "mse"), ("ae", "3", "bernoulli")}
    assert all(0 < float(r["mse"]) < 1 for r in lines)
    assert all(float(r["sparse_apart"]) > 0 and float(r["dense_apart"]) > 0 for r in lines)
    for run, figures in results.figures.items():
        assert figures["seconds"] == sum(row["seconds"] for row in figures["history"]), run.name
    by_class = list(csv.DictReader((out / "mse_by_class.csv").read_text().splitlines()))
    assert len(by_class) == 60
    mine = [r for r in by_class if (r["variant"], r["latent_dim"], r["likelihood"]) == ("vae", "3", "mse")]
    mean = np.mean([float(r["mse"]) for r in mine])
    assert mean == pytest.approx(results.figures[Run("vae", 3)]["mse"], rel=0.1)
    assert len(list(csv.DictReader((out / "curves.csv").read_text().splitlines()))) == 18


def test_a_study_goes_on_from_what_is_there(done: tuple[Results, Path]) -> None:
    _, out = done
    before = {path.name: path.stat().st_mtime_ns for path in (out / "runs").iterdir()}
    (out / "runs" / f"{Run('ae', 2).name}.json").unlink()
    reported: list[str] = []
    with threads_for_processes():
        compare("digits", out, SMALL, jobs=1, tell=reported.append)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "runs").iterdir()}
    assert reported[0] == "5 of 6 runs are finished already."
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {f"{Run('ae', 2).name}.json", f"{Run('ae', 2).name}.npz"}


def test_as_many_runs_go_at_a_time_as_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, lock, going, most, trained = Barrier(2, timeout=60), Lock(), 0, 0, []

    def train(study: Study, run: Run, *_: object) -> None:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
        both.wait()  # the other run of the pair
        with lock:
            going -= 1
            trained.append(run)

    monkeypatch.setattr("quintet.studies.compare.study.train_run", train)
    reported: list[str] = []
    with threads_for_processes():
        _train(SMALL, SMALL.runs(), material("digits", 60), tmp_path, 2, time.perf_counter(), reported.append)
    assert most == 2
    assert set(trained) == set(SMALL.runs())
    assert len(trained) == len(reported) == 6
    assert "6 of 6 runs" in reported[-1]


def test_other_settings_or_rows_are_not_taken_for_these() -> None:
    name = material("digits", 300).name
    assert SMALL.fingerprint(name) != replace(SMALL, epochs=4).fingerprint(name)
    assert SMALL.fingerprint(name) != SMALL.fingerprint(material("digits", 200).name)
    assert SMALL.fingerprint(name) == replace(SMALL, seeds=3, latent_dims=(7,)).fingerprint(name)


def test_codes_that_are_normal_have_no_gap_and_no_holes() -> None:
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(2000, 2))
    ring = normal / np.linalg.norm(normal, axis=1, keepdims=True) * 2 + 0.05 * rng.normal(size=(2000, 2))
    assert sliced_gap(normal) < 0.04 < 0.1 < sliced_gap(ring)
    assert holes(normal) < 0.1
    assert holes(ring) > 0.5


def test_findings_name_what_the_figures_show() -> None:
    study, rows = Study(("ae", "vae"), (2, 20, 100)), None
    errors = {"ae": (0.04, 0.01, 0.005), "vae": (0.05, 0.03, 0.03)}
    classes = {str(d): 0.02 for d in range(10)} | {"1": 0.01, "7": 0.015, "2": 0.04, "8": 0.05}
    figures: dict[Run, dict[str, Any]] = {
        Run(v, size): {"mse": e, "gap": 0.4 if v == "ae" else 0.05, "holes": 0.5, "mse_by_class": classes}
        for v, each in errors.items()
        for size, e in zip(study.latent_dims, each, strict=True)
    }
    sentences = " ".join(findings(Results(study, rows, figures, {}, {})))  # type: ignore[arg-type]
    assert "“1 and 7 are easiest”: held" in sentences
    assert "“2 and 8 are hardest”: held" in sentences
    assert "“The AE improves with size”: held" in sentences
    assert "“The VAE does not improve beyond about 20”: held" in sentences
    assert "most normal for vae" in sentences
    better = {run: {**f, "mse": 0.001 if run.latent_dim == 100 else f["mse"]} for run, f in figures.items()}
    sentences = " ".join(findings(Results(study, rows, better, {}, {})))  # type: ignore[arg-type]
    assert "beyond about 20”: not held" in sentences


def test_minutes_are_shared_among_the_runs_that_are_left() -> None:
    now = time.perf_counter()
    assert minutes_for_run(SMALL, now, 4, 2) is None
    assert minutes_for_run(replace(SMALL, minutes=8.0), now, 4, 2) == pytest.approx(4.0, rel=0.01)
    assert minutes_for_run(replace(SMALL, minutes=8.0), now - 3600, 4, 2) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"variants": ("vea",)}, "did you mean .*'vae'"),
        ({"latent_dims": (0,)}, "from 1 to"),
        ({"seeds": 0}, "from 1 to"),
        ({"minutes": -1.0}, "above 0"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(SMALL, **changes)


def test_presets() -> None:
    assert preset("vae-vs-gan", seeds=2).seeds == 2
    with pytest.raises(InputError, match="vae-vs-gan"):
        preset("vae-vs-gam")


def test_dense_and_sparse_regions_are_where_codes_lie_thick_and_between_them() -> None:
    rng = np.random.default_rng(0)
    lumps = np.concatenate([0.1 * rng.normal(size=(300, 2)) - 3, 0.1 * rng.normal(size=(300, 2)) + 3])
    dense, sparse = regions(np.concatenate([lumps, 2 * rng.normal(size=(20, 2))]))
    assert (np.abs(np.abs(dense) - 3) < 0.2).all()
    assert dense.shape == sparse.shape == (10, 2)
    apart = np.linalg.norm(sparse[:, None] - lumps, axis=2).min(1)
    assert (apart > 1).all()
    assert (np.abs(sparse) < 3.5).all()


def test_curves_show_every_value_after_the_start() -> None:
    rows = [{"loss": 9.0 - e, "val_loss": 6.0 - e if e else None} for e in range(5)]
    low, high = learning({"vae": rows}).axes[0].get_ylim()
    assert low < 2
    assert high > 9


def test_answers_are_asked_anew_where_the_middle_size_is_another() -> None:
    rows = material("digits", 300)
    assert _settings(replace(SMALL, latent_dims=(2,)), rows) != _settings(replace(SMALL, latent_dims=(2, 20)), rows)
    assert _settings(SMALL, rows) == _settings(replace(SMALL, seeds=2), rows)


@pytest.mark.parametrize(
    ("variant", "labels", "says"),
    [
        ("perceptual", True, "'perceptual' on these rows"),
        ("cvae", False, "needs labels"),
        ("semi", False, "needs labels"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is(
    tmp_path: Path, variant: str, labels: bool, says: str
) -> None:
    table = np.random.default_rng(0).normal(size=(60, 4))
    np.savez(tmp_path / "table.npz", x=table, **({"y": np.arange(60) % 2} if labels else {}))
    study = replace(SMALL, variants=("vae", variant), latent_dims=(2,))
    with pytest.raises(InputError, match=says):
        compare(str(tmp_path / "table.npz"), tmp_path / "out", study, jobs=1)
    assert not list((tmp_path / "out").rglob("*.json"))


def test_a_variant_with_a_likelihood_of_its_own_keeps_it() -> None:
    rows = material("digits", 60)
    assert prepared(Run("perceptual", 2), rows)[0].likelihood == "auto"
    assert prepared(Run("vae", 2), rows)[0].likelihood == "mse"


def test_rows_without_a_test_split_are_divided_whatever_file_they_are_in(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(50, 4))
    np.savez(tmp_path / "table.npz", x=table)
    np.save(tmp_path / "table.npy", table)
    np.savetxt(tmp_path / "table.csv", table, delimiter=",", header="a,b,c,d", comments="")
    for name in ("table.npz", "table.npy", "table.csv"):
        found = material(str(tmp_path / name))
        assert (len(found.train), len(found.held)) == (40, 10)


def test_no_finding_is_drawn_from_a_collapsed_model(done: tuple[Results, Path]) -> None:
    results, _ = done
    figures = {
        run: {**found, "active_units": 0.0 if run.variant == "vae" else 3.0} for run, found in results.figures.items()
    }
    sentences = findings(replace(results, figures=figures))
    assert "vae is left out of the findings" in sentences[0]
    assert not any("vae" in sentence for sentence in sentences[1:])
    assert not any("samples fail" in sentence for sentence in sentences)

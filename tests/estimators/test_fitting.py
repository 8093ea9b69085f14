"""fit: what it holds out, what it chooses, tiny and odd data, weights, holes, checkpoints, grid search, pipelines."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from quintet import VAE
from quintet.data import row_fingerprints
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import Diverged, InputError, Interrupted
from quintet.estimators._fit.presets import network_for, variant_for
from quintet.estimators._fit.resolve_config import latents_of, plan_of, seed_of
from quintet.estimators._input.holdout import split_rows
from quintet.networks import Folded, Mlp
from quintet.variants.beta import Beta
from quintet.variants.ladder import Ladder
from quintet.variants.vae import Vae

TINY: dict[str, Any] = {
    "latent_dim": 2,
    "network": {"kind": "mlp", "hidden": (16,)},
    "epochs": 3,
    "training": {"batch_size": 64},
}
quiet = pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")


def rows_of(X: np.ndarray, weight: np.ndarray | None = None) -> Rows:
    return Rows.of(X, Schema.infer(X), sample_weight=weight)


def numbers_of(*parts: Rows | None) -> list[list[int]]:
    return [part.values[:, 0].long().tolist() for part in parts if part is not None]


def test_held_out_rows_are_disjoint_and_all_there() -> None:
    X = np.arange(250, dtype=np.uint8)[:, None]
    parts = split_rows(rows_of(X), 0, 0.1, 0.2)
    numbers = numbers_of(parts.train, parts.validation, parts.calibration)
    assert [len(n) for n in numbers] == [160, 40, 50]  # 50 of fewer than 500 rows calibrate
    assert sorted(x for part in numbers for x in part) == list(range(250))
    assert (parts.held_out, parts.others) == (50, ())


@pytest.mark.parametrize("n", [9, 10, 20, 59, 60, 61, 199])
@pytest.mark.parametrize("groups", [None, 3, 7])
def test_of_few_rows_each_calibrates_once_and_never_a_model_that_it_trained(n: int, groups: int | None) -> None:
    given = None if groups is None else np.random.default_rng(n).integers(0, groups, n)
    parts = split_rows(rows_of(np.arange(n, dtype=np.uint8)[:, None]), 0, 0.1, 0.2, given)
    every = []
    for part in (parts, *parts.others):
        numbers = numbers_of(part.train, part.validation, part.calibration)
        assert sorted(x for some in numbers for x in some) == list(range(n))
        every += numbers[-1]
        if given is not None:
            assert not {given[i] for i in numbers[-1]} & {given[i] for some in numbers[:-1] for i in some}
    assert sorted(every) == list(range(n))
    assert parts.calibrating == n
    assert parts.held_out == n // 3 or n % 3 or given is not None


def test_too_few_rows_are_not_held_out_and_rows_without_weight_are_left_out() -> None:
    X = np.arange(9.0)[:, None]
    parts = split_rows(rows_of(X, np.array([0, 1, 2, 1, 0, 1, 1, 1, 1.0])), 0, 0.1, 0.1)
    assert len(parts.train) == 7
    assert parts.calibration is parts.train
    assert (parts.validation, parts.held_out, parts.others) == (None, 0, ())
    alone = split_rows(rows_of(np.arange(60.0)[:, None]), 0, 0.1, 0.0, np.zeros(60))
    assert (alone.held_out, alone.others) == (0, ())


@pytest.mark.parametrize("groups", [None, np.arange(200) // 4])
def test_rows_keep_their_part_and_new_rows_of_a_group_join_it(groups: np.ndarray | None) -> None:
    X = np.arange(200, dtype=np.uint8)[:, None]
    first = split_rows(rows_of(X[:120]), 0, 0.2, 0.1, None if groups is None else groups[:120]).parts
    before = np.full(200, row_fingerprints.HELD_OUT)
    before[:118] = first[:118]  # of the group 116..119 two rows are new
    again = split_rows(rows_of(X), 7, 0.2, 0.1, groups, before)
    assert np.array_equal(again.parts[:118], first[:118])
    assert {row_fingerprints.TRAIN, row_fingerprints.CALIBRATION, row_fingerprints.VALIDATION} == set(
        again.parts[120:].tolist()
    )
    assert again.held_out == (again.parts == row_fingerprints.CALIBRATION).sum() == len(again.calibration)
    if groups is not None:
        assert all(len(set(again.parts[groups == g])) == 1 for g in range(50))


def test_a_part_that_is_no_longer_wanted_is_dealt_anew_and_few_new_rows_train_too() -> None:
    X = np.arange(100, dtype=np.uint8)[:, None]
    before = np.repeat(
        [row_fingerprints.TRAIN, row_fingerprints.CALIBRATION, row_fingerprints.VALIDATION], [80, 10, 10]
    )
    parts = split_rows(rows_of(X), 0, 0.1, 0.0, None, before)
    assert (parts.parts[:80] == row_fingerprints.TRAIN).all()
    assert parts.validation is None
    before[90:] = row_fingerprints.HELD_OUT
    before[80:90] = row_fingerprints.TRAIN
    parts = split_rows(rows_of(X), 0, 0.1, 0.0, None, before)
    assert parts.held_out == 5  # half of the ten new rows; none that has trained
    assert (parts.parts[:90] == row_fingerprints.TRAIN).all()


def test_latents_are_as_many_as_the_data_has_directions() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 6)) @ rng.normal(size=(6, 40))
    chosen, why = latents_of("auto", rows_of(X), 0)
    assert 3 <= chosen <= 6
    assert "principal components hold 80%" in why
    assert latents_of("auto", rows_of(np.ones((5, 3))), 0)[0] == 2
    assert latents_of("auto", rows_of(rng.normal(size=(500, 300))), 0)[0] == 32
    assert latents_of("auto", rows_of(rng.normal(size=(500, 300))), 0, "best")[0] == 48
    assert latents_of(7, rows_of(X), 0)[0] == 7


def test_the_best_preset_takes_a_ladder_of_folded_convolutions_for_images_alone() -> None:
    pictures, table = (Schema.infer(np.zeros((20, *shape), np.uint8)) for shape in ((28, 28), (5,)))
    small = Schema.infer(np.zeros((20, 8, 8), np.uint8))
    assert variant_for("auto", "best", pictures) == Ladder(layers=3, modes=200)
    assert network_for("auto", "best", pictures) == Folded()
    for schema, preset in ((pictures, "fast"), (table, "best"), (small, "best")):
        assert variant_for("auto", preset, schema) == Vae()
        assert isinstance(network_for("auto", preset, schema), Mlp)
    assert variant_for("vae", "best", pictures) == Vae()
    assert variant_for(Beta(beta=2.0), "best", pictures) == Beta(beta=2.0)
    assert isinstance(network_for("mlp", "best", pictures), Mlp)


def test_small_data_gets_more_epochs_and_told_ones_stay() -> None:
    assert plan_of(None, "fast", None, None, 60_000).epochs == 20
    assert plan_of({"batch_size": 128}, "fast", None, None, 1_280).epochs == 200
    assert plan_of(None, "fast", None, None, 3).epochs == 400
    assert plan_of(None, "fast", 5, None, 3).epochs == 5
    assert plan_of({"epochs": 4}, "fast", None, None, 3).epochs == 4
    assert plan_of(None, "best", None, 1.5, 3).epochs == plan_of(None, "best", None, None, 3).epochs, "a limit is one"
    assert plan_of(None, "best", 5, None, 3).ema > 0


def test_seeds_come_from_numbers_and_generators() -> None:
    assert seed_of(7) == seed_of(np.int64(7)) == 7
    assert seed_of(None) != seed_of(None)
    assert seed_of(np.random.default_rng(0)) == seed_of(np.random.default_rng(0))
    assert seed_of(np.random.RandomState(0)) == seed_of(np.random.RandomState(0))


@quiet
@pytest.mark.parametrize(
    "X",
    [
        np.array([[1.0, 2.0, 3.0]]),
        np.array([[4.0]]),
        np.ones((30, 3)),
        np.full((12, 5, 3), 200, np.uint8),
        np.arange(60, dtype=np.uint8).reshape(4, 5, 3),
        np.arange(180, dtype=np.uint8).reshape(4, 5, 3, 3),
        np.array([[0, 1], [1, 1], [1, 0]], dtype=bool),
        np.array([[np.nan, 1.0], [2.0, np.nan], [3.0, 4.0]]),
    ],
    ids=["one row", "one cell", "constant", "constant images", "odd images", "colour", "binary", "holes"],
)
def test_small_and_odd_data_simply_works(X: np.ndarray) -> None:
    vae = VAE(**TINY | {"latent_dim": 5, "epochs": 2}).fit(X)
    assert vae.transform(X).shape == (len(X), 5)
    assert np.isfinite(vae.score_samples(X)).all()
    assert vae.generate(3).shape == (3, *X.shape[1:])
    assert vae.predict(X).shape == (len(X),)
    assert np.array_equal(vae.decompress(vae.compress(X)), X, equal_nan=X.dtype.kind == "f")


def test_notes_say_what_was_found_and_chosen(digits: VAE) -> None:
    notes = "\n".join(digits.notes_)
    assert "rows of 8x8, kind image8" in notes
    assert "latent_dim=3, as given" in notes
    assert "200 of 250 rows train, 50 calibrate" in notes


def test_predict_calls_its_share_of_calibration_rows_outliers(digits: VAE, images: np.ndarray) -> None:
    assert np.array_equal(digits.predict(images), np.where(digits.decision_function(images) >= 0, 1, -1))
    strange = np.random.default_rng(0).integers(0, 17, (50, 8, 8)).astype(np.uint8)
    assert (digits.predict(strange) == -1).mean() > (digits.predict(images[250:]) == -1).mean()


def test_repeated_rows_and_weights_of_zero(images: np.ndarray) -> None:
    weight = np.ones(250)
    weight[100:] = 0
    exact = {**TINY, "training": {**TINY.get("training", {}), "precision": "fp32"}}
    weighted = VAE(**exact).fit(images[:250], sample_weight=weight)
    alone = VAE(**exact).fit(images[:100])
    assert np.allclose(weighted.transform(images[:9]), alone.transform(images[:9]), atol=1e-4)
    with pytest.raises(InputError, match="zero for all rows"):
        VAE(**TINY).fit(images[:9], sample_weight=np.zeros(9))


def test_rows_for_validation_are_watched_and_not_trained_on(images: np.ndarray, labels: np.ndarray) -> None:
    watched = VAE(**TINY).fit(images[:200], X_val=images[200:])
    assert watched.fitted_.fingerprint == VAE(**TINY).fit(images[:200]).fitted_.fingerprint
    assert all("val_loss" in row for row in watched.history_)
    VAE("cvae", **TINY).fit(images[:200], labels[:200], X_val=(images[200:], labels[200:]))
    with pytest.raises(InputError, match="X_val of a conditional variant needs"):
        VAE("cvae", **TINY).fit(images[:200], labels[:200], X_val=images[200:])


def test_callbacks_see_every_epoch(images: np.ndarray) -> None:
    seen: list[Any] = []
    vae = VAE(**TINY).fit(images, callbacks=[seen.append])
    assert seen == vae.history_.rows


def test_an_interrupted_and_resumed_fit_ends_with_the_same_weights(images: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"

    class Killed(Exception):
        pass

    def kill(row: Any) -> None:
        if row["epoch"] == 2:
            raise Killed

    plan = TINY | {"training": {"batch_size": 64, "checkpoint_seconds": 0.0}}
    with pytest.raises(Killed):
        VAE(**plan).fit(images, checkpoint=path, callbacks=[kill])
    resumed = VAE(**plan).fit(images, checkpoint=path, resume=True)
    assert resumed.fitted_.fingerprint == VAE(**plan).fit(images).fitted_.fingerprint
    with pytest.raises(InputError, match="other settings"):
        VAE("beta", **plan).fit(images, checkpoint=path, resume=True)


def test_a_run_that_diverges_keeps_the_last_good_weights(table: np.ndarray) -> None:
    vae = VAE(**TINY | {"training": {"learning_rate": 1e12, "batch_size": 16}})
    with pytest.raises(Diverged, match="last good weights are restored"):
        vae.fit(table)
    assert np.isfinite(vae.transform(table)).all()


def test_a_grid_search_reaches_latents_and_the_options_of_the_variant(table: np.ndarray) -> None:
    grid = {"latent_dim": [1, 3], "variant__beta": [0.5, 50.0]}
    search = GridSearchCV(VAE("beta", calibration=0.0, **{**TINY, "epochs": 60}), grid, cv=2, error_score="raise").fit(
        table
    )
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.variant.beta == search.best_params_["variant__beta"] == 0.5
    assert search.best_estimator_.latent_dim_ == search.best_params_["latent_dim"]


def test_it_is_a_step_of_a_pipeline(table: np.ndarray, labels: np.ndarray) -> None:
    from sklearn.linear_model import LogisticRegression

    pipeline = make_pipeline(StandardScaler(), VAE(**TINY), LogisticRegression())
    pipeline.set_params(vae__latent_dim=3)
    assert pipeline.fit(table, labels[:200] % 2).predict(table).shape == (200,)
    assert list(pipeline[:-1].get_feature_names_out()) == ["vae0", "vae1", "vae2"]


def test_a_clone_is_not_fitted_and_has_the_same_parameters(digits: VAE) -> None:
    again = clone(digits)
    assert not hasattr(again, "fitted_")
    assert again.get_params() == digits.get_params()


def test_the_users_array_is_neither_changed_nor_kept(images: np.ndarray) -> None:
    X = images.copy()
    vae = VAE(**TINY).fit(X)
    assert np.array_equal(X, images)
    before = vae.score_samples(images[:9])
    X[:] = 0
    assert np.array_equal(vae.score_samples(images[:9]), before)


def test_verbose_writes_lines_and_quiet_writes_nothing(images: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    VAE(**TINY).fit(images)
    assert capsys.readouterr() == ("", "")
    VAE(**TINY, verbose=True).fit(images)
    output = capsys.readouterr()
    assert "train joint" in output.err
    assert output.out == ""


def test_threads_are_left_as_they_are(images: np.ndarray) -> None:
    before = torch.get_num_threads()
    VAE(**TINY).fit(images[:60])
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("stage", ["joint", "guide"])
def test_ctrl_c_without_a_checkpoint_leaves_the_weights_of_that_moment(stage: str) -> None:
    def stop(row: dict[str, Any]) -> None:
        if row["stage"] == stage:
            signal.raise_signal(signal.SIGINT)

    X = np.random.default_rng(0).normal(size=(60, 4))
    vae = VAE(**TINY)
    with pytest.raises(Interrupted, match="the model has the weights of this moment"):
        vae.fit(X, callbacks=[stop])
    assert len(vae.history_) >= 1
    assert any("interrupted in stage" in note for note in vae.notes_)
    assert any("guide was not trained" in note for note in vae.notes_) == (stage == "joint")
    for answer in (vae.generate(3), vae.transform(X), vae.score_samples(X), vae.impute(X), vae.reconstruct(X)):
        assert np.isfinite(answer).all()


def test_counts_of_thousands_are_generated_at_their_own_size() -> None:
    rng = np.random.default_rng(0)
    X = rng.poisson(1000 * rng.lognormal(0, 0.5, (400, 1)) * np.linspace(0.5, 2, 6), (400, 6))
    vae = VAE(kind="count").fit(X)
    assert abs(vae.generate(500).mean() / X.mean() - 1) < 0.1
    assert abs(vae.reconstruct(X).mean() / X.mean() - 1) < 0.1

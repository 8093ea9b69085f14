"""Detection, end to end on the embedded digits and a small table."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Rows
from quintet.errors import InputError, QuintetWarning, Unanswerable
from quintet.evaluate import auroc
from quintet.tasks.detect import leaf_index
from quintet.tasks.detect.calibration_scores import calibration_scores
from quintet.tasks.detect.detect import detect, scores
from quintet.tasks.detect.prepare import fit_detection
from quintet.tasks.detect.score_calibration import COMPONENTS
from tests.shared import hardly_measured

DIGITS = load_digits()
X, Y = DIGITS.images.astype(np.uint8), DIGITS.target
SMALL = {"network": {"kind": "mlp", "hidden": (64,)}, "latent_dim": 8, "epochs": 40, "random_state": 0}


@pytest.fixture(scope="module")
def held_out() -> VAE:
    """Trained on the digits without 6, a third of the rows held back to calibrate."""
    rows = np.random.default_rng(0).permutation(X[:1400][Y[:1400] != 6])
    with hardly_measured():
        return VAE(calibration=0.33, **SMALL).fit(rows)


@pytest.fixture(scope="module")
def queries() -> np.ndarray:
    return X[1400:]


def rows_of(vae: VAE, x: np.ndarray, **given: np.ndarray) -> Rows:
    return Rows.of(x, vae.fitted_.schema, **given)


def test_a_digit_never_seen_is_found(held_out: VAE, queries: np.ndarray) -> None:
    found = detect(held_out.fitted_, rows_of(held_out, queries), fdr=0.2)
    assert auroc(Y[1400:] == 6, found.scores) > 0.9
    assert found.is_anomaly[Y[1400:] == 6].mean() > found.is_anomaly[Y[1400:] != 6].mean()
    assert found.scores.shape == found.p_values.shape == found.is_anomaly.shape == (len(queries),)
    assert set(found.components) == {"default", *COMPONENTS}
    assert np.array_equal(found.components["default"], found.scores)
    assert np.array_equal(scores(held_out.fitted_, rows_of(held_out, queries)), found.scores)


def test_scores_do_not_follow_ink(held_out: VAE) -> None:
    normal = X[1400:][Y[1400:] != 6]
    ink = normal.reshape(len(normal), -1).sum(1)
    assert abs(np.corrcoef(ink, scores(held_out.fitted_, rows_of(held_out, normal)))[0, 1]) < 0.3


def test_normal_rows_get_honest_p_values() -> None:
    rows = np.random.default_rng(1).permutation(X)
    vae = VAE(calibration=0.3, **{**SMALL, "epochs": 10}).fit(rows[:1000])
    p = detect(vae.fitted_, rows_of(vae, rows[1000:])).p_values
    for level in (0.1, 0.3, 0.5):  # 797 rows against 300: three standard errors of both
        assert abs((p <= level).mean() - level) < 3 * np.sqrt(level * (1 - level) * (1 / 797 + 1 / 300))


def test_scores_depend_on_nothing_but_the_row(held_out: VAE, queries: np.ndarray) -> None:
    fitted = held_out.fitted_
    whole = detect(fitted, rows_of(held_out, queries), fdr=0.5, batch_rows=64)
    order = np.random.default_rng(0).permutation(len(queries))
    mixed = detect(fitted, rows_of(held_out, queries[order][:100]), fdr=0.5, batch_rows=64)
    assert np.array_equal(mixed.scores, whole.scores[order][:100])
    assert np.array_equal(mixed.where, whole.where[order][:100])
    alone = detect(fitted, rows_of(held_out, queries[:3]), fdr=0.5, batch_rows=7)
    assert alone.scores == pytest.approx(whole.scores[:3], abs=1e-3)


def test_the_global_random_state_is_left_alone(held_out: VAE, queries: np.ndarray) -> None:
    before = torch.random.get_rng_state()
    first = detect(held_out.fitted_, rows_of(held_out, queries[:20]))
    assert torch.equal(before, torch.random.get_rng_state())
    assert np.array_equal(first.scores, detect(held_out.fitted_, rows_of(held_out, queries[:20])).scores)


def test_where_points_at_the_spoiled_cells(held_out: VAE, queries: np.ndarray) -> None:
    normal = queries[Y[1400:] != 6][:40]
    spoiled = normal.copy()
    spoiled[:, 0, 0] = 16  # a corner that no digit reaches
    where = detect(held_out.fitted_, rows_of(held_out, spoiled)).where
    assert where.shape == normal.shape
    assert (where >= 0).all()
    louder = (where.reshape(40, -1) > where[:, :1, 0]).sum(1)  # cells that surprise more than the spoiled one
    assert (louder < 3).mean() > 0.9
    clean = detect(held_out.fitted_, rows_of(held_out, normal)).where
    assert clean[:, 0, 0].mean() < 0.1 * where[:, 0, 0].mean()


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_missing_cells_have_no_influence(held_out: VAE, queries: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    mask = rng.random(queries[:50].shape) < 0.3
    noise = np.where(mask, rng.integers(0, 17, mask.shape), queries[:50]).astype(np.uint8)
    one, two = (detect(held_out.fitted_, rows_of(held_out, x, mask=mask)) for x in (queries[:50], noise))
    for name in one.components:
        assert np.array_equal(one.components[name], two.components[name])
    assert np.array_equal(one.where, two.where)
    assert (one.where[mask] == 0).all()


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_is_a_score_of_its_own(held_out: VAE, queries: np.ndarray, name: str) -> None:
    found = detect(held_out.fitted_, rows_of(held_out, queries[:60]), score=name)
    assert np.array_equal(found.scores, found.components[name])
    held = calibration_scores(held_out.fitted_, name)
    expected = (1 + (held[None] >= found.scores[:, None]).sum(1)) / (len(held) + 1)
    assert found.p_values == pytest.approx(expected)


def test_reference_rows_are_others_than_the_calibration_rows(held_out: VAE) -> None:
    """Scored as new rows, training rows would be their own nearest neighbours; calibration rows are not."""
    points = held_out.fitted_.artifacts.row_index.points
    assert len(points) + held_out.held_out_ <= (Y[:1400] != 6).sum()
    assert points.dtype == torch.float16


def test_searched_leaf_by_leaf_normal_rows_keep_honest_p_values(held_out: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missed neighbours make all rows somewhat stranger, calibration rows as much as new ones."""
    monkeypatch.setattr(leaf_index, "SIZE", 16)
    monkeypatch.setattr(leaf_index, "FEWEST", 1)
    monkeypatch.setattr(leaf_index, "RECALL", 0.5)
    fitted = replace(held_out.fitted_, cache={})
    rows = X[np.random.default_rng(0).permutation(len(X))]
    fitted.artifacts = fit_detection(fitted, rows_of(held_out, rows[:1000]), rows_of(held_out, rows[1000:1300]))
    assert 1 <= int(fitted.artifacts.row_index.probed) < 1000 / 16 / 4
    p = detect(fitted, rows_of(held_out, rows[1300:])).p_values
    for level in (0.1, 0.3):  # 497 rows against 240: three standard errors of both
        assert abs((p <= level).mean() - level) < 3 * np.sqrt(level * (1 - level) * (1 / 497 + 1 / 240))


def test_calibration_rows_have_no_kin_among_the_references() -> None:
    """Ten rows side by side are nearly the same: a new row, which has no such kin, must not look strange for that."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(90, 6)), 10, axis=0) + 1e-3 * rng.normal(size=(900, 6))
    vae = VAE(**{**SMALL, "epochs": 2}, calibration=0.3).fit(rows)
    new = detect(vae.fitted_, rows_of(vae, rng.normal(size=(400, 6))), score="row_distance", fdr=1.0).p_values
    assert (new <= 0.1).mean() < 0.25


def test_too_few_calibration_rows_are_said(held_out: VAE, queries: np.ndarray) -> None:
    odd = np.concatenate([queries[:20], np.full((2, 8, 8), 16, np.uint8)])
    with pytest.warns(QuintetWarning, match=r"calibration rows are too few .* fdr=0\.001: \d+ are needed"):
        detect(held_out.fitted_, rows_of(held_out, odd), fdr=0.001)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detect(held_out.fitted_, rows_of(held_out, odd), fdr=0.9)


def test_of_few_rows_every_one_calibrates() -> None:
    vae = VAE(**{**SMALL, "epochs": 3}).fit(X[:30])
    kept = vae.fitted_.artifacts
    assert (vae.held_out_, len(kept.calibration.counted), len(kept.calibration.scaling)) == (10, 20, 10)
    assert vae.detect(X[30:40]).calibration_rows == len(calibration_scores(vae.fitted_)) == 20
    assert len(kept.calibration_set.rows) == 10  # those that the answering model scored are all counted


def test_without_calibration_rows_no_row_is_called() -> None:
    """Training rows do not calibrate themselves: their p-values would be too small."""
    vae = VAE(**{**SMALL, "epochs": 3}).fit(X[:8])
    with pytest.warns(QuintetWarning, match=r"No row can be called .* 0 calibration rows .* 19 are needed"):
        found = vae.detect(X[8:20])
    assert (found.p_values == 1).all()
    assert not found.is_anomaly.any()
    with pytest.warns(QuintetWarning, match="No row can be called"):
        assert (vae.predict(X[8:20]) == 1).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_rows_is_legal(n: int) -> None:
    vae = VAE(**{**SMALL, "epochs": 2}).fit(X[:n])
    assert np.isfinite(scores(vae.fitted_, rows_of(vae, X[:5].clip(0, X[:n].max())))).all()


def test_tables_with_holes_and_rows_far_out() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(400, 6))
    table[rng.random(table.shape) < 0.05] = np.nan
    vae = VAE(**SMALL).fit(table)
    odd = np.concatenate([table[:40], 5 * rng.normal(size=(40, 6)), np.full((1, 6), 1e30), np.full((1, 6), np.nan)])
    found = detect(vae.fitted_, rows_of(vae, odd), fdr=0.5)
    assert np.isfinite(found.scores).all()
    assert np.isfinite(found.where).all()
    assert auroc(np.arange(80) >= 40, found.scores[:80]) > 0.95
    assert found.scores[80] == found.scores.max()


def test_a_conditional_model_scores_rows_with_and_without_their_condition() -> None:
    vae = VAE("cvae", **{**SMALL, "epochs": 15}).fit(X[:900], Y[:900])
    right = scores(vae.fitted_, rows_of(vae, X[900:1100], y=Y[900:1100]))
    wrong = scores(vae.fitted_, rows_of(vae, X[900:1100], y=(Y[900:1100] + 1) % 10), score="elbo")
    given = scores(vae.fitted_, rows_of(vae, X[900:1100], y=Y[900:1100]), score="elbo")
    free = scores(vae.fitted_, rows_of(vae, X[900:1100]), score="elbo")
    assert right.shape == (200,)
    assert given.mean() < wrong.mean()
    assert (free <= given + np.log(10) + 3).all()  # the best explanation is no worse than the true one
    assert vae.fitted_.artifacts.calibration_free is not None


def test_refusals(held_out: VAE, queries: np.ndarray) -> None:
    rows = rows_of(held_out, queries[:5])
    for fdr in (-0.1, 1.5, "0.1", True):
        with pytest.raises(InputError, match="fdr must be a number from 0 to 1"):
            detect(held_out.fitted_, rows, fdr=fdr)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="did you mean 'row_density'"):
        detect(held_out.fitted_, rows, score="row_densty")
    with pytest.raises(Unanswerable, match="reference rows"):
        detect(replace(held_out.fitted_, artifacts=Artifacts()), rows)


def test_preparing_is_repeatable(held_out: VAE) -> None:
    rows = rows_of(held_out, X[:200])
    calibration = rows_of(held_out, X[200:300])
    first, again = (fit_detection(held_out.fitted_, rows, calibration, seed=3) for _ in range(2))
    assert first.tensors().keys() == again.tensors().keys()
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, again.tensors()[name]), name


def test_no_rows_no_answers(held_out: VAE) -> None:
    rows = rows_of(held_out, X[:3]).take(slice(0, 0))
    found = detect(held_out.fitted_, rows)
    assert found.scores.shape == (0,)
    assert found.where.shape == (0, 8, 8)

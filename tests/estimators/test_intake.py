"""What comes in: whole numbers with NaN, levels that training did not show, extreme magnitudes, what is not trusted."""

import warnings
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.scaling import FARTHEST, moments, standardised
from quintet.data.schema import Schema
from quintet.errors import InputError, QuintetWarning
from quintet.tasks.detect.calibration_scores import calibration_scores
from tests.shared import hardly_measured

SMALL = {"latent_dim": 2, "epochs": 2, "network": {"kind": "mlp", "hidden": (8,)}}
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 60, (120, 4, 4)).astype(np.uint8)
HOLES = RNG.random((120, 4, 4)) < 0.2
ROWS = {"image8": GREY, "binary": (GREY > 30).astype(np.uint8), "count": GREY.reshape(120, 16).astype(np.int64) * 20}


@contextmanager
def few_rows():
    """Without the warnings that come of so few rows or epochs, and of nothing else that is tested here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*calibration.*", QuintetWarning)
        yield


def holed(rows):
    return np.where(HOLES.reshape(rows.shape), np.nan, rows)


@pytest.fixture(scope="module")
def models():
    """A model of each kind of whole numbers, fitted on them as they are."""
    with few_rows(), hardly_measured():
        return {
            kind: VAE(kind="count" if kind == "count" else "auto", **SMALL).fit(rows) for kind, rows in ROWS.items()
        }


@pytest.mark.parametrize("kind", ROWS)
def test_floats_with_nan_are_whole_numbers_with_holes_to_every_question(models, kind):
    vae, rows = models[kind], ROWS[kind][:9]
    assert vae.schema_.kind == kind
    mask = HOLES[:9].reshape(rows.shape)
    whole, floats = (rows, mask), (np.where(mask, np.nan, rows), None)
    questions = [
        lambda x, m: vae.detect(x, mask=m).scores,
        lambda x, m: vae.log_prob(x, mask=m, draws=3),
        lambda x, m: vae.transform(x, mask=m).astype(np.float32),
        lambda x, m: vae.denoise(x, "masking", mask=m, effort="low", batch_rows=9),
        lambda x, m: vae.impute(x, mask=m, effort="low", batch_rows=9),
        lambda x, m: vae.impute(x, mask=m, draws=2, effort="low", batch_rows=9),
    ]
    with few_rows():
        for ask in questions:
            np.testing.assert_array_equal(ask(*whole), ask(*floats))
        filled = vae.impute(floats[0], effort="low", batch_rows=9)
        back = vae.decompress(vae.compress(floats[0], effort="low"))
        clean = vae.denoise(floats[0], "masking", effort="low", batch_rows=9)
    assert filled.dtype == clean.dtype == np.float64
    np.testing.assert_array_equal(filled[~mask], rows[~mask])
    assert np.isfinite(filled).all()
    assert back.dtype == np.float64
    np.testing.assert_array_equal(back, floats[0])


@pytest.mark.parametrize("kind", ROWS)
def test_fit_takes_whole_numbers_with_nan(models, kind):
    rows = holed(ROWS[kind])
    with few_rows():
        vae = VAE(kind="count" if kind == "count" else "auto", **SMALL).fit(rows)
        mean = vae.impute(rows[:4], effort="low", batch_rows=9)
    assert (vae.schema_.kind, vae.schema_.levels) == (kind, models[kind].schema_.levels)
    assert vae.schema_.missing
    assert mean.dtype == np.float64
    np.testing.assert_array_equal(mean[~np.isnan(rows[:4])], rows[:4][~np.isnan(rows[:4])])


def test_a_level_that_training_did_not_show_is_strange_and_stops_nothing(models):
    vae, rows = models["image8"], GREY[:5].copy()
    assert vae.schema_.levels == 60
    with few_rows():
        normal = vae.detect(rows)
        others = {
            "log_prob": vae.log_prob(rows, draws=3),
            "impute": vae.impute(rows, mask=HOLES[:5], effort="low", batch_rows=9),
        }
    rows[2, 1, 3] = 200
    with few_rows(), pytest.warns(QuintetWarning, match=r"Cells other than whole numbers 0 to 59, .*, lie in row 2"):
        found = vae.detect(rows)
    assert found.p_values[2] == found.p_values.min() == 1 / (1 + len(calibration_scores(vae.fitted_)))
    assert found.scores.argmax() == 2
    assert np.unravel_index(found.where[2].argmax(), (4, 4)) == (1, 3)
    keep = [0, 1, 3, 4]
    np.testing.assert_array_equal(found.scores[keep], normal.scores[keep])
    with pytest.warns(QuintetWarning, match="row 2"):
        log_prob = vae.log_prob(rows, draws=3)
    assert np.isfinite(log_prob).all()
    np.testing.assert_array_equal(log_prob[keep], others["log_prob"][keep])
    assert log_prob[2] < others["log_prob"][2] - 10
    with pytest.warns(QuintetWarning, match="row 2"):
        filled = vae.impute(rows, mask=HOLES[:5], effort="low", batch_rows=9)
    np.testing.assert_array_equal(filled[~HOLES[:5]], rows[~HOLES[:5]])
    with pytest.warns(QuintetWarning, match="row 2"):
        clean = vae.denoise(rows, "replacement", effort="low", batch_rows=9)
    assert clean.max() <= 59
    np.testing.assert_array_equal(vae.decompress(vae.compress(rows)), rows)
    for other in (300, -1, 7.5):  # no such level, but no reason to refuse the other rows
        strange = np.where(rows == 200, other, rows.astype(np.float64))
        with pytest.warns(QuintetWarning, match="row 2"):
            np.testing.assert_array_equal(vae.detect(strange).scores[keep], normal.scores[keep])


@settings(max_examples=60, deadline=None)
@given(st.integers(-1000, 960), st.integers(0, 2**32), st.booleans())
def test_scaling_by_any_power_of_two_changes_no_bit_inside_the_model(exponent, seed, holes):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(7, 3)) * 10.0 ** rng.integers(-6, 6, 3) + rng.normal(size=3)
    x[0, 0] = np.nan if holes else x[0, 0]
    scaled = np.ldexp(x, exponent)
    inside = [Rows.of(rows, Schema.infer(rows, kind="real")).values for rows in (x, scaled)]
    assert bool((inside[0] == inside[1]).all())
    schema = Schema.infer(scaled, kind="real")
    back = schema.to_user(inside[1])
    np.testing.assert_allclose(back[~np.isnan(x)], scaled[~np.isnan(x)], rtol=1e-5, atol=1e-6 * max(schema.scale))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6), st.integers(0, 5))
def test_no_finite_number_becomes_infinite_or_nan(column, missing):
    x = np.array(column)[:, None]
    there = np.ones(x.shape, dtype=bool)
    there[missing % len(x)] = False
    for mask in (None, there):
        loc, scale = moments(x, mask)
        assert np.isfinite(loc).all()
        assert np.isfinite(scale).all()
        assert (scale > 0).all()
        inside = standardised(x, loc, scale)
        assert (np.abs(inside) <= FARTHEST).all()


def test_answers_scale_with_columns_of_any_magnitude():
    x = RNG.normal(size=(100, 5)) @ RNG.normal(size=(5, 5))
    x[:, 4] = x[:, 4] * 1e-3 + 1e9
    holes = x[:6].copy()
    holes[0, :3] = np.nan
    units = 2.0 ** np.array([100, -100, 700, -1000, 0])  # about 1e30, 1e-30, 5e210, 1e-301

    def answers(unit):
        vae = VAE(**SMALL).fit(x * unit)
        np.testing.assert_array_equal(vae.decompress(vae.compress(holes * unit)), holes * unit)
        free = [vae.detect(holes * unit).scores, vae.transform(x[:6] * unit)]
        filled, clean = (
            vae.impute(holes * unit, effort="low", batch_rows=9),
            vae.denoise(x[:6] * unit, "normal", effort="low", batch_rows=9),
        )
        return (
            free,
            [filled, clean, vae.generate(5), vae.reconstruct(x[:6] * unit)],
            vae.log_prob(holes * unit, draws=2),
        )

    with few_rows():
        (free, scaled, log_prob), (free_of_units, in_units, moved) = answers(1.0), answers(units)
    for one, other in zip(free, free_of_units, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(scaled, in_units, strict=True):
        np.testing.assert_array_equal(one * units, other)
    there = ~np.isnan(holes)
    np.testing.assert_allclose(moved, log_prob - (there * np.log(units)).sum(1), rtol=1e-5)


def test_half_floats_do_not_overflow_on_the_way_back():
    x = (RNG.normal(size=(80, 3)) * 2e4 + 4e4).clip(-6e4, 6.5e4).astype(np.float16)
    with few_rows():
        vae = VAE(**SMALL).fit(x)
    rows = vae.schema_.to_user(Rows.of(x, vae.schema_).values * 50)
    assert rows.dtype == np.float16
    assert np.isfinite(rows).all()
    wide = VAE(**SMALL).fit(x.astype(np.float64) * 100)
    query = x[:5].copy()
    query[:, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        assert np.isfinite(wide.impute(query, effort="low", batch_rows=9)).all()


def test_columns_never_seen_are_named_and_count_for_nothing():
    x = RNG.normal(size=(80, 3))
    x[:, 1] = np.nan
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    with few_rows(), pytest.warns(QuintetWarning, match="Training held no value of column 'b'"):
        vae = VAE(**SMALL, kind="real").fit(frame)
    assert any("column 'b'" in note for note in vae.notes_)
    given_there = frame[:4].assign(b=[5.0, -1e9, 0.0, np.nan])
    with few_rows(), pytest.warns(QuintetWarning, match="column 'b'"):
        scores = [vae.detect(rows).scores for rows in (frame[:4], given_there)]
    np.testing.assert_array_equal(*scores)
    with pytest.warns(QuintetWarning, match="column 'b'"):
        filled = vae.impute(given_there, effort="low", batch_rows=9)
    np.testing.assert_array_equal(filled[:3], given_there[:3])
    assert np.isfinite(filled).all()


@pytest.fixture(scope="module")
def table():
    with few_rows(), hardly_measured():
        return VAE(**SMALL).fit(RNG.normal(size=(100, 3)))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([np.nan] * 3, "No cell is observed in row 1"),
        ([0, 1e300, 0], r"Cells in row 1 \(column 1\) lie more than 1,000,000 standard deviations"),
    ],
)
def test_rows_that_no_answer_can_be_trusted_for_are_named(table, row, says):
    rows = np.array([[0.0, 0.1, 0.2], row])
    for ask in (
        table.impute,
        table.reconstruct,
        lambda x: table.detect(x).scores,
        lambda x: table.log_prob(x, draws=2),
    ):
        with few_rows(), pytest.warns(QuintetWarning, match=says):
            assert np.isfinite(ask(rows)).all()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda x: x.__setitem__((3, 1), 1e30), "A few values of column 1 are so large"),
        (lambda x: x.__setitem__(5, np.nan), "No cell is observed in row 5: they teach nothing"),
    ],
)
def test_training_names_what_it_cannot_learn_from(spoil, says):
    x = RNG.normal(size=(60, 3))
    spoil(x)
    with few_rows(), pytest.warns(QuintetWarning, match=says):
        VAE(**{**SMALL, "epochs": 1}).fit(x)


def test_identifiers_that_floats_cannot_tell_apart_are_named_and_kept():
    x = np.stack([2**60 + np.arange(60), RNG.integers(0, 2**62, 60)], 1)
    with few_rows(), pytest.warns(QuintetWarning, match=r"Whole numbers beyond 2\*\*53 \(column 0\) differ"):
        vae = VAE(**{**SMALL, "epochs": 1}).fit(x)
    np.testing.assert_array_equal(vae.decompress(vae.compress(x)), x)
    mask = np.zeros(x.shape, dtype=bool)
    mask[0, 1] = True
    filled = vae.impute(x, mask=mask, effort="low", batch_rows=9)
    assert filled.dtype == np.int64
    np.testing.assert_array_equal(filled[~mask], x[~mask])


def test_views_of_any_order_are_rows_like_their_copies(models, table):
    grey, rows = GREY[:6], RNG.normal(size=(8, 6)).astype(">f8")
    for vae, view in (
        (models["image8"], grey[::-1]),
        (models["image8"], grey[:, ::-1, ::-1]),
        (models["image8"], np.asfortranarray(grey)),
        (table, rows[::-1, ::2]),
        (table, rows[:, :3]),
    ):
        np.testing.assert_array_equal(
            vae.transform(view), vae.transform(np.array(view, dtype=view.dtype.newbyteorder("=")))
        )


def test_a_masked_array_is_read_with_its_holes_and_not_compressed_without_them(models):
    vae, rows = models["image8"], GREY[:4]
    masked = np.ma.array(rows, mask=HOLES[:4])
    with few_rows():
        np.testing.assert_array_equal(vae.transform(masked), vae.transform(rows, mask=HOLES[:4]))
    with pytest.raises(InputError, match="cannot hold its mask"):
        vae.compress(masked)

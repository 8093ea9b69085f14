"""Every figure function returns a Figure with the marks, labels and images that its docstring promises."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from quintet import report
from quintet.report.figures import latents
from quintet.report.labels import as_labels

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 17, (24, 8, 8)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (12, 6, 9, 3)).astype(np.uint8)
TABLE = RNG.normal(size=(24, 5)) * [1, 10, 0.1, 1, 5]
LABELS = as_labels(np.arange(24) % 3)


def history(epochs=4):
    return [
        {"stage": stage, "epoch": e, "loss": 9 / e, "distortion": 7 / e, "rate": 2 - 1 / e, "val_rate": 3 - 1 / e}
        for stage in ("joint", "guide")
        for e in range(1, epochs + 1)
    ]


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def images(figure):
    return [image for axes in figure.axes for image in axes.images]


def test_learning_curves_show_rate_and_distortion_apart():
    figure = report.learning_curves(history())
    assert isinstance(figure, Figure)
    above, below = figure.axes
    assert above.get_title(loc="left").startswith("Distortion")
    assert below.get_title(loc="left").startswith("Rate")
    np.testing.assert_allclose(above.lines[0].get_ydata(), [7, 3.5, 7 / 3, 1.75])
    assert len(above.lines) == 1, "no validation line where there is no val_distortion"
    np.testing.assert_allclose(below.lines[1].get_ydata(), [2, 2.5, 3 - 1 / 3, 2.75])


def test_a_later_stage_has_its_own_curve():
    figure = report.guide_curve(history(), "guide")
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [9, 4.5, 3, 2.25])


def test_kl_bars_are_sorted_and_count_the_active_latents():
    axes = report.kl_per_latent(np.array([0.001, 2.0, 0.5])).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [2.0, 0.5, 0.001]
    assert axes.get_title(loc="left") == "2 of 3 latents carry information"


@pytest.mark.parametrize("rows", [PICTURES, COLOUR, PICTURES[..., None]], ids=["grey", "colour", "one channel"])
def test_picture_figures_hold_one_image_with_the_values_of_the_rows(rows):
    figure = report.reconstructions(rows, rows, columns=6)
    (image,) = images(figure)
    assert {"row", "reconstruction"} <= set(texts(figure))
    sheet = np.asarray(image.get_array())
    high, wide = rows.shape[1:3]
    top = np.flatnonzero(sheet[:, 0, 3])[0]
    first = sheet[top : top + high, :wide, :3]
    if rows.shape[-1] == 3:
        np.testing.assert_allclose(first, (rows[0] - rows.min()) / np.ptp(rows), atol=1e-6)
    else:
        flat = rows[0].reshape(-1)
        shade = first.mean(-1).reshape(-1)
        assert abs(np.corrcoef(flat, shade)[0, 1]) > 0.99


def test_missing_cells_of_a_picture_are_neither_black_nor_white():
    from quintet.report.figures.images import pixels

    mask = np.zeros((1, 8, 8), dtype=bool)
    mask[0, :4] = True
    shown = pixels(PICTURES[:1], (0, 16), ink=True, missing=mask)
    assert ((shown[0, :4, :, :3] > 0.7) & (shown[0, :4, :, :3] < 0.95)).all()
    with_nan = np.where(mask, np.nan, PICTURES[:1].astype(float))
    np.testing.assert_array_equal(pixels(with_nan, (0, 16), ink=True), shown)


def test_latent_grid_labels_both_latents():
    ticks = np.linspace(-3, 3, 5)
    axes = report.latent_grid(RNG.random((5, 5, 8, 8)), ticks, ("latent 4", "latent 9")).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("latent 4", "latent 9")
    assert axes.get_xticklabels()[0].get_text() == "−3.0"
    assert np.asarray(axes.images[0].get_array()).shape == (40, 40, 4)
    ys = [t.get_position()[1] for t in axes.get_yticklabels()]
    assert ys[0] > ys[-1], "the highest value of the second latent stands on top"


def test_morphs_and_traversals_name_their_lines():
    assert "3 to 5" in texts(report.morphing(RNG.random((2, 6, 8, 8)), [("3", "5"), ("1", "2")]))
    figure = report.traversals(RNG.random((2, 3, 8, 8)), np.array([-3.0, 0, 3]), [7, 0])
    assert {"latent 8", "latent 1", "−3.0", "3.0"} <= set(texts(figure))


def test_decoded_rows_are_shown_in_the_tone_of_the_real_ones():
    grey = np.full((3, 3, 8, 8), 9.0)
    sheets = [images(report.latent_grid(grey, np.arange(3.0), limits=(0, 10), ink=ink))[0] for ink in (True, False)]
    dark, light = (float(np.asarray(s.get_array())[..., :3].mean()) for s in sheets)
    assert dark < 0.35 < 0.85 < light
    assert sheets[0].get_gid().startswith("flip")
    assert not sheets[1].get_gid().startswith("flip")


def test_samples_on_request_have_a_line_for_each_condition():
    assert texts(report.by_condition(RNG.random((2, 6, 8, 8)), ["seven", "nine"])) == ["seven", "nine"]


def test_maps_colour_and_name_the_classes():
    plane = RNG.normal(size=(24, 2))
    for figure in (report.label_map(plane, LABELS), report.latent_pca(plane, np.array([0.6, 0.2]), LABELS)):
        assert [t for t in texts(figure) if t] == ["0", "1", "2"]
        colours = {tuple(c.get_facecolor()[0][:3]) for c in figure.axes[0].collections[:3]}
        assert len(colours) == 3
    assert "60 % of the variance" in report.latent_pca(plane, np.array([0.6, 0.2])).axes[0].get_xlabel()


def test_tsne_takes_at_most_the_rows_it_is_told_and_repeats():
    points = np.random.default_rng(1).normal(size=(90, 4))
    plane, index = latents.tsne(points, seed=3, rows=40)
    again, same = latents.tsne(points, seed=3, rows=40)
    assert plane.shape == (40, 2)
    assert len(set(index.tolist())) == 40
    np.testing.assert_array_equal(index, same)
    np.testing.assert_allclose(plane, again)


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_maps_of_hardly_any_rows(rows):
    plane, _ = latents.tsne(np.ones((rows, 3)))
    assert plane.shape == (rows, 2)
    points, share = latents.principal(np.ones((rows, 1)))
    assert points.shape == (rows, 2)
    assert isinstance(report.latent_pca(points, share), Figure)


def test_normal_and_strange_rows_are_told_apart_and_named():
    plane = RNG.normal(size=(24, 2))
    strange = np.arange(24) >= 20
    figure = report.normal_and_strange(plane, strange, "letters", list("ABCD"))
    assert texts(figure) == list("ABCD")
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["normal", "letters"]


def test_histogram_marks_stand_where_their_scores_are():
    scores = {"train": RNG.normal(size=200), "test": RNG.normal(size=200), "letters": RNG.normal(3, 1, 80)}
    figure = report.score_histogram(scores, "surprise", {"A": 0.0, "B": 4.0, "C": 4.01})
    axes = figure.axes[0]
    places = {t.get_text(): t.get_position() for t in axes.texts}
    width = np.ptp(axes.get_xlim())
    assert abs(places["A"][0]) < width / 30
    assert abs(places["B"][0] - 4) < width / 30
    assert places["C"][1] > places["B"][1], "names at the same place are stacked"
    assert axes.get_xlabel().startswith("surprise")
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["train", "test", "letters"]


def test_histogram_counts_what_lies_beyond_its_end():
    scores = {"test": np.linspace(0, 1, 100), "strange": np.full(50, 1e6)}
    axes = report.score_histogram(scores, "surprise").axes[0]
    assert axes.get_xlim()[1] < 1e6
    assert "all higher values" in axes.get_xlabel()


def test_roc_names_the_area():
    good, bad = (np.arange(50.0), np.arange(50.0) + 100), (np.arange(50.0), np.arange(50.0))
    legend = report.roc_curves({"surprise": good, "error": bad}).axes[0].get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["surprise, AUROC 1.000", "error, AUROC 0.500"]


def test_where_the_surprise_sits_is_the_darkest_cell():
    where = np.zeros((3, 8, 8))
    where[1, 2, 3] = 5.0
    figure = report.differences(PICTURES[:3], PICTURES[:3], where, ["a", "b", "c"])
    assert [t for t in texts(figure) if t in ("row", "reconstruction", "difference", "where")] == [
        "row",
        "reconstruction",
        "difference",
        "where",
    ]
    sheet = np.asarray(images(figure)[0].get_array())
    last = sheet[-8:, :, :3]
    y, x = np.argwhere(last.sum(-1) == np.where(sheet[-8:, :, 3] > 0, last.sum(-1), 9).min())[0]
    assert (y, x) == (2, 8 + 1 + 3)


def test_imputed_and_denoised_have_a_line_for_each_answer():
    mask = np.zeros((4, 8, 8), dtype=bool)
    mask[:, 4:] = True
    draws = np.stack([PICTURES[:4]] * 3)
    figure = report.masked_against_imputed(PICTURES[:4], mask, PICTURES[:4], draws, [(2, "half"), (2, "centre")])
    assert {"row", "masked row", "imputed mean", "draw 1", "draw 3", "half", "centre"} <= set(texts(figure))
    pair = (PICTURES[:4], PICTURES[:4])
    figure = report.noisy_against_denoised(PICTURES[:4], {0.05: pair, 0.5: pair})
    assert {"clean", "5 % replaced", "50 % replaced", "denoised"} <= set(texts(figure))


def test_bits_chart_puts_the_fewest_on_top_and_colours_ours():
    axes = report.bits_chart({"xz": 1.4, "quintet, this model": 1.2, "zip": 1.6}).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["zip", "xz", "quintet, this model"]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert colours[2] != colours[0] == colours[1]


TABLE_FIGURES = {
    "reconstructions": lambda: report.reconstructions(TABLE, TABLE * 0.9),
    "prior_samples": lambda: report.prior_samples(TABLE, TABLE, names=["a", "b", "c", "d", "e"]),
    "latent_grid": lambda: report.latent_grid(RNG.normal(size=(5, 5, 5)), np.linspace(-3, 3, 5)),
    "morphing": lambda: report.morphing(RNG.normal(size=(3, 7, 5)), like=TABLE),
    "traversals": lambda: report.traversals(RNG.normal(size=(3, 7, 5)), np.linspace(-3, 3, 7), [0, 1, 2]),
    "denoised": lambda: report.noisy_against_denoised(TABLE, {0.1: (TABLE, TABLE)}),
    "strangest": lambda: report.strangest(TABLE[:4], ["1", "2", "3", "4"]),
    "differences": lambda: report.differences(TABLE, TABLE, TABLE**2),
    "imputed": lambda: report.masked_against_imputed(TABLE, TABLE > 0, TABLE, np.stack([TABLE] * 3)),
    "named_rows": lambda: report.named_rows(TABLE, TABLE, ["x"] * 24),
    "one feature": lambda: report.prior_samples(TABLE[:, :1], TABLE[:, :1]),
    "holes": lambda: report.reconstructions(np.where(TABLE > 1, np.nan, TABLE), TABLE),
}


@pytest.mark.parametrize("name", TABLE_FIGURES)
def test_tables_have_figures_that_fit(name):
    figure = TABLE_FIGURES[name]()
    figure.canvas.draw()
    assert figure.axes


def test_figures_leave_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    report.learning_curves(history())
    assert dict(mpl.rcParams) == before


def test_every_public_name_resolves():
    for name in report.__all__:
        assert callable(getattr(report, name))
    with pytest.raises(AttributeError, match="no attribute 'reconstuctions'"):
        _ = report.reconstuctions

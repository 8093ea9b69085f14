"""Sentences and figures from neighbours say what the arrays say."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from quintet.report.figures.bits import packed_sizes
from quintet.report.figures.closeness import agreement, gaussian_rows, neighbour_coverage
from quintet.report.figures.denoising import mean_psnr, median_of_pictures, replace_uniformly
from quintet.report.figures.imputation import hidden_masks, neighbour_fill
from quintet.report.figures.roc import auroc_between
from quintet.report.labels import as_labels
from quintet.report.sentences import read_as, sentence_on_named, summarise

NORMAL = np.arange(100.0)


def test_the_sentence_follows_the_figures():
    reads = [("0", 1.0), ("1", 0.9), ("1", 0.8)]
    entries = summarise(["O", "I", "W"], np.array([79.5, 97.5, 500.0]), NORMAL, reads)
    text = sentence_on_named(entries)
    assert text.startswith("O passes best for a digit: 20 % of the held-out digits are at least as strange.")
    assert "W is the strangest." in text
    assert "O is read as 0; I and W as 1." in text
    assert "I passes" not in text

    turned = summarise(["O", "I", "W"], np.array([500.0, 10.5, 20.5]), NORMAL, reads)
    text = sentence_on_named(turned)
    assert text.startswith("I passes best for a digit: 89 %")
    assert "At the 5 % level W passes too." in text
    assert "O is the strangest." in text


def test_the_sentence_says_when_none_passes_and_needs_no_labels():
    text = sentence_on_named(summarise(["A", "B"], np.array([400.0, 300.0]), NORMAL))
    assert text.startswith("No letter passes for a digit at the 5 % level; B comes closest")
    assert "A is the strangest." in text
    assert "read as" not in text
    assert sentence_on_named([]) == ""


def test_names_with_several_rows_take_the_median_and_the_majority():
    entries = summarise(
        ["A", "A", "A", "B"], np.array([1, 2, 90, 50.0]), NORMAL, [("4", 1), ("4", 1), ("9", 1), ("8", 1)]
    )
    assert [(e.name, e.score, e.read_as) for e in entries] == [("A", 2.0, "4"), ("B", 50.0, "8")]
    assert entries[0].share == pytest.approx(0.98)


def test_reading_is_the_vote_of_the_nearest():
    reference = np.array([[0.0, 0], [0.1, 0], [0, 0.1], [5, 5], [5.1, 5], [5, 5.1]])
    labels = as_labels(np.array([3, 3, 7, 7, 7, 7]))
    assert read_as(np.array([[0.02, 0.0], [5, 5]]), reference, labels, neighbours=3) == [("3", 2 / 3), ("7", 1.0)]
    assert read_as(np.zeros((1, 2)), reference, as_labels(None)) == []


def test_auroc_is_scikit_learns():
    rng = np.random.default_rng(0)
    normal, strange = rng.integers(0, 20, 200).astype(float), rng.integers(5, 25, 90).astype(float)
    truth = np.r_[np.zeros(200), np.ones(90)]
    assert auroc_between(normal, strange) == pytest.approx(roc_auc_score(truth, np.r_[normal, strange]))


def test_coverage_and_agreement_at_their_ends():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3))
    assert neighbour_coverage(rows, rows) == 1.0
    assert neighbour_coverage(rows, rows + 100) == 0.0
    assert 0 < neighbour_coverage(rows, rows[:1]) < 0.5
    apart = np.r_[rows, rows + 100]
    assert agreement(apart, as_labels(np.repeat([0, 1], 60))) == 1.0
    drawn = gaussian_rows(rows, 4000, seed=1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(rows.T), atol=0.2)
    assert (drawn.max(0) <= rows.max(0)).all()


def test_labels_are_classes_numbers_or_nothing():
    assert as_labels(np.array([2.0, 7.0, 2.0])).names == ("2", "7")
    assert as_labels(np.array(["b", "a"])).text(0) == "b"
    assert as_labels(np.linspace(0, 1, 50)).values is not None
    assert as_labels(np.array([f"id{i}" for i in range(100)])).codes is None
    assert as_labels(None).text(0) == ""


def test_noise_is_put_where_it_is_said():
    rows = np.full((50, 8, 8), 7, dtype=np.uint8)
    noisy = replace_uniformly(rows, 0.25, (0, 16), seed=0)
    assert noisy.dtype == np.uint8
    assert noisy.max() <= 16
    assert (noisy != rows).mean() == pytest.approx(0.25 * 16 / 17, abs=0.03)
    assert mean_psnr(rows, rows, (0, 16)) == pytest.approx(60)
    assert mean_psnr(rows, rows + 8, (0, 16)) == pytest.approx(20 * np.log10(2))
    speck = np.zeros((1, 5, 5), dtype=np.uint8)
    speck[0, 2, 2] = 9
    assert median_of_pictures(speck).max() == 0


def test_masks_hide_what_their_names_say():
    bottom, centre, half = (hidden_masks((8, 8), p, 20) for p in ("bottom half", "centre", "half at random"))
    assert bottom[:, 4:].all()
    assert not bottom[:, :4].any()
    assert centre[0, 2:6, 2:6].all()
    assert centre[0].sum() == 16
    assert half.mean() == pytest.approx(0.5, abs=0.04)
    coloured = hidden_masks((8, 8, 3), "half at random", 2)
    assert (coloured.all(-1) == coloured.any(-1)).all()


def test_the_neighbours_fill_only_what_is_missing():
    train = np.array([[0.0, 1.0], [10.0, 5.0]])
    mask = np.array([[False, True], [False, True]])
    filled = neighbour_fill(np.array([[0.1, 99.0], [9.0, 99.0]]), mask, train, neighbours=1)
    np.testing.assert_allclose(filled, [[0.1, 1.0], [9.0, 5.0]])


def test_packed_sizes_are_of_real_files():
    rows = np.zeros((30, 8, 8), dtype=np.uint8)
    sizes = packed_sizes(rows)
    assert sizes["raw"] == 30 * 64
    assert set(sizes) == {"raw", "zip", "bz2", "xz", "PNG, each", "PNG, one mosaic", "WebP, each", "WebP, one mosaic"}
    assert sizes["PNG, each"] > 30 * 60, "every PNG carries its header"
    assert set(packed_sizes(np.zeros((4, 3)))) == {"raw", "zip", "bz2", "xz"}
    assert "PNG, each" in packed_sizes(np.zeros((4, 5, 6, 3), dtype=np.uint8))

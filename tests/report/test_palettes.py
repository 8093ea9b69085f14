"""Colours are distinguishable and legible on both pages."""

import pytest

from quintet.errors import InputError
from quintet.report.figures.palettes import DARK, FILL, INK, MUTED, PAPER, contrast, get_palette, on_dark, palette_names


def test_contrast_is_the_one_of_the_web_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", palette_names())
def test_every_colour_stands_out_on_the_dark_page(name):
    palette = get_palette(name)
    for colour in (*palette.labels, palette.test, palette.strange, palette.train):
        assert contrast(on_dark(colour), DARK[PAPER]) >= 4.0
    assert len(set(palette.labels)) == len(palette.labels)
    assert palette.test != palette.strange


def test_text_is_readable_on_both_pages():
    assert contrast(INK, PAPER) > 7
    assert contrast(MUTED, PAPER) > 4.5
    assert contrast(DARK[INK], DARK[PAPER]) > 7
    assert contrast(DARK[MUTED], DARK[PAPER]) > 4.5
    assert contrast(FILL, PAPER) > 2, "bars of real rows"
    assert contrast(DARK[FILL], DARK[PAPER]) > 3


def test_a_palette_of_ones_own_comes_round():
    palette = get_palette(["#102030", "#A0B0C0"])
    assert [palette.label(i) for i in range(3)] == ["#102030", "#a0b0c0", "#102030"]


def test_an_unknown_palette_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'petroff'"):
        get_palette("petrof")
    with pytest.raises(InputError, match="two or more colours"):
        get_palette(["red"])

"""Thickness and slant of drawn strokes whose figures are known."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from quintet.evaluate import slant, thickness


def bar(width: float, degrees: float = 0.0, ink: int = 255, side: int = 64) -> np.ndarray:
    """An upright bar, leaning to the right by ``degrees`` through a shear, drawn four times too large."""
    image = Image.new("L", (4 * side, 4 * side))
    lean, half, middle = np.tan(np.radians(degrees)) * 80, 2 * width, 2 * side
    corners = [(middle + lean - half, 48), (middle + lean + half, 48), (middle - lean + half, 208)]
    ImageDraw.Draw(image).polygon([*corners, (middle - lean - half, 208)], fill=ink)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_thickness_is_the_width_of_a_bar(width: int) -> None:
    assert thickness(bar(width)[None])[0] == pytest.approx(width, rel=0.25)  # a short bar has ends, too


def test_thickness_does_not_depend_on_the_ink() -> None:
    one, other = thickness(np.stack([bar(4), bar(4, ink=100)]))
    assert one == pytest.approx(other, rel=0.02)


@pytest.mark.parametrize("degrees", [-30, 0, 15, 40])
def test_slant_is_the_lean_of_a_bar(degrees: int) -> None:
    assert slant(bar(3, degrees)[None])[0] == pytest.approx(degrees, abs=1.5)


def test_pictures_without_ink_have_none() -> None:
    nothing = np.zeros((2, 8, 8))
    assert thickness(nothing).tolist() == [0, 0]
    assert slant(nothing).tolist() == [0, 0]

"""Letters are framed as MNIST frames digits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.data.readers.letters import ALPHABET, draw_letters, frame_glyphs
from quintet.data.readers.sources import load_data


def box(image):
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def centre(image):
    y, x = np.indices(image.shape)
    return (y * image).sum() / image.sum(), (x * image).sum() / image.sum()


def test_the_alphabet_as_mnist_frames_digits():
    x, y = draw_letters()
    assert x.shape == (len(y), 28, 28)
    assert x.dtype == np.uint8
    assert "".join(y[:26]) == ALPHABET
    assert len(y) >= 26 * 8
    for image in x:
        assert max(box(image)) == 20
        assert np.abs(np.subtract(centre(image), 13.5)).max() <= 0.51
        assert image.max() > 200


def test_letters_differ_from_each_other_and_between_faces():
    x, _ = draw_letters()
    assert len(np.unique(x.reshape(len(x), -1), axis=0)) > 0.98 * len(x)


def test_letters_as_small_as_the_embedded_digits():
    x, _ = draw_letters(8)
    digits = load_data("digits").x
    assert x.shape[1:] == digits.shape[1:]
    assert (x.min(), x.max()) == (digits.min(), digits.max()) == (0, 16)
    assert all(max(box(image)) == 8 for image in x)


@pytest.mark.parametrize("size", [1, 14, 32])
def test_any_size(size):
    x, _ = draw_letters(size)
    assert x.shape[1:] == (size, size)
    assert x.any(axis=(1, 2)).all()


def test_same_letters_each_time():
    np.testing.assert_array_equal(draw_letters()[0], draw_letters()[0])


def test_framing_does_not_depend_on_where_the_glyph_stood():
    glyph = np.zeros((2, 40, 40), dtype=np.uint8)
    ink = np.random.default_rng(0).integers(1, 256, size=(11, 7))
    glyph[0, 2:13, 3:10], glyph[1, 20:31, 30:37] = ink, ink
    framed = frame_glyphs(glyph)
    np.testing.assert_array_equal(framed[0], framed[1])
    assert framed.any()


@settings(max_examples=50)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 3), st.integers(1, 30), st.integers(1, 30))))
def test_any_glyph_is_framed(images):
    framed = frame_glyphs(images)
    assert framed.shape == (len(images), 28, 28)
    for before, after in zip(images, framed, strict=True):
        if not before.any():
            assert not after.any()
        elif before.max() > 100:
            assert max(box(after)) <= 20

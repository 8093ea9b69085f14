"""The data set of letters A to Z, framed in the way of MNIST's digits.

MNIST scales each digit into a 20×20 box, keeping its proportions, and centres it in 28×28 by its centre of mass
(LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III A). With another
framing, the margins alone would distinguish letters from digits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from quintet.data.readers.frames import Array
from quintet.extras import extra

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FACES = tuple(
    f"DejaVu{family}"
    for family in (
        *("Sans", "Serif", "SansMono", "Sans-Bold", "Serif-Bold", "SansMono-Bold"),
        *("Sans-Oblique", "Serif-Italic", "SansMono-Oblique"),
        *("Sans-BoldOblique", "Serif-BoldItalic", "SansMono-BoldOblique"),
    )
)
SUPERSAMPLED = 8  # factor by which letters are drawn larger before scaling


def draw_letters(size: int = 28) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.str_]]:
    """Draw A to Z in the faces of Matplotlib's font, light ink on dark.

    Parameters
    ----------
    size : the side of a square image in pixels. 8 draws them as scikit-learn's digits are: filling the frame, ink
        from 0 to 16. Any other size draws them as MNIST's digits are: in a box of 20/28 of the side, ink 0 to 255.

    Returns
    -------
    x : (26 * faces, size, size) uint8; the first 26 are A to Z in the plain face.
    y : (26 * faces,) the letters.
    """
    box, levels = (8, 17) if size == 8 else (max(1, round(size * 20 / 28)), 256)
    large = np.concatenate([_draw(face, SUPERSAMPLED * max(size, 28)) for face in FACES])
    x = frame_glyphs(large, size=size, box=box)
    if levels < 256:
        x = np.round(x * ((levels - 1) / 255)).astype(np.uint8)
    return x, np.array(list(ALPHABET) * len(FACES))


def _draw(face: str, side: int) -> npt.NDArray[np.uint8]:
    """A to Z of one face on large canvases, (26, side, side)."""
    with extra("data", "The data set 'letters'"):
        import matplotlib
        from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{face}.ttf")), side // 2)
    out = np.zeros((len(ALPHABET), side, side), dtype=np.uint8)
    for canvas, letter in zip(out, ALPHABET, strict=True):
        image = Image.new("L", (side, side))
        ImageDraw.Draw(image).text((side // 2, side // 2), letter, fill=255, font=font, anchor="mm")
        canvas[:] = np.asarray(image)
    return out


def frame_glyphs(images: Array, size: int = 28, box: int = 20) -> npt.NDArray[np.uint8]:
    """Scale the ink of every image into a box, keeping its proportions, and centre it by mass.

    Parameters
    ----------
    images : (n, height, width) uint8, light ink on dark.
    size : side of the framed images, in pixels.
    box : side of the bounding box of the ink, in pixels.

    Returns
    -------
    framed : (n, size, size) uint8; an image without ink stays empty.
    """
    with extra("data", "Framing glyphs"):
        from PIL import Image

    out = np.zeros((len(images), size, size), dtype=np.uint8)
    for framed, image in zip(out, images, strict=True):
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        if not len(rows):
            continue
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        scale = box / max(bottom - top, right - left)
        shape = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        ink = Image.fromarray(image[top:bottom, left:right]).resize(shape, Image.Resampling.BILINEAR)
        _centre(framed, np.asarray(ink))
    return out


def _centre(frame: Array, ink: Array) -> None:
    """Place the ink with its centre of mass as near to the frame's centre as it fits."""
    total = max(1.0, float(ink.sum()))
    corner = []
    for axis in (0, 1):
        middle = (np.arange(ink.shape[axis]) + 0.5) @ ink.sum(axis=1 - axis, dtype=np.float64) / total
        corner.append(int(np.clip(round(frame.shape[axis] / 2 - middle), 0, frame.shape[axis] - ink.shape[axis])))
    frame[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]] = ink

"""Pictures as PNG files, of 8 or 16 bits a channel, with EXIF, ICC profile and XMP."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.image_metadata import EXIF_START
from quintet.errors import InputError
from quintet.extras import extra

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""The colour type of PNG for each number of channels."""
XMP = "XML:com.adobe.xmp"
SUB = 1
"""The filter that stores the difference from the pixel to the left."""


def write_png(file: IO[bytes], pixels: Array, metadata: Mapping[str, bytes], path: Path) -> None:
    """Write a picture, (height, width[, channels]) of uint8 or uint16, as PNG; ``path`` is for the error message."""
    flat = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    if flat.dtype not in (np.uint8, np.uint16) or (flat.ndim == 3 and flat.shape[2] not in COLOUR_TYPES):
        raise InputError(
            f"{path} must hold pixels of 8 or 16 bits, got {flat.dtype} of shape {flat.shape}; write an .npz or a .npy."
        )
    if flat.dtype == np.uint16 and flat.ndim == 3:
        file.write(_deep(flat, metadata))
        return
    with extra("data", "Writing pictures"):
        from PIL import Image, PngImagePlugin

    options: dict[str, Any] = {name: metadata[name] for name in ("exif", "icc_profile") if name in metadata}
    if "xmp" in metadata:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt(XMP, metadata["xmp"].decode("utf-8", "replace"))
    Image.fromarray(flat).save(file, format="PNG", **options)


def _deep(pixels: Array, metadata: Mapping[str, bytes]) -> bytes:
    """The bytes of a PNG of 16 bits a channel in colour, which Pillow does not write."""
    height, width, count = pixels.shape
    lines = np.ascontiguousarray(pixels, ">u2").reshape(height, -1).view(np.uint8)
    filtered = np.empty((height, 1 + lines.shape[1]), dtype=np.uint8)
    filtered[:, 0], filtered[:, 1 : 1 + 2 * count] = SUB, lines[:, : 2 * count]
    filtered[:, 1 + 2 * count :] = lines[:, 2 * count :] - lines[:, : -2 * count]
    parts = [
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[count], 0, 0, 0)),
    ]
    if "icc_profile" in metadata:
        parts.append(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata["icc_profile"])))
    if "exif" in metadata:
        parts.append(_chunk(b"eXIf", metadata["exif"].removeprefix(EXIF_START)))
    if "xmp" in metadata:
        parts.append(_chunk(b"iTXt", XMP.encode() + b"\0\0\0\0\0" + metadata["xmp"]))
    parts += [_chunk(b"IDAT", zlib.compress(filtered.tobytes())), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

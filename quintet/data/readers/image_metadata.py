"""Name and metadata of an image file: EXIF, ICC profile and XMP, as the bytes that the file has."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

from quintet.data.readers.image_decoder import opened

KINDS = ("exif", "icc_profile", "xmp")
"""Metadata that is kept, by Pillow's names."""
EXIF_START = b"Exif\0\0"
ORIENTATION, SHORT = 0x0112, 3
LAYOUT_TAGS = frozenset(
    (*range(254, 260), 262, 266, 273, *range(277, 280), 284, 317, 320, *range(322, 326), 330, 338, 339, 347, 530)
) | {700, 34675}
"""Tags of TIFF that describe its own pixels, or hold XMP and the profile."""


@dataclass(frozen=True)
class PictureFile:
    """The file of a picture: its name, and its metadata by the names of ``KINDS``."""

    name: str
    metadata: dict[str, bytes] = field(default_factory=dict)


def picture_file(path: Path, name: str) -> PictureFile:
    """Read the metadata of an image file; the orientation of the EXIF becomes upright, as the pixels are read."""
    with opened(path) as image:
        found = {kind: content for kind in KINDS if isinstance(content := image.info.get(kind), bytes) and content}
        if image.format == "TIFF":
            exif = image.getexif()
            for tag in LAYOUT_TAGS:
                exif.pop(tag, None)
            found |= {"exif": exif.tobytes()} if len(exif) else {}
    if "exif" in found:
        found["exif"] = upright(found["exif"])
    return PictureFile(name, found)


def upright(exif: bytes) -> bytes:
    """The EXIF with the orientation 1, all other bytes as they are; EXIF that cannot be read is returned unchanged."""
    start = len(EXIF_START) if exif.startswith(EXIF_START) else 0
    order = {b"II": "<", b"MM": ">"}.get(exif[start : start + 2])
    try:
        if order is None:
            return exif
        place = start + int(struct.unpack_from(f"{order}I", exif, start + 4)[0])
        for number in range(struct.unpack_from(f"{order}H", exif, place)[0]):
            entry = place + 2 + 12 * number
            if struct.unpack_from(f"{order}HH", exif, entry) == (ORIENTATION, SHORT):
                return exif[: entry + 8] + struct.pack(f"{order}H", 1) + exif[entry + 10 :]
    except struct.error:
        pass
    return exif

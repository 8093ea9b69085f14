"""Reader of MNIST and data sets in its layout: four idx files in a folder, or fetched and checked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.idx import read_idx
from quintet.errors import FileRefused
from quintet.extras import extra

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
PREFIX = {"train": "train", "test": "t10k"}
FOLDERS = ("", "raw", "MNIST/raw")


def load_mnist(split: str) -> tuple[Array, Array]:
    """Load MNIST from the folder QUINTET_DATA or from the cache; fetch it into the cache if necessary.

    Returns
    -------
    x : (60000 or 10000, 28, 28) uint8;  y : (n,) int64.
    """
    home = os.environ.get("QUINTET_DATA")
    folder = mnist_folder(Path(home, "MNIST")) if home else None
    if folder is None or _find(folder, split, "images-idx3") is None:
        folder = _fetch(split)
    x, y = read_mnist(folder, split)
    if y is None:
        raise FileRefused(
            f"{folder} must hold the labels of MNIST's {split} images, got images alone: put the file of labels there."
        )
    return x, y


def mnist_folder(folder: Path) -> Path | None:
    """The folder at or below ``folder`` with files in MNIST's layout; None if there is none."""
    for name in FOLDERS:
        if any(_find(folder / name, split, "images-idx3") for split in PREFIX):
            return folder / name
    return None


def read_mnist(folder: Path, split: str) -> tuple[Array, Array | None]:
    """Read one split of a folder in MNIST's layout.

    Returns
    -------
    x : (n, height, width) uint8;  y : (n,) int64, or None without a file of labels.
    """
    images = _find(folder, split, "images-idx3")
    if images is None:
        other = "test" if split == "train" else "train"
        raise FileRefused(
            f"{folder} has no {split} images, only {other} images: give split={other!r} (--split {other})."
        )
    labels = _find(folder, split, "labels-idx1")
    return read_idx(images), None if labels is None else read_idx(labels).astype(np.int64)


def labels_beside(images: Path) -> Path | None:
    """The label file that belongs to an image file by MNIST's naming, or None."""
    for split, prefix in PREFIX.items():
        if images.name.startswith(prefix) and "images" in images.name:
            return _find(images.parent, split, "labels-idx1")
    return None


def _find(folder: Path, split: str, part: str) -> Path | None:
    for dash in ("-", "."):  # some copies are named train-images.idx3-ubyte
        for end in ("", ".gz"):
            path = folder / f"{PREFIX[split]}-{part.replace('-', dash)}-ubyte{end}"
            if path.is_file():
                return path
    return None


def _fetch(split: str) -> Path:
    """Fetch the two files of a split into the cache unless they are there, and check their hashes."""
    with extra("data", "Fetching MNIST"):
        import pooch

    folder = Path(pooch.os_cache("quintet")) / "MNIST" / "raw"
    for name in (f"{PREFIX[split]}-images-idx3-ubyte.gz", f"{PREFIX[split]}-labels-idx1-ubyte.gz"):
        problems = []
        for mirror in MIRRORS:
            try:
                pooch.retrieve(mirror + name, known_hash=f"sha256:{SHA256[name]}", fname=name, path=folder)
                break
            except (OSError, ValueError) as error:  # no network, or a wrong checksum
                problems.append(type(error).__name__)
        else:
            raise FileRefused(
                f"Cannot fetch MNIST ({', '.join(problems)}): put its four files into {folder}, "
                f"or name the folder that holds MNIST/raw in the environment variable QUINTET_DATA."
            )
    return folder

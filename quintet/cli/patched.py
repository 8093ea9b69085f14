"""Commands on images larger than the model's rows, which are processed patch by patch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import output, output_rows
from quintet.cli.picture_files import pictures_output, write_pictures
from quintet.cli.pictures import Given
from quintet.errors import FileRefused, InputError

if TYPE_CHECKING:
    from quintet.estimators import VAE


def denoise(
    vae: VAE, given: Given, place: output.OutputPath, noise: str, rate: float | None, **options: Any
) -> dict[str, Any]:
    """Write the denoised pictures; return the figures of ``quintet denoise``."""
    from quintet.estimators import Patchwork

    clean, found = Patchwork(vae).denoise(
        given.pictures, noise, rate=rate, mask=given.missing, return_report=True, **options
    )
    write_pictures(place, given, list(clean))
    kinds = ", ".join(sorted({each.kind for each in found}))
    return {
        "images": len(clean),
        "noise": kinds,
        "rate": float(np.mean([each.rate for each in found])),
        "out": place.path,
    }


def impute(
    vae: VAE, given: Given, place: output.OutputPath, mask: Path | None, draws: int, **options: Any
) -> dict[str, Any]:
    """Write the imputed pictures; return the figures of ``quintet impute``."""
    from quintet.data.readers.masks import read_mask
    from quintet.estimators import Patchwork

    if draws:
        raise InputError(f"--draws must be 0 for images larger than the model's, got {draws}.")
    holes = given.missing if mask is None else read_mask(mask, given.names)
    filled = Patchwork(vae).impute(given.pictures, mask=holes, **options)
    write_pictures(place, given, list(filled))
    return {"images": len(filled), "out": place.path}


def detect(vae: VAE, given: Given, place: output.OutputPath, **options: Any) -> dict[str, Any]:
    """Write the scores, and heat maps to .npz; return the figures of ``quintet detect``."""
    from quintet.estimators import Patchwork

    found = Patchwork(vae).detect(given.pictures, mask=given.missing, **options)
    table = {
        "image": np.array(given.names),
        "score": found.scores,
        "p_value": found.p_values,
        "is_anomaly": found.is_anomaly,
    }
    if place.suffix == ".csv":
        output_rows.write_table(place, table)
    else:
        maps = {"where": found.where}
        if not isinstance(found.where, np.ndarray):
            maps = {f"where_{name}": heat for name, heat in zip(given.names, found.where, strict=True)}
        output_rows.write_arrays(place, table | maps)
    strangest = given.names[int(found.scores.argmax())]
    return {
        "images": len(given.names),
        "anomalies": int(found.is_anomaly.sum()),
        "strangest": strangest,
        "out": place.path,
    }


def compress(vae: VAE, given: Given, place: output.OutputPath, lossy: bool, **options: Any) -> dict[str, Any]:
    """Write the compressed file; return the figures of ``quintet compress``."""
    from quintet.estimators import Patchwork

    if lossy:
        raise InputError(
            "--lossy is not supported for images larger than the model's, which are compressed losslessly: leave it "
            "out."
        )
    start = time.perf_counter()
    blob = Patchwork(vae).compress(given.pictures, **options)
    seconds, raw = time.perf_counter() - start, [picture.nbytes for picture in given.pictures.all]
    output.write_file(place, blob)
    cells = sum(picture.size for picture in given.pictures.all)
    return {
        "images": len(raw),
        "bytes": len(blob),
        "raw_bytes": sum(raw),
        "bits_per_dimension": 8 * len(blob) / cells,
        "seconds": seconds,
        "out": place.path,
    }


def decompress(vae: VAE, file: Path, blob: bytes, out: Path, force: bool) -> dict[str, Any]:
    """Write the decoded pictures; return the figures of ``quintet decompress``."""
    from quintet.data.patches.pictures import Pictures
    from quintet.estimators import Patchwork
    from quintet.estimators._patchwork.file_format import opened

    with _naming(file):
        form = opened(blob)[1]
    place = pictures_output(out, [(*size, *form.channels) for size in form.sizes], force)
    with _naming(file):
        found = Pictures.of(Patchwork(vae).decompress(blob))
    names = [each.name for each in form.files] or [f"{index:05d}" for index in range(len(found.all))]
    given = Given(names, replace(found, files=form.files))
    write_pictures(place, given, found.all)
    return {"images": len(names), "out": out}


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Errors of decoding within the block name the file."""
    try:
        yield
    except FileRefused as error:
        raise FileRefused(f"Cannot decode {file}: {error}") from None

"""Compression of MNIST's test images into one file: ours, general compressors and image formats; raw, binarised, lossy.

File sizes include headers, initial bits and the latents' grid. The fair baseline of a trained model is xz primed with
the training images, computed as xz(train + test) less xz(train).

    python benchmarks/compression.py --model digits.safetensors --json docs/results/compression.json
"""

from __future__ import annotations

import bz2
import io
import lzma
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, digits, filling, options, psnr_rows, table, write_json

from quintet import VAE, load
from quintet.tasks.compress import bits_per_dimension, rate_distortion

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "rate_distortion.png"
STEPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
QUALITIES = (1, 3, 5, 10, 20, 35, 50, 65, 80, 90)


def xz(content: bytes) -> bytes:
    """xz -9e with a window over all of MNIST."""
    chain = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 26}]
    return lzma.compress(content, lzma.FORMAT_XZ, filters=chain)


def mosaic(images: Array) -> Array:
    """(n, h, w) side by side on one sheet, about square; the last places stay empty."""
    n, high, wide = images.shape
    across = int(np.ceil(np.sqrt(n)))
    sheet = np.zeros((-(-n // across) * across, high, wide), images.dtype)
    sheet[:n] = images
    return sheet.reshape(-1, across, high, wide).swapaxes(1, 2).reshape(-1, across * wide)


def encoded(picture: Array, form: str, **how: Any) -> bytes:
    """One picture in a format of Pillow's."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, form, **how)
    return buffer.getvalue()


def decoded(content: bytes) -> Array:
    """... and back, as grey values."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))


def general(test: bytes, train: bytes) -> dict[str, int]:
    """Bytes by packers of bytes."""
    found = {
        "zlib": len(zlib.compress(test, 9)),
        "bz2": len(bz2.compress(test, 9)),
        "xz": len(xz(test)),
        "xz_primed": len(xz(train + test)) - len(xz(train)),
    }
    try:
        import zstandard
    except ImportError:
        print("zstd is left out: pip install zstandard to have it here.")
    else:
        found["zstd"] = len(zstandard.ZstdCompressor(level=22).compress(test))
    return found


def pictures(images: Array) -> dict[str, int]:
    """Bytes by picture formats, each image a file or all on one sheet."""
    ways: dict[str, Callable[[Array], int]] = {
        "png": lambda picture: len(encoded(picture, "PNG", optimize=True)),
        "webp": lambda picture: len(encoded(picture, "WEBP", lossless=True, quality=100, method=6)),
    }
    sheet, some = mosaic(images), images[:1000]
    each = {f"{name}_each": sum(map(way, some)) * len(images) // len(some) for name, way in ways.items()}
    return each | {f"{name}_mosaic": way(sheet) for name, way in ways.items()}


def lossless(vae: VAE, test: Array, train: Array, bits: bool) -> dict[str, float]:
    """Bits per dimension of every packer on the same rows, ours decoded again, and our speed."""
    start = time.perf_counter()
    blob = vae.compress(test)
    middle = time.perf_counter()
    back = vae.decompress(blob)
    end = time.perf_counter()
    if not np.array_equal(back, test) or back.dtype != test.dtype:
        raise SystemExit("Our own file does not come back equal: this is a bug.")
    pack = (lambda x: np.packbits(x).tobytes()) if bits else (lambda x: x.tobytes())
    sizes = {"quintet": len(blob)} | general(pack(test), pack(train)) | ({} if bits else pictures(test))
    found = {f"{name}_bpd": bits_per_dimension(size, test) for name, size in sizes.items()}
    speed = {"images_per_s": len(test) / (middle - start), "decompress_images_per_s": len(test) / (end - middle)}
    return {"bytes": float(len(blob))} | found | speed


def lossy(vae: VAE, test: Array) -> dict[str, list[tuple[float, float]]]:
    """Points (bits per dimension, PSNR in dB) of our lossy code, of JPEG and WebP, each a file or all on a sheet."""
    ours = [(row["bits_per_dimension"], row["psnr"]) for row in rate_distortion(vae.fitted_, test, STEPS)]
    curves = {"quintet, one file": ours}
    for form in ("JPEG", "WEBP"):
        for name, split in (("one mosaic", False), ("each", True)):
            points = []
            for quality in QUALITIES:
                if split:
                    blobs = [encoded(image, form, quality=quality) for image in test]
                    back, size = np.stack([decoded(blob) for blob in blobs]), sum(map(len, blobs))
                else:
                    blob = encoded(mosaic(test), form, quality=quality)
                    back, size = tiles(decoded(blob), test.shape), len(blob)
                points.append((bits_per_dimension(size, test), psnr_rows(test, back)))
            curves[f"{form}, {name}"] = points
    return curves


def tiles(sheet: Array, shape: tuple[int, ...]) -> Array:
    """The inverse of ``mosaic``."""
    n, high, wide = shape
    return sheet.reshape(sheet.shape[0] // high, high, -1, wide).swapaxes(1, 2).reshape(-1, high, wide)[:n]


def draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """The rate-distortion plot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, points in curves.items():
        ours = name.startswith("quintet")
        axes.plot(
            *zip(*sorted(points), strict=True), "o-" if ours else "o--", label=name, lw=2.2 if ours else 1.1, ms=3
        )
    axes.set(
        xscale="log", xlabel="bits per dimension", ylabel="PSNR, dB", title="Lossy: rate against distortion, MNIST test"
    )
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)


def binarised(images: Array, seed: int) -> Array:
    """Zeros and ones with the grey values as probabilities, as the field's protocol has it."""
    return (np.random.default_rng(seed).random(images.shape) < images / 255).astype(np.uint8)


def trained(given: Path | None, rows: Array, minutes: float, seed: int) -> VAE:
    """The model file, or a fit of some minutes."""
    if given is not None:
        return load(given)
    return VAE(latent_dim=32, random_state=seed, **filling(minutes)).fit(rows)


def main() -> None:
    """Run all three parts."""
    parser = options(__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, metavar="FILE", help="a file trained on MNIST's training images")
    parser.add_argument(
        "--binary-model",
        type=Path,
        metavar="FILE",
        help="... on the binarised ones (a Bernoulli draw of the grey value)",
    )
    parser.add_argument("--minutes", type=float, default=8.0, help="for each model that is not given")
    parser.add_argument("--picture", type=Path, help=f"the rate-distortion plot; {PICTURE.name} where not --quick")
    args = parser.parse_args()
    train, test = digits("train")[0], digits("test")[0]
    if args.quick:
        train, test, args.minutes = train[:10000], test[:1000], min(args.minutes, 0.5)
    figures: dict[str, float] = {}
    vae = trained(args.model, train, args.minutes, args.seed)
    for part, model, held, seen in (
        ("raw", vae, test, train),
        ("binarised", None, binarised(test, args.seed), binarised(train, args.seed + 1)),
    ):
        model = model or trained(args.binary_model, seen, args.minutes, args.seed)
        found = lossless(model, held, seen, bits=part == "binarised")
        figures |= {f"{part}.{name}": value for name, value in found.items()}
        rows = [(n.removesuffix("_bpd"), f"{v:.3f}") for n, v in found.items() if n.endswith("_bpd")]
        table(
            f"{part}: {len(held):,} images, one file",
            sorted(rows, key=lambda row: float(row[1])),
            ("packer", "bits/dim"),
        )
        print(f"{found['images_per_s']:.0f} images/s in, {found['decompress_images_per_s']:.0f} images/s out")
    curves = lossy(vae, test[:1000])
    for name, points in curves.items():
        key = name.replace(", ", ".").replace(" ", "_").lower()
        figures |= {
            f"lossy.{key}.{i}.{what}": p[j] for i, p in enumerate(points) for j, what in enumerate(("bpd", "psnr"))
        }
    lines = [(name, f"{rate:.4f}", f"{psnr:.2f}") for name, points in curves.items() for rate, psnr in sorted(points)]
    table(f"lossy: {len(test[:1000]):,} images", lines, ("code", "bits/dim", "PSNR dB"))
    if args.picture or not args.quick:
        draw(curves, args.picture or PICTURE)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()

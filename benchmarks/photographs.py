"""Photographs by patches: a model of patches of the left halves of two photographs, tested on the right halves.

The photographs are scikit-learn's, 427×640 in colour. Baselines: Pillow's PNG and lossless WebP, xz, the median filter,
and a multivariate normal over 8×8 patches, cut and blended as ours of ``--size``. BM3D runs in the interpreter that
``--opponents`` names; it knows the noise, and its strength is chosen on parts of the left halves.

    python benchmarks/photographs.py --json docs/results/photographs.json
    python benchmarks/photographs.py --model photographs.safetensors --pictures FOLDER
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from common import Array, filling, options, peak_gib, replaced, table, write_json
from natural_data import spread
from natural_opponents import ImageOpponents
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.metrics import roc_auc_score

from quintet import VAE, Patchwork, cut_patches, load
from quintet.data.patches.grid import Blend, Tiling, tiles
from quintet.studies.baselines import Gaussian, median_filter, xz_bytes

SIZE, HALF, NAMES = (8, 8), 320, ("china", "flower")
Figures = dict[str, float]


def psnr(clean: Array, found: Array, where: Array | None = None) -> float:
    """Peak signal-to-noise ratio in dB over all cells, or those of ``where``."""
    error = np.square(clean.astype(np.float64) - found)
    return float(10 * np.log10(255.0**2 / (error.mean() if where is None else error[where].mean())))


def blended(picture: Array, answer: Callable[[Array, Array], Array]) -> Array:
    """``answer(patches' cells, their numbers)`` of every patch, put together as Patchwork does it."""
    tiling = Tiling.over(picture.shape[:2], SIZE, 0.5)
    blend, index = Blend(picture.shape, tiling), np.arange(len(tiling))
    cut = tiling.cut(picture, index)
    blend.add(index, answer(cut.reshape(len(cut), -1), index).reshape(cut.shape))
    return blend.picture()


def compress(patchwork: Patchwork, pictures: list[Array], figures: Figures) -> None:
    """Bits a cell (three a pixel) of one file, and the seconds it takes."""
    start = time.perf_counter()
    blob = patchwork.compress(pictures)
    figures["compress.seconds"] = time.perf_counter() - start
    back = patchwork.decompress(blob)
    assert all(np.array_equal(a, b) for a, b in zip(back, pictures, strict=True))
    cells = sum(picture.size for picture in pictures)
    whole = np.concatenate([tiles(picture, patchwork.vae.schema_.row_shape[:2]) for picture in pictures])
    figures["compress.bpd"] = 8 * len(blob) / cells
    figures["compress.tiled"] = float(blob[4] == 0)  # 0: packed without the model, since that was shorter
    figures["compress.model_bpd"] = 8 * len(patchwork.vae.compress(whole)) / whole.size
    for name, how in (("png", {"format": "PNG", "optimize": True}), ("webp", {"format": "WEBP", "lossless": True})):
        total = 0
        for picture in pictures:
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, **how)
            total += buffer.tell()
        figures[f"compress.{name}"] = 8 * total / cells
    figures["compress.xz"] = 8 * sum(xz_bytes(picture) for picture in pictures) / cells


def with_normal_noise(picture: Array, rng: np.random.Generator) -> Array:
    """The picture with normal noise of a tenth of the range."""
    return np.rint(np.clip(picture + rng.normal(0, 25.5, picture.shape), 0, 255)).astype(np.uint8)


def by_bm3d(elsewhere: ImageOpponents, train: Array, noisy: Array) -> Array:
    """Pictures without their normal noise, (n, height, width, channels)."""
    rng = np.random.default_rng(1)
    own = np.stack([with_normal_noise(picture, rng) for picture in train])
    arrays = {"train": train, "train_normal10": own, "asked_normal10": noisy}
    found: Array = elsewhere.run("bm3d", "denoise", arrays, noises={"normal10": spread(train, own)}).frames["normal10"]
    return found


def denoise(
    patchwork: Patchwork,
    pictures: list[Array],
    gauss: Gaussian,
    figures: Figures,
    out: Path | None,
    bm3d: Callable[[Array], Array] | None = None,
) -> None:
    """PSNR in dB, kind and rate of the noise are estimated by ours and given to the Gaussian and to BM3D."""
    rng = np.random.default_rng(0)
    noises = {
        "replacement10": ("replacement", 0.1, [replaced(picture, 0.1, 1) for picture in pictures]),
        "normal10": ("normal", 0.1, [with_normal_noise(picture, rng) for picture in pictures]),
    }
    for name, (kind, rate, noisy) in noises.items():
        noisy = [picture.astype(np.uint8) for picture in noisy]
        start = time.perf_counter()
        ours, found = patchwork.denoise(noisy, return_report=True)
        figures[f"denoise.{name}.seconds"] = time.perf_counter() - start
        figures[f"denoise.{name}.kind_found"] = float(all(each.kind == kind for each in found))
        figures[f"denoise.{name}.rate_found"] = float(np.mean([each.rate for each in found]))
        plain = [np.moveaxis(median_filter(np.moveaxis(p, -1, 0)), 0, -1) for p in noisy]
        normal = [blended(p, linear(gauss, kind, rate)) for p in noisy]
        answers = {"": ours, ".noisy": noisy, ".median": plain, ".gaussian": normal}
        if bm3d is not None and kind == "normal":
            answers[".bm3d"] = list(bm3d(np.stack(noisy)))
        for method, given in answers.items():
            each = [psnr(clean, picture) for clean, picture in zip(pictures, given, strict=True)]
            figures[f"denoise.{name}{method}"] = float(np.mean(each))
        save(out, name, noisy, ours, normal)


def linear(gauss: Gaussian, kind: str, rate: float) -> Callable[[Array, Array], Array]:
    """The best linear estimate of clean patches from corrupted ones, for known noise."""
    noisy = gauss.covariance + (255 * rate) ** 2 * np.eye(len(gauss.mean))
    weights = np.linalg.solve(noisy, gauss.covariance)

    def answer(rows: Array, _: Array) -> Array:
        if kind == "replacement":
            return gauss.denoise(rows.astype(np.float64), rate)
        clean: Array = gauss.mean + (rows - gauss.mean) @ weights
        return clean

    return answer


def impute(patchwork: Patchwork, pictures: list[Array], gauss: Gaussian, figures: Figures, out: Path | None) -> None:
    """PSNR in dB of the missing cells: half of the pixels, and holes of 6×6 pixels."""
    shape = pictures[0].shape[:2]
    holes = np.zeros(shape, dtype=bool)
    for top in range(5, shape[0] - 6, 20):
        for left in range(5, shape[1] - 6, 20):
            holes[top : top + 6, left : left + 6] = True
    for name, missing in (("random50", np.random.default_rng(0).random(shape) < 0.5), ("holes", holes)):
        start = time.perf_counter()
        ours = patchwork.impute(pictures, mask=missing)
        figures[f"impute.{name}.seconds"] = time.perf_counter() - start
        wide = np.broadcast_to(missing[..., None], pictures[0].shape)
        tiling = Tiling.over(shape, SIZE, 0.5)
        cut = tiling.cut(wide, np.arange(len(tiling))).reshape(len(tiling), -1)
        normal = [blended(p, lambda rows, index: gauss.impute(rows, cut[index])) for p in pictures]  # noqa: B023
        for method, given in {"": ours, ".gaussian": normal}.items():
            each = [psnr(clean, picture, wide) for clean, picture in zip(pictures, given, strict=True)]
            figures[f"impute.{name}{method}"] = float(np.mean(each))
        save(
            out,
            name,
            [np.where(wide, 128, p) for p in pictures],
            ours,
            [np.where(wide, n, p) for n, p in zip(normal, pictures, strict=True)],
        )


def foreign(picture: Array) -> dict[str, tuple[Array, Array]]:
    """The picture with something strange pasted into it, and where: name -> (picture, mask)."""
    rng, found = np.random.default_rng(0), {}
    mask = np.zeros(picture.shape[:2], dtype=bool)
    mask[40:80, 50:90] = True
    flat = picture[mask]
    stripes = np.where(np.indices(mask.shape).sum(0)[mask][:, None] % 4 < 2, 40, 20) + flat.mean(0) - 30
    for name, values in (("shuffled", flat[rng.permutation(len(flat))]), ("stripes", np.clip(stripes, 0, 255))):
        changed = picture.copy()
        changed[mask] = values
        found[name] = (changed, mask)
    return found


def detect(patchwork: Patchwork, pictures: list[Array], gauss: Gaussian, figures: Figures, out: Path | None) -> None:
    """AUROC of pixels in the maps, and the least p-value of the untouched pictures."""
    inverse = np.linalg.inv(gauss.covariance + 25 * np.eye(len(gauss.mean)))
    found: dict[str, list[float]] = {}
    sheets: dict[str, list[list[Array]]] = {"shuffled": [], "stripes": []}
    for picture in pictures:
        for name, (changed, mask) in foreign(picture).items():
            start = time.perf_counter()
            ours = patchwork.detect([changed])
            figures["detect.seconds"] = time.perf_counter() - start

            def far(rows: Array, _: Array) -> Array:
                gap = rows - gauss.mean
                return np.repeat(((gap @ inverse) * gap).sum(1, keepdims=True), rows.shape[1], axis=1)

            density = patchwork.detect([changed], score="row_density")
            maps = {
                "": ours.where[0],
                ".heat": ours.heat[0],
                ".heat_density": density.heat[0],
                ".gaussian": blended(changed, far).mean(-1),
            }
            for method, heat in maps.items():
                found.setdefault(f"detect.{name}{method}", []).append(float(roc_auc_score(mask.ravel(), heat.ravel())))
            sheets[name].append([changed, *(grey(heat) for heat in maps.values())])
    for name, rows in sheets.items():
        save(out, f"detect_{name}", *[list(column) for column in zip(*rows, strict=True)])
    figures |= {name: float(np.mean(each)) for name, each in found.items()}
    figures["detect.pictures_least_p"] = float(patchwork.detect(pictures).p_values.min())


def honest(patchwork: Patchwork, pictures: list[Array], figures: Figures) -> None:
    """The share of untouched tiles, of picture parts that training has not seen, whose p-value is at most 5 %."""
    whole = np.concatenate([tiles(picture, patchwork.vae.schema_.row_shape[:2]) for picture in pictures])
    p = patchwork.vae.detect(whole, fdr=1.0).p_values
    figures["detect.normal_tiles_at_5"] = float((p <= 0.05).mean())


def grey(heat: Array) -> Array:
    """A map as grey values, its lowest hundredth black and its highest white."""
    low, high = np.quantile(heat, [0.01, 0.99])
    return np.repeat((np.clip((heat - low) / (high - low), 0, 1) * 255)[..., None], 3, -1)


def save(folder: Path | None, name: str, *rows: list[Array]) -> None:
    """Pictures side by side as one PNG, for the eye."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in zip(*rows, strict=True)], axis=0)
    Image.fromarray(np.rint(np.clip(sheet, 0, 255)).astype(np.uint8)).save(folder / f"{name}.png")


def main() -> None:
    """Train or load, answer, print, write."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a trained file; otherwise one is trained")
    parser.add_argument("--save", type=Path, help="where the trained model goes")
    parser.add_argument("--minutes", type=float, default=3.0, help="of training")
    parser.add_argument("--size", type=int, default=32, help="of our patches, in pixels")
    parser.add_argument("--patches", type=int, default=4000, help="to train with")
    parser.add_argument("--only", nargs="*", default=["compress", "denoise", "impute", "detect"])
    parser.add_argument("--opponents", metavar="PYTHON", help="an interpreter that has bm3d")
    parser.add_argument("--pictures", type=Path, help="a folder for sheets of pictures")
    args = parser.parse_args()
    photographs = load_sample_images().images
    left = [picture[:, :HALF] for picture in photographs]
    size, count = (args.size, args.size), args.patches // 4 if args.quick else args.patches
    rows, groups = cut_patches(left, size, count, random_state=args.seed, return_groups=True)
    small = cut_patches(left, SIZE, 5_000 if args.quick else 20_000, random_state=args.seed)
    figures: Figures = {"patches": float(len(rows)), "seed": float(args.seed)}
    if args.model is None:
        start = time.perf_counter()
        minutes = args.minutes / 4 if args.quick else args.minutes
        vae = VAE(latent_dim=32, random_state=args.seed, **filling(minutes)).fit(rows, groups=groups)
        figures["fit.minutes"] = (time.perf_counter() - start) / 60
    else:
        vae = load(args.model)
    if args.save is not None:
        vae.save(args.save)
    patchwork, gauss = Patchwork(vae), Gaussian(small.reshape(len(small), -1), ridge=1.0)
    side = 96 if args.quick else 128
    right = [picture[:, HALF:] for picture in photographs]
    crops = [picture[150 : 150 + side, 60 : 60 + side] for picture in right]
    if "compress" in args.only:
        compress(patchwork, crops if args.quick else right, figures)
    if "denoise" in args.only:
        parts = np.stack([picture[150 : 150 + side, 60 : 60 + side] for picture in left])
        by_others = partial(by_bm3d, ImageOpponents(args.opponents, 1), parts) if args.opponents else None
        denoise(patchwork, crops, gauss, figures, args.pictures, by_others)
    for question in (impute, detect):
        if question.__name__ in args.only:
            question(patchwork, crops, gauss, figures, args.pictures)
    if "detect" in args.only:
        honest(patchwork, crops if args.quick else right, figures)
    figures["peak_gib"] = peak_gib()
    table("photographs", [(name, f"{value:.3f}") for name, value in figures.items()], ("figure", "value"))
    write_json(args.json, figures)


if __name__ == "__main__":
    main()

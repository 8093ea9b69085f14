"""Lossy compression at .5, 1 and 2 bits a pixel: 200 colour images of 32×32, and the right halves of two photographs.

Ours is the code that ``fit_lossy`` learns, of images from the 1,800 others, of photographs from patches of the left
halves; one file of all images, and one of both photographs. It needs no latents: the model around it is trained for an
epoch unless ``--model`` names one. Codecs: all images laid out as one mosaic of 640×320 (``jpeg``, ``webp``, ``jxl``),
and a file for each (``_each``), of which JPEG's header alone takes more than 2 bits a pixel; of a photograph a file
each. JPEG is optimised and progressive, with and without subsampled colours; whichever is better counts.

PSNR in dB and SSIM (Wang et al., 2004; of red, green and blue) are means over the images. Between measured points they
are interpolated in the logarithm of the rate. ``bd_psnr`` and ``bd_ssim``: Bjøntegaard's rate, by how many percent ours
is longer at equal quality (negative: shorter), over the qualities that both reach.

    python benchmarks/lossy.py --opponents PYTHON --minutes 10 --json docs/results/lossy.json
    python benchmarks/lossy.py --model lossy.safetensors --cases images --cache opponents.json
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, filling, write_json
from natural_data import ASKED, COLUMNS, mosaic, natural_images
from natural_opponents import ImageOpponents
from PIL import Image
from rate_quality import RATES, Point, at_rates, bjontegaard, flat, point, points_of
from sklearn.datasets import load_sample_images
from tables_common import Figures, beside, parsed, print_group, table_options

from quintet import VAE, Patchwork, cut_patches, load

STEPS = (0.12, 0.2, 0.3, 0.45, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
QUALITIES = (1, 3, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 85, 90, 93, 96)
HALF, PATCHES, SIZE = 320, 20_000, (32, 32)
QUICK = {"train": 60, "asked": 20, "patches": 200, "minutes": 0.05}
COLUMNS_SHOWN = (*(f"{kind}_{rate}" for kind in ("psnr", "ssim") for rate in RATES), "bd_psnr", "bd_ssim")


def by_pillow(sets: list[Array], back: Callable[[list[Array]], list[Array]], clean: list[Array], form: str) -> Figures:
    """Points of JPEG or WebP, flat; ``back`` cuts the decoded pictures into the asked ones."""
    ways = [{"optimize": True, "progressive": True, "subsampling": kind} for kind in (0, 2)]
    found = []
    for how in ways if form == "JPEG" else [{"method": 6}]:
        for quality in QUALITIES:
            size, decoded = 0, []
            for picture in sets:
                buffer = io.BytesIO()
                Image.fromarray(picture).save(buffer, form, quality=quality, **how)
                size += buffer.tell()
                decoded.append(np.asarray(Image.open(buffer).convert("RGB")))
            found.append(point(clean, back(decoded), size))
    return flat(found)


def by_jxl(sets: list[Array], back: Callable[[list[Array]], list[Array]], clean: list[Array], args: Any) -> Figures:
    """Points of JPEG XL, flat."""
    same = len({picture.shape for picture in sets}) == 1
    arrays = {"all": np.stack(sets)} if same else {f"set{i}": picture[None] for i, picture in enumerate(sets)}
    answer, found = args.elsewhere.run("jxl", "lossy", arrays).frames, []
    for place in range(sum(name.startswith(f"{next(iter(arrays))}_bytes_") for name in answer)):
        size = sum(int(answer[f"{name}_bytes_{place}"]) for name in arrays)
        decoded = [image for name in arrays for image in answer[f"{name}_images_{place}"]]
        found.append(point(clean, back(decoded), size))
    return flat(found)


def fitted(case: str, rows: Array, args: Any, figures: Figures) -> VAE:
    """A model with a lossy code of such rows."""
    if args.model is not None:
        vae: VAE = load(args.model.with_stem(f"{args.model.stem}_{case}") if args.model.stem else args.model)
    else:
        brief = {"network": {"kind": "mlp", "hidden": (16,)}, "context": "none", "calibration": 0.0}
        vae = VAE("vae", 2, epochs=1, random_state=args.seed, **brief).fit(rows)
    if vae.fitted_.artifacts.block_code is None:
        began = time.perf_counter()
        vae.fit_lossy(rows, **filling(args.minutes), random_state=args.seed)
        figures[f"fit.{case}.minutes"] = (time.perf_counter() - began) / 60
    if args.save is not None:
        vae.save(args.save.with_stem(f"{args.save.stem}_{case}"))
    return vae


def ours(
    pack: Callable[[float], bytes], unpack: Callable[[bytes], Any], clean: list[Array]
) -> tuple[list[Point], Figures]:
    """Points of our code, and megapixels a second of the step 1."""
    found, pixels = [], sum(image.shape[0] * image.shape[1] for image in clean) / 1e6
    speed: Figures = {}
    for step in STEPS:
        began = time.perf_counter()
        blob = pack(step)
        middle = time.perf_counter()
        back = list(unpack(blob))
        if step == 1:
            speed = {
                "mp_per_s": pixels / (middle - began),
                "unpacked_mp_per_s": pixels / (time.perf_counter() - middle),
            }
        found.append(point(clean, back, len(blob)))
    return found, speed


def cut_mosaic(decoded: list[Array]) -> list[Array]:
    """The images of ``mosaic``."""
    high = len(decoded[0]) // 32
    return list(decoded[0].reshape(high, 32, COLUMNS, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3))


def images(args: Any, figures: Figures) -> None:
    """The 200 images."""
    every = natural_images()
    train, asked = every[:-ASKED], every[-ASKED:]
    if args.quick:
        train, asked = train[: QUICK["train"]], asked[: QUICK["asked"]]
    vae, clean = fitted("images", train, args, figures), list(asked)
    whole = [mosaic(asked)]
    measures = {f"{form.lower()}": partial(by_pillow, whole, cut_mosaic, clean, form) for form in ("JPEG", "WEBP")}
    measures |= {f"{form.lower()}_each": partial(by_pillow, clean, list, clean, form) for form in ("JPEG", "WEBP")}
    measures |= {
        "jxl": partial(by_jxl, whole, cut_mosaic, clean, args),
        "jxl_each": partial(by_jxl, clean, list, clean, args),
    }
    report("images", args, measures, ours(lambda step: vae.compress(asked, lossy=step), vae.decompress, clean), figures)


def photographs(args: Any, figures: Figures) -> None:
    """The right halves of two photographs."""
    whole = load_sample_images().images
    rows = cut_patches([p[:, :HALF] for p in whole], SIZE, QUICK["patches"] if args.quick else PATCHES, random_state=0)
    clean = [np.ascontiguousarray(picture[:, HALF:]) for picture in whole]
    if args.quick:
        clean = [picture[150:278, 60:188] for picture in clean]
    patchwork = Patchwork(fitted("photographs", rows, args, figures))
    measures = {f"{form.lower()}": partial(by_pillow, clean, list, clean, form) for form in ("JPEG", "WEBP")}
    measures["jxl"] = partial(by_jxl, clean, list, clean, args)
    own = ours(lambda step: patchwork.compress(clean, lossy=step), patchwork.decompress, clean)
    report("photographs", args, measures, own, figures)


def report(
    case: str,
    args: Any,
    measures: dict[str, Callable[[], Figures]],
    own: tuple[list[Point], Figures],
    figures: Figures,
) -> None:
    """Figures and curves of every system, and a table."""
    known = beside(args, f"lossy.{case}.{args.quick}", measures)
    curves = {"ours": own[0]} | {name: points_of(found) for name, found in known.items()}
    for name, points in curves.items():
        found = at_rates(points)
        if name == "ours":
            found |= own[1]
        else:
            found |= {f"bd_{kind}": bjontegaard(own[0], points, place) for place, kind in ((1, "psnr"), (2, "ssim"))}
        figures |= {f"{case}.{name}.{key}": value for key, value in found.items() if value == value}
        for bits, psnr, alike in sorted(points):
            print(f"{case} {name}: {bits:.3f} bits a pixel, {psnr:.2f} dB, SSIM {alike:.4f}", file=sys.stderr)
    print_group(figures, case, COLUMNS_SHOWN)


def main() -> None:
    """Fit or load, compress, print a table for each case."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--cases", default="images,photographs", help="some of the cases")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each fit of the lossy code")
    parser.add_argument("--model", type=Path, metavar="FILE", help="files of --save, or saved models to learn the code")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the models, the case's name added to the stem")
    args = parsed(parser, {})
    args.elsewhere = ImageOpponents(args.opponents, args.threads)
    if args.quick:
        args.minutes = QUICK["minutes"]
    figures: Figures = {}
    for case in args.cases.split(","):
        {"images": images, "photographs": photographs}[case](args, figures)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()

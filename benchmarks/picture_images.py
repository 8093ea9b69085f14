"""Figure of docs/images.md: colour images outside training, and what the model answers about them.

python benchmarks/picture_images.py --model natural.safetensors --out docs/pictures/images.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import Array
from natural_data import ASKED, NOISES, cells, missing_pixels, natural_images, pasted
from PIL import Image, ImageDraw

from quintet import VAE, load

COLUMNS, SCALE, GAP, LABEL = 10, 2, 4, 150
GREY = 128


def lines(vae: VAE, images: Array, seed: int) -> dict[str, Array]:
    """Pictures by what they show, (columns, 32, 32, 3) each."""
    missing = {name: cells(mask) for name, mask in missing_pixels(len(images), seed).items()}
    odd, _ = pasted(images, seed)
    found = {"as they are": images}
    for name, label in (("replacement25", "25 % replaced"), ("normal20", "normal noise of 20")):
        noisy = NOISES[name](images, seed)
        found |= {label: noisy, f"{label}: denoised": vae.denoise(noisy)}
    for name, label in (("half", "half missing"), ("centre", "centre missing")):
        mask = missing[name]
        found |= {label: np.where(mask, GREY, images), f"{label}: imputed": vae.impute(images, mask=mask)}
    found["centre missing: a draw"] = vae.impute(images, mask=missing["centre"], draws=1, random_state=seed)[0]
    detected, found["a patch pasted in"] = vae.detect(odd), odd
    for name, heat in (("where", detected.where.sum(-1)), ("regions", detected.regions())):
        shown = (255 * heat / np.quantile(heat, 0.99, (1, 2), keepdims=True)).clip(0, 255)
        found[f"pasted: {name}"] = np.repeat(shown[..., None], 3, -1)
    found["generated"] = vae.generate(len(images), random_state=seed)
    return {name: np.asarray(each).round().clip(0, 255).astype(np.uint8) for name, each in found.items()}


def drawn(found: dict[str, Array]) -> Image.Image:
    """All lines as one picture, with labels on the left."""
    high, wide = next(iter(found.values())).shape[1:3]
    down, along = high * SCALE + GAP, wide * SCALE + GAP
    page = Image.new("RGB", (LABEL + COLUMNS * along, len(found) * down), "white")
    draw = ImageDraw.Draw(page)
    for row, (name, images) in enumerate(found.items()):
        draw.text((4, row * down + down // 2 - 6), name, fill="black")
        for column, image in enumerate(images):
            size = (wide * SCALE, high * SCALE)
            page.paste(
                Image.fromarray(image).resize(size, Image.Resampling.NEAREST), (LABEL + column * along, row * down)
            )
    return page


def main() -> None:
    """Ask the model and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    images = natural_images()[-ASKED:][:: ASKED // COLUMNS]
    drawn(lines(load(args.model), images, args.seed)).save(args.out, optimize=True)


if __name__ == "__main__":
    main()

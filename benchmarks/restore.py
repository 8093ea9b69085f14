"""Colour for grey images, and restoration of aged ones: 200 colour images of 32×32; 1,800 others train every model.

* colour: luma is given, chroma is asked. Ours: a model of luma and chroma as three channels, whose chroma ``impute``
  fills, by the mean (``impute``) or by a draw (``impute_draw``); and ``translate``, a Translator from grey to colour.
  Others: the training images' mean chroma (``channel_means``), and ``cvae``, given the grey image as its condition.
  Every answer keeps the luma that was given; ``input``: grey. ``translate`` and ``cvae`` are without context decoders.
* aged: faded to the colour of paper by 20 to 50 %, grain of 8 levels, three scratches (``restore_data.py``).
  ``translate`` and ``cvae`` are given the aged image. All others know where the scratches are, and a linear
  regression undoes the fading: ``denoise``, ours, which also fills missing cells; the median of the known cells of 3×3
  (``median``), biharmonic inpainting (``biharmonic``), and both; ``input``: the aged image, ``unfaded``: where the
  others start.

``psnr``: dB, mean over images; ``pooled``: of the mean squared error of all; ``random``, ``rotation``: Fréchet
distances to the asked images on the features of two networks (``natural_features.py``).

    python benchmarks/restore.py --opponents PYTHON --models FOLDER --json docs/results/restore.json
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, psnr_rows, table, write_json
from natural_answers import timed
from natural_data import ASKED, cells, natural_images
from natural_features import EPOCHS, Distances
from natural_opponents import ImageOpponents
from restore_data import Unfading, aged, colours, grey, luma_chroma, masked_median
from restore_models import Models
from tables_common import Figures, beside, parsed, print_group, table_options

from quintet import VAE

SHOWN = ("psnr", "pooled", "random", "rotation", "rows_per_s")
WANTED = ("psnr", "random", "rotation")
OURS = {"colour": ("impute", "impute_draw", "translate"), "aged": ("denoise", "translate")}
DRAWS = 16
YARDSTICKS = ("input", "unfaded")
QUICK = {"train": 60, "asked": 8, "minutes": 0.05, "rotations": 1}
Answers = dict[str, Callable[[], Array]]


def given_condition(cvae: VAE, condition: Array) -> Array:
    """E[image | condition], the mean over ``DRAWS`` latents of E[image | z, condition]."""
    options = {"sampler": "prior", "expected": True}
    drawn = (cvae.generate(len(condition), condition, random_state=seed, **options) for seed in range(DRAWS))
    return np.rint(np.mean([each.astype(float) for each in drawn], 0)).astype(np.uint8)


def colour(models: Models, asked: Array, args: Any) -> tuple[Answers, Answers]:
    """Ours and the others."""
    layers, train = luma_chroma(asked), luma_chroma(models.train)
    hidden = np.where([True, False, False], layers, np.uint8(128))
    missing = np.broadcast_to([False, True, True], layers.shape)

    def with_luma(found: Array) -> Array:
        """The images of these layers, with the luma that was given."""
        return colours(np.concatenate([layers[..., :1], found[..., 1:]], -1))

    def filled(draws: int) -> Array:
        vae = models.vae("luma_chroma", train)
        found = np.asarray(vae.impute(hidden, mask=missing, draws=draws, random_state=args.seed))
        return with_luma(found[0] if draws else found)

    def translated() -> Array:
        return with_luma(luma_chroma(models.translator("translate_colour", grey).transform(grey(asked))))

    def conditional() -> Array:
        cvae = models.vae("cvae_colour", models.train, "cvae", train[..., 0])
        return with_luma(luma_chroma(given_condition(cvae, layers[..., 0])))

    means = np.broadcast_to(train.reshape(-1, 3).mean(0), layers.shape)
    ours = {"impute": partial(filled, 0), "impute_draw": partial(filled, 1), "translate": translated}
    return ours, {"input": lambda: grey(asked), "channel_means": lambda: with_luma(means), "cvae": conditional}


def restoration(models: Models, asked: Array, args: Any) -> tuple[Answers, Answers]:
    """Ours and the others."""
    old, where, _ = aged(asked, args.seed + 1)
    start = Unfading(models.train, args.seed + 2)(old, where)

    def degrade(rows: Array) -> Array:
        return aged(rows, args.seed + 3)[0]

    def conditional() -> Array:
        cvae = models.vae("cvae_aged", models.train, "cvae", degrade(models.train))
        return given_condition(cvae, old)

    def biharmonic() -> Array:
        found = args.elsewhere.run("biharmonic", "impute", {"asked": start, "scratches": where}).frames["scratches"]
        return np.where(where[..., None], np.rint(found), start).astype(np.uint8)

    ours = {
        "denoise": lambda: np.asarray(models.vae("images", models.train).denoise(start, mask=cells(where))),
        "translate": lambda: models.translator("translate_aged", degrade).transform(old),
    }
    others: Answers = {
        "input": lambda: old,
        "unfaded": lambda: start,
        "median": lambda: masked_median(start, where),
        "biharmonic": biharmonic,
        "biharmonic_median": lambda: masked_median(biharmonic(), np.zeros_like(where)),
        "cvae": conditional,
    }
    return ours, others


def measured(answer: Callable[[], Array], asked: Array, distances: Distances, models: Models) -> Figures:
    """Figures of an answer; its seconds are without those of fits."""
    before = sum(models.minutes.values())
    found, seconds = timed(answer)
    seconds -= 60 * (sum(models.minutes.values()) - before)
    error = np.square(asked.astype(float) - found).mean()
    figures = {"psnr": psnr_rows(asked, found), "pooled": float(10 * np.log10(255**2 / max(error, 1e-10)))}
    return figures | distances(found) | {"rows_per_s": len(asked) / seconds}


def margins(case: str, found: dict[str, Figures]) -> Figures:
    """How far our best line of each figure is ahead of the best opponent, positive: ahead."""
    figures = {}
    rest = [each for name, each in found.items() if name not in (*OURS[case], *YARDSTICKS)]
    for key in WANTED if rest else ():
        own = [found[name][key] for name in OURS[case] if name in found]
        best = max if key == "psnr" else min
        far = best(own) - best(each[key] for each in rest)
        figures[f"margins.{case}.{key}"] = far if key == "psnr" else -far
    return figures


def main() -> None:
    """Fit or load, restore, print a table for each case."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--cases", default="colour,aged", help="some of the cases")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each fit, of ours and of cvae")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="models that are there are loaded, others kept")
    args = parsed(parser, {"ours": {}})
    args.elsewhere = ImageOpponents(args.opponents, args.threads)
    images = natural_images()
    train, asked = images[:-ASKED], images[-ASKED:]
    if args.quick:
        train, asked, args.minutes = train[: QUICK["train"]], asked[: QUICK["asked"]], QUICK["minutes"]
    models = Models(args, train)
    distances = Distances(train, asked, args.seed, QUICK["rotations"] if args.quick else EPOCHS)
    figures: Figures = {}
    for case in args.cases.split(","):
        ours, others = {"colour": colour, "aged": restoration}[case](models, asked, args)
        key = f"restore.{case}.{len(train)}.{len(asked)}.{args.minutes:g}.{args.seed}"
        measure = partial(measured, asked=asked, distances=distances, models=models)
        found = beside(args, key, {name: partial(measure, answer) for name, answer in others.items()})
        for name, answer in ours.items():
            found[name] = measure(answer)
            print(f"{case} {name}: {found[name]}", file=sys.stderr, flush=True)
        figures |= {f"{case}.{name}.{k}": value for name, each in found.items() for k, value in each.items()}
        figures |= margins(case, found)
        print_group(figures, case, SHOWN)
    rows = [(*name.split(".")[1:], f"{value:.4g}", "> 0") for name, value in figures.items() if name[:7] == "margins"]
    table("our best line ahead of the best opponent", rows, ("case", "figure", "margin", "asked"))
    write_json(args.json, figures | models.minutes, args.seed)


if __name__ == "__main__":
    main()

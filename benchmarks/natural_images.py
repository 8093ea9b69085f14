"""Five questions on natural images: a model of 1,800 colour images of 32×32, 200 others of the same kind asked.

* compress: bits a cell, everything counted, of ONE file of the asked images; ``by_model``: share of the images that the
  model codes; ``shuffled``: bits a cell more with the z of another image. Codecs: a file for each image (``bits``) and
  one of all images laid out as 640×320 (``mosaic``).
* denoise: PSNR in dB of 10 % and 25 % of the cells replaced, and of normal noise of 10, 20 and 40 levels. The model
  knows nothing of the noise; the filters know it, and 50 training images chose their strength.
* impute: PSNR in dB of the missing cells: half of the pixels, 80 %, the centre 12×12, the bottom half.
* detect: AUROC of patches of two photographs among the images, of 6×6 patches of other images pasted into a tenth of
  them (mean over the ten tenths), and of the pasted pixels within their images; ``alarms5``: p <= .05 among the asked.
* generate: Fréchet distance of 200 images to the asked ones on the features of a random and of a small trained network
  (``natural_features.py``), and energy above half of Nyquist, that of the asked images 1.

``--flips`` adds a second line of ours, trained on the images and on their mirror images; ``--flips only``: that alone.

    python benchmarks/natural_images.py --opponents PYTHON --pythae PYTHON --json docs/results/natural_images.json
    python benchmarks/natural_images.py --model natural.safetensors --questions compress --cache opponents.json
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import natural_answers
import natural_opponents
from common import Array, table, write_json
from natural_answers import Case
from natural_data import ASKED, natural_images, with_flips
from natural_features import EPOCHS, Distances, nearest_page
from tables_common import Figures, beside, parsed, print_group, table_options

from quintet import VAE, load

COLUMNS = {
    "compress": ("bits", "mosaic", "by_model", "shuffled", "rows_per_s", "unpacked_per_s"),
    "denoise": ("replacement10", "replacement25", "normal10", "normal20", "normal40", "rows_per_s"),
    "impute": ("half", "eighty", "centre", "bottom", "rows_per_s"),
    "detect": ("photographs", "pasted", "pixels", "alarms5", "rows_per_s"),
    "generate": ("random", "rotation", "high", "epochs", "rows_per_s"),
}
"""Figures of each question's table."""
WANTED = {"compress": ("bits", "mosaic"), "generate": ("random", "rotation")} | {
    question: COLUMNS[question][:last] for question, last in (("denoise", 5), ("impute", 4), ("detect", 3))
}
ASKED_MARGINS = {"denoise_replacement": "> 0", "denoise_normal": ">= -.3", "impute": ">= .5", "generate": "<= .5"}
"""Asked of a line's margins, by the beginning of their names; of others > 0."""
LESS = ("compress", "generate")
"""Questions in whose figures less is better."""
YARDSTICKS = ("input", "training_images")
"""Lines that are no opponents."""
QUICK = {"train": 60, "asked": 20, "epochs": 2, "rotations": 1, "minutes": 0.05}


def models(args: Any, train: Array, figures: Figures) -> dict[str, VAE]:
    """Our models by the name of their line, and the minutes of their fits."""
    if args.model is not None:
        return {name: load(args.model) for name in list(args.kinds)[:1]}
    found = {}
    lines = [(name, train) for name in args.kinds if args.flips != "only"]
    lines += [(f"{name}_flips", with_flips(train)) for name in args.kinds if args.flips]
    for name, rows in lines:
        options = {"max_minutes": args.minutes, "random_state": args.seed, **args.kinds[name.removesuffix("_flips")]}
        if args.quick:
            options["epochs"] = QUICK["epochs"]
        began = time.perf_counter()
        found[name] = VAE(**options).fit(rows)
        figures[f"fit.{name}.minutes"] = (time.perf_counter() - began) / 60
        if args.save is not None:
            found[name].save(args.save.with_stem(f"{args.save.stem}_{name}"))
    return found


def margins(question: str, found: dict[str, Figures], ours: list[str]) -> Figures:
    """How far each of our lines is ahead of the best opponent, positive: ahead; our share of its Fréchet distance."""
    figures: Figures = {}
    for name in ours:
        for key in WANTED[question]:
            own = found[name].get("bits" if question == "compress" else key)
            rest = [f[key] for s, f in found.items() if key in f and s not in (*ours, *YARDSTICKS)]
            if own is None or not rest:
                continue
            best = (min if question in LESS else max)(rest)
            far = own / best if question == "generate" else (best - own if question in LESS else own - best)
            figures[f"margins.{name}.{question}_{key}"] = far
    return figures


def print_margins(figures: Figures) -> None:
    """A line for each margin, and what is asked of it."""
    rows = []
    for full, value in figures.items():
        if full.startswith("margins."):
            _, system, name = full.split(".")
            asked = next((text for start, text in ASKED_MARGINS.items() if name.startswith(start)), "> 0")
            rows.append((system, name, f"{value:.4g}", asked))
    if rows:
        table("ahead of the best opponent (generate: times pythae's)", rows, ("system", "figure", "margin", "asked"))


def answered(question: str, case: Case, vaes: dict[str, VAE], args: Any) -> dict[str, Figures]:
    """Every system's figures on one question."""
    measures = getattr(natural_opponents, question)(case, args)
    given = f"{question}.{len(case.train)}.{len(case.asked)}.{args.seed}"
    found = beside(args, given, measures)
    for name, vae in vaes.items():
        found[name] = getattr(natural_answers, question)(vae, case)
        own = ", ".join(f"{key} {value:.4g}" for key, value in found[name].items())
        print(f"{name}, {question}: {own}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Fit or load, answer, print a table for each question."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--questions", default=",".join(COLUMNS), help="some of the questions")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each fit, and of pythae's")
    parser.add_argument("--flips", nargs="?", const="also", choices=("also", "only"), help="train on mirror images too")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a saved model instead of a fit")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the models, the line's name added to the stem")
    parser.add_argument("--pythae", metavar="PYTHON", help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--page", type=Path, metavar="FILE", help="a PNG of samples beside nearest training images")
    args = parsed(parser, {"ours": {}})
    args.elsewhere = natural_opponents.ImageOpponents(args.opponents, args.threads)
    questions = args.questions.split(",")
    images = natural_images()
    train, asked = images[:-ASKED], images[-ASKED:]
    if args.quick:
        train, asked, args.minutes = train[: QUICK["train"]], asked[: QUICK["asked"]], QUICK["minutes"]
    figures: Figures = {}
    case = Case(train, asked, args.seed)
    vaes = models(args, train, figures)
    if "generate" in questions:
        case.distances = Distances(train, asked, args.seed, QUICK["rotations"] if args.quick else EPOCHS)
        figures["rotation_accuracy"] = case.distances.accuracy
    for question in questions:
        found = answered(question, case, vaes, args)
        figures |= {
            f"{question}.{system}.{key}": value for system, each in found.items() for key, value in each.items()
        }
        figures |= margins(question, found, list(vaes))
        print_group(figures, question, COLUMNS[question])
    for name, vae in vaes.items():
        if args.page is not None:
            page = args.page if len(vaes) == 1 else args.page.with_stem(f"{args.page.stem}_{name}")
            nearest_page(page, vae.generate(60, random_state=args.seed), train)
    print_margins(figures)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()

"""Lines of text: bits a character of held-out lines, what the latents hold, and typos found and mended.

Two sets, names and sentences (``text_data``): repeated lines dropped, a tenth asked, a tenth for choices, the rest
trains. ``bits`` are those of the compressed file over the characters with their line feeds; of opponents, ``xz`` and
PPMd, the size of training and asked lines together less that of the training lines; of Kneser–Ney the log probability.
``elbo_bits`` are the bound, ``no_latents_bits`` the same decoder with the learnt null in place of z. Per line in nats:
``nll`` (the negative bound), ``kl``, ``mi`` (the mutual information of lines and latents, Hoffman and Johnson, 2016);
``active`` latents. Typos are put into 5 % of the longer words of the asked sentences (``text_typos``); beside the spell
checker the candidates of ours weighed by Kneser–Ney. No line is held out of our training: no p-value is asked.

    python benchmarks/text.py --opponents PYTHON --cache FILE --json docs/results/text.json
    python benchmarks/text.py --sets names --recipes --minutes 3
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

import numpy as np
from common import filling, table, write_json
from tables_common import Figures, parsed, table_options
from text_data import SETS, Split, characters, split
from text_ngram import KneserNey
from text_packers import figures as of_opponents
from text_typos import Guess, Guesses, Mistyped, SpellChecker, best_threshold, judged, log_odds, mistyped

from quintet import VAE, Text
from quintet.estimators._text.candidates import Proposer, posterior
from quintet.estimators._text.edits import Neighbours
from quintet.estimators._text.part_scores import Part, part_log_probs
from quintet.estimators._text.token_rows import TextModel
from quintet.evaluate import active_units
from quintet.evaluate.aggregate import aggregate_gap
from quintet.inference.likelihood import terms

KINDS: dict[str, dict[str, Any]] = {"ours": {}}
RECIPES: dict[str, dict[str, Any]] = {
    "control": {"variant": "control", "variant__target": 10.0},
    "free_bits": {"training": {"free_bits": 0.25}},
    "encoder_steps": {"training": {"encoder_steps": 3}},
    "word_dropout": {"variant": "vrae", "variant__teacher_forcing": True, "variant__word_dropout": 0.3},
}
TYPOS, RATE = 0.05, 0.02
UNSEEN = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
LEAST = -30.0
"""The score of a word that nothing is suggested for."""


def fitted(lines: Split, options: dict[str, Any], minutes: float, seed: int) -> Text:
    """Our model of the training lines."""
    nested = {name: value for name, value in options.items() if "__" in name}
    plain = {name: value for name, value in options.items() if "__" not in name}
    vae = VAE(**{"calibration": 0.0, **filling(minutes), **plain}, verbose=False).set_params(**nested)
    return Text(vae, random_state=seed).fit(lines.train)


def of_ours(text: Text, lines: list[str]) -> Figures:
    """Bits a character, answers a second, and what the latents hold."""
    count, began = characters(lines), time.perf_counter()
    blob = text.compress(lines)
    packed = time.perf_counter()
    assert text.decompress(blob) == lines
    figures = {"bits": 8 * len(blob) / count, "compress_characters_per_s": count / (packed - began)}
    figures["decompress_characters_per_s"] = count / (time.perf_counter() - packed)
    rows, _ = text.description_.rows(lines)
    model = TextModel.of(text.vae_)
    given, fit = model.rows(rows), text.vae_.fitted_
    found = {name: float(values.double().sum()) for name, values in terms(fit, given, draws=1).items()}
    whole = [Part(row, 0, len(row)) for row in rows]
    null = -float(part_log_probs(model, whole, None, 256).sum())
    each, bit = len(lines), np.log(2) * count
    figures |= {"elbo_bits": float(-found["elbo"] / bit), "no_latents_bits": float(null / bit)}
    figures |= {"nll": -found["elbo"] / each, "no_latents_nll": null / each, "kl": found["rate"] / each}
    figures["mi"] = found["rate"] / len(rows) - aggregate_gap(fit, given)
    figures["active"] = float(active_units(np.asarray(text.vae_.transform(rows))))
    return figures | {"latents": float(text.vae_.latent_dim_)}


def by_ours(text: Text, typed: Mistyped) -> Guesses:
    """The guesses of ``Text.denoise``."""
    found: Guesses = {place: Guess(LEAST, None) for place, _ in typed.words()}
    together: dict[tuple[int, int], list[Any]] = {}
    for each in text.denoise(typed.lines, rate=RATE).suggestions:
        together.setdefault((each.line, each.position), []).append(each)
    for place, each in together.items():
        found[place] = Guess(log_odds(sum(one.probability for one in each)), each[0].suggestion)
    return found


def by_kneser_ney(model: KneserNey, words: dict[str, int], typed: Mistyped) -> Guesses:
    """The candidates of ours, weighed by the probability of the line under an n-gram of characters."""
    proposer = Proposer(Neighbours(words), 26, RATE)
    found: Guesses = {place: Guess(LEAST, None) for place, _ in typed.words()}
    for each in proposer.doubtful(typed.lines):
        line, word = typed.lines[each.line], each.word
        around = [
            line[: word.start] + put + line[word.stop :] for put in (word.text, *(c.text for c in each.candidates))
        ]
        own, *others = (-sum(model.surprises(text)[word.start :]) for text in around)
        shares = posterior(
            own + proposer.stays(), [p + c.log_slip for p, c in zip(others, each.candidates, strict=True)]
        )
        best = each.candidates[int(np.argmax(shares))].text
        found[each.line, word.start] = Guess(log_odds(sum(shares)), best)
    return found


def typos_by(guess: Any, lines: Split, seed: int) -> Figures:
    """How well a system finds and mends typos; its threshold is chosen on the validation lines."""
    valid, test = (mistyped(part, TYPOS, seed + k) for k, part in enumerate((lines.valid, lines.test)))
    threshold = best_threshold(valid, guess(valid))
    began = time.perf_counter()
    found = judged(test, guess(test), threshold)
    return found | {"words_per_s": len(test.words()) / (time.perf_counter() - began)}


def by_spell_checker(lines: Split, seed: int) -> Figures:
    """The spell checker, whose count of an unseen word is chosen on the validation lines."""
    valid = mistyped(lines.valid, TYPOS, seed)
    checkers = [SpellChecker(lines.train, RATE, unseen) for unseen in UNSEEN]
    best = max(checkers, key=lambda checker: judged(valid, checker.guesses(valid), 0.0)["ap"])
    return typos_by(best.guesses, lines, seed)


def one_set(name: str, args: Any) -> Figures:
    """Every figure of a set of lines, by names such as "names.ours.bits"."""
    lines = split(name, args.seed, 2000 if args.quick else None)
    case = f"{name}.{len(lines.train)}.{args.seed}"
    out = args.cached.of(f"{case}.bits", lambda: of_opponents(lines, args.opponents))
    figures = {f"{name}.{system}.bits": bits for system, bits in out.items() if "order" not in system}
    figures |= {f"{name}.{system}": float(order) for system, order in out.items() if "order" in system}
    typos = name == "sentences"
    if typos:
        found = args.cached.of(f"{case}.spell_checker", lambda: by_spell_checker(lines, args.seed))
        figures |= {f"{name}.spell_checker.typos_{key}": value for key, value in found.items()}
    for system, options in args.kinds.items():
        measured = args.kept.of(
            f"{case}.{system}.{options}.{args.minutes}", partial(_ours, lines, options, args, typos)
        )
        figures |= {f"{name}.{system}.{key}": value for key, value in measured.items()}
    if typos:
        from quintet.data.sequences.text.words import frequent_words

        order = int(out["kneser_ney_order"])
        weigh = partial(by_kneser_ney, KneserNey(lines.train, order), frequent_words(lines.train))
        found = args.cached.of(f"{case}.kneser_ney_typos", lambda: typos_by(weigh, lines, args.seed))
        figures |= {f"{name}.kneser_ney_best.typos_{key}": value for key, value in found.items()}
    return figures


def _ours(lines: Split, options: dict[str, Any], args: Any, typos: bool) -> Figures:
    began = time.perf_counter()
    text = fitted(lines, options, args.minutes, args.seed)
    figures = {"fit_seconds": time.perf_counter() - began} | of_ours(text, lines.test)
    print(f"{len(lines.train)} lines, {options}: {figures}", file=sys.stderr, flush=True)
    if typos and not args.no_typos:
        found = typos_by(partial(by_ours, text), lines, args.seed)
        figures |= {f"typos_{key}": value for key, value in found.items()}
    return figures


def print_set(name: str, figures: Figures, keys: tuple[str, ...]) -> None:
    """A table of some figures of every system that has one of them."""
    systems = dict.fromkeys(key.split(".")[1] for key in figures if key.startswith(f"{name}.") and key.count(".") == 2)
    rows = [(system, *(_shown(figures.get(f"{name}.{system}.{key}")) for key in keys)) for system in systems]
    kept: list[tuple[str, ...]] = [row for row in rows if any(row[1:])]
    table(name, kept, ("system", *keys))


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def main() -> None:
    """Run the sets and print their tables."""
    parser = table_options(__doc__ or "")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--minutes", type=float, default=9.0, help="of our fit of each set")
    parser.add_argument("--recipes", action="store_true", help="further models: ways against posterior collapse")
    parser.add_argument("--no-typos", action="store_true", help="leave out our typos")
    args = parsed(parser, KINDS)
    args.kinds |= RECIPES if args.recipes else {}
    args.minutes = 0.2 if args.quick else args.minutes
    figures: Figures = {}
    for name in args.sets.split(","):
        figures |= one_set(name, args)
        print_set(name, figures, ("bits", "elbo_bits", "no_latents_bits", "nll", "kl", "mi", "active", "fit_seconds"))
        if name == "sentences":
            keys = ("ap", "found_precision", "found_recall", "mended_precision", "mended_recall", "mended_f1")
            print_set(name, figures, tuple(f"typos_{key}" for key in keys))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()

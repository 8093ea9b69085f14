"""A wrong argument is refused in one sentence: what is allowed, what was given, and the cure."""

import inspect
import io
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.base import clone

from quintet import (
    VAE,
    Classifier,
    Imputer,
    Patchwork,
    PyodDetector,
    Series,
    Sound,
    Text,
    Translator,
    arguments,
    cut_patches,
    evaluate,
    hub,
    load,
    save_wav,
)
from quintet.arguments.annotations import rule_of
from quintet.arguments.arrays import Cells
from quintet.arguments.checking import Arguments as Call
from quintet.arguments.checking import checked, rules_of
from quintet.arguments.formatting import shown
from quintet.arguments.rules import REFUSED
from quintet.data.large.stored_table import open_rows
from quintet.data.readers.masks import read_mask
from quintet.data.readers.sources import load_data
from quintet.data.writers.database_tables import save_table
from quintet.data.writers.row_files import save_rows
from quintet.errors import FileRefused, InputError, QuintetError
from quintet.explore import explore
from quintet.report import report
from quintet.scale import answer_batches, score
from quintet.studies.compare import Study, compare
from quintet.studies.diagnose import diagnose
from quintet.studies.tune import tune
from quintet.tasks import compress as coding
from quintet.training import Training
from quintet.training import fit as train
from tests.public_entries import entries

Arguments = dict[str, tuple[Any, ...]]
"""Wrong values by the name of the argument."""
NAN, INF = float("nan"), float("inf")
META = torch.empty(2, 8, 8, device="meta")
SPARSE = scipy.sparse.csr_matrix(np.eye(3))
LAYOUT = torch.eye(2).to_sparse()
NO_ROWS = (
    None,
    "digits.csv",
    Path("digits.npy"),
    3,
    np.array(3.0),
    {"a": [1]},
    {1, 2},
    SPARSE,
    META,
    LAYOUT,
)
NO_LINES = (None, 3, {"a": "b"}, {"a"}, META.__class__)
NO_COUNT = (0, -1, 1.5, True, NAN, "3", None)
NO_SHARE = (-0.1, 1.5, NAN, "0.1", True)
NO_SEED = (-1, 0.5, "0", 10**20)
NO_PATH = (None, 3, b"model.safetensors", "a\0b")

OF_NO_SERIES = (None, 3, {"a": [1]}, SPARSE, META, b"x.csv")
ROWS_ALONE = dict.fromkeys(("X",), NO_ROWS)
OF_ROWS = {"X": (None, SPARSE), "mask": ("x", [[0.5]], META), "batch_rows": (NAN, 0, 2**40)}
CONDITIONED = {"X": (3,), "condition": ({1}, len, [[1], [1, 2]]), "batch_rows": (1.5,)}

WRONG: dict[Callable[..., Any], Arguments] = {
    open_rows: {"source": (None, 3, {"a": [1]}, b"x.parquet", [], [1, 2], SPARSE, META), "query": (3, b"x")},
    VAE().fit: {
        "X": [wrong for wrong in NO_ROWS if not isinstance(wrong, str | Path)],
        "y": ("labels", [[1], [1, 2]]),
        "X_val": (0.1,),
        "sample_weight": ("heavy", [1.0, NAN]),
        "callbacks": (print, [3]),
        "mask": ("x", [[0.5]]),
        "groups": (3,),
        "continue_training": (1, "yes", None),
        "checkpoint": (3,),
        "resume": ("no",),
    },
    VAE().generate: {
        "n": (*NO_COUNT, [3]),
        "condition": ({1}, object()),
        "given": ("sex", [1], {1}),
        "balance": (3, ["sex"]),
        "temperature": (-1, NAN, INF, "hot", True),
        "mean": ("0", [[NAN]]),
        "spread": (None.__class__,),
        "sampler": (3,),
        "expected": (1,),
        "return_condition": ("yes",),
        "batch_rows": (0, NAN),
        "random_state": NO_SEED,
        "first_row": (-1, 1.5, True, None),
    },
    VAE().denoise: {**OF_ROWS, "noise": (None, 3), "rate": (-0.1, NAN, "auto"), "effort": ("hihg", 2, ["low"])},
    VAE().corrections: {
        "X": NO_ROWS,
        "threshold": NO_SHARE,
        "mask": ("x", [[0.5]]),
        "return_repaired": (1, "yes"),
        "batch_rows": (0, 1.5),
    },
    VAE().impute: {**OF_ROWS, "draws": (1.5, -1, True, "3", 10**12), "return_mean": (None,), "first_row": (-1, True)},
    VAE().predict_column: {
        "X": (None, SPARSE),
        "column": (None, 3),
        "quantiles": (0.5, [0], [1.0], [NAN], "half"),
        "mask": ("x", [[0.5]]),
        "condition": ({1},),
        "batch_rows": (0,),
    },
    VAE().detect: {**OF_ROWS, "fdr": NO_SHARE, "false_alarms": (0, 1, *NO_SHARE), "score": (None,), "effort": (None,)},
    VAE().recalibrate: OF_ROWS,
    VAE().drift: {**OF_ROWS, "fdr": (0, 1, *NO_SHARE)},
    VAE().score_samples: CONDITIONED,
    VAE().decision_function: CONDITIONED,
    VAE().predict: CONDITIONED,
    VAE().log_prob: {**CONDITIONED, "draws": NO_COUNT},
    VAE().score: {"X": (SPARSE,), "y": ("labels",)},
    VAE().parts_of: {"X": (META,)},
    VAE().privacy: {"train": NO_ROWS, "holdout": NO_ROWS, "synthetic": (3, SPARSE), "batch_rows": (0,)},
    VAE().evaluate: {**CONDITIONED, "rows": ("held-out", None), "draws": (0,)},
    VAE().transform: ROWS_ALONE,
    VAE().inverse_transform: {"Z": (None, "z", [1.0], [[NAN]], [["a"]], np.zeros((0, 2)))},
    VAE().reconstruct: OF_ROWS,
    VAE().interpolate: {"a": (None, "a"), "b": (3,), "steps": (1, 2.5, 10**9), "path": (None,)},
    VAE().traverse: {"x": (None,), "dim": (-1, 0.5, True, None), "values": ([], "1", [[1.0]], [NAN]), "steps": (0,)},
    VAE().compress: {**CONDITIONED, "lossy": (0, -1.0, NAN, "yes", None), "effort": ("hard",), "block_rows": (0, 1.5)},
    VAE().compress_to: {"file": (None, 3, io.StringIO()), "X": (None, SPARSE), "lossy": (INF,)},
    VAE().decompress: {"blob": (None, 3, [b"x"], io.StringIO(), int), "rows": ("x", 1.5, slice(0.5), [[1]], [0.5])},
    VAE().decompress_from: {"file": (None,), "rows": ([1, 2], 3), "damaged": ("ignore", True), "batch_rows": (0,)},
    VAE().fit_lossy: {
        **ROWS_ALONE,
        "epochs": (0, -1, 1.5, True),
        "max_minutes": (0, -1.0, NAN),
        "random_state": NO_SEED,
    },
    VAE().lost_rows: {"file": (None, io.StringIO("x"))},
    VAE().save: {"path": NO_PATH, "force": (None,)},
    VAE().fit_attribute: {"X": (None,), "y": (None, "labels"), "name": (3,)},
    VAE().read_attribute: {"X": (None,), "attribute": (3,)},
    VAE().edit: {"X": (3,), "by": (None, "far", NAN, [[1.0]]), "to": ([1],)},
    VAE().transfer_style: {
        "content": (None,),
        "style": (None,),
        "content_condition": ({1},),
        "style_condition": (len,),
    },
    VAE().augment: {
        "X": (None,),
        "y": (3,),
        "per_class": (-1, 1.5, [1]),
        "how": (None,),
        "neighbours": (0,),
        "blur": (-1, NAN),
        "random_state": NO_SEED,
    },
    VAE().cluster: {"X": (None,), "k": NO_COUNT, "method": (3,), "return_probabilities": (2,)},
    load: {"path": NO_PATH, "expected": (3, "VAE", Imputer), "network": (3, (1, 2)), "device": (0, None)},
    Series().fit: {
        "X": OF_NO_SERIES,
        "y": ("labels", [[1], [1, 2]]),
        "checkpoint": (3,),
        "resume": ("no",),
    },
    Series().impute: {
        "X": OF_NO_SERIES,
        "interval": (0, 1, *NO_SHARE),
        "draws": (1.5, -1, True, "3"),
        "effort": ("hard",),
        "batch_rows": (0,),
        "random_state": NO_SEED,
    },
    Series().forecast: {
        "X": OF_NO_SERIES,
        "steps": NO_COUNT,
        "quantiles": (0.5, [0], [1.0], "half"),
        "draws": (0, 1.5, True),
        "effort": (None,),
        "batch_rows": (NAN,),
        "random_state": NO_SEED,
    },
    Series().denoise: {"X": OF_NO_SERIES, "noise": (None, 3), "rate": (-0.1, NAN), "return_report": (1,)},
    Series().detect: {"X": OF_NO_SERIES, "false_alarms": (0, 1, *NO_SHARE), "batch_rows": (0, 1.5)},
    Series().generate: {
        "n": NO_COUNT,
        "condition": ({1}, object()),
        "steps": (0, 1.5, "3"),
        "temperature": (-1, NAN),
        "random_state": NO_SEED,
    },
    Series().compress: {"X": OF_NO_SERIES, "effort": ("hard",), "batch_rows": (0,)},
    Series().decompress: {"blob": (None, "x.qns", 3), "batch_rows": (NAN,)},
    Series().decompress_file: {"blob": (None, "x.qns", 3), "batch_rows": (0,)},
    Series().save: {"path": NO_PATH, "force": (None,)},
    Series.of_vae: {"vae": (None, 3, VAE)},
    Sound().fit: {"X": (None, 3), "y": (3,), "rate": (0, 1.5, True), "label": (3,)},
    Sound().compress: {"X": (None,), "rate": (0,), "effort": ("hard",), "batch_rows": (0,)},
    Sound().decompress: {"blob": (None, 3), "batch_rows": (0,)},
    Sound().impute: {"X": (None,), "mask": ("x", [[0.5]]), "rate": (0,)},
    Sound().denoise: {"X": (None,), "return_report": (1,), "batch_rows": (0,)},
    Sound().detect: {"X": (None,), "fdr": NO_SHARE, "false_alarms": (0, 1), "damage": (1,), "batch_rows": (0,)},
    Sound().generate: {"n": NO_COUNT, "condition": ({1},), "temperature": (-1, NAN), "random_state": NO_SEED},
    Sound().save: {"path": NO_PATH, "force": (None,)},
    save_wav: {"path": NO_PATH, "recording": (None, 3), "force": (1,)},
    Imputer().fit: ROWS_ALONE,
    Imputer().transform: ROWS_ALONE,
    PyodDetector().fit: {**ROWS_ALONE, "y": ("labels", 3)},
    PyodDetector().fit_predict: {"X": (None,), "y": (3,)},
    PyodDetector().decision_function: {"X": (META,)},
    PyodDetector().predict: {"X": (SPARSE,)},
    PyodDetector().predict_proba: {"X": (META,), "method": (None, "softmax")},
    Classifier().fit: {**ROWS_ALONE, "y": ("labels", 3)},
    Classifier().predict: {"X": (META,), "mask": ("x",)},
    Classifier().predict_proba: {"X": (SPARSE,)},
    Classifier().save: {"path": NO_PATH},
    Classifier.load: {"path": (3,), "device": (0,)},
    Text().fit: {"lines": NO_LINES, "y": ("labels", 3), "checkpoint": (3,), "resume": ("no",)},
    Text().generate: {
        "n": NO_COUNT,
        "prompt": (3, None, b"a"),
        "temperature": (-1, NAN, "hot"),
        "top_p": (0, 1.5, NAN, "all"),
        "condition": ({1},),
        "batch_rows": (0, NAN),
        "random_state": NO_SEED,
    },
    Text().impute: {"lines": NO_LINES, "mark": ("", 3, None), "draws": (1.5, -1), "random_state": (INF,)},
    Text().detect: {"lines": NO_LINES, "fdr": NO_SHARE, "false_alarms": (0, 1), "score": (None,), "batch_rows": (0,)},
    Text().denoise: {"lines": NO_LINES, "threshold": NO_SHARE, "rate": (0, 1, NAN), "batch_rows": (0,)},
    Text().compress: {"lines": NO_LINES, "effort": ("hihg",), "condition": ({1},), "batch_rows": (0,)},
    Text().decompress: {"blob": ("a.qnt", 3, None), "batch_rows": (0,)},
    Text().transform: {"lines": NO_LINES},
    Text().log_prob: {"lines": NO_LINES, "draws": NO_COUNT, "condition": ({1},)},
    Text().save: {"path": NO_PATH, "force": ("yes",)},
    Text.of: {"vae": (3, "model.safetensors")},
    Translator().fit: {"A": ("old",), "B": (3,), "pairs": (3, (1, 2, 3))},
    Translator().transform: {"A": (None, META)},
    Translator().set_output: {"transform": ("panda", 3)},
    Translator().degrade: {"B": (None,), "random_state": NO_SEED},
    Translator().align: {"A": (None,), "B": (None,), "pairs": ("x",)},
    Translator().save: {"path": NO_PATH},
    Translator.load: {"path": NO_PATH},
    Translator.of: {"vae": (None, 3, VAE), "name": (None,)},
    cut_patches: {
        "images": (None, 3, META),
        "size": (0, 1.5, (4,), (4, 0), "16x16"),
        "n": NO_COUNT,
        "random_state": NO_SEED,
    },
    load_data: {
        "source": NO_PATH,
        "split": ("held-out", None),
        "label": (3,),
        "only": (1.5, {}),
        "size": (0, "8x8"),
        "query": (3, b"SELECT 1"),
        "pages": (1, "layers"),
    },
    read_mask: {"path": NO_PATH},
    score: {
        "model": (None, 3, VAE()),
        "source": (3, b"x.parquet", "a\0b"),
        "out": NO_PATH,
        "question": (None, 3),
        "engine": ("dask", None),
        "workers": (0, 1.5, True),
        "part_rows": (0, 2.5, 10**9),
        "rows": (0, "3"),
        "condition": (3, [1]),
        "keep": (None, 3, [1]),
        "where": (1, None),
        "resume": ("no",),
        "force": (1,),
        "verbose": ("yes", None),
    },
    answer_batches: {"model": (None, 3), "question": (3,), "condition": (3,), "keep": (None,), "where": (1,)},
    save_table: {
        "database": NO_PATH,
        "name": (None, 3),
        "frame": (None, 3, np.eye(3), "x.csv"),
        "force": (1,),
        "append": ("yes",),
    },
    save_rows: {
        "path": NO_PATH,
        "array": (None, 3),
        "names": ("ab", [1]),
        "levels": (1, 2.5),
        "columns": (0,),
        "force": (1,),
    },
    report: {
        "vae": (None, VAE, 3),
        "X": (None,),
        "out": (3,),
        "palette": (3,),
        "grid_range": (0, NAN),
        "random_state": NO_SEED,
    },
    explore: {
        "vae": (None, VAE, 3),
        "X": (3, SPARSE),
        "y": (3,),
        "out": NO_PATH,
        "rows": (0, -1, 1.5, True, NAN, "3"),
        "title": (None, 3),
        "random_state": NO_SEED,
        "force": (1, None),
    },
    tune: {
        "X": (None, 3),
        "y": (3,),
        "out": (3,),
        "estimator": ("vae", 3, VAE),
        "objective": ("bit", 3),
        "search": (3, ["beta"]),
        "minutes": (0, "x"),
        "trials": NO_COUNT[:4],
        "held_out": (0, 0.9, "x"),
        "anomalies": (3,),
        "seed": NO_SEED,
        "tell": (3,),
    },
    hub.save_pretrained: {"model": (3, "x", None), "folder": (3,), "license": (3,)},
    hub.from_pretrained: {
        "name": (3, None),
        "revision": (3,),
        "token": (3,),
        "cache_dir": (3,),
        "local_files_only": (3,),
        "network": (3,),
        "device": (3,),
    },
    hub.push_to_hub: {
        "model": (3, None),
        "name": (3,),
        "license": (3,),
        "private": (3,),
        "token": (3,),
        "revision": (3,),
        "message": (3,),
    },
    diagnose: {"vae": (3,), "X": (None,), "y": (3,), "train": ("x",), "out": (3,), "seed": NO_SEED},
    compare: {"source": (None,), "out": (3,), "study": ("fast",), "label": (3,), "jobs": NO_COUNT[:-1], "tell": ("x",)},
    train: {
        "recipe": (None,),
        "rows": (np.eye(3),),
        "seed": NO_SEED,
        "device": (3,),
        "reserve": NO_SHARE,
        "began": (NAN,),
    },
    coding.compress: {"fitted": (None, VAE()), "X": (None,), "lossy": (NAN,), "progress": (3,)},
    coding.compress_to: {"fitted": (None,), "file": (None,)},
    coding.decompress: {"fitted": (3,), "blob": (None,), "damaged": (None,)},
    coding.decompress_from: {"rows": (3,)},
    coding.describe_file: {"file": (None, io.StringIO("x"))},
    coding.lost_rows: {"file": (None,)},
    coding.bits_per_dimension: {"size": (-1, 1.5), "X": (None,)},
    coding.rate_distortion: {"fitted": (None,), "steps": (1.0, ["a"], [NAN])},
    evaluate.pit: {"below": (None, "x", ["a"]), "at_or_below": ([[1], [1, 2]],), "seed": NO_SEED},
    evaluate.pool: {"estimates": (None, "x"), "variances": ("x",), "degrees": (0, NAN)},
    evaluate.coverage: {"u": (None,), "level": NO_SHARE},
    evaluate.auroc: {"strange": ("x",), "scores": (None, [object()])},
    evaluate.disentanglement: {"codes": (SPARSE,), "factors": (META,), "named": (0, ["a"]), "seed": NO_SEED},
    evaluate.mig: {"codes": (None,), "factors": (None,)},
    evaluate.modularity: {"codes": (None,), "factors": ("x",)},
    evaluate.sap: {"codes": (None,), "named": ("x",)},
    evaluate.dci: {"codes": (None,), "by": (3,)},
    evaluate.frechet_distance: {"first": ([1.0],), "second": (None, [])},
    evaluate.privacy: {
        "train": (None, [1.0]),
        "holdout": (SPARSE,),
        "synthetic": ("x",),
        "levels": (["a"],),
        "train_log_prob": ([NAN], "x"),
        "holdout_log_prob": ([[1.0]],),
        "seed": NO_SEED,
    },
    evaluate.active_units: {"means": (3.0, [1.0])},
    evaluate.rate_per_latent: {"rate": (None,)},
    evaluate.bits_per_dimension: {"log_prob": (NAN, "x"), "cells": (0, -1)},
    evaluate.mse: {"clean": (None,), "found": ("x",), "where": ([],)},
    evaluate.psnr: {"clean": (None,), "peak": (0, NAN)},
    evaluate.thickness: {"images": ([1.0], None)},
    evaluate.slant: {"images": (3, np.eye(3))},
    evaluate.evaluate: {"fitted": (None,), "rows": (np.eye(3),), "draws": (0,), "seed": NO_SEED},
}
OF_PICTURES: dict[str, Arguments] = {
    "compress": {
        "lossy": (0, -1.0, NAN, "yes", None),
        "images": (None, 3, SPARSE),
        "effort": ("hard",),
        "batch_rows": (0,),
    },
    "decompress": {"blob": (None, "x.qnt", 3), "batch_rows": (NAN,)},
    "denoise": {"images": (None,), "noise": (3,), "rate": (-1,), "mask": ("x", ["x"])},
    "impute": {"images": (META,), "mask": ([[0.5]],), "random_state": NO_SEED},
    "detect": {"images": ("folder",), "normal": (3,), "fdr": NO_SHARE, "false_alarms": (0,), "score": (3,)},
}
PARAMETERS: dict[type, Arguments] = {
    VAE: {
        "variant": (int, 3, None, object()),
        "latent_dim": (0, 2.5, True, "all", 10**9),
        "network": (3, None, (1, 2)),
        "preset": (None, ["fast"]),
        "epochs": (0, 1.5, True, "3"),
        "max_minutes": (0, -1, NAN, INF, "1"),
        "device": (0, None),
        "random_state": (*NO_SEED, NAN),
        "kind": (None, 8),
        "training": (3, "fast"),
        "calibration": (-0.1, 1.5, NAN, True),
        "false_alarms": (0, 1, NAN, None),
        "verbose": ("yes", None),
    },
    Series: {
        "variant": (3, None),
        "latent_dim": (0, "all"),
        "network": (3,),
        "epochs": (0, 1.5),
        "max_minutes": (0, NAN),
        "time": (3, ["when"]),
        "series": (3,),
        "window": (0, 1, 2.5, True, "all", 10**6),
        "context": (None, 3),
        "calibration": (-0.1, 1.5),
        "false_alarms": (0, 1, None),
    },
    Imputer: {
        "vae": (3, VAE),
        "sample_posterior": (1,),
        "effort": ("hard",),
        "batch_rows": (NAN, 0),
        "random_state": NO_SEED,
    },
    Sound: {
        "preset": (None,),
        "epochs": (0, 1.5),
        "max_minutes": (0, NAN),
        "device": (0,),
        "random_state": NO_SEED,
        "frame": (0, 1.5, "all"),
        "training": (3,),
        "calibration": (-0.1,),
        "false_alarms": (0, 1),
        "verbose": ("yes",),
    },
    Classifier: {"vae": (3, Imputer()), "batch_rows": (1.5,), "random_state": NO_SEED},
    Text: {
        "vae": (3, Imputer()),
        "tokens": ("words", None),
        "vocabulary": NO_COUNT,
        "steps": (1, 1.5),
        "random_state": NO_SEED,
    },
    Translator: {"vae": ("translate",), "degradation": (3, None), "epochs": (0,), "random_state": NO_SEED},
}
FIELDS: dict[type, Arguments] = {
    Training: {"batch_size": (0, 1.5, True), "learning_rate": (0, NAN, "fast"), "ema": (1.0,), "schedule": ("cosin",)},
    Study: {"latent_dims": ((0,), 3), "seeds": (0, 10**9), "minutes": (-1.0, NAN), "hidden": ((),)[:0]},
}


@pytest.fixture(scope="module")
def fitted(images: np.ndarray) -> VAE:
    """A model of images with three latents, as small as can be."""
    return VAE(latent_dim=3, network={"kind": "mlp", "hidden": (8,)}, epochs=1, calibration=0.0, device="cpu").fit(
        images[:40]
    )


def name_of(call: Callable[..., Any]) -> str:
    return f"{getattr(call, '__module__', '')}.{getattr(call, '__qualname__', call)}"


def cases(table: dict[Any, Arguments]) -> list[Any]:
    return [
        pytest.param(entry, arguments, id=name_of(entry).removeprefix("quintet.")) for entry, arguments in table.items()
    ]


def refused(call: Callable[[str, Any], Any], arguments: Arguments) -> None:
    """Each value of each argument is refused in the one form of sentence."""
    for name, value in ((name, value) for name, values in arguments.items() for value in values):
        with pytest.raises(InputError) as refusal:
            call(name, value)
        sentence = str(refusal.value)
        end = r"(: .+| \(did you mean .+\?\))?\."
        assert re.fullmatch(rf"{name} must be .+, got {re.escape(shown(value))}{end}", sentence), sentence


@pytest.mark.parametrize(("entry", "arguments"), cases(WRONG))
def test_a_wrong_argument_is_refused_in_one_sentence(entry: Callable[..., Any], arguments: Arguments) -> None:
    by_place = getattr(entry, "__name__", "") == "transform"  # scikit-learn's wrapper takes its rows so
    refused(lambda name, value: entry(value) if by_place else entry(**{name: value}), arguments)


@pytest.mark.parametrize(("question", "arguments"), cases(OF_PICTURES))
def test_so_is_one_about_pictures(question: str, arguments: Arguments) -> None:
    refused(lambda name, value: getattr(Patchwork(VAE()), question)(**{name: value}), arguments)


@pytest.mark.parametrize(("estimator", "arguments"), cases(PARAMETERS))
def test_a_wrong_parameter_is_refused_in_fit(estimator: Any, arguments: Arguments, table: np.ndarray) -> None:
    more = (np.arange(len(table)) % 2,) if estimator is Classifier else (table,) if estimator is Translator else ()
    refused(lambda name, value: estimator(**{name: value}).fit(table, *more), arguments)


@pytest.mark.parametrize(("record", "arguments"), cases(FIELDS))
def test_a_wrong_field_is_refused_when_it_is_set(record: Any, arguments: Arguments) -> None:
    refused(lambda name, value: record(**{name: value}), arguments)


def test_a_patchwork_is_refused_when_it_is_made() -> None:
    wrong = {"overlap": (1.0, True), "vae": ("model", None)}
    refused(lambda name, value: Patchwork(**{"vae": VAE(), name: value}), wrong)


def test_the_sentences() -> None:
    for call, sentence in (
        (lambda: VAE().impute(draws=1.5), "draws must be an integer from 0 to 1000000, got 1.5."),
        (lambda: VAE().generate(n=np.float64(NAN)), "n must be an integer of at least 1, got nan."),
        (lambda: VAE().generate(temperature=-1), "temperature must be a number of at least 0, got -1."),
        (lambda: VAE(max_minutes=0).fit(np.eye(9)), "max_minutes must be a number above 0 or None, got 0."),
        (
            lambda: VAE(variant=int).fit(np.eye(9)),
            "variant must be a name or a variant such as Beta(beta=4.0), got the class int.",
        ),
        (
            lambda: VAE().impute(effort="hihg"),
            "effort must be 'low', 'normal' or 'high', got 'hihg' (did you mean 'high'?).",
        ),
        (lambda: VAE().decompress(None), "blob must be bytes, a path, or a file open for reading bytes, got None."),
        (
            lambda: VAE().transform(SPARSE),
            "X must be an array, a tensor, a data frame or a list of rows, got a csr_matrix of shape (3, 3): "
            "a sparse matrix becomes dense by .toarray().",
        ),
        (
            lambda: VAE().transform(META),
            "X must be an array, a tensor, a data frame or a list of rows, got a tensor on the device meta of shape "
            "(2, 8, 8): a tensor on the meta device has no cells.",
        ),
        (lambda: load(3), "path must be a path, got 3."),
    ):  # type: ignore[misc]
        with pytest.raises(InputError) as refusal:
            call()
        assert str(refusal.value) == sentence


def test_every_parameter_of_every_public_entry_is_declared_and_its_default_is_legal() -> None:
    owners = {**dict(entries()), **{f"{kind.__name__}.__init__": kind.__init__ for kind in PARAMETERS}}
    for name, function in owners.items():
        rules, signature = rules_of(function), inspect.signature(inspect.unwrap(function)).parameters
        assert [p for p, rule in rules.items() if rule is None and p not in ("self", "cls")] == [], name
        for parameter, rule in rules.items():
            default = signature[parameter].default
            assert rule is None or default is inspect.Parameter.empty or rule.convert(default) is not REFUSED, (
                name,
                parameter,
            )


def test_the_table_is_about_every_public_entry() -> None:
    tested = {inspect.unwrap(getattr(entry, "__func__", entry)) for entry in WRONG}
    tested |= {inspect.unwrap(getattr(Patchwork, name)) for name in OF_PICTURES}
    missing = [name for name, entry in entries() if inspect.unwrap(entry) not in tested]
    assert missing == []
    tables: tuple[dict[Any, Arguments], ...] = (WRONG, OF_PICTURES, PARAMETERS, FIELDS)
    assert sum(len(values) for table in tables for each in table.values() for values in each.values()) >= 400


class Rude:
    """An object that raises for every operation."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


HOSTILE = [
    None, True, -1, 0, 3, 1.5, NAN, INF, -INF, 1j, 10**400, "", "x", "a\nb", "a\0b", b"x", [], [None], ["a"], [Rude()],
    [[1], [1, 2]], (), {}, {"a": 1}, {1}, object(), Rude(), int, len, SPARSE, META, LAYOUT, slice(None, None, 0),
    np.array(3), np.array([Rude()], dtype=object), np.array(["a"]), np.datetime64("2020"), iter([1]), io.StringIO(),
    Path("/tmp"), np.zeros((0, 3)), Fraction(1, 3), "y" * 1000, list(range(1000)), np.ma.masked_all(3), range(3),
    torch.tensor(1.5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entry"), [pytest.param(n, e, id=n) for n, e in entries()])
def test_no_rule_raises_anything_but_one_short_sentence(name: str, entry: Callable[..., Any]) -> None:
    take = Call(inspect.unwrap(entry))
    for parameter in rules_of(entry):
        for value in HOSTILE:
            try:
                take((), {parameter: value})
            except InputError as refusal:
                sentence = str(refusal)
                assert sentence.startswith(f"{parameter} must be "), sentence
                assert re.fullmatch(r"[^\n]{9,399}\.", sentence), sentence


@pytest.mark.parametrize("estimator", [VAE, Series, Imputer, Classifier, Text, Translator, PyodDetector])
def test_a_misspelt_parameter_is_refused_with_the_right_one_and_scikit_learn_sees_the_signature(estimator: Any) -> None:
    name = next(iter(estimator().get_params(deep=False)))
    with pytest.raises(
        TypeError, match=rf"^{estimator.__name__}\(\) got .* '{name}s': did you mean '{name}'"
    ) as refusal:
        estimator(**{f"{name}s": 3})
    assert isinstance(refusal.value, QuintetError)
    assert set(inspect.signature(estimator).parameters) == set(estimator().get_params(deep=False))
    assert clone(estimator()).get_params(deep=False).keys() == estimator().get_params(deep=False).keys()


def test_latents_by_another_name() -> None:
    with pytest.raises(
        TypeError, match=r"unexpected keyword argument 'latent': did you mean 'latent_dim'( or 'layout')?\? allowed are"
    ):
        VAE(latent=3)  # type: ignore[call-arg]


def rows_arguments() -> list[tuple[Callable[..., Any], str, str]]:
    """Every argument of a public entry that takes rows or pictures as an object, and no names or labels."""
    return [
        (function, entry, name)
        for entry, function in entries()
        for name, rule in rules_of(function).items()
        if isinstance(rule, Cells) and "label" not in rule.words
    ]


def test_a_path_in_place_of_rows_is_refused_with_what_reads_it(tmp_path: Path) -> None:
    (there := tmp_path / "t.csv").write_text("a,b\n1,2\n")
    table = rows_arguments()
    assert len(table) >= 40
    for function, entry, name in table:
        for path, cure in (
            ("nofile.csv", "no file is there; quintet"),
            (Path("nofile.csv"), "no file"),
            (there, "read"),
        ):
            with pytest.raises(InputError) as refusal:
                Call(inspect.unwrap(function))((), {name: path})
            sentence = str(refusal.value)
            assert re.fullmatch(rf"{name} must be [^\n]*, got '.*\.csv'", sentence.partition(": ")[0]), entry
            assert cure in sentence, entry
            assert sentence.endswith(
                "quintet.load_data(path).x reads one." if "no" in cure else "load_data(path).x."
            ), entry


def test_a_folder_that_is_not_there_is_refused_with_names_like_it(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(FileRefused, match=r"There is no folder .*photo; did you mean photos\.$"):
        cut_patches(tmp_path / "photo")


@pytest.mark.parametrize("value", [np.int64(3), np.uint8(3), np.int8(3), 3])
def test_numpys_numbers_are_pythons(value: Any) -> None:
    @checked
    def f(n: arguments.Count, share: arguments.Share, flag: bool) -> tuple[Any, ...]:
        return n, share, flag

    found = f(value, np.float32(0.5), np.bool_(True))
    assert found == (3, 0.5, True)
    assert [type(part) for part in found] == [int, float, bool]
    assert f(value, 1, flag=False) == (3, 1.0, False)


def test_a_labels_type_is_kept() -> None:
    rule = rule_of(arguments.Condition)
    assert rule is not None
    assert [type(rule.convert(label)) for label in (3, 1.5, "a", True)] == [int, float, str, bool]


def test_a_tensor_with_a_gradient_of_any_type_is_legal() -> None:
    rule = rule_of(arguments.RowsLike)
    assert rule is not None
    for kind in (torch.float32, torch.float64, torch.bfloat16):
        rows = torch.ones(2, 3, dtype=kind, requires_grad=True)
        assert np.array_equal(rule.convert(rows), np.ones((2, 3)))


def test_arguments_are_refused_before_the_first_step_of_a_generator(fitted: VAE) -> None:
    with pytest.raises(InputError, match="damaged must be"):
        fitted.decompress_from(b"", damaged="ignore")


def test_what_fits_no_parameter_is_refused_as_python_does_and_with_the_right_name(fitted: VAE) -> None:
    says = r"^impute\(\) got an unexpected keyword argument 'drows': did you mean 'draws'.*\? allowed are X, .*\.$"
    with pytest.raises(TypeError, match=says):
        fitted.impute(np.zeros((1, 8, 8)), drows=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional argument"):
        fitted.parts_of()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda vae, X: vae.generate(10**11),
            r"n must be at most \d+, which fill .* got 100000000000: generate them in",
        ),
        (lambda vae, X: vae.generate(10**30), "n must be at most"),
        (lambda vae, X: vae.augment(X, [0, 1, 0, 1, 0], per_class=10**12), "per_class must be at most"),
        (lambda vae, X: cut_patches(X, 4, n=10**12), "n must be at most"),
        (lambda vae, X: vae.cluster(X, 9), "k must be an integer from 1 to 5, got 9"),
        (lambda vae, X: vae.traverse(X[0], 3), r"dim must be between 0 and 2, got 3\."),
        (
            lambda vae, X: vae.inverse_transform(np.zeros((2, 5))),
            r"Z must be latents of shape \(n, 3\), got shape \(2, 5\)",
        ),
        (lambda vae, X: vae.interpolate(X[0], X[1][:3]), r"b must be one row of shape \(8, 8\), or several, got"),
        (lambda vae, X: vae.edit(X, 1.0, "width"), "attribute"),
        (lambda vae, X: vae.augment(X, [0, 1]), r"y must hold one label for each of 5 rows of X, got 2"),
        (lambda vae, X: vae.fit_attribute(X, np.array([object()] * 5)), "Labels must be numbers or text, got"),
        (lambda vae, X: vae.transform(np.array([[object()] * 64])), "must hold numbers"),
        (lambda vae, X: vae.decompress("."), "folder"),
        (lambda vae, X: load("."), "folder"),
        (lambda vae, X: evaluate.mse(X, X[:2]), r"found must have the shape of clean, \(5, 8, 8\), got \(2, 8, 8\)"),
        (lambda vae, X: evaluate.auroc([True, False], [1.0]), "scores must have the shape of strange"),
        (lambda vae, X: evaluate.pit([0.1], [0.1, 0.2]), "at_or_below must have the shape of below"),
        (lambda vae, X: evaluate.frechet_distance(np.eye(3), np.eye(2)), "second must have 3 columns, as first, got 2"),
        (
            lambda vae, X: save_rows("x.csv", np.eye(3), labels=[1]),
            r"labels must be \(n,\) or \(n, k\) for the 3 rows, got",
        ),
        (lambda vae, X: vae.transform(X, mask="x"), "mask must be an array of True and False"),
        (lambda vae, X: vae.transform(X, batch_rows=0), "batch_rows must be an integer from 1 to"),
    ],
)
def test_what_depends_on_the_model_or_on_the_rows(fitted: VAE, images: np.ndarray, ask: Any, words: str) -> None:
    with pytest.raises(QuintetError, match=words) as refusal:
        ask(fitted, images[:5])
    assert "\n" not in str(refusal.value)

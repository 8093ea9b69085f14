"""Opponents on series, run by an interpreter that has their packages: ``python series_systems.py FOLDER``.

FOLDER holds ``plan.json`` (system, task, seed and options) and the arrays ``NAME.in.npy``; the answers go to
``NAME.out.npy`` beside them, the seconds of each step to ``seconds.json``. Without FOLDER: the systems that are
installed, with the versions of their packages, as JSON. Nothing here imports quintet.
"""

import importlib.metadata
import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from series_forecasters import forecast_boosted_lags, forecast_statsforecast
from series_packers import sizes_alp, sizes_parquet, sizes_pcodec, sizes_ppmd, sizes_zstd

PACKAGES = {
    "matrix_profile": "stumpy",
    "autoencoder": "pyod",
    "seasonal_naive": "statsforecast",
    "auto_ets": "statsforecast",
    "auto_arima": "statsforecast",
    "theta": "statsforecast",
    "boosted_lags": "lightgbm",
    "saits": "pypots",
    "pcodec": "pcodec",
    "zstd": "zstandard",
    "ppmd": "pyppmd",
    "parquet": "pyarrow",
    "alp": "alp-codec",
}
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))


class Clock:
    """Seconds by name: ``clock("fit")`` is the time since the last call."""

    def __init__(self):
        self.seconds, self.last = {}, time.perf_counter()

    def __call__(self, name):
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


def padded(scores, steps):
    """Scores of windows as scores of the steps in their middles."""
    lacking = steps - len(scores)
    return np.pad(scores, (-(-lacking // 2), lacking // 2), mode="edge")


def detect_matrix_profile(plan, arrays, clock):
    """Distance of each window to its nearest one: elsewhere in the series, or in the part to fit on."""
    import stumpy

    fit, asked, window = arrays["fit"], arrays["asked"], plan["window"]
    stumpy.stump(asked[: 4 * window], m=window)  # compiles it
    clock("compile")
    clock("fit")
    if np.array_equal(fit, asked):
        found = stumpy.stump(asked, m=window)
    else:
        found = stumpy.stump(asked, m=window, T_B=fit, ignore_trivial=False)
    clock("score")
    return {"scores": padded(np.nan_to_num(found[:, 0].astype(float), posinf=0.0), len(asked))}


def detect_autoencoder(plan, arrays, clock):
    """PyOD's AutoEncoder on windows of 100 steps, with TSB-AD's layers, epochs and batches."""
    from pyod.models.auto_encoder import AutoEncoder

    window = min(100, len(arrays["fit"]) // 4)
    train, test = (np.lib.stride_tricks.sliding_window_view(arrays[name], window) for name in ("fit", "asked"))
    settings = {"hidden_neuron_list": [128, 64], "epoch_num": plan.get("epochs", 50), "batch_size": 128}
    model = AutoEncoder(**settings, random_state=plan["seed"], verbose=0, device="cpu")
    model.fit(train.copy())
    clock("fit")
    scores = model.decision_function(test.copy())
    clock("score")
    return {"scores": padded(scores, len(arrays["asked"]))}


def impute_saits(plan, arrays, clock):
    """SAITS with the settings of its authors for the transformer's data, and early stopping."""
    import torch
    from pypots.imputation import SAITS

    torch.set_num_threads(THREADS)
    torch.manual_seed(plan["seed"])
    train, held, test = arrays["train"], arrays["held"], arrays["test"]
    rng = np.random.default_rng(plan["seed"])
    shown = np.where(rng.random(held.shape) < 0.2, np.nan, held)
    model = SAITS(
        n_steps=train.shape[1],
        n_features=train.shape[2],
        n_layers=2,
        d_model=256,
        n_heads=4,
        d_k=64,
        d_v=64,
        d_ffn=128,
        dropout=0.1,
        batch_size=32,
        epochs=plan["epochs"],
        patience=5,
        device="cpu",
        verbose=False,
    )
    model.fit({"X": train}, {"X": shown, "X_ori": held})
    clock("fit")
    found = model.predict({"X": test})["imputation"]
    clock("impute")
    return {"filled": np.asarray(found, dtype=float)}


STATISTICAL = ("seasonal_naive", "auto_ets", "auto_arima", "theta")
TASKS = {
    ("detect", "matrix_profile"): detect_matrix_profile,
    ("detect", "autoencoder"): detect_autoencoder,
    **{("forecast", name): forecast_statsforecast for name in STATISTICAL},
    ("forecast", "boosted_lags"): forecast_boosted_lags,
    ("impute", "saits"): impute_saits,
    ("sizes", "pcodec"): sizes_pcodec,
    ("sizes", "zstd"): sizes_zstd,
    ("sizes", "ppmd"): sizes_ppmd,
    ("sizes", "parquet"): sizes_parquet,
    ("sizes", "alp"): sizes_alp,
}


def installed():
    """System -> version of its package."""
    found = {}
    for system, package in PACKAGES.items():
        try:
            found[system] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def main(name=None):
    if name is None:
        print(json.dumps(installed()))
        return
    warnings.simplefilter("ignore")
    folder = Path(name)
    plan = json.loads((folder / "plan.json").read_text())
    arrays = {path.name.split(".")[0]: np.load(path) for path in folder.glob("*.in.npy")}
    clock = Clock()
    for key, array in TASKS[plan["task"], plan["system"]](plan, arrays, clock).items():
        np.save(folder / f"{key}.out.npy", array)
    (folder / "seconds.json").write_text(json.dumps(clock.seconds))


if __name__ == "__main__":
    main(*sys.argv[1:2])

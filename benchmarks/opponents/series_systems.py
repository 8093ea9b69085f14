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
SEASON = 24
"""Hours of the season of the statistical forecasts."""


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


def quantiles_of(found, levels):
    """(quantiles, horizon) from a mean and the bounds of central intervals; ``levels`` ascend, .5 among them."""
    rows = []
    for level in levels:
        if level == 0.5:
            rows.append(found["mean"])
        else:
            inside = round(100 * abs(2 * level - 1))
            rows.append(found[f"{'lo' if level < 0.5 else 'hi'}-{inside}"])
    return np.stack(rows)


def forecast_statsforecast(plan, arrays, clock):
    """One model a history; ARIMA's orders are searched once for each series and fitted again at each origin."""
    from statsforecast.models import ARIMA, AutoARIMA, AutoETS, AutoTheta, SeasonalNaive

    levels, histories, series = plan["quantiles"], arrays["histories"], arrays["series"]
    inside = sorted({round(100 * abs(2 * level - 1)) for level in levels if level != 0.5})
    orders, found = {}, np.zeros((len(levels), len(histories), plan["horizon"]))
    makers = {"auto_ets": AutoETS, "theta": AutoTheta, "seasonal_naive": SeasonalNaive, "auto_arima": AutoARIMA}
    makers[plan["system"]](season_length=1).forecast(y=histories[0][-60:], h=2, level=inside)  # compiles it
    clock("compile")
    for row, history in enumerate(histories):
        values = history[np.isfinite(history)]
        season = SEASON if len(values) > 2 * SEASON else 1
        if plan["system"] == "auto_arima":
            if series[row] not in orders:
                searched = AutoARIMA(season_length=season, approximation=True).fit(values).model_["arma"]
                p, q, sp, sq, m, d, sd = (int(part) for part in searched)
                orders[series[row]] = {"order": (p, d, q), "seasonal_order": (sp, sd, sq), "season_length": m}
            model = ARIMA(**orders[series[row]], method="CSS-ML" if len(values) < 800 else "CSS")
        else:
            model = makers[plan["system"]](season_length=season)
        try:
            answer = model.forecast(y=values, h=plan["horizon"], level=inside)
        except Exception:  # an order that cannot be fitted to this history
            answer = SeasonalNaive(season_length=season).forecast(y=values, h=plan["horizon"], level=inside)
        found[:, row] = quantiles_of(answer, levels)
    clock("forecast")
    return {"quantiles": found}


def lag_features(history, horizon, hours):
    """(horizon, features): the last day, the same hour of the last week, its spread, the step ahead and the clock."""
    last = history[-SEASON:]
    same = np.stack(
        [history[-7 * SEASON :].reshape(7, SEASON)[day, np.arange(horizon) % SEASON] for day in range(7)], 1
    )
    ahead = np.arange(1, horizon + 1)
    clock = (hours + ahead)[:, None] % np.array([SEASON, 7 * SEASON])
    return np.concatenate([np.tile(last, (horizon, 1)), same, same.mean(1)[:, None], ahead[:, None], clock], 1)


def forecast_boosted_lags(plan, arrays, clock):
    """LightGBM, a model for each quantile over all series of a set, on lags over the last week's mean and spread."""
    import lightgbm

    rng, horizon, week = np.random.default_rng(plan["seed"]), plan["horizon"], 7 * SEASON
    rows, targets = [], []
    known = {name: values[np.isfinite(values)] for name, values in enumerate(arrays["training"])}
    usable = {name: len(values) - week - horizon for name, values in known.items()}
    total = sum(max(count, 0) for count in usable.values())
    for name, values in known.items():
        count = min(max(usable[name], 0), max(50, round(plan["origins"] * usable[name] / total)))
        if count <= 0:
            continue
        for origin in rng.choice(usable[name], count, replace=False) + week:
            history = values[origin - week : origin]
            loc, scale = history.mean(), history.std() + 1e-6
            steps = rng.choice(horizon, min(horizon, 8), replace=False)
            hours = origin + int(arrays["first_hour"][name])
            rows.append(lag_features((history - loc) / scale, horizon, hours)[steps])
            targets.append((values[origin : origin + horizon][steps] - loc) / scale)
    x, y = np.concatenate(rows), np.concatenate(targets)
    settings = {"n_estimators": 300, "learning_rate": 0.05, "num_leaves": 31, "verbose": -1, "n_jobs": THREADS}
    models = [
        lightgbm.LGBMRegressor(objective="quantile", alpha=level, random_state=plan["seed"], **settings).fit(x, y)
        for level in plan["quantiles"]
    ]
    clock("fit")
    asked, locs, scales = [], [], []
    for history, hours in zip(arrays["histories"], arrays["hours"], strict=True):
        last = history[-week:]
        locs.append(last.mean())
        scales.append(last.std() + 1e-6)
        asked.append(lag_features((last - locs[-1]) / scales[-1], horizon, int(hours)))
    found = np.stack([model.predict(np.concatenate(asked)).reshape(len(asked), horizon) for model in models])
    found = np.sort(found, 0) * np.array(scales)[:, None] + np.array(locs)[:, None]
    clock("forecast")
    return {"quantiles": found}


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
        patience=10,
        device="cpu",
        verbose=False,
    )
    model.fit({"X": train}, {"X": shown, "X_ori": held})
    clock("fit")
    found = model.predict({"X": test})["imputation"]
    clock("impute")
    return {"filled": np.asarray(found, dtype=float)}


def sizes_pcodec(plan, arrays, clock):
    """Bytes of each array, in the order of its name."""
    from pcodec import ChunkConfig, standalone

    best = ChunkConfig(compression_level=12)
    sizes = [len(standalone.simple_compress(np.ascontiguousarray(arrays[name]), best)) for name in sorted(arrays)]
    clock("compress")
    return {"bytes": np.array(sizes)}


def sizes_zstd(plan, arrays, clock):
    """Bytes of ``text``; of it with ``before`` as a dictionary; of ``whole``."""
    import zstandard

    before, text, whole = (arrays[name].tobytes() for name in ("before", "text", "whole"))
    plain = [len(zstandard.ZstdCompressor(level=22).compress(part)) for part in (text, whole)]
    clock("compress")
    given = zstandard.ZstdCompressionDict(before, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    how = zstandard.ZstdCompressionParameters.from_level(22, window_log=27, enable_ldm=True)
    primed = min(
        len(zstandard.ZstdCompressor(dict_data=given, compression_params=how).compress(text)),
        plain[1] - len(zstandard.ZstdCompressor(level=22).compress(before)),
    )
    return {"bytes": np.array([plain[0], primed, plain[1]])}


def sizes_ppmd(plan, arrays, clock):
    """Bytes of ``text`` by PPMd of order 8; what it adds to ``before``; of ``whole``."""
    import pyppmd

    def size(data):
        coder = pyppmd.Ppmd7Encoder(8, 64 << 20)
        return len(coder.encode(data) + coder.flush())

    before, text, whole = (arrays[name].tobytes() for name in ("before", "text", "whole"))
    plain = [size(text), size(whole)]
    clock("compress")
    return {"bytes": np.array([plain[0], plain[1] - size(before), plain[1]])}


def sizes_parquet(plan, arrays, clock):
    """Bytes of each array as the one column of a Parquet file, zstd 22, in its best coding, less an empty file's."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    def size(array, coding):
        file = io.BytesIO()
        table = pa.table({"x": array})
        how = {"compression": "zstd", "compression_level": 22, "write_statistics": False}
        how |= (
            {"use_dictionary": True} if coding is None else {"use_dictionary": False, "column_encoding": {"x": coding}}
        )
        pq.write_table(table, file, row_group_size=max(1, len(array)), **how)
        return file.getbuffer().nbytes

    sizes = []
    for name in sorted(arrays):
        codings = (
            None,
            "PLAIN",
            "BYTE_STREAM_SPLIT",
            *(("DELTA_BINARY_PACKED",) if arrays[name].dtype.kind == "i" else ()),
        )
        sizes.append(min(size(arrays[name], coding) - size(arrays[name][:0], coding) for coding in codings))
    clock("compress")
    return {"bytes": np.array(sizes)}


def sizes_alp(plan, arrays, clock):
    """Bytes of each array by ALP (Afroozeh and Boncz, 2024); whole numbers as they are or as differences."""
    from alp import encode

    sizes = []
    for name in sorted(arrays):
        column = arrays[name].astype(np.float64)
        found = [len(encode(column))]
        if arrays[name].dtype.kind == "i":
            found.append(len(encode(np.diff(column))) + 8)
        sizes.append(min(found))
    clock("compress")
    return {"bytes": np.array(sizes)}


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

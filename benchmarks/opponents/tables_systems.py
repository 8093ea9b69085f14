"""Opponents on tables, run by an interpreter that has their packages: ``python tables_systems.py FOLDER``.

FOLDER holds ``plan.json`` (system, task, seed and options) and the frames ``NAME.in.parquet``; the answers go to
``NAME.out.parquet`` beside them, the seconds of each step to ``seconds.json``. Without FOLDER: the systems that are
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
import pandas as pd

PACKAGES = {
    "miceforest": "miceforest",
    "mostlyai": "mostlyai-engine",
    "ctgan": "ctgan",
    "tvae": "ctgan",
    "ecod": "pyod",
    "deep_svdd": "pyod",
    "autoencoder": "pyod",
    "pcodec": "pcodec",
    "openzl": "openzl",
}
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))


class Clock:
    """Seconds by name: ``clock("fit")`` is the time since the last call."""

    def __init__(self):
        self.seconds, self.last = {}, time.perf_counter()

    def __call__(self, name):
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


def mostlyai(plan, train):
    """TabularARGN, fitted; rare values are kept, since no opponent has to protect them."""
    from mostlyai.engine import TabularARGN

    options = {"value_protection": False, "random_state": plan["seed"], "device": "cpu"}
    if minutes := plan.get("minutes"):
        options["max_training_time"] = minutes
    return TabularARGN(**options).fit(train)


def impute_mostlyai(plan, frames, clock):
    """Means and modes of as many draws as asked, and the draws."""
    model = mostlyai(plan, frames["train"])
    clock("fit")
    mean, draws = filled_by_draws(model, frames["test"], plan["draws"])
    clock("impute")
    return {"mean": mean} | {f"draw{k}": draw for k, draw in enumerate(draws)}


def filled_by_draws(model, test, count):
    """The mean or mode of some draws of the missing cells, and these."""
    together = model.impute(pd.concat([test] * count, ignore_index=True), n_draws=1)[list(test.columns)]
    draws = [together.iloc[k * len(test) : (k + 1) * len(test)].reset_index(drop=True) for k in range(count)]
    mean = test.copy()
    for name in test.columns:
        cells = np.stack([draw[name].to_numpy() for draw in draws], 1)
        if pd.api.types.is_numeric_dtype(test[name]):
            mean[name] = cells.astype(float).mean(1)
        else:
            mean[name] = pd.DataFrame(cells).mode(axis=1)[0].to_numpy()
    return mean, draws


def all_mostlyai(plan, frames, clock):
    """Everything that one fit answers: rows, missing cells, log-probabilities, chances of the target's levels."""
    model, test, target = mostlyai(plan, frames["train"]), frames["test"], plan["target"]
    clock("fit")
    rows = model.sample(n_samples=plan["rows"])[list(test.columns)]
    clock("generate")
    mean, _ = filled_by_draws(model, frames["holes"], plan["draws"])
    clock("impute")
    scores = {name: pd.DataFrame({"score": -model.log_prob(frames[name])}) for name in ("test", "odd")}
    clock("score")
    chances = model.predict_proba(test.drop(columns=target), target=target)
    chances.columns = [str(name).removeprefix(f"{target}_") for name in chances.columns]
    clock("predict")
    return {"rows": rows, "mean": mean, "chances": chances} | {f"score_{name}": found for name, found in scores.items()}


def latest_iteration(imputed, dataset=0, variable=None):
    """Iterations of new rows so far: miceforest 6.0.5 counts none of them, and answers its random first values."""
    cells = imputed.imputation_values[variable if isinstance(variable, str) else next(iter(imputed.imputation_values))]
    done = cells.notna().all()
    return max((step for step, k in cells if done[step, k] and (k == dataset or isinstance(dataset, slice))), default=0)


def impute_miceforest(plan, frames, clock):
    """LightGBM in chains, its answers without mean matching, averaged over five data sets."""
    import miceforest
    from miceforest.imputed_data import ImputedData

    of_kernel = ImputedData.iteration_count
    ImputedData.iteration_count = lambda self, *where, **named: (
        latest_iteration if type(self) is ImputedData else of_kernel
    )(self, *where, **named)
    train, test = frames["train"].copy(), frames["test"].copy()
    words = [name for name in train if not pd.api.types.is_numeric_dtype(train[name])]
    for name in words:
        levels = sorted(train[name].dropna().unique())
        train[name], test[name] = (pd.Categorical(part[name], categories=levels) for part in (train, test))
    count = plan.get("datasets", 5)
    kernel = miceforest.ImputationKernel(
        train, num_datasets=count, mean_match_candidates=0, random_state=plan["seed"], save_all_iterations_data=True
    )
    kernel.mice(5, num_threads=THREADS, verbose=False)
    clock("fit")
    found = kernel.impute_new_data(test, random_state=plan["seed"])
    full = [found.complete_data(k) for k in range(count)]
    mean = frames["test"].copy()
    for name in mean:
        cells = np.stack([part[name].to_numpy() for part in full], 1)
        mean[name] = pd.DataFrame(cells).mode(axis=1)[0].to_numpy() if name in words else cells.astype(float).mean(1)
    clock("impute")
    return {"mean": mean}


def detect_pyod(plan, frames, clock):
    """Scores of the test rows; higher is stranger."""
    from pyod.models.auto_encoder import AutoEncoder
    from pyod.models.deep_svdd import DeepSVDD
    from pyod.models.ecod import ECOD

    train, test = (frames[name].to_numpy(float) for name in ("train", "test"))
    makers = {
        "ecod": lambda: ECOD(),
        "deep_svdd": lambda: DeepSVDD(n_features=train.shape[1], random_state=plan["seed"], verbose=0),
        "autoencoder": lambda: AutoEncoder(random_state=plan["seed"], verbose=0, device="cpu"),
    }
    model = makers[plan["system"]]()
    model.fit(train)
    clock("fit")
    scores = model.decision_function(test)
    clock("score")
    return {"scores": pd.DataFrame({"score": np.nan_to_num(scores)})}


def generate_mostlyai(plan, frames, clock):
    """Rows drawn after the minutes of the plan."""
    model = mostlyai(plan, frames["train"])
    clock("fit")
    rows = model.sample(n_samples=plan["rows"])[list(frames["train"].columns)]
    clock("generate")
    return {"rows": rows}


def generate_ctgan(plan, frames, clock):
    """CTGAN or TVAE, as many epochs as the minutes hold by the time of a first one; missing levels are a level."""
    import torch
    from ctgan import CTGAN, TVAE

    torch.manual_seed(plan["seed"])
    np.random.seed(plan["seed"])  # noqa: NPY002 (CTGAN draws from the global state)
    train = frames["train"].copy()
    words = [name for name in train if not pd.api.types.is_numeric_dtype(train[name])]
    train[words] = train[words].astype(object).fillna("<missing>")
    numbers = [name for name in train if name not in words]
    train[numbers] = train[numbers].fillna(train[numbers].median())
    kind, seconds = (CTGAN if plan["system"] == "ctgan" else TVAE), []
    for epochs in (1, 2):
        began = time.perf_counter()
        kind(epochs=epochs, enable_gpu=False).fit(train, words)
        seconds.append(time.perf_counter() - began)
    epoch = max(seconds[1] - seconds[0], 0.05)
    epochs = int(min(300, max(1, (60 * plan["minutes"] - 2 * seconds[0] - seconds[1] + 2 * epoch) / epoch)))
    model = kind(epochs=epochs, enable_gpu=False)
    model.fit(train, words)
    clock("fit")
    rows = model.sample(plan["rows"])[list(train.columns)]
    clock("generate")
    rows[words] = rows[words].replace("<missing>", None)
    return {"rows": rows}


def compress_pcodec(plan, frames, clock):
    """Bytes of each column; numbers of the column's own type."""
    from pcodec import ChunkConfig, standalone

    cells = {name: np.ascontiguousarray(frames["test"][name].to_numpy()) for name in frames["test"]}
    clock("fit")
    best = ChunkConfig(compression_level=12)
    sizes = {name: [len(standalone.simple_compress(column, best))] for name, column in cells.items()}
    clock("compress")
    return {"bytes": pd.DataFrame(sizes)}


def compress_openzl(plan, frames, clock):
    """Bytes of each column by the generic graph for numbers."""
    import openzl.ext as zl

    clock("fit")
    sizes = {}
    for name in frames["test"]:
        compressor, context = zl.Compressor(), zl.CCtx()
        compressor.select_starting_graph(zl.graphs.Compress()(compressor))
        context.ref_compressor(compressor)
        context.set_parameter(zl.CParam.FormatVersion, zl.MAX_FORMAT_VERSION)
        column = np.ascontiguousarray(frames["test"][name].to_numpy())
        sizes[name] = [len(context.compress([zl.Input(zl.Type.Numeric, column)]))]
    clock("compress")
    return {"bytes": pd.DataFrame(sizes)}


TASKS = {
    ("all", "mostlyai"): all_mostlyai,
    ("all", "tvae"): generate_ctgan,
    ("compress", "pcodec"): compress_pcodec,
    ("compress", "openzl"): compress_openzl,
    ("impute", "miceforest"): impute_miceforest,
    ("impute", "mostlyai"): impute_mostlyai,
    ("detect", "ecod"): detect_pyod,
    ("detect", "deep_svdd"): detect_pyod,
    ("detect", "autoencoder"): detect_pyod,
    ("generate", "mostlyai"): generate_mostlyai,
    ("generate", "ctgan"): generate_ctgan,
    ("generate", "tvae"): generate_ctgan,
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
    frames = {path.name.split(".")[0]: pd.read_parquet(path) for path in folder.glob("*.in.parquet")}
    clock = Clock()
    for key, frame in TASKS[plan["task"], plan["system"]](plan, frames, clock).items():
        frame.reset_index(drop=True).to_parquet(folder / f"{key}.out.parquet")
    (folder / "seconds.json").write_text(json.dumps(clock.seconds))


if __name__ == "__main__":
    main(*sys.argv[1:2])

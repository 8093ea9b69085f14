"""Adult and ten further mixed tables by the command line without options: all five answers, their legality, bits a row.

The tables are scikit-learn's data sets and those of the data folder as people keep them: with dates, flags,
identifiers, levels cut from numbers, and holes. Of each, ``quintet fit`` trains on the first rows in a shuffled order;
the other commands answer about held-out rows. An answer is legal if its columns and types are those of the rows, if
each value that was not given is in the support of its column (a level, a number of the column's decimals and steps
within its bounds), if given cells of ``impute`` are as they were, and if ``decompress`` gives the rows back. Epochs are
few, so that no figure here is a best one; with ``--full`` they are those of ``quintet fit`` without options.

    python benchmarks/ten_tables.py --json docs/results/ten_tables.json
"""

from __future__ import annotations

import lzma
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import data_folder, options, table, write_json
from sklearn import datasets
from typer.testing import CliRunner

from quintet import load
from quintet.cli.main import app
from quintet.data.columns.frames import read_frame
from quintet.data.readers.sources import load_data
from quintet.data.schema import Schema
from quintet.data.writers.frame_files import write_frame

TRAIN, TEST = 400, 80
NOISY = 10
"""Rows that are denoised."""
HOLES = 0.05
"""Share of the cells of further columns that are emptied."""


def bundled(name: str) -> pd.DataFrame:
    """A data set of scikit-learn as a frame, with the class by its name."""
    found = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = found.data.copy()
    if hasattr(found, "target_names") and len(found.target_names) < 10:
        frame["class"] = np.array(found.target_names)[found.target]
    else:
        frame["target"] = found.target
    return frame


def stored(path: str) -> pd.DataFrame:
    """A table of the data folder."""
    return pd.read_csv(data_folder() / path)


def levels(column: pd.Series, names: list[str]) -> pd.Series:
    """Numbers cut into levels of about equally many rows."""
    ranks = column.rank(method="first", pct=True)
    return pd.Series(np.array(names)[np.ceil(ranks * len(names)).astype(int) - 1], index=column.index)


def dated(rows: int, rng: np.random.Generator) -> pd.Series:
    """Days of a year."""
    return pd.Series(pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), unit="D"))


def iris(rng: np.random.Generator) -> pd.DataFrame:
    """Four lengths, the species, the day of collection and who collected."""
    frame = bundled("iris")
    return frame.assign(collected=dated(len(frame), rng), by=rng.choice(["A. B.", "C. D.", "E. F."], len(frame)))


def wine(rng: np.random.Generator) -> pd.DataFrame:
    """Chemistry, the cultivar, a strength in three levels and a flag."""
    frame = bundled("wine")
    strength = levels(frame["alcohol"], ["light", "medium", "strong"])
    return frame.assign(strength=strength, organic=rng.random(len(frame)) < 0.3)


def breast_cancer(rng: np.random.Generator) -> pd.DataFrame:
    """Ten means, the diagnosis, a patient's number and a grade."""
    frame = bundled("breast_cancer")
    frame = frame[[name for name in frame if name.startswith("mean") or name == "class"]]
    grade = levels(frame["mean area"], ["I", "II", "III"])
    return frame.assign(patient_id=rng.permutation(len(frame)) + 840_000, grade=grade)


def diabetes(rng: np.random.Generator) -> pd.DataFrame:
    """Ten measures of patients, the sex as text, a clinic, and a visit."""
    frame = bundled("diabetes")
    sex = np.where(frame.pop("sex") > 0, "female", "male")
    return frame.assign(sex=sex, clinic=rng.choice(["north", "south"], len(frame)), visit=dated(len(frame), rng))


def concrete(rng: np.random.Generator) -> pd.DataFrame:
    """Mixtures, with a batch's code, a flag and a class of strength."""
    frame = stored("tables/concrete.csv")
    frame["batch"] = [f"B-{number}" for number in rng.permutation(len(frame)) + 10_000]
    return frame.assign(with_slag=frame["slag"] > 0, strength=levels(frame["strength_mpa"], ["C20", "C30", "C40"]))


def energy(rng: np.random.Generator) -> pd.DataFrame:
    """Buildings, with the orientation as text."""
    frame = stored("tables/energy.csv")
    names = dict(zip(sorted(frame["x5"].unique()), ["north", "east", "south", "west"], strict=True))
    return frame.assign(x5=frame["x5"].map(names), surveyed=dated(len(frame), rng))


def wine_quality(rng: np.random.Generator) -> pd.DataFrame:
    """Wines, with the quality in words and a bottling date."""
    frame = stored("tables/wine_quality_red.csv")
    words = {3: "very poor", 4: "poor", 5: "fair", 6: "good", 7: "very good", 8: "excellent"}
    return frame.assign(quality=frame["quality"].map(words), bottled=dated(len(frame), rng))


def yacht(rng: np.random.Generator) -> pd.DataFrame:
    """Hulls, a class of speed and the tank of the trial."""
    frame = stored("tables/yacht.csv")
    return frame.assign(speed=levels(frame["froude"], ["slow", "fast"]), tank=rng.choice(["Delft", "Gent"], len(frame)))


def transformer(rng: np.random.Generator) -> pd.DataFrame:
    """Loads and oil temperature of a transformer by the hour, with the weekday."""
    frame = stored("series/ETTh1.csv")
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.assign(weekday=frame["date"].dt.day_name())


def taxi(rng: np.random.Generator) -> pd.DataFrame:
    """Half-hourly counts of taxi passengers, with a flag of the night."""
    frame = stored("series/nab_nyc_taxi.csv.gz")
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    return frame.assign(night=frame["timestamp"].dt.hour < 6)


def adult(rng: np.random.Generator) -> pd.DataFrame:
    """The census of 1994, as it is."""
    return stored("tables/adult_train.csv.gz")


TABLES: dict[str, Callable[[np.random.Generator], pd.DataFrame]] = {
    make.__name__: make
    for make in (
        adult, iris, wine, breast_cancer, diabetes, concrete, energy, wine_quality, yacht, transformer, taxi,
    )
}  # fmt: skip


def split(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Training rows, held-out rows, and these with further cells emptied."""
    frame = frame.iloc[rng.permutation(len(frame))[: TRAIN + TEST]].reset_index(drop=True)
    cut = min(TRAIN, 3 * len(frame) // 4)
    held = frame.iloc[cut:].reset_index(drop=True)
    return frame.iloc[:cut], held, held.mask(rng.random(held.shape) < HOLES)


def command(*arguments: object) -> float:
    """Run `quintet` and return the seconds; a failure is raised."""
    began = time.perf_counter()
    result = CliRunner().invoke(app, [*map(str, arguments), "--quiet"], prog_name="quintet")
    if result.exit_code:
        raise SystemExit(f"quintet {' '.join(map(str, arguments))}: {result.output}")
    return time.perf_counter() - began


def illegal(answer: Any, given: Any, schema: Schema) -> int:
    """Number of columns that lack the name, the type or a legal value; a value that was given is legal."""
    if answer.column_names != [column.name for column in schema.columns]:
        return len(schema.columns)
    found = {column.name: column for column in read_frame(answer).columns}
    wrong = 0
    for column in schema.modelled:
        values = found[column.name].values
        cells = column.encode(values)
        back, there = column.decode(cells), ~np.isnan(cells)
        same = back[there] == values.array[there]
        if len(answer) == len(given):
            same |= (
                np.array(answer[column.name].to_pylist(), dtype=object)[there]
                == np.array(given[column.name].to_pylist(), dtype=object)[there]
            )
        typed = _family(answer[column.name]) == _family(given[column.name]) or not there.any()
        wrong += not (bool(np.all(same)) and typed)
    return wrong


def _family(column: Any) -> str:
    """The type without the unit of time, as Parquet keeps seconds as milliseconds."""
    return str(column.type).partition("[")[0]


def measure(frame: pd.DataFrame, rng: np.random.Generator, epochs: int | None, room: Path) -> dict[str, float]:
    """The figures of one table."""
    train, held, holed = split(frame, rng)
    for name, rows in (("train", train), ("new", held), ("holed", holed), ("few", holed.iloc[:NOISY])):
        rows.to_csv(room / f"{name}.csv", index=False)
    paths = {path.stem: path for path in room.glob("*.csv")}
    model, packed = room / "model.safetensors", room / "new.qnt"
    out = {name: room / f"{name}.parquet" for name in ("drawn", "filled", "clean", "back")}
    scores = room / "scores.csv"
    seconds = {
        "fit": command("fit", paths["train"], "--out", model, *([] if epochs is None else ["--epochs", epochs])),
        "generate": command("generate", model, "-n", 2 * TEST, "--out", out["drawn"]),
        "impute": command("impute", model, paths["holed"], "--out", out["filled"]),
        "denoise": command("denoise", model, paths["few"], "--out", out["clean"]),
        "detect": command("detect", model, paths["new"], "--out", scores),
        "compress": command("compress", model, paths["new"], "--out", packed),
        "decompress": command("decompress", model, packed, "--out", out["back"]),
    }
    schema = load(model).schema_
    rows = {name: load_data(path, table=True).x for name, path in paths.items() if name in ("new", "holed", "few")}
    answers = {name: load_data(path, table=True).x for name, path in out.items()}
    given = {"drawn": rows["new"], "filled": rows["holed"], "clean": rows["few"]}
    wrong = sum(illegal(answers[name], table_, schema) for name, table_ in given.items())
    lost = sum(_changed(rows["holed"][name], answers["filled"][name]) for name in rows["holed"].column_names)
    empty = sum(answers["filled"][column.name].null_count for column in schema.modelled)
    whole = answers["back"].cast(rows["new"].schema).equals(rows["new"])
    p_values = load_data(scores, table=True).x["p_value"].to_numpy()
    text = room / "text.csv"
    with text.open("wb") as file:
        write_frame(file, text.name, rows["new"])
    return {
        "rows": len(train),
        "columns": len(schema.columns),
        "left_out": len(schema.columns) - len(schema.modelled),
        "illegal_columns": wrong + lost + empty + (not whole) + bool(((p_values <= 0) | (p_values > 1)).any()),
        "bits_a_row": 8 * packed.stat().st_size / len(held),
        "xz_bits_a_row": 8 * len(lzma.compress(text.read_bytes(), preset=9 | lzma.PRESET_EXTREME)) / len(held),
        **{f"seconds.{name}": value for name, value in seconds.items()},
    }


def _changed(given: Any, filled: Any) -> bool:
    """Whether a cell that was given differs in the answer."""
    kept = given.is_valid()
    return bool(filled.cast(given.type).filter(kept).to_pylist() != given.filter(kept).to_pylist())


def main() -> None:
    """Measure all tables, and print a line for each."""
    args = options(__doc__ or "")
    args.add_argument("--epochs", type=int, default=20, help="passes over the rows, all stages together")
    args.add_argument("--full", action="store_true", help="train for the default number of epochs")
    args.add_argument("--tables", nargs="*", default=list(TABLES), choices=list(TABLES))
    args = args.parse_args()
    figures: dict[str, float] = {}
    lines = []
    for name in args.tables:
        rng = np.random.default_rng(args.seed)
        with tempfile.TemporaryDirectory() as room:
            found = measure(TABLES[name](rng), rng, None if args.full else args.epochs, Path(room))
        figures |= {f"{name}.{what}": value for what, value in found.items()}
        answers = sum(value for what, value in found.items() if what.startswith("seconds.")) - found["seconds.fit"]
        lines.append(
            (
                name,
                f"{found['rows']}",
                f"{found['columns']} ({found['left_out']})",
                f"{found['illegal_columns']}",
                f"{found['bits_a_row']:.1f}",
                f"{found['xz_bits_a_row']:.1f}",
                f"{found['seconds.fit']:.0f}",
                f"{answers:.0f}",
            )
        )
        print(*lines[-1], flush=True)
        write_json(args.json, figures, args.seed)
    head = ("table", "rows", "columns (left out)", "illegal", "bits a row", "xz", "fit, s", "six answers, s")
    table("Mixed tables by the command line", lines, head)


if __name__ == "__main__":
    main()

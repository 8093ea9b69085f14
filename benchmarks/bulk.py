"""Rows a second of bulk answers: a loop of one process, pools of one and two, and two actors of Ray, on the same rows.

A model of Adult's census rows (6 numeric and 9 categorical columns) answers rows of a folder of Parquet files: the test
rows, repeated. The loop is what one writes without ``quintet score``: batches of PyArrow's data set, one after the
other, each answered by the model's method and written. All have one thread a process. Seconds include the start of
processes, of Ray and the loading of the model; ``.start`` is the time until the first part is there. The answers of all
engines are compared.

    python benchmarks/bulk.py --json docs/results/bulk.json
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow
import torch
from common import data_folder, options, table, write_json
from pyarrow import dataset, parquet

from quintet import VAE
from quintet.scale import score

ROWS = {"transform": 2_000_000, "detect": 50_000, "impute": 200_000}
"""Rows of each question, so that one process works for about half a minute."""
SHARE = 0.2
"""Share of the cells that are missing in what is imputed."""
ENGINES = {"pool_1": ("local", 1), "pool_2": ("local", 2), "ray_2": ("ray", 2)}
BATCH = 4096


def main() -> None:
    """Fit, answer by each engine, compare; print one table."""
    args = options(__doc__ or "").parse_args()
    torch.set_num_threads(1)
    folder = data_folder() / "tables"
    train, test = (pd.read_csv(folder / f"adult_{part}.csv.gz") for part in ("train", "test"))
    rows = {name: 512 if args.quick else count for name, count in ROWS.items()}
    fit = {"epochs": 1} if args.quick else {"max_minutes": 2}
    vae = VAE(**fit, random_state=args.seed).fit(train.head(1000) if args.quick else train)
    figures: dict[str, float] = {}
    with TemporaryDirectory() as place:
        for question, count in rows.items():
            source = written(Path(place) / f"{question}-rows", test, question, count)
            figures |= one_question(vae, question, source, Path(place) / question, count)
    shown = [
        (question, name, *(f"{figures[f'{question}.{name}.{figure}']:,.4g}" for figure in ("rows_a_second", "start")))
        for question in rows
        for name in ("loop", *ENGINES)
    ]
    table("Bulk answers to Adult's rows", shown, ("question", "engine", "rows a second", "seconds to the first part"))
    write_json(args.json, figures, args.seed)


def written(folder: Path, test: pd.DataFrame, question: str, count: int) -> Path:
    """A folder of four Parquet files with ``count`` rows, of which some cells are missing if they are to be imputed."""
    folder.mkdir()
    frame = pd.concat([test] * -(-count // len(test)), ignore_index=True).head(count)
    if question == "impute":
        generator = torch.Generator().manual_seed(0)
        frame = frame.mask(torch.rand(frame.shape, generator=generator).numpy() < SHARE)
    whole = pyarrow.Table.from_pandas(frame, preserve_index=False)
    for number in range(4):
        start, stop = number * count // 4, (number + 1) * count // 4
        parquet.write_table(whole.slice(start, stop - start), folder / f"{number}.parquet", row_group_size=BATCH)
    return folder


def one_question(vae: VAE, question: str, source: Path, out: Path, count: int) -> dict[str, float]:
    """Rows a second of one question by each engine; ends where answers differ."""
    ways: dict[str, Callable[[Path], Any]] = {"loop": lambda place: loop(vae, question, source, place)}
    part_rows = min(BATCH, count // 4)
    for name, (engine, workers) in ENGINES.items():
        ways[name] = lambda place, engine=engine, workers=workers: score(
            vae, source, place, question, engine=engine, workers=workers, part_rows=part_rows, verbose=False
        )
    figures, answers = {}, {}
    for name, way in ways.items():
        place = out.with_name(f"{out.name}-{name}")
        first = FirstPart(place)
        began = time.perf_counter()
        way(place)
        spent = time.perf_counter() - began
        figures[f"{question}.{name}.rows_a_second"] = count / spent
        figures[f"{question}.{name}.start"] = first.found - began
        answers[name] = pyarrow.concat_tables(parquet.read_table(path) for path in sorted(place.glob("part-*")))
    for name in ENGINES:
        if not answers[name].equals(answers["pool_1"]):
            raise SystemExit(f"{question}: the answers of {name} are others than those of one process.")
    return figures


class FirstPart(threading.Thread):
    """Waits for the first part in a folder; ``found`` is the time when it was there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder, self.found = folder, float("nan")
        self.start()

    def run(self) -> None:
        """Look every hundredth of a second."""
        while not any(self._folder.glob("part-*")):
            time.sleep(0.01)
        self.found = time.perf_counter()


def loop(vae: VAE, question: str, source: Path, out: Path) -> None:
    """The answers batch after batch by the model's own method, each written as a file."""
    out.mkdir()
    for number, batch in enumerate(dataset.dataset(source).to_batches(batch_size=BATCH)):
        rows = pyarrow.Table.from_batches([batch])
        if question == "detect":
            found = vae.detect(rows)
            answer = pyarrow.table({"score": found.scores, "p_value": found.p_values, "is_anomaly": found.is_anomaly})
        elif question == "transform":
            answer = pyarrow.table({f"z{j}": z.copy() for j, z in enumerate(vae.transform(rows).T)})
        else:
            answer = vae.impute(rows, first_row=number * BATCH)
        parquet.write_table(answer, out / f"part-{number:06d}.parquet")


if __name__ == "__main__":
    sys.exit(main())

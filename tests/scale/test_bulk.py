"""A source is answered whole, in its order, each row once: also after an interruption, a full disk, a damaged file."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from quintet import VAE
from quintet.errors import FileRefused, InputError, Interrupted, QuintetError, Unanswerable
from quintet.estimators._answers import fitted_estimator
from quintet.scale import Scorer, bulk, job, score
from tests.cli.command import invoke, ok
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import Shared

pytestmark = pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")
ROWS = 150


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return table_model(shared)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_files(tmp_path_factory.mktemp("scale") / "rows", new_rows(ROWS))


def alone(vae: VAE, source: Path, out: Path, question: str = "transform", **options: Any) -> bulk.Scored:
    return score(vae, source, out, question, **{"workers": 1, "part_rows": 40, "verbose": False, **options})


@pytest.mark.parametrize("part_rows", [7, 64, 1000])
def test_parts_of_any_size_hold_every_row_once_and_in_order(
    part_rows: int, vae: VAE, source: Path, tmp_path: Path
) -> None:
    found = alone(vae, source, tmp_path / "out", part_rows=part_rows)
    assert (found.rows, found.parts, found.were_there) == (ROWS, -(-ROWS // part_rows), 0)
    assert answers(tmp_path / "out").to_pylist() == Scorer(vae, "transform")(new_rows(ROWS)).to_pylist()
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert manifest["state"] == "complete"
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_the_kind_of_noise_is_that_of_one_call_with_all_rows(vae: VAE, source: Path, tmp_path: Path) -> None:
    alone(vae, source, tmp_path / "out", "denoise")
    whole = vae.denoise(new_rows(ROWS)).to_pydict()
    found = answers(tmp_path / "out").to_pydict()
    assert {name: found[name] for name in whole} == whole


def test_all_parts_have_the_types_of_the_first_whichever_cells_are_missing(vae: VAE, tmp_path: Path) -> None:
    rows = new_rows(90)
    kept = rows.filter(pyarrow.compute.is_valid(rows["price"])).slice(0, 60)
    whole_numbers = kept.set_column(2, "price", pyarrow.nulls(len(kept), "int64").fill_null(3))
    empty = pyarrow.nulls(20, "int64")
    holes = whole_numbers.slice(0, 20).set_column(2, "price", empty)
    source = in_files(tmp_path / "rows", pyarrow.concat_tables([whole_numbers, holes]), cuts=(60,))
    alone(vae, source, tmp_path / "out", "impute", part_rows=20)
    schemas = [parquet.read_schema(path) for path in sorted((tmp_path / "out").glob("part-*"))]
    assert all(schema.equals(schemas[0]) for schema in schemas)
    assert schemas[0].field("price").type == pyarrow.float64()
    assert not answers(tmp_path / "out")["price"].null_count


class Fails:
    """A writer that raises once it has written so many parts."""

    def __init__(self, after: int, error: BaseException) -> None:
        self.left, self.error, self.write = after, error, parquet.write_table

    def __call__(self, table: Any, file: Any) -> None:
        if not self.left:
            file.write(b"PAR1 half of a part")
            raise self.error
        self.left -= 1
        self.write(table, file)


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("error", "raised", "sentence"),
    [
        (FULL, FileRefused, r"the disk is full, free some space or choose another folder; .*out keeps the parts"),
        (KeyboardInterrupt(), Interrupted, r"^interrupted; .*out keeps the parts that are answered.*--resume"),
    ],
    ids=["full", "interrupted"],
)
def test_an_interrupted_answer_goes_on_with_nothing_lost_and_nothing_twice(
    error: BaseException,
    raised: type[QuintetError],
    sentence: str,
    vae: VAE,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(job.parquet, "write_table", Fails(2, error))
    with pytest.raises(raised, match=sentence) as caught:
        alone(vae, source, out)
    monkeypatch.undo()
    assert "\n" not in str(caught.value)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert sorted(before) == ["part-000000.parquet", "part-000001.parquet"]
    assert sorted(path.name for path in out.iterdir()) == ["_manifest.json", *sorted(before)]
    found = alone(vae, source, out, resume=True)
    assert (found.parts, found.were_there) == (4, 2)
    assert answers(out).to_pylist() == Scorer(vae, "transform")(new_rows(ROWS)).to_pylist()
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}.items()


def test_a_part_that_was_cut_off_is_answered_again(vae: VAE, source: Path, tmp_path: Path) -> None:
    alone(vae, source, tmp_path / "out")
    part = tmp_path / "out" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    assert alone(vae, source, tmp_path / "out", resume=True).were_there == 3
    assert answers(tmp_path / "out")["row"].to_pylist() == list(range(ROWS))


def test_another_question_another_size_and_another_source_do_not_go_on(vae: VAE, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alone(vae, source, out)
    others: list[tuple[Callable[[], Any], str]] = [
        (lambda: alone(vae, source, out, "detect", resume=True), "another question"),
        (lambda: alone(vae, source, out, resume=True, part_rows=41), r"another part_rows \(40, now 41\)"),
        (lambda: alone(vae, next(source.iterdir()), out, resume=True), "another source"),
        (lambda: alone(vae, source, out), "holds answers already"),
    ]
    for ask, sentence in others:
        with pytest.raises(InputError, match=sentence):
            ask()
    alone(vae, source, out, "detect", force=True, part_rows=100)
    assert len(list(out.glob("part-*"))) == 2


def test_a_file_damaged_in_its_middle_is_named_and_the_other_parts_stay(vae: VAE, tmp_path: Path) -> None:
    source = in_files(tmp_path / "rows", new_rows(ROWS))
    damaged = source / "rows-1.parquet"
    content = bytearray(damaged.read_bytes())
    start = parquet.ParquetFile(damaged).metadata.row_group(1).column(1).data_page_offset
    content[start - 30 : start + 30] = bytes(60)
    damaged.write_bytes(content)
    with pytest.raises(FileRefused, match=r"rows-1\.parquet must be a file of the format parquet.*keeps the parts"):
        alone(vae, source, tmp_path / "out")
    assert answers(tmp_path / "out")["row"].to_pylist() == list(range(80))


def test_what_cannot_be_answered_is_refused_before_a_folder_is_made(
    vae: VAE, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    lacking = in_files(tmp_path / "lacking", new_rows(20).drop_columns(["visits"]))
    wide = tmp_path / "wide.parquet"
    parquet.write_table(pyarrow.table({f"c{j}": [j] for j in range(2000)}), wide)
    empty = in_files(tmp_path / "empty", new_rows(20).slice(0, 0), cuts=())
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: alone(vae, lacking, out), "lacks column 'visits' of training"),
        (lambda: alone(vae, wide, out), "must have the columns of training, 'place', .* got 'c0', .* and 1,995 more"),
        (lambda: alone(vae, empty, out), "at least one row, got none"),
        (lambda: alone(vae, tmp_path / "nowhere", out), "check the path"),
        (lambda: score(vae, None, out, "detect"), "detect needs a source"),
        (lambda: score(vae, None, out, "generate"), "needs a source, got None: give one, or ask 'generate' with rows="),
        (lambda: alone(vae, source, out, "generate", rows=3), "rows must be left out"),
        (lambda: alone(vae, source, out, keep=["ide"]), "no column 'ide'"),
        (lambda: alone(vae, source, out, engine="dask"), "engine must be 'local', 'ray' or 'spark', got 'dask'"),
        (lambda: score(tmp_path / "no.safetensors", source, out, "detect"), "cannot be read"),
    ]
    for ask, sentence in cases:
        with pytest.raises(QuintetError, match=sentence) as raised:
            ask()
        assert "\n" not in str(raised.value)
    unable = SimpleNamespace(answers={"impute": "its posterior needs all cells."})
    monkeypatch.setattr(fitted_estimator, "get", lambda _: unable)
    with pytest.raises(Unanswerable, match=r"cannot impute: its posterior needs all cells\."):
        score(vae, source, out, "impute", workers=1, verbose=False)
    assert not out.exists()


def test_a_million_columns_are_refused_or_left_out(vae: VAE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_COLUMNS", 500)
    rows = new_rows(30)
    wide = {name: rows[name] for name in rows.column_names} | {f"c{j}": np.zeros(30) for j in range(1000)}
    source = in_files(tmp_path / "rows", pyarrow.table(wide), cuts=())
    with pytest.raises(InputError, match=r"At most 500 columns .* got 1,010: name those to keep"):
        alone(vae, source, tmp_path / "out")
    assert alone(vae, source, tmp_path / "out", keep="id").columns == ("row", "id", "z0", "z1", "z2")


def test_the_command_answers_and_goes_on(vae: VAE, source: Path, tmp_path: Path) -> None:
    model, out = tmp_path / "model.safetensors", tmp_path / "out"
    vae.save(model)
    ask = (
        "score",
        model,
        source,
        "--question",
        "detect",
        "--out",
        out,
        "--workers",
        1,
        "--part-rows",
        80,
        "--keep",
        "id",
    )
    told = json.loads(ok(*ask, "--json", "--quiet").stdout)
    assert (told["rows"], told["parts"]) == (ROWS, 2)
    names = ["row", "id", "score", "p_value", "is_anomaly", "strangest_column"]
    assert told["columns"] == names == answers(out).column_names
    (out / "part-000001.parquet").unlink()
    assert json.loads(ok(*ask, "--json", "--quiet", "--resume").stdout)["parts_that_were_there"] == 1
    again = invoke(*ask)
    assert again.exit_code == 2
    assert "holds answers already" in again.output
    generated = ok("score", model, "--question", "generate", "--rows", 30, "--out", tmp_path / "new", "--workers", 1)
    assert "rows" in generated.output
    assert len(answers(tmp_path / "new")) == 30
    assert invoke("score", model, source, "--question", "impute").exit_code == 2

"""`quintet fit` of folders, patterns and URLs of tables, of any size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import dataset, feather

from quintet import VAE, load
from quintet.data.readers.sources import load_data
from tests.cli.command import invoke, ok
from tests.data.large.tables import as_folder, mixed, stored  # noqa: F401

TABLE = mixed(150).select(["length", "price", "level"])
OPTIONS = ["--latent-dim", "2", "--context", "none", "--epochs", "1", "--calibration", "0", "--json", "--quiet"]


@pytest.mark.usefixtures("stored")
def test_a_pattern_of_files_that_stay_on_disk(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", TABLE.append_column("weight", pa.array(np.linspace(1, 2, 150))))
    out = tmp_path / "m.safetensors"
    done = ok("fit", f"{folder}/*.parquet", "--out", out, "--drop", "price", "--weights", "weight", *OPTIONS)
    assert json.loads(done.stdout)["rows"] == 150
    model = load(out)
    assert isinstance(model, VAE)
    assert [column.name for column in model.schema_.modelled] == ["length", "level"]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--limit", "9"], "--limit needs rows in memory"),
        (["--holdout", "0.2"], "keep held-out rows in files of their own"),
    ],
)
def test_options_that_choose_rows(words: list[str], match: str, tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", TABLE)
    done = invoke("fit", folder, "--out", tmp_path / "m.safetensors", *words, *OPTIONS)
    assert done.exit_code == 2, done.output
    assert match in " ".join(done.output.split())


def test_small_folders_are_read_as_tables(tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "x", TABLE)
    feather.write_feather(TABLE, tmp_path / "x.arrow", compression="uncompressed")
    for source in (folder, f"{folder}/part-*.parquet", tmp_path / "x.arrow", f"file://{folder}"):
        found = load_data(source)
        assert found.names == TABLE.column_names
        assert found.x.equals(dataset.dataset(folder).to_table())
    labelled = load_data(folder, label="price")
    assert labelled.names == ["length", "level"]
    np.testing.assert_array_equal(labelled.y, TABLE["price"])

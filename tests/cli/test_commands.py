"""Every command does what its help says, on small models."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import quintet
from quintet.cli.main import app
from quintet.data.readers.sources import load_data
from tests.cli.command import invoke, ok

COMMANDS = (
    *("fit", "generate", "compress", "decompress", "denoise", "impute", "detect"),
    *("evaluate", "report", "variants", "schema", "info", "demo"),
)
DIGITS, TABLE = "models/digits.safetensors", "models/table.safetensors"
FEW = ("digits", "--limit", 12)


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the models at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUINTET_DATA", raising=False)
    Path("models").symlink_to(models)
    return tmp_path


def answer(*arguments: Any) -> Any:
    """The figures that a command prints as JSON."""
    return json.loads(ok(*arguments, "--json").stdout)


def arrays_of(path: str) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def table_of(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_common_options(command: str) -> None:
    text = CliRunner(env={"COLUMNS": "200"}).invoke(app, [command, "--help"]).output
    assert "--debug" in text
    assert "--quiet" in text
    assert "--json" in text


def test_help_lists_every_command() -> None:
    text = ok("--help").output
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", ["fit", "detect", "impute", "evaluate"])
def test_help_groups_the_options(command: str) -> None:
    groups: dict[str, list[str]] = {}
    for option in typer.main.get_command(app).commands[command].params:  # type: ignore[attr-defined]
        if option.hidden:
            continue
        groups.setdefault(getattr(option, "rich_help_panel", None) or "Options", []).append(option.name)
    wanted = {"Options", "Data", *(("Model", "Training", "Detection") if command == "fit" else ())}
    wanted |= {"Text", "Series"} if command in ("fit", "impute") else set()
    assert set(groups) == wanted
    assert {"label", "only", "limit"} <= set(groups["Data"])
    assert max(map(len, groups.values())) <= 14
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80"})
    assert all(f"─ {group} ─" in result.stdout for group in wanted)


def test_version() -> None:
    assert ok("--version").stdout == f"quintet {quintet.__version__}\n"


def test_completion_knows_the_variants() -> None:
    environment = {"_QUINTET_COMPLETE": "complete_bash", "COMP_WORDS": "quintet fit x --variant c", "COMP_CWORD": "4"}
    assert "cvae" in CliRunner(env=environment).invoke(app, [], prog_name="quintet").stdout.split()


def test_fit_says_what_it_made() -> None:
    figures = answer("fit", "digits", "--limit", 60, "--epochs", 4, "--out", "m.safetensors", "--history", "h.csv")
    assert figures["latent_dim"] >= 2
    assert figures["rows"] == 60
    assert figures["out"] == "m.safetensors"
    assert {"1", "2"} <= {row["epoch"] for row in table_of("h.csv")}


def test_fit_with_the_same_seed_is_the_same_model() -> None:
    few = ("fit", "digits", "--limit", 60, "--epochs", 1, "--latent-dim", 2, "--network", "mlp", "--quiet")
    for seed, out in ((5, "a"), (5, "b"), (6, "c")):
        ok(*few, "--seed", seed, "--out", out)
        ok("generate", out, "-n", 4, "--out", f"{out}.npy", "--quiet")
    a, b, c = (np.load(f"{name}.npy") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_fit_sets_options_of_variant_and_training() -> None:
    ok(
        *("fit", "digits", "--limit", 60, "--epochs", 1, "--out", "m.safetensors", "--variant", "beta"),
        *("--set", "beta=2.5", "--set", "batch-size=32", "--set", "capacity=none"),
    )
    params = quintet.load("m.safetensors").get_params()
    assert params["variant__beta"] == 2.5
    assert params["training__batch_size"] == 32
    assert params["variant__capacity"] is None


@pytest.mark.parametrize("end", [".npz", ".npy", ".png", ".csv"])
def test_generate_writes_by_the_ending(end: str) -> None:
    ok("generate", DIGITS, "-n", 9, "--out", f"new{end}")
    read = {
        ".npz": lambda: arrays_of("new.npz")["x"],
        ".npy": lambda: np.load("new.npy"),
        ".png": lambda: np.asarray(Image.open("new.png")),
        ".csv": lambda: np.array([[float(v) for v in row.values()] for row in table_of("new.csv")]),
    }[end]()
    if end == ".png":
        assert read.dtype == np.uint8
        assert read.ndim == 2
        assert read.max() > 100
    else:
        assert read.reshape(9, 8, 8).max() <= 16


def test_generate_on_condition() -> None:
    ok("generate", "models/labelled.safetensors", "-n", 5, "--condition", 7, "--out", "new.npz")
    new = arrays_of("new.npz")
    assert new["x"].shape == (5, 8, 8)
    np.testing.assert_array_equal(new["y"], [7] * 5)


def test_generate_a_table_has_its_columns() -> None:
    ok("generate", TABLE, "-n", 5, "--out", "new.csv")
    rows = table_of("new.csv")
    assert list(rows[0]) == ["a", "b", "c"]
    assert len(rows) == 5


def test_compress_and_decompress_are_inverse() -> None:
    figures = answer("compress", DIGITS, *FEW, "--out", "d.qnt")
    assert figures["bytes"] == Path("d.qnt").stat().st_size
    assert figures["bits_per_dimension"] == pytest.approx(8 * figures["bytes"] / (12 * 64))
    ok("decompress", DIGITS, "d.qnt", "--out", "back.npy")
    back, x = np.load("back.npy"), load_data("digits").x[:12]
    np.testing.assert_array_equal(back, x)
    assert back.dtype == x.dtype


def test_rows_go_from_file_to_file_in_blocks() -> None:
    x = load_data("digits").x[:30]
    np.save("x.npy", x)
    figures = answer("compress", DIGITS, "x.npy", "--block-rows", 8, "--limit", 29, "--out", "d.qnt")
    assert (figures["rows"], figures["raw_bytes"]) == (29, 29 * 64)
    for chosen, rows in (("7:20", x[7:20]), ("-3:", x[26:29]), ("5", x[5:6]), ("-1", x[28:29]), ("40:", x[:0])):
        assert answer("decompress", DIGITS, "d.qnt", "--rows", chosen, "--out", "back.npy", "--force")["rows"] == len(
            rows
        )
        back = np.load("back.npy")
        assert back.dtype == x.dtype
        np.testing.assert_array_equal(back, rows)


def test_a_damaged_block_is_left_out_where_that_is_asked_for() -> None:
    x = load_data("digits").x[:20]
    np.save("x.npy", x)
    ok("compress", DIGITS, "x.npy", "--block-rows", 8, "--out", "d.qnt")
    content = bytearray(Path("d.qnt").read_bytes())
    content[len(content) // 2] ^= 1
    Path("d.qnt").write_bytes(bytes(content))
    refused = invoke("decompress", DIGITS, "d.qnt", "--out", "back.npy")
    assert refused.exit_code == 2
    assert "Cannot decode d.qnt" in refused.stderr
    assert "rows 8 to 15 are lost" in refused.stderr
    assert not Path("back.npy").exists()
    for name in ("back.npy", "back.npz"):
        result = ok("decompress", DIGITS, "d.qnt", "--out", name, "--skip-damaged", "--json")
        assert "rows 8 to 15 are lost" in result.stderr
        assert json.loads(result.stdout)["lost"] == [[8, 16]]
        back = np.load(name)
        np.testing.assert_array_equal(back if name.endswith("y") else back["x"], np.delete(x, slice(8, 16), 0))


def test_compress_lossy() -> None:
    figures = answer("compress", DIGITS, *FEW, "--out", "d.qnt", "--lossy")
    assert figures["bytes"] < answer("compress", DIGITS, *FEW, "--out", "e.qnt")["bytes"]
    ok("decompress", DIGITS, "d.qnt", "--out", "back.npy")
    assert np.load("back.npy").shape == (12, 8, 8)


def test_compress_a_table_with_its_columns() -> None:
    ok("compress", TABLE, "models/table.csv", "--out", "t.qnt")
    ok("decompress", TABLE, "t.qnt", "--out", "back.csv")
    back = [[float(v) for v in row.values()] for row in table_of("back.csv")]
    np.testing.assert_array_equal(back, load_data("models/table.csv").x)


def test_denoise_finds_the_noise_and_says_it() -> None:
    figures = answer("denoise", DIGITS, *FEW, "--out", "clean.npz", "--effort", "low")
    assert {"noise", "rate"} <= figures.keys()
    assert arrays_of("clean.npz")["x"].shape == (12, 8, 8)


def test_denoise_with_a_given_noise() -> None:
    figures = answer("denoise", DIGITS, *FEW, "--out", "c.npy", "--noise", "uniform", "--rate", 0.1, "--effort", "low")
    assert figures["noise"] == "replacement"
    assert figures["rate"] == pytest.approx(0.1)


def test_impute_keeps_what_is_there() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[4:] = True
    np.save("mask.npy", mask)
    ok("impute", DIGITS, *FEW, "--mask", "mask.npy", "--draws", 3, "--out", "full.npz", "--effort", "low")
    full, x = arrays_of("full.npz"), load_data("digits").x[:12]
    np.testing.assert_array_equal(full["x"][:, :4], x[:, :4])
    assert full["draws"].shape == (3, 12, 8, 8)
    np.testing.assert_array_equal(full["draws"][:, :, :4], np.broadcast_to(x[:, :4], (3, 12, 4, 8)))
    assert (full["draws"][0] != full["draws"][1]).any()


def test_impute_the_empty_cells_of_a_table() -> None:
    Path("holes.csv").write_text("a,b,c\n1,,3\n-50,20,\n")
    figures = answer("impute", TABLE, "holes.csv", "--out", "full.csv", "--effort", "low")
    assert figures["missing_cells"] == 2
    rows = table_of("full.csv")
    assert (float(rows[0]["a"]), float(rows[0]["c"]), float(rows[1]["b"])) == (1, 3, 20)
    assert np.isfinite([float(rows[0]["b"]), float(rows[1]["c"])]).all()


def test_columns_are_matched_by_name(table: np.ndarray) -> None:
    Path("turned.csv").write_text("c,a,b\n" + "\n".join(f"{c},{a},{b}" for a, b, c in table[:20]) + "\n")
    Path("straight.csv").write_text("a,b,c\n" + "\n".join(f"{a},{b},{c}" for a, b, c in table[:20]) + "\n")
    assert answer("evaluate", TABLE, "turned.csv") == answer("evaluate", TABLE, "straight.csv")


def test_detect_writes_scores() -> None:
    figures = answer("detect", DIGITS, *FEW, "--out", "scores.csv", "--fdr", 0.2)
    rows = table_of("scores.csv")
    assert list(rows[0]) == ["row", "label", "score", "p_value", "is_anomaly"]
    assert len(rows) == figures["rows"] == 12
    assert figures["anomalies"] == sum(row["is_anomaly"] == "True" for row in rows)
    ok("detect", DIGITS, *FEW, "--out", "scores.npz")
    assert arrays_of("scores.npz")["where"].shape == (12, 8, 8)


def test_evaluate_prints_figures() -> None:
    figures = answer("evaluate", DIGITS, *FEW)
    assert all(isinstance(value, (int, float, str, list, dict, type(None))) for value in figures.values())
    assert "elbo" in " ".join(figures).lower()


def test_variants_lists_the_folder() -> None:
    from quintet.variants import names

    listed: Any = answer("variants")
    assert [variant["name"] for variant in listed] == names()
    output = ok("variants").stdout
    assert all(name in output for name in names())


def test_schema_says_what_the_data_are() -> None:
    about = answer("schema", "digits")
    assert (about["rows"], about["kind"], about["row_shape"]) == (1797, "image8", [8, 8])
    assert "8x8" in ok("schema", "digits").stdout


def test_a_test_split_is_taken_where_there_is_one() -> None:
    digits = load_data("digits").x
    np.savez("both.npz", x_train=digits[:50], x_test=digits[50:60])
    assert answer("compress", DIGITS, "both.npz", "--out", "a.qnt")["rows"] == 10
    assert answer("compress", DIGITS, "both.npz", "--out", "b.qnt", "--split", "train")["rows"] == 50


def test_force_overwrites_and_quiet_is_quiet() -> None:
    ok("generate", DIGITS, "--out", "new.npy")
    result = ok("generate", DIGITS, "--out", "new.npy", "--force", "--quiet")
    assert result.output == ""


def test_a_warning_is_a_note_and_quiet_leaves_it_out() -> None:
    few = ("detect", DIGITS, "digits", "--limit", 40, "--fdr", 0.001, "--out", "s.csv", "--force")
    assert "note: " in ok(*few).stderr
    assert ok(*few, "--quiet").output == ""


def test_only_and_except_choose_rows() -> None:
    assert answer("compress", DIGITS, "digits", "--only", "0-1", "--except", 1, "--out", "a.qnt")["rows"] == 178


def test_ctrl_c_outside_training_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quintet.estimators.VAE.generate", stop)
    result = invoke("generate", DIGITS, "--out", "new.npy")
    assert result.exit_code == 130
    assert "interrupted" in result.stderr
    assert not Path("new.npy").exists()


def test_out_of_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("quintet.estimators.VAE.compress_to", full)
    result = invoke("compress", DIGITS, *FEW, "--out", "d.qnt")
    assert result.exit_code == 1
    assert "--batch-rows" in result.stderr


def test_answers_about_a_folder_of_images_carry_the_names_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name, pixels in zip(("img10", "img2", "img1"), load_data("digits").x, strict=False):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    names = ["img1.png", "img2.png", "img10.png"]
    ok("detect", DIGITS, folder, "--out", "scores.csv", "--fdr", 0.5)
    header, *lines = Path("scores.csv").read_text().splitlines()
    assert header.split(",")[:2] == ["row", "image"]
    assert [line.split(",")[1] for line in lines] == names
    ok("detect", DIGITS, folder, "--out", "scores.npz", "--limit", 2, "--fdr", 0.5)
    assert np.load("scores.npz")["image"].tolist() == names[:2]
    ok("denoise", DIGITS, folder, "--out", "clean.npz", "--effort", "low", "--noise", "salt")
    ok("impute", DIGITS, folder, "--out", "whole.npz", "--effort", "low")
    assert np.load("clean.npz")["image"].tolist() == np.load("whole.npz")["image"].tolist() == names

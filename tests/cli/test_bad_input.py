"""Bad input: one clear sentence, the right exit code, no traceback, nothing half-written."""

import errno
import gzip
import json
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from tests.cli.command import invoke

FIT = ("--out", "new.safetensors", "--epochs", 1, "--latent-dim", 2, "--limit", 40, "--network", "mlp")


@dataclass(frozen=True)
class Case:
    """Files to make, a command line, and what its sentence must say."""

    name: str
    arguments: tuple[Any, ...]
    says: tuple[str, ...]
    make: Callable[[], None] | None = None
    code: int = 2


def npy(array: Any, name: str = "x.npy") -> Callable[[], None]:
    return lambda: np.save(name, array)


def text(content: str, name: str = "x.csv") -> Callable[[], None]:
    return lambda: Path(name).write_text(content) and None


def content(data: bytes, name: str) -> Callable[[], None]:
    return lambda: Path(name).write_bytes(data) and None


def idx(count: int, body: int, magic: int = 0x803) -> bytes:
    return struct.pack(">4i", magic, count, 4, 4) + bytes(body)


def images(*sizes: tuple[int, int]) -> None:
    Path("pictures").mkdir()
    for index, size in enumerate(sizes):
        Image.new("L", size).save(f"pictures/{index}.png")


def corrupt_png() -> None:
    images((9, 9), (9, 9))
    whole = Path("pictures/1.png").read_bytes()
    Path("pictures/1.png").write_bytes(whole[: len(whole) // 2])


def changed(source: str, target: str, change: Callable[[bytes], bytes]) -> Callable[[], None]:
    return lambda: Path(target).write_bytes(change(Path(source).read_bytes())) and None


def flip(data: bytes, place: int = -9) -> bytes:
    out = bytearray(data)
    out[place] ^= 0x55
    return bytes(out)


def later(data: bytes) -> bytes:
    """The same model file, of a later version."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"]["version"] = "99"
    packed = json.dumps(header).encode()
    return len(packed).to_bytes(8, "little") + packed + data[8 + length :]


FOREIGN = {"w": np.zeros(3, dtype=np.float32)}
GOOD = "models/digits.safetensors"
DATA = [
    Case("no such file", ("fit", "nothing.csv", *FIT), ("nothing.csv", "no file")),
    Case("no such name", ("fit", "digts", *FIT), ("digts", "'digits'")),
    Case("similar file", ("fit", "tabel.csv", *FIT), ("table.csv",), text("a,b\n1,2\n", "table.csv")),
    Case("empty file", ("fit", "x.csv", *FIT), ("x.csv", "empty"), text("")),
    Case("empty folder", ("fit", "pictures", *FIT), ("pictures", "image"), lambda: images()),
    Case("unknown format", ("fit", "x.xlsx", *FIT), (".xlsx", ".parquet"), text("x", "x.xlsx")),
    Case(
        "truncated gzip",
        ("fit", "x-idx3-ubyte.gz", *FIT),
        ("cut off",),
        content(gzip.compress(idx(250, 0) + os.urandom(4000))[:500], "x-idx3-ubyte.gz"),
    ),
    Case(
        "idx magic",
        ("fit", "x-idx3-ubyte", *FIT),
        ("12 34 56 78", "idx"),
        content(idx(3, 48, 0x12345678), "x-idx3-ubyte"),
    ),
    Case("idx short", ("fit", "x-idx3-ubyte", *FIT), ("48", "40"), content(idx(3, 40), "x-idx3-ubyte")),
    Case("image sizes", ("fit", "pictures", *FIT), ("9", "8", "size"), lambda: images((9, 9), (8, 9))),
    Case("corrupt PNG", ("fit", "pictures", *FIT), ("1.png",), corrupt_png),
    Case("ragged CSV", ("fit", "x.csv", *FIT), ("line 3", "3 cells", "2"), text("a,b\n1,2\n3,4,5\n")),
    Case("CSV without header", ("fit", "x.csv", *FIT), ("header",), text("1.5,2\n3,4\n")),
    Case("CSV without rows", ("fit", "x.csv", *FIT), ("row",), text("a,b\n")),
    Case("label column", ("fit", "x.csv", *FIT, "--label", "kind"), ("'kind'",), text("a,kin\n1,2\n3,4\n")),
    Case("corrupt parquet", ("fit", "x.parquet", *FIT), ("x.parquet", "damaged"), text("PAR1 no", "x.parquet")),
    Case("corrupt npz", ("fit", "x.npz", *FIT), ("x.npz", "damaged"), text("PK no", "x.npz")),
    Case("two arrays", ("fit", "x.npz", *FIT), ("a, b", "x"), lambda: np.savez("x.npz", a=np.eye(3), b=np.eye(3))),
    Case(
        "pickled objects",
        ("fit", "x.npy", *FIT),
        ("pickle",),
        lambda: np.save("x.npy", np.array([{}, 1], dtype=object), allow_pickle=True),
    ),
    Case("text array", ("fit", "x.npy", *FIT), ("'red'",), npy(np.array([["red", "1"]]))),
    Case("complex", ("fit", "x.npy", *FIT), ("omplex",), npy(np.ones((4, 4), dtype=complex))),
    Case("zero rows", ("fit", "x.npy", *FIT), ("no rows",), npy(np.zeros((0, 4)))),
    Case("inf", ("fit", "x.npy", *FIT), ("infinite",), npy(np.array([[1.0, np.inf], [2.0, 3.0]]))),
    Case(
        "fractions in 8 bits",
        ("fit", "x.npy", *FIT, "--kind", "image8"),
        ("whole", "image8"),
        npy(np.array([[1.5, np.nan], [2.0, 3.0]])),
    ),
    Case("over 255", ("fit", "x.npy", *FIT, "--kind", "image8"), ("300", "255"), npy(np.full((9, 4, 4), 300))),
    Case("under 0", ("fit", "x.npy", *FIT, "--kind", "image8"), ("-1", "255"), npy(np.full((9, 4, 4), -1))),
    Case("over 1", ("fit", "x.npy", *FIT, "--kind", "unit"), ("1.5", "0 and 1"), npy(np.full((9, 4), 1.5))),
    Case("unknown class", ("fit", "digits", *FIT, "--only", "0-3,x"), ("'x'", "classes")),
    Case("no labels", ("fit", "x.npy", *FIT, "--only", "1"), ("label",), npy(np.eye(9))),
    Case("bad size", ("fit", "digits", *FIT, "--size", "8by8"), ("8by8", "28x28")),
    Case("no split", ("fit", "digits", *FIT, "--split", "test"), ("no test split",)),
    Case("unknown split", ("fit", "digits", *FIT, "--split", "validate"), ("'validate'", "'train' or 'test'")),
]
OPTIONS = [
    Case("unknown command", ("fti",), ("'fti'", "'fit'")),
    Case("unknown flag", ("fit", "digits", *FIT, "--epoch", 3), ("--epoch", "--epochs")),
    Case("no data", ("fit",), ("DATA",)),
    Case("unknown variant", ("fit", "digits", *FIT, "--variant", "bata"), ("'bata'", "'beta'")),
    Case("unknown option", ("fit", "digits", *FIT, "--set", "learning_rat=1"), ("learning_rat", "'learning_rate'")),
    Case("option of another", ("fit", "digits", *FIT, "--set", "beta=4"), ("variant 'beta' or 'beta_tc'", "vae")),
    Case("option without value", ("fit", "digits", *FIT, "--set", "free_bits"), ("NAME=VALUE",)),
    Case("option's value", ("fit", "digits", *FIT, "--set", "batch_size=0"), ("batch_size must be", "got 0")),
    Case(
        "variant's value",
        ("fit", "digits", *FIT, "--variant", "beta", "--set", "beta=-1"),
        ("beta must be at least 0", "-1"),
    ),
    Case("latent_dim 0", ("fit", "digits", *FIT, "--latent-dim", 0), ("0", "at least 1")),
    Case("latent_dim text", ("fit", "digits", *FIT, "--latent-dim", "many"), ("many", "auto")),
    Case("negative epochs", ("fit", "digits", *FIT, "--epochs", -3), ("--epochs", "1")),
    Case("negative minutes", ("fit", "digits", *FIT, "--minutes", -1), ("minutes", "-1")),
    Case("unknown network", ("fit", "digits", *FIT, "--network", "cnov"), ("cnov", "conv")),
    Case("unknown preset", ("fit", "digits", *FIT, "--preset", "slow"), ("slow", "fast")),
    Case("unknown kind", ("fit", "digits", *FIT, "--kind", "binry"), ("'binry'", "'binary'")),
    Case("unknown device", ("fit", "digits", *FIT, "--device", "tpu9"), ("tpu9", "cpu")),
    Case("cvae without labels", ("fit", "x.npy", *FIT, "--variant", "cvae"), ("--label",), npy(np.eye(9))),
]
ANSWERS = [
    Case("no model", ("generate", "nothing", "--out", "x.npz"), ("nothing", "no file")),
    Case("model a folder", ("generate", "models", "--out", "x.npz"), ("models", "folder")),
    Case("empty model", ("generate", "x", "--out", "x.npz"), ("empty",), text("", "x")),
    Case("model of text", ("generate", "x", "--out", "x.npz"), ("not a quintet file",), text("hello " * 9, "x")),
    Case(
        "another program's model",
        ("generate", "x.safetensors", "--out", "x.npz"),
        ("quintet",),
        lambda: save_file(FOREIGN, "x.safetensors"),
    ),
    Case("later version", ("generate", "x", "--out", "x.npz"), ("at most 1, got 99",), changed(GOOD, "x", later)),
    Case("damaged model", ("generate", "x", "--out", "x.npz"), ("damaged",), changed(GOOD, "x", flip)),
    Case("cut model", ("generate", "x", "--out", "x.npz"), ("truncated",), changed(GOOD, "x", lambda d: d[:-50])),
    Case("condition", ("generate", GOOD, "--condition", 7, "--out", "x.npz"), ("condition", "cvae")),
    Case(
        "label not seen",
        ("generate", "models/labelled.safetensors", "--condition", 9, "--out", "x.npz"),
        ("'9'", "0, 1, 2"),
    ),
    Case(
        "condition's name",
        ("generate", "models/labelled.safetensors", "--condition", "colour=9", "--out", "x.npz"),
        ("colour",),
    ),
    Case("-n 0", ("generate", GOOD, "-n", 0, "--out", "x.npz"), ("--number", "1")),
    Case("sampler", ("generate", GOOD, "--sampler", "posterior", "--out", "x.npz"), ("posterior", "prior")),
    Case("table as .png", ("generate", "models/table.safetensors", "--out", "x.png"), (".png", ".csv")),
    Case("features", ("evaluate", "models/table.safetensors", "x.npy"), ("4 features", "3"), npy(np.eye(4))),
    Case("features of numbers", ("evaluate", "models/real.safetensors", "x.npy"), ("4 features", "3"), npy(np.eye(4))),
    Case("table", ("evaluate", "models/table.safetensors", "x.csv"), ("'a', 'b', 'c'", "'d'"), text("d\n3\n6\n")),
    Case(
        "columns",
        ("evaluate", "models/real.safetensors", "x.csv"),
        ("'c'", "a, b, d"),
        text("a,b,d\n1,2,3\n4,5,6\n"),
    ),
    Case("image size", ("evaluate", GOOD, "x.npy"), ("(5, 5)", "(8, 8)"), npy(np.zeros((3, 5, 5), np.uint8))),
    Case(
        "size detected",
        ("detect", GOOD, "x.npy", "--out", "s.csv"),
        ("5x5", "--size 8x8"),
        npy(np.zeros((3, 5, 5), np.uint8)),
    ),
    Case("a photograph", ("evaluate", GOOD, "x.npy"), ("(40, 50, 3)", "--patch"), npy(np.zeros((1, 40, 50, 3), "u1"))),
    Case("infinity at answer", ("evaluate", GOOD, "x.npy"), ("infinite", "finite"), npy(np.full((3, 8, 8), np.inf))),
    Case("out exists", ("generate", GOOD, "--out", "x.npz"), ("--force",), text("mine", "x.npz")),
    Case("out a folder", ("generate", GOOD, "--out", "models"), ("folder",)),
    Case("out in no folder", ("generate", GOOD, "--out", "nowhere/x.npz"), ("nowhere",)),
    Case("out's ending", ("generate", GOOD, "--out", "x.gif"), (".gif", ".png")),
    Case("out without ending", ("detect", GOOD, "digits", "--out", "x"), ("must end in", ".csv")),
    Case("a folder of no images", ("generate", "models/real.safetensors", "--out", "x"), ("images", ".csv")),
    Case("report on a file", ("report", GOOD, "digits", "--out", "x"), ("file",), text("mine", "x")),
    Case("fdr", ("detect", GOOD, "digits", "--fdr", 3, "--out", "x.csv"), ("--fdr", "1")),
    Case("effort", ("detect", GOOD, "digits", "--effort", "much", "--out", "x.csv"), ("much", "high")),
    Case("noise", ("denoise", GOOD, "digits", "--noise", "unifrom", "--out", "x.npz"), ("unifrom", "uniform")),
    Case("rate", ("denoise", GOOD, "digits", "--noise", "uniform", "--rate", 3, "--out", "x.npz"), ("3", "1")),
    Case(
        "mask's shape",
        ("impute", GOOD, "digits", "--mask", "mask.npy", "--out", "x.npz"),
        ("(5, 5)", "(8, 8)"),
        npy(np.ones((5, 5), dtype=bool), "mask.npy"),
    ),
    Case("no mask", ("impute", GOOD, "digits", "--mask", "mask.npy", "--out", "x.npz"), ("mask.npy", "no file")),
    Case("draws as .csv", ("impute", GOOD, "digits", "--draws", 3, "--out", "x.csv"), (".npz",)),
    Case(
        "another model's file",
        ("decompress", "models/other.safetensors", "models/digits.qnt", "--out", "x.npz"),
        ("model",),
    ),
    Case(
        "cut compressed file",
        ("decompress", GOOD, "x.qnt", "--out", "x.npz"),
        ("cut",),
        changed("models/digits.qnt", "x.qnt", lambda data: data[:-9]),
    ),
    Case(
        "altered compressed file",
        ("decompress", GOOD, "x.qnt", "--out", "x.npz"),
        ("checksum",),
        changed("models/digits.qnt", "x.qnt", flip),
    ),
    *(
        Case(
            f"rows {rows}",
            ("decompress", GOOD, "models/digits.qnt", "--rows", rows, "--out", "x.npz"),
            (rows, "100:200"),
        )
        for rows in ("a:b", "1:2:3:4", "5:1:-1", "")
    ),
    Case("blocks", ("compress", GOOD, "digits", "--out", "x.qnt", "--block-rows", 0), ("--block-rows", "1")),
    Case("no compressed file", ("decompress", GOOD, "x.qnt", "--out", "x.npz"), ("x.qnt", "no file")),
    Case("not compressed", ("decompress", GOOD, "x.qnt", "--out", "x.npz"), ("x.qnt",), text("hello", "x.qnt")),
]


def listing() -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in Path().rglob("*") if f.is_file() and "models" not in f.parts[:1]}


def check(case: Case) -> None:
    before = listing()
    result = invoke(*case.arguments)
    assert result.exit_code == case.code, result.output
    lines = [line for line in result.stderr.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("quintet"), lines
    assert lines[0].endswith((".", "?")), lines
    assert "bug in quintet" not in lines[0]
    assert "Traceback" not in result.output
    for words in case.says:
        assert words in lines[0]
    assert listing() == before


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the models at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QUINTET_DATA", raising=False)
    Path("models").symlink_to(models)
    return tmp_path


@pytest.mark.parametrize("case", [*DATA, *OPTIONS, *ANSWERS], ids=lambda case: case.name)
def test_bad_input_is_refused_in_one_sentence(case: Case) -> None:
    if case.make:
        case.make()
    check(case)


NUMBERS = [
    *((("fit", "digits", *FIT, "--seed", seed), "--seed") for seed in (10**20 - 1, -1, "1.5", "nan")),
    *((("fit", "digits", *FIT, "--minutes", minutes), "--minutes") for minutes in ("nan", "inf", 0, -1)),
    *((("fit", "digits", *FIT, "--epochs", epochs), "--epochs") for epochs in ("nan", 1.5, 0)),
    *((("fit", "digits", *FIT, "--calibration", share), "--calibration") for share in ("nan", -0.1, 1.5)),
    *((("fit", "digits", *FIT, "--holdout", share), "--holdout") for share in ("nan", -0.1, 1)),
    *((("fit", "digits", *FIT, "--false-alarms", share), "--false-alarms") for share in ("nan", 0, 1, 5)),
    (("fit", "digits", *FIT, "--patch", 4, "--patches", 10**12), "n must be at most"),
    (("fit", "digits", "--out", "m.safetensors", "--latent-dim", 10**9), "latent_dim"),
    *((("generate", GOOD, "--out", "x.npy", "-n", n), "n") for n in (10**11, 10**30, "1e11", -5, "nan")),
    *((("generate", GOOD, "--out", "x.npy", "--temperature", t), "--temperature") for t in ("nan", "inf", -1)),
    *((("generate", GOOD, "--out", "x.npy", "--batch-rows", n), "--batch-rows") for n in (10**12, 0, "nan")),
    (("impute", GOOD, "digits", "--out", "x.npz", "--draws", 10**12), "--draws"),
    *((("denoise", GOOD, "digits", "--out", "x.npy", "--rate", rate), "--rate") for rate in ("nan", "inf", -1)),
    *((("detect", GOOD, "digits", "--out", "x.csv", "--fdr", share), "--fdr") for share in ("nan", -1, 2)),
    *((("detect", GOOD, "digits", "--out", "x.csv", "--false-alarms", a), "--false-alarms") for a in ("nan", 0, 1)),
    *(
        (("edit", GOOD, "digits", "--attribute", "slant", "--out", "x.npy", "--by", by), "--by")
        for by in ("nan", "inf")
    ),
    *((("report", GOOD, "digits", "--out", "page", "--grid-range", reach), "--grid-range") for reach in ("nan", 0)),
    *((("compare", "digits", "--out", "study", "--minutes", minutes), "--minutes") for minutes in ("nan", -1)),
    (("compare", "digits", "--out", "study", "--seeds", 10**9), "seeds"),
    (("diagnose", GOOD, "digits", "--seed", 2**32), "--seed"),
]


@pytest.mark.parametrize(("arguments", "says"), NUMBERS, ids=lambda part: " ".join(map(str, part[-2:])))
def test_numbers_that_are_none_are_refused(arguments: tuple[Any, ...], says: str) -> None:
    check(Case("number", arguments, (says,)))


def test_there_are_forty_cases_and_more() -> None:
    names = [case.name for case in [*DATA, *OPTIONS, *ANSWERS]]
    assert len(names) == len(set(names)) >= 40


def test_disk_full_while_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for arguments in (("fit", "digits", *FIT, "--quiet"), ("generate", GOOD, "--out", "x.npz", "--quiet")):
        check(Case("disk full", arguments, (str(arguments[arguments.index("--out") + 1]), "Cannot write")))


def test_no_permission_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path))
    check(Case("no permission", ("generate", GOOD, "--out", "locked/x.npz"), ("ermission", "locked")))
    check(Case("no permission", ("fit", "digits", "--out", "locked/x.safetensors"), ("ermission", "locked")))


def test_debug_shows_the_traceback() -> None:
    result = invoke("generate", "nothing", "--out", "x.npz", "--debug")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr


def test_quiet_keeps_the_sentence() -> None:
    assert "no file" in invoke("generate", "nothing", "--out", "x.npz", "--quiet").stderr

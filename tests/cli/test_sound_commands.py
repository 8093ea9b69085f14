"""Commands on recordings, as a user types them: a folder of sound files in; WAV files, folders and tables out."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import Recording, load, save_wav
from quintet.data.sequences.sound.files import read_sound
from quintet.errors import QuintetWarning
from tests.cli.command import invoke, ok
from tests.shared import Shared, hardly_measured

RATE = 8000


def tone(seed: int) -> np.ndarray[Any, Any]:
    """A tone of three partials, low for even seeds, high for odd ones."""
    rng = np.random.default_rng(seed)
    at, pitch = np.arange(900 + 20 * seed), (0.1 + 0.2 * (seed % 2)) * rng.uniform(0.9, 1.1)
    wave = sum(np.sin(pitch * k * at + rng.uniform(0, 6)) / k for k in (1, 2, 3))
    return np.round(3000 * wave + 20 * rng.normal(size=len(at))).astype(np.int16)


def recordings(folder: Path, count: int = 16, first: int = 0) -> Path:
    folder.mkdir()
    for seed in range(first, first + count):
        name = f"{('low', 'high')[seed % 2]}_{seed}.wav"
        save_wav(folder / name, Recording(tone(seed), RATE, 16, name))
    return folder


@pytest.fixture(scope="module")
def model(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def fit() -> Any:
        folder = recordings(tmp_path_factory.mktemp("sound") / "recordings")
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            result = ok("fit", folder, "--out", folder.parent / "m.safetensors", "--epochs", 2, "--json", "--quiet")
        figures = json.loads(result.stdout)
        assert (figures["rate"], figures["channels"], figures["classes"]) == (RATE, 1, 2)
        return load(folder.parent / "m.safetensors")

    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    shared("sound-command", fit).save(path)
    return path


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return recordings(tmp_path / "new", 4, 20)


def rows(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def samples(path: Path) -> np.ndarray[Any, Any]:
    return read_sound(path).samples


def test_compressed_recordings_come_back_sample_for_sample_and_info_says_what_they_are(model: Path, new: Path) -> None:
    done = json.loads(ok("compress", model, new, "--out", "new.qnt", "--json").stdout)
    assert done["recordings"] == 4
    about = ok("info", "new.qnt").stdout
    assert "4 recordings (mono, 8,000 samples a second), 0.665 s in all" in about
    figures, size = json.loads(ok("info", "new.qnt", "--json").stdout), Path("new.qnt").stat().st_size
    count = sum(len(samples(path)) for path in new.iterdir())
    assert (figures["recordings"], figures["samples"], figures["bytes"]) == (4, count, size)
    assert figures["bits_per_sample"] == pytest.approx(8 * size / count)
    assert figures["restores"] == "sample for sample"
    ok("decompress", model, "new.qnt", "--out", "back")
    assert sorted(path.name for path in Path("back").iterdir()) == sorted(path.name for path in new.iterdir())
    for path in new.iterdir():
        assert np.array_equal(samples(Path("back") / path.name), samples(path))
    assert "is damaged or cut short" in _refused("info", _cut(Path("new.qnt")))


def _cut(path: Path) -> Path:
    out = path.with_name("cut.qnt")
    out.write_bytes(path.read_bytes()[:-20])
    return out


def _refused(*arguments: object) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert "internal error" not in result.stderr
    return result.stderr


def test_clicks_are_listed_mended_and_filled_by_the_list(model: Path, new: Path) -> None:
    path = new / "low_20.wav"
    damaged = samples(path).copy()
    damaged[500:502] = 30000
    save_wav(path, Recording(damaged, RATE, 16), force=True)
    found = json.loads(ok("detect", model, new, "--out", "found.csv", "--json").stdout)
    assert found["recordings"] == 4
    table = {row["recording"]: row for row in rows("found.csv")}
    assert set(table) == {"low_20.wav", "high_21.wav", "low_22.wav", "high_23.wav"}
    assert int(table["low_20.wav"]["clicks"]) >= 1
    clicks = [row for row in rows("found.intervals.csv") if row["recording"] == "low_20.wav"]
    assert any(int(row["start"]) <= 500 < int(row["stop"]) for row in clicks)
    ok("denoise", model, new, "--out", "mended")
    ok("impute", model, new, "--mask", "found.intervals.csv", "--out", "filled")
    for folder in ("mended", "filled"):
        answer = samples(Path(folder) / "low_20.wav").astype(int)
        assert (np.abs(answer[500:502] - tone(20)[500:502]) < 3000).all()
        assert (answer != damaged).sum() <= sum(int(row["stop"]) - int(row["start"]) for row in clicks)


def test_new_clips_of_a_class_are_wav_files(model: Path, new: Path) -> None:
    ok("generate", model, "-n", 3, "--condition", "low", "--out", "clips")
    clips = sorted(Path("clips").iterdir())
    assert [clip.name for clip in clips] == ["low_000.wav", "low_001.wav", "low_002.wav"]
    assert all(read_sound(clip).rate == RATE and len(samples(clip)) > 100 for clip in clips)
    ok("generate", model, "-n", 1, "--out", "one.wav", "--seed", 1)
    assert len(samples(Path("one.wav")))


@pytest.mark.parametrize(("ending", "subtype"), [(".flac", "PCM_16"), (".flac", "PCM_24"), (".ogg", "VORBIS")])
def test_flac_and_ogg_files_are_read(model: Path, new: Path, ending: str, subtype: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    Path("others").mkdir()
    wave = tone(30).astype(np.int32) << (8 if subtype == "PCM_24" else 0)
    form = "int32" if subtype == "PCM_24" else "int16"
    content = (wave << 8) if form == "int32" else wave.astype(np.int16)
    soundfile.write(f"others/low_30{ending}", content, RATE, subtype=subtype)
    own = read_sound(f"others/low_30{ending}")
    assert own.bits == (24 if subtype == "PCM_24" else 16)
    assert ending == ".ogg" or np.array_equal(own.samples, wave)
    ok("compress", model, "others", "--out", "o.qnt")
    ok("decompress", model, "o.qnt", "--out", "back.wav")
    back = read_sound("back.wav")
    assert np.array_equal(back.samples, own.samples)
    assert back.bits == own.bits
    assert json.loads(ok("detect", model, "others", "--out", "f.csv", "--json").stdout)["recordings"] == 1


REFUSED = {
    "an option of rows": (
        ("detect", "MODEL", "new", "--out", "f.csv", "--score", "bound"),
        "--score has no meaning for",
    ),
    "a page of some rows": (
        ("report", "MODEL", "new", "--out", "p", "--limit", 3),
        "--limit has no meaning for a model",
    ),
    "a command of rows": (("evaluate", "MODEL", "new"), "holds a model of sound"),
    "a forecast": (("forecast", "MODEL", "new", "--out", "f.csv"), "of series"),
    "no mask": (("impute", "MODEL", "new", "--out", "o"), "impute needs --mask"),
    "several in one file": (("denoise", "MODEL", "new", "--out", "o.wav"), "name a folder"),
    "no recordings": (("detect", "MODEL", "empty", "--out", "f.csv"), "must hold sound files"),
    "no class": (("generate", "MODEL", "--condition", "middle", "--out", "o"), "middle"),
    "a damaged file": (("compress", "MODEL", "bad.wav", "--out", "o.qnt"), "bad.wav"),
    "another rate": (("denoise", "MODEL", "fast.wav", "--out", "o"), "samples a second"),
    "no such file": (("compress", "MODEL", "gone.wav", "--out", "o.qnt"), "gone.wav"),
    "no decoding of rows": (("decompress", "MODEL", "bad.wav", "--out", "o"), "holds no compressed sound"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_is_refused_in_a_sentence(case: str, model: Path, new: Path) -> None:
    Path("empty").mkdir()
    Path("bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    save_wav("fast.wav", Recording(tone(1), 16_000, 16))
    arguments, words = REFUSED[case]
    assert words in _refused(*(model if argument == "MODEL" else argument for argument in arguments))

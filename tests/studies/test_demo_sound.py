"""The demo's sounds: real and new tones as WAV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quintet.data.sequences.sound.files import read_sound
from quintet.studies import demo_sound
from quintet.studies.demo_sound import RATE, tone, write_sounds
from tests.shared import hardly_measured


def test_the_demo_writes_tones_and_new_ones_of_each_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_sound, "EPOCHS", 2)
    with hardly_measured():
        said = write_sounds(tmp_path / "sounds", 0)
    assert "folder sounds" in said
    names = {path.name for path in (tmp_path / "sounds").iterdir()}
    assert names == {
        *(f"new_{label}_{number}.wav" for label in ("falling", "rising") for number in range(3)),
        *("real_falling.wav", "real_rising.wav"),
    }
    found = {name: read_sound(tmp_path / "sounds" / name) for name in names}
    assert all(each.rate == RATE and each.seconds > 0.1 and each.samples.any() for each in found.values())


def test_tones_rise_and_fall() -> None:
    for label, sign in (("rising", 1), ("falling", -1)):
        wave = tone(label, np.random.default_rng(0)).astype(float)
        crossings = [
            int((np.diff(np.sign(part)) != 0).sum()) for part in (wave[: len(wave) // 3], wave[-len(wave) // 3 :])
        ]
        assert sign * (crossings[1] - crossings[0]) > 0

"""Laws of recordings: every sample comes back, damage is found where it was put, new clips are of their class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quintet import Recording, Sound, load
from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.prediction import residuals_of, restored_from
from quintet.errors import FileRefused, InputError
from quintet.estimators._sound import fitting
from quintet.estimators._sound.fitting import CLIP, fit_clips
from quintet.training import optimiser
from tests.shared import Shared, hardly_measured, unmeasured

RATE = 8000
Array = np.ndarray


def voices(count: int, seed: int) -> tuple[list[Array], Array]:
    """Tones with three partials, of two classes: low and high ones; lengths and loudness differ."""
    random = np.random.default_rng(seed)
    found, labels = [], np.arange(count) % 2
    for label in labels:
        steps = np.arange(random.integers(700, 1500))
        pitch = random.uniform(0.08, 0.12) * (1 + 2 * label)
        tone = sum(np.sin(pitch * k * steps + random.uniform(0, 6)) / k for k in (1, 2, 3))
        noise = random.normal(size=len(steps)) * 0.01
        found.append(np.round(random.uniform(1000, 5000) * (tone + noise)).astype(np.int16))
    return found, labels


def fitted() -> Sound:
    recordings, labels = voices(24, 0)
    with hardly_measured():
        return Sound(epochs=8, random_state=0, frame=64, verbose=False).fit(recordings, labels, rate=RATE)


@pytest.fixture(scope="session")
def sound(shared: Shared) -> Sound:
    return shared("sound", fitted)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_recordings_of_any_lengths_and_widths_come_back_sample_for_sample(sound: Sound, data: st.DataObject) -> None:
    bits = data.draw(st.sampled_from([8, 16, 24, 32]))
    top, dtype = 1 << (bits - 1), np.int32 if bits > 16 else np.int16
    given_ = []
    for number in range(data.draw(st.integers(1, 3))):
        steps = data.draw(st.integers(1, 300))
        random = np.random.default_rng(data.draw(st.integers(0, 99)))
        kind = data.draw(st.sampled_from(["noise", "silence", "coarse", "tone"]))
        tone = np.sin(np.arange(steps) * 0.2) * (top - 1)
        samples = {
            "noise": random.integers(-top, top, steps),
            "silence": np.zeros(steps),
            "coarse": random.integers(-4, 4, steps) * (top // 4),
            "tone": tone,
        }[kind]
        given_.append(Recording(samples.astype(dtype), RATE, bits, f"{number}.wav"))
    blob = sound.compress(given_, effort="low")
    for own, found in zip(given_, sound.decompress(blob), strict=True):
        assert np.array_equal(own.samples, found.samples)
        assert (own.rate, own.bits, own.name, own.samples.dtype) == (
            found.rate,
            found.bits,
            found.name,
            found.samples.dtype,
        )


def test_the_model_beats_a_packer_on_what_it_was_trained_on(sound: Sound) -> None:
    asked, _ = voices(6, 1)
    samples = sum(map(len, asked))
    residuals = residuals_of([each[:, None].astype(np.int64) for each in asked], 16)
    spread = np.concatenate(residuals).std()
    gaussian = np.log2(spread * np.sqrt(2 * np.pi * np.e))  # bits a sample with one scale for all
    assert 8 * len(sound.compress(asked)) / samples < gaussian + 0.3


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_prediction_is_undone_exactly(bits: int) -> None:
    random, top = np.random.default_rng(bits), 1 << (bits - 1)
    given_ = [
        random.integers(-top, top, (1000, 2)),
        (np.sin(np.arange(20_000) * 0.3) * (top - 1)).astype(np.int64)[:, None],
        np.zeros((70, 1), np.int64),
        np.full((1, 1), -top),
    ]
    for own, found in zip(given_, restored_from(residuals_of(given_, bits), bits), strict=True):
        assert np.array_equal(own, found)


def test_prediction_leaves_little_of_a_tone() -> None:
    tone = np.round(10_000 * np.sin(np.arange(4000) * 0.3))[:, None].astype(np.int64)
    assert np.abs(residuals_of([tone], 16)[0][500:]).mean() < 5


def test_a_damaged_or_foreign_file_is_refused(sound: Sound) -> None:
    asked, _ = voices(2, 2)
    blob = sound.compress(asked)
    for place in (5, len(blob) // 2, len(blob) - 1):
        wrong = bytearray(blob)
        wrong[place] ^= 1
        with pytest.raises(FileRefused):
            sound.decompress(bytes(wrong))
    with pytest.raises(FileRefused, match="holds no compressed sound"):
        sound.decompress(b"QNT" + blob[3:])


def test_clicks_and_dropouts_are_found_where_they_are_and_mended(sound: Sound) -> None:
    asked, _ = voices(4, 3)
    damaged = [each.copy() for each in asked]
    for each in damaged:
        each[300:302] += 9000
        each[500:530] = 0
    mended, found = sound.denoise(damaged, return_report=True)
    for clean, bad, good, intervals in zip(asked, damaged, mended, found, strict=True):
        kinds = {each.kind: each for each in intervals}
        assert any(each.kind == "click" and each.start <= 300 < each.stop for each in intervals)
        assert abs(kinds["dropout"].start - 500) <= 1
        assert abs(kinds["dropout"].stop - 530) <= 1
        before, after = (np.square(x.astype(float) - clean).sum() for x in (bad, good))
        assert after < 0.05 * before
    assert [len(each) for each in sound.detect(damaged).intervals] == [len(each) for each in found]


def test_clean_recordings_are_hardly_touched(sound: Sound) -> None:
    asked, _ = voices(6, 4)
    changed = [np.mean(own != found) for own, found in zip(asked, sound.denoise(asked), strict=True)]
    assert np.mean(changed) < 0.005


def test_gaps_are_filled_and_all_other_samples_stay(sound: Sound) -> None:
    asked, _ = voices(3, 5)
    holes = [np.zeros(len(each), bool) for each in asked]
    for hole in holes:
        hole[400:430] = True
    filled = sound.impute(asked, mask=holes)
    with_nan = [np.where(hole, np.nan, each.astype(float)) for each, hole in zip(asked, holes, strict=True)]
    again = sound.impute(with_nan)
    for own, found, other, hole in zip(asked, filled, again, holes, strict=True):
        assert np.array_equal(own[~hole], found[~hole])
        assert np.array_equal(found, other)
        assert np.square(own[hole] - found[hole].astype(float)).mean() < 0.1 * np.square(own.astype(float)).mean()


def test_another_sound_is_stranger_than_those_of_training(sound: Sound) -> None:
    asked, _ = voices(10, 6)
    random = np.random.default_rng(0)
    noise = [random.normal(size=1000) * 3000 for _ in range(5)]
    found = sound.detect([*asked, *[each.astype(np.int16) for each in noise]], damage=False)
    assert found.scores[10:].min() > np.median(found.scores[:10])
    assert found.p_values[10:].max() < 0.1
    assert "recordings" in repr(found)


def test_clips_are_of_their_class_and_no_longer_than_allowed() -> None:
    recordings, labels = voices(40, 0)
    with unmeasured():
        clips, shape = fit_clips(
            [Recording(x, RATE) for x in recordings],
            labels,
            {"epochs": 100, "training": {"batch_size": 10}, "verbose": False},
        )
    random = np.random.default_rng(0)
    low, high = ([shape.recording(row, random, 0.1) for row in clips.generate(6, label)] for label in (0, 1))

    def pitch(recording: Recording) -> float:
        spectrum = np.abs(np.fft.rfft(recording.samples * np.hanning(recording.steps)))
        return float(spectrum.argmax() * RATE / recording.steps)

    assert np.median([pitch(each) for each in high]) > 1.8 * np.median([pitch(each) for each in low])
    assert max(each.seconds for each in low + high) < 0.15


def test_the_same_call_gives_the_same_clips_no_longer_than_training(sound: Sound) -> None:
    made, again = sound.generate(4, condition=0), sound.generate(4, condition=0)
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(made, again, strict=True))
    assert max(each.seconds for each in made) <= sound.description_.longest + 0.05


def test_a_file_gives_back_the_same_answers(sound: Sound, tmp_path: Path) -> None:
    asked, _ = voices(2, 7)
    sound.save(tmp_path / "a.safetensors")
    found = load(tmp_path / "a.safetensors")
    assert isinstance(found, Sound)
    assert found.description_ == sound.description_
    assert found.compress(asked) == sound.compress(asked)
    assert np.array_equal(found.detect(asked).scores, sound.detect(asked).scores)
    assert np.array_equal(found.generate(1)[0].samples, sound.generate(1)[0].samples)


def test_what_does_not_fit_the_model_is_refused_in_one_sentence(sound: Sound) -> None:
    asked, _ = voices(1, 8)
    with pytest.raises(InputError, match="8,000 samples a second and 1 channel, as in training, got 16,000"):
        sound.detect(asked, rate=16_000)
    with pytest.raises(InputError, match="got 8,000 and 2 in recording 0"):
        sound.denoise([np.zeros((900, 2), np.int16)])
    with pytest.raises(InputError, match="compress needs every sample"):
        sound.compress([np.array([1.0, np.nan])])
    with pytest.raises(InputError, match="mask must have an array for each of 1 recordings, got 2"):
        sound.impute(asked, mask=[np.zeros(9, bool), np.zeros(9, bool)])
    with pytest.raises(InputError, match=r"at least 10 recordings or a second of sound, got 1 of 0\.1"):
        Sound().fit([asked[0][:800]], rate=RATE)
    with pytest.raises(InputError, match="y must have a label for each of 1 recordings, got 2"):
        Sound().fit(asked, [0, 1], rate=RATE)


class Trained(Exception):
    """The frames' model is trained."""


@pytest.mark.parametrize(("training", "norms"), [({"learning_rate": 1e-3}, {CLIP}), ({"clip": 0.0}, set())])
def test_gradients_of_frames_are_clipped_where_the_user_does_not_choose(
    training: dict[str, float], norms: set[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, clip = list[float](), optimiser.clip

    def watched(parameters: Any, norm: float) -> None:
        clip(parameters, norm)
        total = sum(float(p.grad.square().sum()) for p in parameters if p.grad is not None)
        assert total <= norm**2 * (1 + 1e-4)
        seen.append(norm)

    def stop(*_: Any) -> Any:
        raise Trained

    monkeypatch.setattr(optimiser, "clip", watched)
    monkeypatch.setattr(fitting, "fit_clips", lambda *_: (None, ClipShape(RATE)))
    monkeypatch.setattr(fitting, "_held_out", stop)  # what is measured after training is not asked for
    recordings, _ = voices(12, 5)
    recordings = [(each * 1e-3).astype(np.int16) for each in recordings]
    recordings[3] = (32_000 * np.sin(np.arange(1000) ** 1.5)).astype(np.int16)  # a loud one among nearly silent ones
    with unmeasured(), pytest.raises(Trained):
        Sound(epochs=1, frame=64, training=training, random_state=0, verbose=False).fit(recordings, rate=RATE)
    assert set(seen) == norms


def test_the_figure_marks_what_is_damaged(sound: Sound) -> None:
    asked, _ = voices(1, 3)
    asked[0][500:530] = 0
    figure = sound.plot.spectrogram(asked)
    assert len(figure.axes[0].lines) >= 1
    assert not sound.plot.spectrogram(asked, damage=False).axes[0].lines

"""The pages on series, text and sound: their sections, what is marked, drawn and heard, and what is refused."""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quintet import VAE, Series, Sound, Text
from quintet.errors import InputError, QuintetWarning
from quintet.report import report
from quintet.report.page import Chart, Page, Section, TextTable, Words, page_text
from quintet.report.sections.series.forecast import seasonal
from quintet.report.sections.series.generate import autocorrelation
from quintet.report.sections.sound.damage import mean_snr, with_clicks, with_gaps
from quintet.report.sections.text.denoise import slip, with_slips
from quintet.report.sections.text.detect import marked_words, mixed_up
from quintet.report.series_material import shown_time
from tests.alt_texts import alt_texts
from tests.shared import Shared, hardly_measured

sys.path.insert(0, str(Path(__file__).parent))
from test_page import Balance

TINY: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (16,)}, "epochs": 2, "context": "none"}
LINES = ["the cat sat on the mat", "a dog ran over the hill", "the bird sang in the tree"] * 40


def load(steps: int = 700, seed: int = 0) -> pd.DataFrame:
    rng, at = np.random.default_rng(seed), np.arange(steps)
    values = 50 + 10 * np.sin(at * 2 * np.pi / 24) + rng.normal(size=steps)
    hours = pd.date_range("2024-01-01", periods=steps, freq="h")
    frame = pd.DataFrame({"time": hours, "load </script>": values.round(2), "other": np.roll(values, 6).round(2)})
    return frame.drop(range(100, 105)).reset_index(drop=True)


def tones(count: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    return [(4000 * np.sin(np.arange(900) * rng.uniform(0.2, 0.4))).astype(np.int16) for _ in range(count)]


def quietly(fit: Any) -> Any:
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        return fit()


@pytest.fixture(scope="module")
def series(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> str:
    model = shared("report-series", lambda: quietly(lambda: Series(**TINY, window=48).fit(load())))
    return report(model, load(), out=tmp_path_factory.mktemp("s") / "page.html", quick=True).read_text("utf-8")


@pytest.fixture(scope="module")
def text(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> str:
    vae = VAE(**{**TINY, "context": "auto"})
    model = shared("report-text", lambda: quietly(lambda: Text(vae).fit(LINES)))
    lines = [*LINES[:3], "the cat ran over the mat", "a <b>bold</b> bird & a dog sat", "zzzzz qqqqq", "the hill sang"]
    return report(model, lines, out=tmp_path_factory.mktemp("t") / "page.html", quick=True).read_text("utf-8")


@pytest.fixture(scope="module")
def sound(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> str:
    fit = lambda: Sound(epochs=2, verbose=False).fit(tones(16), ["low", "high"] * 8, rate=8000)  # noqa: E731
    model = shared("report-sound", lambda: quietly(fit))
    return report(model, tones(20), out=tmp_path_factory.mktemp("a") / "page.html", quick=True).read_text("utf-8")


SECTIONS = {
    "series": ["series", "detect", "impute", "forecast", "denoise", "generate", "compress", "training"],
    "text": ["generate", "detect", "denoise", "impute", "compress", "training"],
    "sound": ["generate", "detect", "denoise", "impute", "compress", "training"],
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_page_stands_alone_with_every_section_and_nothing_to_fetch(kind: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(kind)
    checked = Balance()
    checked.feed(page)
    assert not checked.open
    assert len(set(checked.ids)) == len(checked.ids)
    assert re.findall(r'<section id="([^"]+)"', page) == SECTIONS[kind]
    assert all(address.startswith(("#", "data:")) for address in checked.fetched)
    assert 'class="note"' not in page, "every section could be made"
    assert "nan" not in re.sub(r"data:[^\"]+", "", page).lower().replace("finance", "")
    assert all(words.strip() for words in alt_texts(page))


def chart_data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_chart_holds_the_values_p_values_alarms_gaps_and_the_forecast(series: str) -> None:
    data, frame = chart_data(series), load()
    (one,) = data["series"]
    assert data["channels"] == ["load </script>", "other"]
    there = [value for value in one["values"][0] if value is not None]
    assert there == frame["load </script>"].tolist()
    assert [step for step, value in enumerate(one["values"][0]) if value is None] == list(range(100, 105))
    assert len(one["p"]) == 700
    assert {(gap["channel"], gap["start"], len(gap["mean"])) for gap in one["gaps"]} == {
        (channel, start, count) for channel in (0, 1) for start, count in ((100, 5), (700, 12))
    }
    assert all(low <= high for gap in one["gaps"] for low, high in zip(gap["low"], gap["high"], strict=True))
    assert one["times"] == {"from": 1704067200000.0, "step": 3600000.0}
    for alarm in one["alarms"]:
        assert alarm["p"] == pytest.approx(min(one["p"][alarm["start"] : alarm["stop"]]), rel=0.01)


def test_words_of_the_data_cannot_end_the_script_or_become_elements(series: str, text: str) -> None:
    assert "load </script>" not in series
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_new_clips_can_be_heard_and_their_classes_are_named(sound: str) -> None:
    clips = re.findall(r'<audio [^>]*src="data:audio/wav;base64,UklGR[^"]+"', sound)
    assert len(clips) >= 10
    assert "<span>new: low</span>" in sound


def test_marked_words_stand_in_the_text(text: str) -> None:
    assert '<mark class="filled">' in text
    assert "zzzzz" in text


@pytest.mark.parametrize("given", [{"y": [0]}, {"strange": np.zeros((2, 3))}, {"train": np.zeros((2, 3))}])
def test_parameters_of_rows_are_refused(shared: Shared, given: dict[str, Any], tmp_path: Path) -> None:
    model = shared("report-series", lambda: quietly(lambda: Series(**TINY, window=48).fit(load())))
    with pytest.raises(InputError, match=f"{next(iter(given))} has no meaning in a report on a Series"):
        report(model, load(), out=tmp_path / "page.html", **given)


def test_a_chart_without_a_value_is_json(tmp_path: Path) -> None:
    made = page_text(Page("t", "l", [], [Section("s", "S", "", [Chart("c", "C", {"a": [None, "</script>"]})])]))
    assert chart_data(made) == {"a": [None, "</script>"]}
    assert "ResizeObserver" in made
    table = TextTable("T", ("line",), [(Words([("a ", ""), ("<b>", "strange"), (" c", "")]),)])
    made = page_text(Page("t", "l", [], [Section("s", "S", "", [table])]))
    assert 'a <mark class="strange">&lt;b&gt;</mark> c' in made
    assert "ResizeObserver" not in made


def test_marks_lie_where_the_words_are() -> None:
    found = marked_words("ab cd ef", [(3, "cd")])
    assert list(found.parts) == [("ab ", ""), ("cd", "strange"), (" ef", "")]
    long = "x" * 300
    assert "".join(part for part, _ in marked_words(long, [(250, "x")]).parts) == "x" * 240 + "…"


def test_slips_are_where_they_are_said_to_be_and_change_one_word() -> None:
    typed, slips = with_slips(["the remarkable characters wandered elsewhere"] * 60, 0)
    assert slips
    for (line, position), meant in slips.items():
        word = re.match(r"\w+", typed[line][position:])
        assert word is not None
        assert word[0] != meant
        assert abs(len(word[0]) - len(meant)) <= 1
    assert all(slip("abcdef", np.random.default_rng(i))[0] == "a" for i in range(20))


def test_mixed_lines_have_the_same_words() -> None:
    line = "one two three four five"
    assert sorted(mixed_up(line, np.random.default_rng(0)).split()) == sorted(line.split())


def test_a_season_is_repeated_and_without_one_the_last_value() -> None:
    past = np.arange(6.0)[:, None]
    assert seasonal(past, 5, 3)[:, 0].tolist() == [3, 4, 5, 3, 4]
    assert seasonal(past, 2, None)[:, 0].tolist() == [5, 5]


def test_the_autocorrelation_of_a_sine_returns_after_its_period() -> None:
    rng = np.random.default_rng(0)
    waves = np.sin(2 * np.pi * (np.arange(64) / 8 + rng.random((500, 1))))[..., None]
    found = autocorrelation(waves, 9)
    assert found[[0, 8]] == pytest.approx([1, 1], abs=0.02)
    assert found[4] == pytest.approx(-1, abs=0.02)


def test_damage_is_where_it_is_said_to_be() -> None:
    from quintet.data.sequences.sound.recording import Recording

    whole = Recording(tones(1)[0], 8000)
    for damage in (with_clicks, with_gaps):
        found = damage(whole, 0)
        changed = found.recording.samples != whole.samples
        assert changed.any()
        assert not changed[~found.where].any()
        assert mean_snr([whole], [found.recording]) < 40
    assert mean_snr([whole], [whole]) == 99


@pytest.mark.parametrize(
    ("stamp", "text"),
    [
        (np.datetime64("2014-07-01T00:30:00"), "2014-07-01 00:30"),
        (np.datetime64("2014-07-01T00:30:05.000"), "2014-07-01 00:30:05"),
        (np.datetime64("2014-07-01"), "2014-07-01"),
        (17, "17"),
    ],
)
def test_time_stamps_are_short(stamp: Any, text: str) -> None:
    assert shown_time(stamp) == text

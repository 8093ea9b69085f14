"""The interactive chart of a series in a real browser, without a network: pointer, keyboard, buttons, touch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quintet.report.page import Chart, Page, Section, page_text

CHROMIUM = Path("/usr/bin/chromium")
playwright = pytest.importorskip("playwright.sync_api")
if not CHROMIUM.exists():
    pytest.skip("needs chromium", allow_module_level=True)

STEPS = 1000
DATA = {
    "axis": {"kind": "date"},
    "channels": ["load", "outside"],
    "level": 0.01,
    "series": [
        {
            "name": "",
            "first": 0,
            "times": {"from": 1704067200000.0, "step": 3600000.0},
            "values": [[None if i in (400, 401) else i % 24 for i in range(STEPS)], [i % 7 for i in range(STEPS)]],
            "p": [0.004 if 500 <= i < 510 else 0.5 for i in range(STEPS)],
            "gaps": [
                {"channel": 0, "start": 400, "mean": [16, 17], "low": [14, 15], "high": [18, 19]},
                {"channel": 0, "start": STEPS, "mean": [5, 6], "low": [4, 5], "high": [6, 7]},
            ],
            "alarms": [{"start": 500, "stop": 510, "p": 0.004, "stretch": 0.1, "channel": "load"}],
        }
    ],
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("chart") / "page.html"
    section = Section("series", "Series", "", [Chart("chart", "Chart", DATA, alt="a chart")])
    path.write_text(page_text(Page("Title", "Lead", [], [section])), encoding="utf-8")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(offline=True, has_touch=True)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(path.as_uri())
        yield page
        browser.close()


@pytest.fixture
def page(opened: Any) -> Any:
    opened.reload()
    return opened


def said(page: Any) -> str:
    return str(page.locator(".readout").inner_text())


def labels(page: Any) -> list[str]:
    return list(page.locator(".chart svg text").all_inner_texts())


def test_pointing_at_a_step_tells_its_value_and_p_value(page: Any) -> None:
    assert said(page) == "1 alarm; 2024-01-01 00:00 to 2024-02-11 15:00"
    box = page.locator(".chart svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    assert "load" in said(page)
    assert "p-value 0." in said(page)


def test_the_keyboard_moves_zooms_and_finds_alarms(page: Any) -> None:
    page.locator(".chart svg").focus()
    page.keyboard.press("Home")
    assert said(page) == "2024-01-01 00:00: load 0; p-value 0.5"
    page.keyboard.press("ArrowRight")
    assert said(page) == "2024-01-01 01:00: load 1; p-value 0.5"
    page.keyboard.press("End")
    assert said(page) == "2024-02-11 17:00: load forecast 6, 90 % from 5 to 7"
    page.keyboard.press("n")
    assert "alarm of 10 steps, most in load, p-value 0.004, of the stretch 0.1" in said(page)
    page.keyboard.press("0")
    whole = labels(page)
    page.keyboard.press("+")
    assert labels(page) != whole
    page.keyboard.press("-")
    assert labels(page) == whole


def test_a_missing_step_tells_what_was_filled_in(page: Any) -> None:
    page.locator("button[data-action=next]").click()
    page.locator(".chart svg").focus()
    for _ in range(100):
        page.keyboard.press("ArrowLeft")
    assert "load missing, filled 16, 90 % from 14 to 18" in said(page)


def test_dragging_zooms_to_the_stretch_and_all_goes_back(page: Any) -> None:
    box, whole = page.locator(".chart svg").bounding_box(), labels(page)
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 90)
    page.mouse.up()
    assert labels(page) != whole
    page.locator("button[data-action=all]").click()
    assert labels(page) == whole


def test_a_finger_shows_values_and_another_channel_has_other_ones(page: Any) -> None:
    box = page.locator(".chart svg").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 100)
    assert "load" in said(page)
    page.locator(".chart select").select_option("1")
    assert "outside" in said(page)

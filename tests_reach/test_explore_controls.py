"""A page on digits in a real browser: text, keys and sliders, names of controls, and browsers that lack something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests_reach.chromium import ask, chromium, opened
from tests_reach.explored_digits import model_of_digits, page_of_digits, running_page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of_digits(model_of_digits(tmp_path_factory), tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser, file: Path) -> Iterator[Page]:
    with running_page(browser, file) as found:
        yield found


def test_title_and_labels_are_text(page: Page) -> None:
    assert page.inner_text("h1") == "Six & <i>seven</i>"
    assert page.inner_text("#legend").count("</script><b>six</b>") == 1
    assert page.locator("b").count() == 0


def test_keys_choose_a_row_of_the_map(page: Page) -> None:
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    spot = page.evaluate("document.getElementById('map-note').textContent")
    assert spot
    names = set()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
        note = page.inner_text("#map-note")
        if note.startswith("row"):
            names.add(note)
            page.keyboard.press("Enter")
            assert page.inner_text("#row-name") == note
            break
    assert names


def test_keys_draw_and_the_answers_follow(page: Page) -> None:
    page.fill("#row-number", "3")
    page.press("#row-number", "Enter")
    page.click("#clear")
    page.wait_for_function("window.quintet.editor.cells.every(v => v === 0)")
    settled(page)
    before = page.inner_text("#bits")
    page.check('input[name="tool"][value="pen"]')
    page.focus("#drawing")
    for key in ("ArrowUp", " ", "ArrowUp", " "):
        page.keyboard.press(key)
    assert page.evaluate("Math.max(...window.quintet.editor.cells)") == 16
    page.wait_for_function("text => document.getElementById('bits').textContent !== text", arg=before)
    page.wait_for_function("document.getElementById('spoken').textContent.length > 0")
    page.check('input[name="tool"][value="hide"]')
    page.focus("#drawing")
    page.keyboard.press(" ")
    page.wait_for_function("!document.getElementById('take-filled').disabled")
    assert page.inner_text("#p-value") == "p = –"


def test_a_slider_moves_what_is_decoded_and_can_be_edited(page: Page) -> None:
    latent = page.evaluate("window.quintet.page.latents.order[0]")
    settled(page)
    before = page.evaluate("document.querySelector('#decoded canvas').toDataURL()")
    page.focus(f"#latent-{latent}")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("was => document.querySelector('#decoded canvas').toDataURL() !== was", arg=before)
    z = page.evaluate("Array.from(window.quintet.editor.shown)")
    page.click("#take-decoded")
    page.wait_for_function("document.getElementById('row-name').textContent.includes('decoded')")
    cells = page.evaluate("Array.from(window.quintet.editor.cells)")
    decoded = np.array(ask(page, "similar", np.array(z), 0.0))[:64]
    assert np.array_equal(cells, np.rint(np.clip(decoded, 0, 16)))


def settled(page: Page) -> None:
    """Wait until the answers to the last change are shown."""
    page.evaluate("window.quintet.ready")
    page.wait_for_timeout(700)


def test_every_control_has_a_name(page: Page) -> None:
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas[tabindex]')]
        .filter(e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()
            || e.querySelector('[aria-label]'))).map(e => e.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("delete window.DecompressionStream", "DecompressionStream"),
        ("WebAssembly.validate = () => false", "WebAssembly SIMD"),
    ],
)
def test_a_browser_that_cannot_run_the_model_is_told_so_and_has_the_map(
    browser: Browser, file: Path, lost: str, named: str
) -> None:
    page, _, errors = opened(browser, file.as_uri(), before=lost)
    page.wait_for_function("document.getElementById('status').classList.contains('alarm')")
    assert f"no {named}, which" in page.inner_text("#status")
    drawn = "() => new Set(document.getElementById('map').getContext('2d').getImageData(0, 0, 300, 300).data).size"
    assert page.evaluate(drawn) > 20
    assert errors == []
    page.close()

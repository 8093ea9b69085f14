"""A page on a conditional model: labels and numbers are chosen, and every answer is given them, as in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.explore import explore
from tests.scale.models import TINY
from tests.shared import hardly_measured, of
from tests_reach.chromium import ask, chromium, opened

DIGITS = load_digits().images.astype(np.uint8)
ASKED = pd.DataFrame({"digit": load_digits().target % 4, "ink": DIGITS.mean((1, 2)).round(3)})
NEW = slice(300, 330)


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    def fit() -> VAE:
        with hardly_measured():
            return VAE("cvae", **TINY, random_state=0).fit(DIGITS[:250], ASKED[:250])

    return of(tmp_path_factory)("explored-conditional", fit)


@pytest.fixture(scope="module")
def page(vae: VAE, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    file = explore(vae, DIGITS[NEW], ASKED[NEW], tmp_path_factory.mktemp("page") / "page.html")
    with chromium() as browser:
        found, _, errors = opened(browser, file.as_uri())
        found.evaluate("window.quintet.ready")
        yield found
        assert errors == []


def chosen(page: Page, vae: VAE) -> dict[str, Any]:
    """The condition in the page's editor, in the user's terms."""
    encoded = np.array(page.evaluate("Array.from(window.quintet.editor.condition)"))
    condition = vae.schema_.condition
    assert condition is not None
    digit, ink = condition.columns
    assert digit.levels is not None
    assert encoded[:-1].sum() == encoded[:-1].max() == 1
    return {"digit": digit.levels[encoded[:-1].argmax()], "ink": encoded[-1] * ink.std + ink.mean}


def agrees(page: Page, vae: VAE, row: np.ndarray) -> np.ndarray:
    """Compare score, p-value and reconstruction with Python's under the chosen condition; the reconstruction."""
    condition = chosen(page, vae)
    found, answer = vae.detect(row[None], condition=condition), ask(page, "score", row.ravel())
    assert answer["nats"] == pytest.approx(found.components["elbo"][0], rel=1e-4, abs=1e-2)
    assert answer["score"] == pytest.approx(found.scores[0], rel=1e-3, abs=1e-2)
    assert answer["p"] == pytest.approx(found.p_values[0], abs=1 / (vae.held_out_ + 1) + 1e-9)
    again = np.array(ask(page, "reconstruct", row.ravel()))
    assert np.array_equal(np.rint(again).reshape(8, 8), vae.reconstruct(row[None], condition=condition)[0])
    return again


def test_rows_have_their_own_conditions_on_the_map(page: Page, vae: VAE) -> None:
    z = np.array(page.evaluate("Array.from(window.quintet.page.rows.z)")).reshape(-1, 3)
    np.testing.assert_allclose(z, vae.transform(DIGITS[NEW], ASKED[NEW]), atol=1e-5)
    for index in (4, 0):
        page.fill("#row-number", str(index + 1))
        page.press("#row-number", "Enter")
        own = ASKED.iloc[NEW.start + index]
        assert chosen(page, vae) == pytest.approx({"digit": own["digit"], "ink": own["ink"]}, rel=1e-5)
        assert page.eval_on_selector("#condition-0", "e => e.selectedOptions[0].textContent") == str(int(own["digit"]))


def test_answers_are_given_the_chosen_labels_and_numbers(page: Page, vae: VAE) -> None:
    row = DIGITS[NEW.start]
    before = agrees(page, vae, row)
    decoded = "document.querySelector('#decoded canvas').toDataURL()"
    seen = page.evaluate(decoded)
    other = (ASKED["digit"][NEW.start] + 1) % 4
    page.select_option("#condition-0", label=str(other))
    assert chosen(page, vae)["digit"] == other
    after = agrees(page, vae, row)
    assert np.abs(after - before).max() > 0.1
    page.wait_for_function(f"was => {decoded} !== was", arg=seen)
    ink = chosen(page, vae)["ink"]
    page.focus("#condition-1")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert chosen(page, vae)["ink"] > ink
    agrees(page, vae, row)


def test_hidden_pixels_are_filled_under_the_condition(page: Page) -> None:
    row, observed = DIGITS[NEW.start + 1].ravel(), np.repeat([1.0, 0.0], 32)
    found = []
    for label in ("0", "1"):
        page.select_option("#condition-0", label=label)
        found.append(np.array(ask(page, "impute", row, observed)))
    assert np.array_equal(found[0][:32], row[:32])
    assert np.abs(found[0] - found[1])[32:].max() > 0.05

"""A page of `quintet explore` on digits: its model, its file, and the page as it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.explore import explore
from tests.shared import hardly_measured, of
from tests_reach.chromium import opened

DIGITS = load_digits().images.astype(np.uint8)


def model_of_digits(factory: pytest.TempPathFactory) -> VAE:
    """A model of the first 400 digits; fitted once a run."""
    with hardly_measured():
        return of(factory)("explored", lambda: VAE(latent_dim=8, epochs=10, random_state=0).fit(DIGITS[:400]))


def page_of_digits(vae: VAE, folder: Path) -> Path:
    """A page of rows that training has not seen; its title and a label look like HTML."""
    labels = load_digits().target[500:560].astype(str)
    labels[0] = "</script><b>six</b>"
    return explore(vae, DIGITS[500:560], labels, folder / "page.html", title="Six & <i>seven</i>")


@contextmanager
def running_page(browser: Browser, file: Path) -> Iterator[Page]:
    """The page once the model runs; it has no error and loads nothing."""
    found, asked, errors = opened(browser, file.as_uri())
    found.evaluate("window.quintet.ready")
    found.wait_for_function("document.getElementById('p-value').textContent.length > 4")
    yield found
    assert errors == []
    assert [address for address in asked if not address.startswith(("blob:", file.as_uri()))] == []
    found.close()

"""Debian's Chromium for tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 120_000
"""Milliseconds for what takes one on an idle machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        yield found
        found.close()


def opened(browser: Browser, address: str, before: str = "") -> tuple[Page, list[str], list[str]]:
    """A new page at an address, the addresses that it asked for, and its errors.

    Parameters
    ----------
    before : a script that runs before those of the page.
    """
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    if before:
        page.add_init_script(before)
    page.goto(address)
    return page, asked, errors


def ask(page: Page, what: str, *given: Any) -> Any:
    """What ``window.quintet`` of a page of ``quintet explore`` answers."""
    values = [value.tolist() if isinstance(value, np.ndarray) else value for value in given]
    return page.evaluate(f"values => window.quintet.{what}(...values)", values)

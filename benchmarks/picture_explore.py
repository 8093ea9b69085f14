"""The picture of docs/explore.md, and what a page costs: its size, the time to its map and to a running model.

    python benchmarks/picture_explore.py --out docs/pictures [--browser /usr/bin/chromium]

Needs Playwright. The first picture is to be there within two seconds.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from quintet import VAE
from quintet.data.readers.sources import load_data
from quintet.explore import explore

HELD_OUT, WIDTH, HEIGHT, SHOWN = 360, 1280, 1330, 0.75
"""Held-out rows, the window in pixels, and the size of the picture as a share of it."""


def page_of_digits(folder: Path) -> Path:
    """The page of the demo: embedded digits, a fifth of them held out and shown."""
    digits = load_data("digits")
    assert digits.y is not None
    order = np.random.default_rng(0).permutation(len(digits.x))
    vae = VAE(random_state=0).fit(digits.x[order[HELD_OUT:]])
    held = order[:HELD_OUT]
    return explore(vae, digits.x[held], digits.y[held], folder / "page.html", title="Digits of 8×8 pixels")


def main() -> None:
    """Write the picture and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--page", type=Path, help="a page that is there, in place of a new one")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        page = args.page or page_of_digits(Path(folder))
        browser = play.chromium.launch(executable_path=args.browser, args=["--no-sandbox"], timeout=120_000)
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        begin = time.perf_counter()
        tab.goto(page.resolve().as_uri())
        first = tab.evaluate("window.quintet.firstPicture") / 1000
        tab.evaluate("window.quintet.ready")
        running = time.perf_counter() - begin
        tab.fill("#row-number", "8")
        tab.press("#row-number", "Enter")
        tab.click("#hide-half")
        tab.wait_for_function("!document.getElementById('take-filled').disabled")
        tab.wait_for_timeout(1500)
        shot = Image.open(io.BytesIO(tab.screenshot()))
        browser.close()
        size = page.stat().st_size / 1e6
    small = shot.convert("RGB").resize((round(WIDTH * SHOWN), round(HEIGHT * SHOWN)), Image.Resampling.LANCZOS)
    few = small.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(args.out / "explore.png", optimize=True)
    print(f"page of {size:.1f} MB; first picture after {first:.2f} s; the model runs after {running:.2f} s")


if __name__ == "__main__":
    main()

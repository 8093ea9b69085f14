"""Pages in a real browser, opened from disk: their answers are Python's, nothing is loaded, and keys suffice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.distributions.noise_models.base import CellValues
from quintet.distributions.noise_models.replacement import Replacing
from quintet.explore import explore
from quintet.inference.importance import EFFORTS
from quintet.inference.missing_posterior import missing_posterior
from tests.shared import hardly_measured, of
from tests_reach.chromium import ask, chromium, opened


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return load_digits().images.astype(np.uint8)


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory, digits: np.ndarray) -> VAE:
    with hardly_measured():
        return of(tmp_path_factory)("explored", lambda: VAE(latent_dim=8, epochs=10, random_state=0).fit(digits[:400]))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, vae: VAE, digits: np.ndarray) -> Path:
    labels = load_digits().target[500:560].astype(str)
    labels[0] = "</script><b>six</b>"
    return explore(
        vae, digits[500:560], labels, tmp_path_factory.mktemp("page") / "page.html", title="Six & <i>seven</i>"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """The page once the model runs."""
    found, asked, errors = opened(browser, file.as_uri())
    found.evaluate("window.quintet.ready")
    found.wait_for_function("document.getElementById('p-value').textContent.length > 4")
    yield found
    assert errors == []
    assert [address for address in asked if not address.startswith(("blob:", file.as_uri()))] == []
    found.close()


def rows_of(digits: np.ndarray, observed: np.ndarray | None = None) -> Rows:
    return Rows(torch.from_numpy(digits[:, None]), None if observed is None else torch.from_numpy(observed[:, None]))


def decoded(vae: VAE, z: np.ndarray) -> np.ndarray:
    """E[x|z] of latents (latent_dim,), (64,)."""
    with torch.no_grad():
        return with_constants(vae, vae.fitted_.model.decode(torch.from_numpy(z)[None, None]).mean.flatten().numpy())


def with_constants(vae: VAE, cells: np.ndarray) -> np.ndarray:
    """Cells (64,) where pixels that were constant in training have that value."""
    for place, value in vae.schema_.constant:
        cells[place] = value
    return cells


def test_a_reconstruction_is_that_of_python(page: Page, vae: VAE, digits: np.ndarray) -> None:
    for row in digits[560:563]:
        answer = np.array(ask(page, "reconstruct", row.ravel()))
        assert np.abs(answer - decoded(vae, vae.transform(row[None])[0])).max() < 1e-3
        assert np.array_equal(np.rint(answer).reshape(8, 8), vae.reconstruct(row[None])[0])


def test_cost_score_p_value_and_surprise_are_those_of_detect(page: Page, vae: VAE, digits: np.ndarray) -> None:
    odd = digits[560].copy()
    odd[:4] = 16
    rows = np.stack([digits[561], digits[562], odd])
    found = vae.detect(rows)
    for i, row in enumerate(rows):
        answer = ask(page, "score", row.ravel())
        assert answer["nats"] == pytest.approx(found.components["elbo"][i], rel=1e-4, abs=1e-2)
        assert answer["score"] == pytest.approx(found.scores[i], rel=1e-3, abs=1e-2)
        assert answer["p"] == pytest.approx(found.p_values[i], abs=1 / (vae.held_out_ + 1) + 1e-9)
        assert np.abs(np.array(answer["where"]) - found.where[i].ravel()).max() < 1e-2
    assert found.scores.argmax() == 2


def test_hidden_pixels_are_filled_as_by_the_partial_encoders_draws(page: Page, vae: VAE, digits: np.ndarray) -> None:
    row, observed = digits[563], np.ones((8, 8), dtype=bool)
    observed[4:] = False
    batch = rows_of(row[None], observed[None]).batch(slice(None))
    with torch.no_grad():
        parts = missing_posterior(vae.fitted_, batch, EFFORTS["low"], 0, 0)
        pairs = [pair for part in parts for pair in part.decoded(vae.fitted_.model)]
        mean = sum(weight[0] * likelihood.mean[0] for likelihood, weight in pairs).flatten().numpy()
    expected = np.where(observed.ravel(), row.ravel(), mean)
    answer = np.array(ask(page, "impute", row.ravel(), observed.ravel().astype(float)))
    assert np.abs(answer - expected).max() < 1e-2
    other = digits[564].ravel() * ~observed.ravel() + row.ravel() * observed.ravel()
    again = ask(page, "impute", other, observed.ravel().astype(float))
    assert np.array_equal(answer, again)  # hidden cells are not read


def test_a_row_is_cleaned_as_by_replacement_noise(page: Page, vae: VAE, digits: np.ndarray) -> None:
    row = digits[565].copy()
    row[0, 0] = row[7, 7] = 16
    fitted, model = vae.fitted_, Replacing(cells=CellValues(0.0, 16.0, 1.0, whole=True, bounded=True))
    assert fitted.guide is not None
    x, observed = rows_of(row[None]).batch(slice(None)).x, torch.ones(1, 1, 8, 8, dtype=torch.bool)
    with torch.no_grad():
        rate = torch.tensor([0.2], dtype=torch.float32)
        trust = torch.full_like(x, 0.8)
        for _ in range(3):
            clean = fitted.model.decode(fitted.guide.posterior(x, trust).peak.loc)
            rate = model.improved(x, clean, rate, observed)
            trust = model.untouched(x, clean, rate)[0]
        clean = fitted.model.decode(fitted.guide.posterior(x, trust).peak.loc)
        intact = model.untouched(x, clean, rate).flatten().numpy()
    expected = intact * row.ravel() + (1 - intact) * with_constants(vae, clean.mean.flatten().numpy())
    answer = ask(page, "clean", row.ravel())
    assert np.abs(np.array(answer["cells"]) - expected).max() < 1e-2
    assert answer["rate"] == pytest.approx(float(rate), abs=1e-3)


def test_new_rows_like_one_begin_at_it_and_end_anywhere(page: Page, vae: VAE, digits: np.ndarray) -> None:
    z = vae.transform(digits[566:567])[0]
    own = decoded(vae, z)
    near = np.array(ask(page, "similar", z, 0.0)).reshape(-1, 64)
    assert np.abs(near - own).max() < 1e-3
    far = np.array(ask(page, "similar", z, 1.0)).reshape(-1, 64)
    elsewhere = np.array(ask(page, "similar", -z, 1.0)).reshape(-1, 64)
    assert np.abs(far - elsewhere).max() < 1e-3
    assert np.abs(far - own).max() > 1


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


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_folder_of_the_page_and_its_files_is_served(
    browser: Browser, vae: VAE, digits: np.ndarray, tmp_path: Path
) -> None:
    index = explore(vae, None, out=tmp_path / "served", rows=12)
    assert index == tmp_path / "served" / "index.html"
    assert index.stat().st_size < 300_000
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(index.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page, asked, errors = opened(browser, f"http://127.0.0.1:{server.server_port}/index.html")
        page.evaluate("window.quintet.ready")
        answer = np.array(ask(page, "reconstruct", digits[570].ravel()))
        assert np.abs(answer - decoded(vae, vae.transform(digits[570:571])[0])).max() < 1e-3
        assert any(address.endswith("/encoder.onnx.gz") for address in asked)
        assert errors == []
        page.close()
    finally:
        server.shutdown()
        server.server_close()

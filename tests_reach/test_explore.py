"""A page on digits in a real browser, opened from disk or served: its answers are Python's."""

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

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.distributions.noise_models.base import CellValues
from quintet.distributions.noise_models.replacement import Replacing
from quintet.explore import explore
from quintet.inference.importance import EFFORTS
from quintet.inference.missing_posterior import missing_posterior
from tests_reach.chromium import ask, chromium, opened
from tests_reach.explored_digits import DIGITS, model_of_digits, page_of_digits, running_page


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return model_of_digits(tmp_path_factory)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, vae: VAE) -> Path:
    return page_of_digits(vae, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser, file: Path) -> Iterator[Page]:
    with running_page(browser, file) as found:
        yield found


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


def test_a_reconstruction_is_that_of_python(page: Page, vae: VAE) -> None:
    for row in DIGITS[560:563]:
        answer = np.array(ask(page, "reconstruct", row.ravel()))
        assert np.abs(answer - decoded(vae, vae.transform(row[None])[0])).max() < 1e-3
        assert np.array_equal(np.rint(answer).reshape(8, 8), vae.reconstruct(row[None])[0])


def test_cost_score_p_value_and_surprise_are_those_of_detect(page: Page, vae: VAE) -> None:
    odd = DIGITS[560].copy()
    odd[:4] = 16
    rows = np.stack([DIGITS[561], DIGITS[562], odd])
    found = vae.detect(rows)
    for i, row in enumerate(rows):
        answer = ask(page, "score", row.ravel())
        assert answer["nats"] == pytest.approx(found.components["elbo"][i], rel=1e-4, abs=1e-2)
        assert answer["score"] == pytest.approx(found.scores[i], rel=1e-3, abs=1e-2)
        assert answer["p"] == pytest.approx(found.p_values[i], abs=1 / (vae.held_out_ + 1) + 1e-9)
        assert np.abs(np.array(answer["where"]) - found.where[i].ravel()).max() < 1e-2
    assert found.scores.argmax() == 2


def test_hidden_pixels_are_filled_as_by_the_partial_encoders_draws(page: Page, vae: VAE) -> None:
    row, observed = DIGITS[563], np.ones((8, 8), dtype=bool)
    observed[4:] = False
    batch = rows_of(row[None], observed[None]).batch(slice(None))
    with torch.no_grad():
        parts = missing_posterior(vae.fitted_, batch, EFFORTS["low"], 0, 0)
        pairs = [pair for part in parts for pair in part.decoded(vae.fitted_.model)]
        mean = sum(weight[0] * likelihood.mean[0] for likelihood, weight in pairs).flatten().numpy()
    expected = np.where(observed.ravel(), row.ravel(), mean)
    answer = np.array(ask(page, "impute", row.ravel(), observed.ravel().astype(float)))
    assert np.abs(answer - expected).max() < 1e-2
    other = DIGITS[564].ravel() * ~observed.ravel() + row.ravel() * observed.ravel()
    again = ask(page, "impute", other, observed.ravel().astype(float))
    assert np.array_equal(answer, again)  # hidden cells are not read


def test_a_row_is_cleaned_as_by_replacement_noise(page: Page, vae: VAE) -> None:
    row = DIGITS[565].copy()
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


def test_new_rows_like_one_begin_at_it_and_end_anywhere(page: Page, vae: VAE) -> None:
    z = vae.transform(DIGITS[566:567])[0]
    own = decoded(vae, z)
    near = np.array(ask(page, "similar", z, 0.0)).reshape(-1, 64)
    assert np.abs(near - own).max() < 1e-3
    far = np.array(ask(page, "similar", z, 1.0)).reshape(-1, 64)
    elsewhere = np.array(ask(page, "similar", -z, 1.0)).reshape(-1, 64)
    assert np.abs(far - elsewhere).max() < 1e-3
    assert np.abs(far - own).max() > 1


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_folder_of_the_page_and_its_files_is_served(browser: Browser, vae: VAE, tmp_path: Path) -> None:
    index = explore(vae, None, out=tmp_path / "served", rows=12)
    assert index == tmp_path / "served" / "index.html"
    assert index.stat().st_size < 300_000
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(index.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page, asked, errors = opened(browser, f"http://127.0.0.1:{server.server_port}/index.html")
        page.evaluate("window.quintet.ready")
        answer = np.array(ask(page, "reconstruct", DIGITS[570].ravel()))
        assert np.abs(answer - decoded(vae, vae.transform(DIGITS[570:571])[0])).max() < 1e-3
        assert any(address.endswith("/encoder.onnx.gz") for address in asked)
        assert errors == []
        page.close()
    finally:
        server.shutdown()
        server.server_close()

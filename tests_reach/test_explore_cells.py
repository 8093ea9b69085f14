"""Pages on a table and on series in a real browser: their cells are Python's, and edits are answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from playwright.sync_api import Browser

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.explore import explore
from quintet.inference.importance import EFFORTS
from quintet.models.context.model import ContextModel
from quintet.tasks.denoise.by_model import denoise_by_model
from quintet.tasks.denoise.noise_kinds import noise_for
from tests.shared import hardly_measured, of
from tests_reach.chromium import ask, chromium, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    place = rng.integers(0, 3, 260)
    return pd.DataFrame(
        {
            "place": np.array(["north", "south", "west"])[place],
            "price": np.round(10 * place + rng.normal(size=260), 2),
            "visits": rng.poisson(3 + 4 * place),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, 260), unit="D"),
        }
    )


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory, table: pd.DataFrame) -> VAE:
    with hardly_measured():
        return of(tmp_path_factory)("explored-table", lambda: VAE(latent_dim=2, epochs=20).fit(table[:240]))


def test_a_tables_cells_are_those_given_the_others(
    browser: Browser, vae: VAE, table: pd.DataFrame, tmp_path: Path
) -> None:
    page, asked, errors = opened(browser, explore(vae, table[240:], out=tmp_path / "page.html").as_uri())
    page.evaluate("window.quintet.ready")
    model, cells = vae.fitted_.model, vae.schema_.encode(table[240:242])
    assert isinstance(model, ContextModel)
    found = vae.detect(table[240:242])
    for i, row in enumerate(cells):
        answer = ask(page, "score", row)
        assert answer["score"] == pytest.approx(found.scores[i], rel=1e-3, abs=1e-2)
        assert answer["p"] == pytest.approx(found.p_values[i], abs=1 / (vae.held_out_ + 1) + 1e-9)
        observed = np.array([1.0, 0.0, 1.0, 1.0])
        filled = np.array(ask(page, "impute", row, observed))
        x = (torch.from_numpy(row) - torch.tensor(vae.schema_.loc)) / torch.tensor(vae.schema_.scale)
        with torch.no_grad():
            mean = model.given_others(x.float()[None, None], torch.from_numpy(observed).float()[None, None], None).mean
        price = float(mean[0, 0, 1]) * vae.schema_.scale[1] + vae.schema_.loc[1]
        assert filled[1] == pytest.approx(price, abs=1e-2)
        assert np.array_equal(filled[[0, 2, 3]], row[[0, 2, 3]])
    spoiled = table[240:241].assign(price=55.5, place="south" if table["place"][240] == "north" else "north")
    _, report = vae.denoise(spoiled, noise="replacement", return_report=True)
    cleaned = ask(page, "clean", vae.schema_.encode(spoiled)[0])
    wanted = report.x[0].numpy() * np.array(vae.schema_.scale) + np.array(vae.schema_.loc)
    np.testing.assert_allclose(cleaned["cells"], wanted, rtol=1e-4, atol=1e-2)
    assert cleaned["rate"] == pytest.approx(float(report.rates[0]), abs=1e-3)
    assert cleaned["trust"][1] < 0.5
    assert page.input_value("#cell-3").startswith(str(table["when"][240].date()))
    page.fill("#cell-1", "55.5")
    page.wait_for_function("document.querySelector('#cells tr:nth-child(2)').classList.contains('odd')")
    page.wait_for_function("document.getElementById('suspicious').textContent.includes('price: 55.5')")
    page.click("#take-cleaned")
    assert abs(float(page.input_value("#cell-1"))) < 40
    page.check('input[aria-label="blank price"]')
    page.wait_for_function("document.querySelector('#cells tr:nth-child(2) .cell-note').textContent.includes('filled')")
    page.wait_for_function("document.querySelectorAll('#distribution rect').length > 3")
    assert errors == []
    assert [address for address in asked if not address.startswith(("blob:", "file:"))] == []
    page.close()


def test_a_table_without_a_context_decoder_is_cleaned_as_by_replacement_noise(
    browser: Browser, table: pd.DataFrame, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with hardly_measured():
        vae = of(tmp_path_factory)(
            "explored-plain-table", lambda: VAE(latent_dim=2, epochs=6, context="none").fit(table[:240])
        )
    page, _, errors = opened(browser, explore(vae, table[240:], out=tmp_path / "page.html").as_uri())
    page.evaluate("window.quintet.ready")
    cells = vae.schema_.encode(table[240:241].assign(price=99.5))
    fitted, noise = vae.fitted_, noise_for(vae.fitted_, "replacement")
    assert fitted.guide is not None
    batch = Rows.of(cells, vae.schema_).batch(slice(None))
    with torch.no_grad():
        rate = torch.tensor([0.2], dtype=torch.float32)
        trust = torch.full_like(batch.x, 0.8)
        for _ in range(3):
            clean = fitted.model.decode(fitted.guide.posterior(batch.x, trust).peak.loc)
            rate = noise.improved(batch.x, clean, rate, batch.observed)
            trust = noise.untouched(batch.x, clean, rate)[0]
        clean = fitted.model.decode(fitted.guide.posterior(batch.x, trust).peak.loc)
        intact = noise.untouched(batch.x, clean, rate)[0, 0].numpy()
        mean = clean.point[0, 0].numpy() * np.array(vae.schema_.scale) + np.array(vae.schema_.loc)
    found = ask(page, "clean", cells[0])
    np.testing.assert_allclose(found["trust"], intact, atol=1e-3)
    assert found["rate"] == pytest.approx(float(rate), abs=1e-3)
    expected = intact * cells[0] + (1 - intact) * mean
    expected[0] = cells[0, 0] if intact[0] > 0.5 else mean[0]  # levels have no average
    np.testing.assert_allclose(found["cells"], expected, rtol=1e-4, atol=2e-2)
    assert intact[1] < 0.5
    assert errors == []
    page.close()


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, (260, 1))
    return np.sin(phase + np.arange(24) * 2 * np.pi / 12) + 0.05 * rng.normal(size=(260, 24))


def test_steps_of_a_series_that_are_moved_ring_an_alarm_and_hidden_ones_are_filled(
    browser: Browser, series: np.ndarray, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with hardly_measured():
        vae = of(tmp_path_factory)(
            "explored-series", lambda: VAE(latent_dim=2, epochs=20, layout="steps").fit(series[:240])
        )
    page, _, errors = opened(browser, explore(vae, series[240:], out=tmp_path / "page.html").as_uri())
    page.evaluate("window.quintet.ready")
    row = series[241]
    found = vae.detect(row[None])
    answer = ask(page, "score", row)
    assert answer["score"] == pytest.approx(found.scores[0], rel=1e-3, abs=1e-2)
    assert np.abs(np.array(answer["where"]) - found.where[0].ravel()).max() < 2e-2
    noisy = row + 0.3 * np.random.default_rng(1).normal(size=24)
    batch = Rows.of(noisy[None], vae.schema_).batch(slice(None))
    with torch.no_grad():
        x, rate = denoise_by_model(vae.fitted_, noise_for(vae.fitted_, "normal"), batch, None, EFFORTS["low"], 0)
    cleaned = ask(page, "clean", noisy)
    np.testing.assert_allclose(cleaned["cells"], vae.schema_.to_user(x)[0].ravel(), atol=1e-3)
    assert cleaned["rate"] == pytest.approx(float(rate[0]), rel=1e-3)
    bands = np.array(cleaned["bands"]).reshape(7, 24)
    assert (np.diff(bands, axis=0) >= 0).all()
    assert ((bands[0] < cleaned["cells"]) & (cleaned["cells"] < bands[-1])).all()
    page.wait_for_function("document.getElementById('cleaned-note').textContent.includes('standard deviation')")
    page.focus("#series")
    for _ in range(40):
        page.keyboard.press("ArrowUp")
    page.wait_for_function("document.querySelectorAll('#strangest li').length > 0")
    assert "step 13" in page.inner_text("#strangest")
    page.keyboard.press(" ")
    page.wait_for_function("window.quintet.editor.observed[12] === 0")
    observed = np.ones(24)
    observed[12] = 0
    filled = np.array(ask(page, "impute", row, observed))
    assert np.array_equal(np.delete(filled, 12), np.delete(row, 12))
    assert abs(filled[12] - row[12]) < 0.6
    assert errors == []
    page.close()

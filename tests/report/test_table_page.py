"""The page on a table: real beside new rows, pairs, privacy, latents, bits, fills, and strange cells marked."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from quintet import VAE
from quintet.errors import QuintetWarning
from quintet.report import report
from quintet.report.figures import column_distributions, table_columns
from quintet.report.figures.column_distributions import Numbers, Shares
from quintet.report.figures.palettes import get_palette
from quintet.report.gather import gather
from quintet.report.page import Mark, Page, Section, TextTable, write_page
from quintet.report.sections.table.generate import distance, drawing
from quintet.report.sections.table.impute import filling
from quintet.report.sections.table.latents import sweeping
from quintet.report.sections.table.pairs import comparing
from quintet.report.sections.table.privacy import leaking
from tests.alt_texts import alt_texts
from tests.shared import Shared, answering_in_haste, hardly_measured
from tests.tables import small_table

sys.path.insert(0, str(Path(__file__).parent))
from test_page import Balance

LONG = "a very long name of a column, with <signs> & more than sixty characters in it"


def rows(count: int, seed: int) -> pd.DataFrame:
    return small_table(count, seed).rename(columns={"visits": LONG})


def fit() -> VAE:
    with hardly_measured():
        network = {"kind": "mlp", "hidden": (16,)}
        return VAE(epochs=8, latent_dim=2, network=network, context="columns").fit(rows(160, 0))


@pytest.fixture(scope="module")
def page(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> str:
    model, new = shared("report-table", fit), rows(40, 1)
    new.iloc[3, new.columns.get_loc("age")] = 900
    out = tmp_path_factory.mktemp("page") / "page.html"
    with answering_in_haste():
        path = report(model, pd.concat([new, rows(160, 0)]), out=out, quick=True)
    assert path == out
    assert [each.name for each in out.parent.iterdir()] == ["page.html"], "the page alone, in one file"
    return path.read_text(encoding="utf-8")


def test_the_page_is_one_sound_file_with_every_section(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert all(target.startswith(("#", "data:image/png;base64,")) for target in parser.fetched)
    names = ["generate", "pairs", "privacy", "latents", "compress", "denoise", "detect", "impute"]
    assert set(names) <= set(parser.ids)
    figures = ["numbers-real-and-new", "levels-real-and-new", "associations", "distance-to-closest-record"]
    for name in [*figures, "bits-by-column", "histogram-surprise"]:
        assert f"figure-{name}" in parser.ids
    assert len(page) < 600_000
    assert "<signs>" not in page
    assert "&lt;signs&gt;" in page
    assert "DIFFER" not in page


def test_every_figure_says_in_words_what_it_shows(page: str) -> None:
    labels = alt_texts(page)
    for words in ("largest distance is that of", "Two maps of the associations", "costs most", "the median is"):
        assert any(words in label for label in labels), words


def test_a_strange_cell_is_marked_with_what_would_be_usual_there(page: str) -> None:
    marked = re.search(r'<mark class="strange">age: 900</mark><small>(usual: [^<]*)</small>', page)
    assert marked is not None
    usual, low, high = (int(number) for number in re.findall(r"\d+", marked[1])[:3])
    assert 18 <= low <= usual <= high <= 66
    assert re.search(r"\d bits$", marked[1].strip())


def test_fills_are_shown_beside_the_truth(page: str) -> None:
    assert page.count('<mark class="filled">') >= 3
    assert "Hidden cells and what was filled in" in page


def test_a_table_page_without_training_rows_says_why_it_has_no_privacy(shared: Shared, tmp_path: Path) -> None:
    model = shared("report-table", fit)
    found = gather(model, rows(20, 2), None, None, None, None, get_palette("petroff"), 3.0, True, 0)
    with pytest.raises(Exception, match="Privacy needs training rows and held-out rows"):
        leaking(found)


@pytest.mark.parametrize("variant", ["vae", "gan"])
def test_tables_of_one_column_and_models_without_a_posterior_have_sections(variant: str) -> None:
    frame = rows(60, 0)[["age"] if variant == "vae" else ["place", "age"]]
    with hardly_measured(), answering_in_haste(), warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)  # rows of one column, hidden, have none that is observed
        tiny = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (4,)}, "calibration": 0.0}
        model = VAE(variant, epochs=1, context="none", **tiny).fit(frame)
        found = gather(model, rows(20, 1)[list(frame)], None, None, None, frame, get_palette("petroff"), 3.0, True, 0)
        sections = [sweeping(found), comparing(found), drawing(found)[0], leaking(found)]
        sections += [] if variant == "gan" else [filling(found)[0]]
    assert not any(section.empty for section in sections)


def long_names(count: int) -> list[str]:
    return [f"{LONG}, number {place}" for place in range(count)]


@pytest.mark.parametrize("columns", [1, 12])
def test_nothing_is_drawn_outside_of_a_figure(columns: int) -> None:
    rng, names = np.random.default_rng(0), long_names(columns)
    numbers = [
        Numbers(n, rng.normal(size=60) * 1e6, rng.normal(size=60), 0.0, lambda value: f"{value:.6f}") for n in names
    ]
    shares = [Shares(n, long_names(7), np.full(7, 1 / 7), np.full(7, 1 / 7)) for n in names]
    matrix = np.eye(columns)
    drawn = [
        column_distributions.number_histograms(numbers),
        column_distributions.level_bars(shares),
        table_columns.association_maps([("real", matrix), ("new", matrix)], names),
        table_columns.bar_list(dict.fromkeys(names, 123456.7), "bits a row"),
        table_columns.distance_curves([("new rows", rng.random(50)), ("others", rng.random(30))], "distance"),
        table_columns.effect_maps(rng.normal(size=(2, columns)), rng.random((2, columns)), ["a", "b"], (names, names)),
    ]
    for figure in drawn:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box, size = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
        assert min(box.x0, box.y0) > -0.03
        assert box.x1 < size[0] + 0.03
        assert box.y1 < size[1] + 0.03


def test_columns_without_values_or_with_one_value_are_drawn() -> None:
    nothing, same = np.zeros(0), np.full(9, 3.0)
    for real, new in ((nothing, same), (same, nothing), (same, same), (nothing, nothing)):
        for step in (0.0, 1.0):
            column_distributions.number_histograms([Numbers("a", real, new, step, str)])
    column_distributions.level_bars([Shares("a", ["x"], np.ones(1), np.zeros(1)), Shares("b", [], nothing, nothing)])


def test_the_distance_of_distributions_is_zero_of_equal_and_one_of_disjoint_ones() -> None:
    values = np.array([0.0, 1.0, 1.0, 2.0, np.nan])
    for level in (False, True):
        assert distance(values, values[::-1], level) == 0
        assert distance(values, values + 5, level) == 1
    assert distance(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]), True) == 0.25


def test_marked_cells_are_escaped(tmp_path: Path) -> None:
    table = TextTable("t", ("a", "b"), [("<i>", Mark("<b>", "strange", "<u>"))], prose=True)
    text = write_page(Page("title", "lead", [], [Section("a", "A", panels=[table])]), tmp_path / "p.html").read_text()
    cell = '<td data-head="b"><mark class="strange">&lt;b&gt;</mark><small>&lt;u&gt;</small></td>'
    assert f'<td data-head="a">&lt;i&gt;</td>{cell}' in text

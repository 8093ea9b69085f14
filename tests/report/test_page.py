"""The page stands alone, holds every section, is well formed, and its files lie beside it."""

import errno
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet import report
from quintet.errors import FileRefused
from quintet.report import page as page_module
from quintet.report.build import _facts, _lead
from quintet.report.figures.canvas import empty_figure, inline_svg, save_figure, to_svg
from quintet.report.figures.palettes import get_palette
from quintet.report.gather import gather
from quintet.report.page import Page, Panel, Section, write_page
from quintet.report.sections.latents import moving
from tests.alt_texts import alt_texts

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import Components

SECTIONS = ["training", "generate", "latent-space", "edit", "augment", "maps", "compress", "denoise", "detect"]
SECTIONS += ["letters", "impute"]
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Balance(HTMLParser):
    """Collects what opens and closes, ids, and everything that a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.fetched, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.note(attrs)

    def handle_startendtag(self, tag, attrs):
        self.note(attrs)

    def note(self, attrs):
        held = dict(attrs)
        self.ids += [held["id"]] if "id" in held else []
        self.fetched += [held[k] for k in ("src", "href", "xlink:href", "data") if k in held]

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return data.images.astype(np.uint8)[:500], data.target[:500]


@pytest.fixture(scope="module")
def page(digits, tmp_path_factory):
    x, y = digits
    progress_calls = []

    def progress(what, done, total, note=""):
        progress_calls.append((done, total))

    out = tmp_path_factory.mktemp("page")
    model = Components(x[:380], cannot=("compress",))
    path = report.report(model, x[380:], y[380:], out, train=x[:380], quick=True, progress=progress)
    assert progress_calls[-1][0] == progress_calls[-1][1]
    return path


@pytest.fixture(scope="module")
def parsed(page):
    parser = Balance()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def test_the_page_is_well_formed(parsed):
    assert parsed.open == []
    assert len(parsed.ids) == len(set(parsed.ids)), "an id stands twice"


def test_the_page_needs_nothing_from_elsewhere(page, parsed):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?:", text)
    assert not re.search(r"@import|url\((?!#)", text)
    for target in parsed.fetched:
        assert target.startswith(("#", "data:image/png;base64,", "figures/")), target[:60]
        if target.startswith("#"):
            assert target[1:] in parsed.ids
        if target.startswith("figures/"):
            assert (page.parent / target).stat().st_size > 500


def test_every_section_is_there_and_every_figure_is_a_file(page, parsed):
    for name in SECTIONS:
        assert name in parsed.ids
    drawn = {i.removeprefix("figure-") for i in parsed.ids if i.startswith("figure-") and not i.endswith("_1")}
    files = page.parent / "figures"
    assert drawn == {p.stem for p in files.glob("*.png")} == {p.stem for p in files.glob("*.svg")}
    assert {"learning-curves", "latent-plane", "latent-quantiles", "morphing", "traversals", "latent-pca"} <= drawn
    assert {"latent-tsne", "raw-tsne", "denoised", "histogram-error", "histogram-surprise"} <= drawn
    assert {"strangest-error", "strangest-surprise", "roc", "where", "imputed", "named-histogram"} <= drawn
    assert {"normal-and-strange-latents", "normal-and-strange-raw", "named-rows", "five-answers"} - drawn == {
        "five-answers"
    }, "the picture of all five is left out where one of them cannot be answered"
    assert {"edits", "augmented"} <= drawn
    assert not list(page.parent.glob(".*"))


def test_both_pages_have_every_colour(page):
    text = page.read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--(c[0-9a-f]{6})\)", text))
    light, dark = text.split("@media screen and (prefers-color-scheme: dark)")[:2]
    assert used
    for colour in used:
        assert f"--{colour}:" in light
        assert f"--{colour}:" in dark
    assert "@media print" in text
    assert 'name="viewport"' in text


def test_a_question_without_an_answer_says_why(page, parsed):
    assert any("This stand-in has no posterior; choose another." in t for t in parsed.text)
    assert "<td>Generate</td>" in page.read_text(encoding="utf-8")
    assert "<td>Compress</td>" not in page.read_text(encoding="utf-8")


def test_every_figure_has_an_alt_text_and_a_caption(page):
    text = page.read_text(encoding="utf-8")
    assert len(alt_texts(text)) > 25
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text, flags=re.DOTALL)
    assert all(len(re.sub(r"<span.*", "", caption, flags=re.DOTALL).split()) > 5 for caption in captions)


def test_the_contents_name_every_section(page, parsed):
    contents = re.search(r'<nav aria-label="Contents">(.*?)</nav>', page.read_text(encoding="utf-8"), flags=re.DOTALL)
    linked = re.findall(r'href="#([^"]+)"', contents[1])
    assert linked == ["top", *SECTIONS]
    assert set(linked) <= set(parsed.ids)


def test_wide_figures_are_drawn_for_a_narrow_page_too(page):
    """Text keeps its size where a wide figure would be shrunk to less than half."""
    text = page.read_text(encoding="utf-8")
    for name in ("traversals", "morphing", "denoised", "imputed", "strangest-surprise", "named-histogram"):
        figure = re.search(rf'<figure class="wide" id="figure-{name}">(.*?)</figure>', text, flags=re.DOTALL)[1]
        wide, small = (float(w) for w in re.findall(r'<svg viewBox="0 0 ([0-9.]+)', figure))
        assert small <= 3.8 * 72
        assert wide > 1.4 * small
        assert figure.count('class="small"') == figure.count('class="large"') == 1


def test_the_name_of_the_variant_is_the_one_that_was_chosen(digits):
    model = Components(digits[0][:100], 2)
    model.variant = "auto"
    found = gather(model, digits[0][:20], None, None, None, None, get_palette("petroff"), 3.0, True, 0)
    assert ("variant", "vae") in _facts(found)
    assert "auto" not in _lead(found).replace("autoencoder", "")


def test_the_letters_sentence_is_on_the_page(parsed):
    assert any("is the strangest." in t and "nearest neighbours" in t for t in parsed.text)


def test_the_plane_passes_through_a_row(digits, monkeypatch):
    """Under a learnt prior no row may lie near z = 0, so the latents that do not move are those of a row."""
    rows, model, decoded = digits[0], Components(digits[0], 6), []
    decode = model.inverse_transform
    monkeypatch.setattr(model, "inverse_transform", lambda z, condition=None, **_: decoded.append(z) or decode(z))
    moving(gather(model, rows, None, None, None, None, get_palette("petroff"), 3.0, True, 0))
    plane = next(z for z in decoded if len(z) == 49)
    still = np.ptp(plane, axis=0) == 0
    assert still.sum() == 4
    gap = np.abs(model.transform(rows[:300])[:, still] - plane[0, still]).max(axis=1)
    assert gap.min() < 1e-5


def test_a_table_without_labels_or_strangers(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 3)) @ rng.normal(size=(3, 6))
    path = report.report(Components(x[:100], 3), x[100:], out=tmp_path, quick=True, palette="okabe-ito")
    parser = Balance()
    parser.feed(path.read_text(encoding="utf-8"))
    assert parser.open == []
    assert "letters" not in parser.ids
    names = {p.stem for p in (tmp_path / "figures").glob("*.svg")}
    assert {"denoised", "imputed", "latent-plane", "strangest-surprise"} <= names
    assert "roc" not in names
    assert not {"edits", "augmented"} & names
    assert any("these rows have none: give y" in t for t in parser.text)
    assert any("edits of attributes, because the rows have no labels (" in t for t in parser.text)
    assert "#0072b2" in path.read_text(encoding="utf-8")


def test_strange_rows_of_ones_own_with_one_latent_and_hardly_any_rows(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    model, others = Components(x[:48], 1), rng.normal(size=(8, 4)) + 9
    labels = np.repeat(["pump", "valve"], 4)
    path = report.report(
        model,
        x[48:],
        rng.normal(size=12),
        tmp_path,
        strange=others,
        strange_labels=labels,
        quick=True,
    )
    text = path.read_text(encoding="utf-8")
    assert 'id="strangers"' in text
    assert "No kind of anomalous row passes for a row" in text


@pytest.mark.parametrize("case", ["one picture", "holes"])
def test_hardly_any_rows_and_holes(case, digits, tmp_path):
    if case == "one picture":
        train, rows = digits[0][:200], digits[0][300:301]
    else:
        rng = np.random.default_rng(0)
        table = rng.normal(size=(80, 3))
        table[rng.random(table.shape) < 0.2] = np.nan
        train, rows = table[:60], table[60:]
    assert report.report(Components(train, 2), rows, out=tmp_path, quick=True).stat().st_size > 50_000


def test_the_same_figure_gives_the_same_file():
    scores = {"test": np.arange(30.0)}
    first, second = (to_svg(report.score_histogram(scores, "surprise")) for _ in range(2))
    assert first == second


def test_curves_on_the_page_have_two_decimals_and_the_form_of_the_figure() -> None:
    figure = report.score_histogram({"test": np.random.default_rng(0).normal(size=99)}, "surprise")
    drawn = to_svg(figure)
    inline, _ = inline_svg(drawn, "name", "title")
    numbers = [re.findall(r"-?[0-9.]+", " ".join(re.findall(r' d="([^"]*)"', text))) for text in (drawn, inline)]
    assert max(len(number.partition(".")[2]) for number in numbers[1]) == 2
    np.testing.assert_allclose(np.array(numbers[0], float), np.array(numbers[1], float), atol=0.0051)
    assert len(inline) < 0.95 * len(drawn)


def test_a_full_disk_leaves_no_half_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(figure, folder, name):
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(save_figure(figure, folder, name))
        return written[0]

    monkeypatch.setattr(page_module, "save_figure", full)
    section = Section("a", "A", panels=[Panel(name, empty_figure(), name) for name in "ab"])
    with pytest.raises(FileRefused, match="disk is full"):
        write_page(Page("title", "lead", [], [section]), tmp_path / "report")
    assert written
    assert list(tmp_path.iterdir()) == []

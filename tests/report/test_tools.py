"""The sections on edits and on augmentation, of small fitted models."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.report.facts import variant_of
from quintet.report.figures.palettes import get_palette
from quintet.report.gather import gather
from quintet.report.material import ReportMaterial
from quintet.report.page import Panel, Section, TextTable
from quintet.report.sections.augment import augmenting
from quintet.report.sections.edit import editing

X, Y = load_digits().images.astype(np.uint8), load_digits().target
SMALL = {
    "network": {"kind": "mlp", "hidden": (128,)},
    "training": {"batch_size": 64},
    "random_state": 0,
    "calibration": 0.0,
}


@pytest.fixture(scope="module")
def vae() -> VAE:
    return VAE(latent_dim=8, epochs=40, **SMALL).fit(X[:1000])


def material(vae: VAE, x: np.ndarray, y: object = None) -> ReportMaterial:
    return gather(vae, x, y, None, None, None, get_palette("petroff"), 3.0, False, 0)


def table(section: Section) -> dict[str, list[str]]:
    return {line[0]: list(line[1:]) for p in section.panels if isinstance(p, TextTable) for line in p.lines}


def names(section: Section) -> list[str]:
    return [p.name for p in section.panels if isinstance(p, Panel)]


def test_strokes_and_classes_are_swept_and_measured_and_the_model_is_left_as_it_was(vae: VAE) -> None:
    vae.fit_attribute(X[:300], Y[:300] > 4, "large")
    before = dict(vae.attributes_)
    section = editing(material(vae, X[1000:1400], Y[1000:1400]))
    assert dict(vae.attributes_) == before
    assert list(vae.attributes_) == ["large"]
    lines = table(section)
    assert set(lines) == {"large", "thickness", "slant", "class"}
    assert lines["slant"][0].endswith("degrees")
    assert 0.3 < float(lines["slant"][2].split()[0]) < 1.7  # edited by one standard deviation
    assert float(lines["class"][1]) > 0.6
    assert names(section) == ["edits"]
    assert any("style transfer, which needs" in note for note in section.notes)


def test_style_is_shown_of_a_conditional_model_and_the_class_is_not_edited() -> None:
    cvae = VAE("cvae", latent_dim=3, epochs=10, **SMALL).fit(X[:500], Y[:500])
    m = material(cvae, X[1000:1060], Y[1000:1060])
    section = editing(m)
    assert names(section) == ["edits", "styles"]
    assert set(table(section)) == {"thickness", "slant"}
    assert not section.notes
    made = augmenting(m)
    assert names(made) == ["augmented"]


def test_of_a_model_conditional_on_images_classes_are_edited_and_no_new_rows_are_made() -> None:
    model = VAE("cvae", latent_dim=3, epochs=4, **SMALL).fit(X[:300] / 16, X[:300])
    m = material(model, X[1000:1040] / 16, Y[1000:1040])
    assert set(table(editing(m))) == {"thickness", "slant", "class"}
    section = augmenting(m)
    assert not section.panels
    assert section.notes[0].startswith("augment needs labels as the condition")


def test_a_translating_model_shows_old_rows_made_new() -> None:
    model = VAE("translate", latent_dim=4, epochs=8, **SMALL).fit(X[:400])
    section = editing(material(model, X[1000:1040]))
    assert "translated" in names(section)
    panel = next(p for p in section.panels if isinstance(p, Panel) and p.name == "translated")
    assert "dB degraded" in panel.caption


def test_new_rows_stand_beside_their_originals_and_are_judged(vae: VAE) -> None:
    section = augmenting(material(vae, X[1000:1500], Y[1000:1500]))
    assert names(section) == ["augmented"]
    lines = table(section)
    assert set(lines) == {"100 labelled rows", "and 500 new rows"}
    assert all(0 < float(figure) < 0.5 for (figure,) in lines.values())
    assert any(p.caption.startswith("A support vector machine, evaluated on 400") for p in section.panels)


def test_numbers_as_labels_move_a_table() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 5))
    model = VAE(latent_dim=3, epochs=6, **SMALL).fit(rows)
    m = material(model, rows[:60], rows[:60, 0] * 2 + rows[:60, 1])
    assert names(editing(m)) == ["edits"]
    assert set(table(editing(m))) == {"label"}
    assert "these rows have none" in augmenting(m).notes[0]
    assert model.variant == "auto"
    assert variant_of(m.vae) == "vae"  # the page names what was trained, not the parameter


def test_hardly_any_rows_are_no_trouble(vae: VAE) -> None:
    for count in (1, 2, 12):
        m = material(vae, X[:count], Y[:count])
        assert editing(m).panels or editing(m).notes
        assert augmenting(m).panels or augmenting(m).notes

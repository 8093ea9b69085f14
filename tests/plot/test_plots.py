"""The figures of a fitted model show the model's own answers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from quintet import VAE
from quintet.errors import InputError, Unanswerable
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
DIGITS = load_digits().images[:120].astype("uint8")
NUMBERS = RNG.normal(size=(80, 3)) @ RNG.normal(size=(3, 3))
TABLE = pd.DataFrame(  # "unit" is left out of the model
    {"unit": "mm", "a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "c": np.where(NUMBERS[:, 2] > 0, "yes", "no")}
)
SETS: dict[str, Any] = {"digits": DIGITS, "numbers": NUMBERS, "table": TABLE}


@pytest.fixture(scope="module")
def models() -> dict[str, VAE]:
    few = {"latent_dim": 3, "epochs": 2, "network": "mlp"}
    with hardly_measured():
        return {
            "digits": VAE(**few).fit(DIGITS),
            "numbers": VAE(kind="real", **few).fit(NUMBERS),
            "table": VAE(context="none", **few).fit(TABLE),
        }


FIGURES = {
    "samples": lambda plot, X: plot.samples(X, 6),
    "reconstructions": lambda plot, X: plot.reconstructions(X, 5),
    "latents": lambda plot, X: plot.latents(X, np.arange(len(X)) % 3),
    "traversals": lambda plot, X: plot.traversals(X, [0, 2]),
    "history": lambda plot, X: plot.history(),
    "kl_per_latent": lambda plot, X: plot.kl_per_latent(),
    "detections": lambda plot, X: plot.detections(X),
    "strangest": lambda plot, X: plot.strangest(X, 4),
    "imputed": lambda plot, X: plot.imputed(X, n=4),
}


@pytest.mark.parametrize("rows", SETS)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_every_kind_of_rows_is_one_outside_of_pyplot(
    name: str, rows: str, models: dict[str, VAE]
) -> None:
    figure = FIGURES[name](models[rows].plot, SETS[rows])
    assert isinstance(figure, Figure)
    assert figure.axes
    assert pyplot.get_fignums() == []


def test_every_figure_is_listed_and_tried(models: dict[str, VAE]) -> None:
    names = {name for name in dir(models["digits"].plot) if not name.startswith("_")}
    assert names == set(FIGURES)
    for name in names:
        assert f"{name}()" in repr(models["digits"].plot)


def test_the_history_is_that_of_the_fit(models: dict[str, VAE]) -> None:
    vae = models["digits"]
    rows = vae.history_.stage(vae.history_.rows[0]["stage"])
    drawn = [line.get_ydata() for axes in vae.plot.history().axes for line in axes.lines]
    for key in ("distortion", "rate"):
        expected = [row[key] for row in rows]
        assert any(len(y) == len(expected) and np.allclose(y, expected) for y in drawn)


def test_the_bars_are_the_last_kl_of_each_latent_largest_first(models: dict[str, VAE]) -> None:
    vae = models["digits"]
    rows = vae.history_.stage(vae.history_.rows[0]["stage"])
    heights = [bar.get_height() for bar in vae.plot.kl_per_latent().axes[0].patches]
    np.testing.assert_allclose(heights, sorted(rows[-1]["kl_per_latent"], reverse=True))


def texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_the_strangest_row_comes_first_with_its_score(models: dict[str, VAE]) -> None:
    vae, odd = models["digits"], np.concatenate([DIGITS[:20], RNG.integers(0, 17, (1, 8, 8), dtype=np.uint8)])
    scores = -vae.score_samples(odd)
    best = f"{scores.max():.3g}".replace("-", "−")
    assert best in texts(vae.plot.strangest(odd, 1))
    assert best in texts(vae.plot.strangest(odd, 3))


def test_what_is_known_to_be_strange_has_a_density_of_its_own(models: dict[str, VAE]) -> None:
    plot = models["numbers"].plot
    alone, both = plot.detections(NUMBERS), plot.detections(NUMBERS, NUMBERS + 9)
    assert "strange" in texts(both)
    assert "strange" not in texts(alone).replace("stranger", "")


def test_a_mask_of_one_row_hides_its_cells_in_every_row(models: dict[str, VAE]) -> None:
    top = np.zeros((8, 8), dtype=bool)
    top[:4] = True
    one, each = (models["digits"].plot.imputed(DIGITS, mask, 3) for mask in (top, np.broadcast_to(top, DIGITS.shape)))
    pictures = [[image.get_array() for axes in figure.axes for image in axes.images] for figure in (one, each)]
    assert pictures[0]
    for a, b in zip(*pictures, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_seed_gives_the_same_samples(models: dict[str, VAE]) -> None:
    plot = models["digits"].plot
    drawn = [
        np.asarray(plot.samples(n=4, random_state=seed).findobj(lambda a: hasattr(a, "get_array"))[0].get_array())
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_an_unfitted_model_has_no_figures() -> None:
    with pytest.raises(NotFittedError):
        VAE().plot  # noqa: B018
    assert not hasattr(VAE(), "plot")


def test_wrong_arguments_are_a_sentence(models: dict[str, VAE]) -> None:
    with pytest.raises(InputError, match="n must be"):
        models["digits"].plot.samples(n=0)
    with pytest.raises(InputError, match="palette"):
        models["digits"].plot.history(palette="no such palette")


def test_a_model_without_a_history_says_so(models: dict[str, VAE], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models["numbers"].history_, "rows", [])
    with pytest.raises(Unanswerable, match="no history"):
        models["numbers"].plot.history()


def test_a_missing_matplotlib_names_the_extra() -> None:
    script = (
        "import sys\nsys.modules['matplotlib'] = None\nfrom quintet.plot import Plots\n"
        "try:\n    Plots(None).history()\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "A figure needs Matplotlib: pip install 'quintet-vae[report]'."

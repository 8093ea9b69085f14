"""A fit to a handful of rows says so once, with what cannot be relied on."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import VAE, Imputer
from quintet.errors import QuintetWarning
from tests.shared import unmeasured

TINY: dict[str, Any] = {"latent_dim": 1, "network": {"kind": "mlp", "hidden": (4,)}, "epochs": 1}


def rows(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 3))


@pytest.mark.parametrize(
    ("n", "says"),
    [
        (1, "Only 1 row to fit: .* every p-value is 1; give some hundred rows"),
        (3, "Only 3 rows to fit: with fewer than 50, .* every p-value is 1"),
        (49, r"Only 49 rows to fit: .* guesses, and no p-value is below 0\.02"),
    ],
)
def test_few_rows_are_said_once_and_noted(n: int, says: str) -> None:
    with unmeasured(), pytest.warns(QuintetWarning, match="to fit") as caught:
        vae = VAE(**TINY).fit(rows(n))
    (sentence,) = [str(w.message) for w in caught if "to fit" in str(w.message)]
    assert re.match(says, sentence)
    assert vae.notes_.count(sentence) == 1


@pytest.mark.filterwarnings("error")
def test_enough_rows_and_a_training_that_goes_on_say_nothing() -> None:
    with unmeasured():
        vae = VAE(**TINY).fit(rows(50))
        vae.fit(rows(50)[:10], continue_training=True)


@pytest.mark.filterwarnings("error")
def test_rows_of_a_compact_model_are_few_for_compression_alone() -> None:
    with pytest.raises(QuintetWarning, match=r"fewer than 50, compression is poor; give"):
        VAE(preset="small", epochs=1).fit(rows(5))


@pytest.mark.filterwarnings("error")
def test_estimators_that_fit_a_model_within_say_it_too() -> None:
    with pytest.raises(QuintetWarning, match="Only 4 rows to fit"):
        Imputer(VAE(**TINY)).fit(rows(4))


def test_the_command_says_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from quintet.cli.main import app

    np.save(tmp_path / "rows.npy", rows(5))
    with unmeasured(), pytest.raises(SystemExit) as ended:
        app(["fit", str(tmp_path / "rows.npy"), "--out", str(tmp_path / "m.safetensors"), "--epochs", "1"])
    assert ended.value.code == 0
    assert capsys.readouterr().err.count("Only 5 rows to fit") == 1

"""The parameter ``schema``: what may be given, scikit-learn's contract, and the model's file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from quintet import VAE, load
from quintet.data.schema_file import editable, written
from quintet.errors import FileRefused, InputError
from tests.shared import hardly_measured, uncrossed, unguided, unmeasured

FEW: dict[str, Any] = {"epochs": 1, "latent_dim": 2, "network": "mlp", "context": "none", "calibration": 0.0}
RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {"grade": RNG.integers(1, 5, 40), "size": RNG.choice(["S", "M", "L"], 40), "price": RNG.gamma(2, 9, 40).round(2)}
)
DECLARED = {
    "grade": {"type": "ordinal"},
    "size": {"type": "ordinal", "levels": ["S", "M", "L"]},
    "price": {"low": 0, "high": 200},
}


@contextmanager
def quick() -> Iterator[None]:
    """Fits whose files can be loaded."""
    with hardly_measured(), uncrossed(), unguided():
        yield


@pytest.fixture(scope="module")
def fitted() -> VAE:
    with quick():
        return VAE(schema=DECLARED, **FEW).fit(ROWS)


def test_columns_are_as_declared(fitted: VAE) -> None:
    grade, size, price = fitted.schema_.columns
    assert (grade.type, size.type, price.type) == ("ordinal", "ordinal", "continuous")
    assert size.levels == ("S", "M", "L")
    assert price.support.high == 200
    drawn = fitted.generate(200, temperature=5.0)
    assert drawn.columns.tolist() == ROWS.columns.tolist()
    assert set(drawn["grade"]) <= {1, 2, 3, 4}
    assert drawn["price"].between(0, 200).all()


def test_the_parameter_is_held_cloned_and_saved(fitted: VAE, tmp_path: Path) -> None:
    assert fitted.get_params()["schema"] is DECLARED
    assert clone(fitted).schema == DECLARED
    fitted.save(tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.schema == {name: dict(entry) for name, entry in DECLARED.items()}
    assert again.schema_ == fitted.schema_


@pytest.mark.parametrize("form", ["schema", "file", "mapping of a file"])
def test_a_models_schema_is_given_back(fitted: VAE, form: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(written(editable(fitted.schema_)))
    given = {"schema": fitted.schema_, "file": tmp_path / "s.json", "mapping of a file": editable(fitted.schema_)}[form]
    with quick():
        again = VAE(schema=given, **FEW).fit(ROWS)
    assert again.schema_ == fitted.schema_
    again.save(tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert loaded.schema_ == fitted.schema_
    assert isinstance(loaded.schema, str if form == "file" else dict)


def test_a_schema_of_a_table_makes_numbers_a_table() -> None:
    numbers = ROWS[["grade", "price"]]
    with unmeasured():
        vae = VAE(schema={"grade": {"type": "categorical"}}, **FEW).fit(numbers)
    assert vae.schema_.kind == "columns"
    assert vae.generate(5).dtypes.tolist() == numbers.dtypes.tolist()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (3, "schema must be a path"),
        ({"size": {"type": "number"}}, "'size'"),
        ({"weight": {"type": "integer"}}, "'weight'"),
        ("nothing.json", r"nothing\.json"),
        ({"kind": "image8"}, "must hold numbers"),
    ],
)
def test_what_is_no_schema_is_refused(given: Any, says: str) -> None:
    with pytest.raises((InputError, FileRefused), match=says):
        VAE(schema=given, **FEW).fit(ROWS)

"""What a search tries: ranges by the options' annotations and defaults, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from quintet import variants
from quintet.errors import InputError
from quintet.studies.tune.defaults import Defaults
from quintet.studies.tune.dimension import Dimension, parsed
from quintet.studies.tune.objective import anomalous
from quintet.studies.tune.space import DEFAULT, has_option, space_of
from quintet.studies.tune.storage import digest_of_rows
from quintet.studies.tune.trial import estimator_of
from quintet.training import Training

NETWORK = {"kind": "mlp", "hidden": [64, 64], "activation": "silu", "dropout": 0.0}
DEFAULTS = Defaults("vae", {}, 4, NETWORK, {**Training(batch_size=128).as_dict(), "epochs": 20}, 10)


def space(wanted: Mapping[str, Any] | None = None, defaults: Defaults = DEFAULTS) -> dict[str, Dimension]:
    return {dimension.name: dimension for dimension in space_of(defaults, wanted, True)}


def test_the_default_space_holds_the_options_as_given() -> None:
    found = space()
    assert [dimension.short for dimension in found.values()] == list(DEFAULT)
    for name, dimension in found.items():
        assert dimension.holds(DEFAULTS.value(name, "vae")), name
    assert found["training__learning_rate"].by_logarithm
    assert (found["latent_dim"].low, found["latent_dim"].high) == (2, 16)


def test_a_network_without_widths_and_a_variant_that_is_given_are_not_searched() -> None:
    conv = Defaults("vae", {}, 4, {"kind": "conv", "channels": 32}, DEFAULTS.training, 784)
    assert not {"network__width", "network__depth"} & space(None, conv).keys()
    assert "variant" not in {dimension.name for dimension in space_of(DEFAULTS, None, False)}
    assert space({"channels": None}, conv)["network__channels"] == Dimension("network__channels", 8, 128, whole=True)


@pytest.mark.parametrize("name", [name for name in Training.__dataclass_fields__ if name != "augmentation"])
def test_a_range_that_nobody_gives_is_one_that_the_option_takes(name: str) -> None:
    try:
        (found,) = space({f"training__{name}": None}).values()
    except InputError:
        with pytest.raises(InputError, match=r"needs values|give a range such as"):
            space({f"training__{name}": None})
        return
    for value in found.choices or (found.low, found.high):
        Training(**{name: int(value) if found.whole else value})


@pytest.mark.parametrize("name", variants.names())
def test_ranges_of_every_variants_options_are_ones_that_it_takes(name: str) -> None:
    cls = variants.get(name)
    for option in set(cls.__dataclass_fields__) - {"likelihood", "components"}:
        try:
            found = space({"variant": [name], f"variant__{option}": None})[f"variant__{option}"]
        except InputError:
            continue
        for value in found.choices or (found.low, found.high):
            cls(**{**cls.images_by, option: int(value) if found.whole else value})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1e-4..0.01", (1e-4, 0.01)),
        ("2..32", (2, 32)),
        ("64,128", [64, 128]),
        ("vae, ladder", ["vae", "ladder"]),
        ("none,0.5,true", [None, 0.5, True]),
    ],
)
def test_ranges_and_values_are_read_from_text(text: str, values: Any) -> None:
    assert parsed(text) == values


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "at least one option"),
        ({"learning_rat": None}, "did you mean 'learning_rate'"),
        ({"learning_rate": (0, 1)}, "training__learning_rate must be a number above 0"),
        ({"learning_rate": (0.1, 0.1)}, "must rise"),
        ({"learning_rate": "fast..slow"}, "LOW..HIGH"),
        ({"learning_rate": 3}, r"a pair \(low, high\), or a list"),
        ({"latent_dim": [0]}, "latent_dim must be"),
        ({"variant": ["vea"]}, "did you mean 'vae'"),
        ({"beta": (1.0, 2.0)}, "'beta' is not known"),
        ({"variant": ["vae", "beta"], "beta": (-1.0, 2.0)}, "beta must be at least 0"),
        ({"weight_decay": None}, "give a range such as"),
        ({"network__widht": None}, "did you mean 'width'"),
    ],
)
def test_what_cannot_be_searched_is_refused(wanted: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        space(wanted)


def test_an_option_of_one_variant_is_drawn_for_it_alone() -> None:
    found = space({"beta": (0.5, 8.0), "variant": ["vae", "beta"], "rate": None})
    assert next(iter(found)) == "variant"
    assert has_option("beta", "variant__beta")
    assert not has_option("vae", "variant__beta")


def test_an_estimator_has_the_options_of_its_trial_and_else_those_of_the_first_fit() -> None:
    from quintet import VAE

    ladder = Defaults("ladder", {"layers": 3, "modes": 1}, 6, NETWORK, DEFAULTS.training, 10)
    options = {"variant": "ladder", "network__depth": 1, "training__learning_rate": 0.01}
    made = estimator_of(VAE(training={"clip": 1.0}), options, ladder)
    assert (made.variant.layers, made.latent_dim) == (3, 6)
    assert made.network["hidden"] == (64,)
    assert made.training == {"clip": 1.0, "learning_rate": 0.01, "epochs": 20}
    assert estimator_of(VAE(), {"variant": "ladder"}, DEFAULTS).variant.layers == 2


def test_anomalies_have_the_columns_and_the_cells_of_the_rows() -> None:
    pl = pytest.importorskip("polars")
    pd = pytest.importorskip("pandas")
    values = {"a": list(range(100)), "b": [f"x{i}" for i in range(100)]}
    for frame in (pl.DataFrame(values), pd.DataFrame(values, index=range(50, 150))):
        found = anomalous(frame, 0)
        assert type(found) is type(frame)
        for name in values:
            assert set(found[name]) <= set(values[name])
            assert 5 < sum(x != y for x, y in zip(found[name], values[name], strict=True)) < 45
    rows = np.arange(200).reshape(100, 2)
    assert 0.1 < (anomalous(rows, 0) != rows).mean() < 0.35


def test_the_digest_of_rows_sees_a_cell_and_a_name() -> None:
    pl = pytest.importorskip("polars")
    rows = np.arange(6.0).reshape(3, 2)
    assert digest_of_rows(rows) == digest_of_rows(rows.copy()) != digest_of_rows(rows + np.eye(3, 2))
    frame = pl.DataFrame({"a": ["x", None], "b": [1, 2]})
    assert digest_of_rows(frame) != digest_of_rows(frame.rename({"a": "c"}))

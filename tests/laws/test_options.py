"""Every option of every variant takes what its annotation says, and refuses the rest in one sentence."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.variants import get, having, names

OPTIONS = [(name, field.name) for name in names() for field in fields(get(name)) if field.init]
NEVER: list[Any] = [float("nan"), float("inf"), -1, -0.5, "nonsense", object(), {"a": 1}, (), (1.5,), b"x"]
"""No option of any variant may be one of these."""


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=["-".join(pair) for pair in OPTIONS])
def test_nonsense_is_refused_by_the_option_s_name(name: str, option: str) -> None:
    made = get(name)
    annotated = {f.name: f for f in fields(made)}[option]
    for value in NEVER:
        with pytest.raises(InputError, match=rf"^(?:[^\n]*\b)?{option}(?:=| must )[^\n]*\.$"):
            made(**{option: value})
    if "bool" not in str(annotated.type):
        with pytest.raises(InputError, match=rf"\b{option}(=| must .*got )True"):
            made(**{option: True})
    if "None" not in str(annotated.type):
        with pytest.raises(InputError, match=rf"\b{option}(=| must .*got )None"):
            made(**{option: None})


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=["-".join(pair) for pair in OPTIONS])
def test_numbers_of_a_grid_search_are_taken_as_python_s(name: str, option: str) -> None:
    default = {f.name: f.default for f in fields(get(name))}[option]
    if isinstance(default, bool | int | float | str):
        given = np.asarray([default])[0]
        found = getattr(get(name)(**{option: given}), option)
        assert found == default
        assert type(found) is type(default)


def test_an_option_of_another_variant_names_the_variants_that_have_it() -> None:
    assert having("beta") == ["beta", "beta_tc"]
    with pytest.raises(InputError, match=r"Vae has no option 'beta', which belongs to variant 'beta' or 'beta_tc'"):
        VAE("vae").set_params(variant__beta=4.0)
    with pytest.raises(InputError, match="did you mean 'components'"):
        VAE("vae").set_params(variant__component=4)

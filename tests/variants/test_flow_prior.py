"""A flow as prior: it closes the gap to the aggregated posterior."""

import pytest

from quintet.errors import InputError
from quintet.variants.flow_prior import FlowPrior
from quintet.variants.vae import Vae
from tests.variants.prior_gap import gap


@pytest.mark.parametrize("kind", ["nsf", "maf"])
def test_the_gap_to_the_aggregated_posterior_shrinks(kind: str) -> None:
    assert gap(FlowPrior(kind=kind)) < 0.7 * gap(Vae())


@pytest.mark.parametrize("wrong", [{"kind": "naf"}, {"transforms": 0}, {"hidden": 1.5}])
def test_options_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(InputError, match=r"must be|not known"):
        FlowPrior(**wrong)

"""Numbers in scientific notation: a rare value is no wrong digit of a frequent one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from quintet import VAE
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.schema import Schema
from quintet.distributions.binned import Binned, Intervals
from quintet.distributions.joint import Joint, Part
from quintet.tasks.correct.resolution import resolved
from tests.shared import hardly_measured


def table(rows: int, seed: int) -> pd.DataFrame:
    """Concentrations with two significant digits, a fifth of them the same one."""
    rng = np.random.default_rng(seed)
    free = np.exp(rng.normal(-15, 1.0, rows))
    amount = [float(f"{x:.1e}") for x in np.where(rng.random(rows) < 0.2, 1.3e-7, free)]
    return pd.DataFrame({"amount": amount, "y": rng.normal(size=rows), "x": rng.normal(size=rows).round(1)})


def test_intervals_are_as_wide_as_the_last_digit_and_others_as_they_were() -> None:
    frame = table(200, 0)
    read = read_frame(frame)
    columns = learn_columns(read)
    schema = Schema.of_columns(columns, read.container, encode_frame(columns, read))
    values = torch.tensor([1.3e-7, 1.5e-6, 9.9e-6], dtype=torch.float64)
    x = (values - schema.loc[0]) / schema.scale[0]
    ends = Intervals(
        torch.stack([torch.cat([x - 1e-5, x[:1]]), torch.linspace(-1, 1, 4)]).float(),
        torch.stack([torch.cat([x + 1e-5, x[:1]]), torch.linspace(-1, 1, 4) + 0.01]).float(),
        torch.zeros(2),
        torch.ones(2),
    )
    own = Part(torch.tensor([0, 2]), Binned(torch.zeros(1, 1, 2, 5), ends))
    (part,) = resolved(schema, Joint((own,))).parts
    assert isinstance(part.distribution, Binned)
    found = part.distribution.intervals
    width = (found.high - found.low)[0].double() * schema.scale[0]
    np.testing.assert_allclose(width[:3], [1e-8, 1e-7, 1e-7], rtol=0.05)
    assert width[3] == 0
    assert (found.low[1] == ends.low[1]).all()
    assert (found.high[1] == ends.high[1]).all()
    plain = Joint((Part(torch.tensor([2]), Binned(torch.zeros(1, 1, 1, 5), ends.select(slice(1, 2)))),))
    assert resolved(schema, plain).parts[0] is plain.parts[0]


@pytest.fixture(scope="module")
def vae() -> VAE:
    with hardly_measured():
        return VAE(epochs=20, latent_dim=2, network={"kind": "mlp", "hidden": (16,)}).fit(table(500, 1))


def test_right_rows_are_hardly_corrected(vae: VAE) -> None:
    rows = table(200, 2)
    assert len(vae.corrections(rows)) <= 0.01 * len(rows)

"""ONNX graphs of context decoders answer as PyTorch does, and denoise as Python does."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import norm

from quintet.data.dataset import Rows
from quintet.data.frame_columns import learn_table
from quintet.data.schema import Schema
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.export.context import QUANTILES
from quintet.export.metadata import KEY
from quintet.export.model_graphs import GRAPHS
from quintet.export.model_graphs import made as made_graphs
from quintet.inference.importance import EFFORTS
from quintet.inference.starting_latents import Corrupted
from quintet.models.context.model import ContextModel
from quintet.tasks.denoise.by_model import FIRST_RATE, denoise_by_model, guided_posterior
from quintet.tasks.denoise.noise_kinds import noise_for
from tests_reach.onnx_models import (
    CLOSE,
    DIGITS,
    Array,
    check,
    export_of,
    queries,
    session,
    untrained,
    with_context,
)


def table() -> tuple[Array, Schema]:
    pd = pytest.importorskip("pandas")
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": random.normal(size=80) * 3 + 100,
            "b": random.choice(list("xyz"), 80),
            "c": random.integers(0, 5, 80),
            "d": random.normal(size=80),
            "e": random.random(80) > 0.3,
        }
    )
    cells, learnt = learn_table(frame, None)
    return cells, learnt.schema(cells, None)


def series() -> tuple[Array, Schema]:
    steps = np.arange(40 * 12)
    X = (np.sin(steps / 3) + 0.1 * np.random.default_rng(0).normal(size=steps.size)).reshape(40, 12)
    return X, Schema.infer(X, sequential=True)


def image() -> tuple[Array, Schema]:
    X = DIGITS[:40, :7, :6]  # odd sides: the coarser levels of the smooth surface are padded
    return X, Schema.infer(X)


CONTEXTS: dict[str, tuple[Callable[[], tuple[Array, Schema]], list[str]]] = {
    "columns": (table, ["log_prob", "context_decoder", "given_others"]),
    "steps": (series, ["log_prob", "context_decoder", "denoiser"]),
    "grid": (image, ["log_prob", "context_decoder"]),
}


@pytest.mark.parametrize("decoder", CONTEXTS)
def test_graphs_of_context_decoders_answer_as_pytorch(decoder: str) -> None:
    rows, names = CONTEXTS[decoder]
    cells, schema = rows()
    assert check(with_context(decoder, schema), cells, names) == names


def test_probabilities_of_a_table_are_those_of_its_columns() -> None:
    cells, schema = table()
    fitted = with_context("columns", schema)
    proto = made_graphs(fitted, ["given_others"])["given_others"]
    about = json.loads({entry.key: entry.value for entry in proto.metadata_props}[KEY])
    x = cells[:3].astype(np.float32)
    found = dict(zip(about["outputs"], session(proto).run(None, {"x": x, "visible": np.ones_like(x)}), strict=True))
    places = about["tokens"]
    names = [column.name for column in schema.modelled]
    assert {names[place] for place in places["levels"]} >= {"b", "e"}
    assert {names[place] for place in places["numbers"]} >= {"a", "d"}
    assert found["levels"].shape[1] == len(places["levels"])
    for share in (found["levels"], found["numbers"]):
        np.testing.assert_allclose(share.sum(-1), 1, atol=1e-5)
    for place, own in zip(places["levels"], found["levels"].swapaxes(0, 1), strict=True):
        code = cells[:3, place].astype(int)
        np.testing.assert_allclose(
            np.log(own[np.arange(3), code]), found["log_prob"][:, place], atol=1e-4, err_msg=names[place]
        )
    a = places["numbers"].index(names.index("a"))
    low, high = np.array(places["intervals"][a]).T
    assert low.min() <= cells[:, 0].min()
    assert high.max() >= cells[:, 0].max()


def test_quantiles_of_series_ascend_and_hold_their_share() -> None:
    X, schema = series()
    fitted = with_context("steps", schema)
    graph: Any = GRAPHS["context_decoder"](fitted)
    given = queries(fitted, graph, X, 5)
    proto = made_graphs(fitted, ["context_decoder"])["context_decoder"]
    found = session(proto).run(None, given)[2]
    shares = json.loads({entry.key: entry.value for entry in proto.metadata_props}[KEY])["quantiles"]
    assert found.shape == (5, len(shares), 12)
    assert (np.diff(found, axis=1) >= 0).all()
    with torch.no_grad():
        own = fitted.model
        assert isinstance(own, ContextModel)
        x, there = graph.weighed(torch.from_numpy(given["x"]), torch.from_numpy(given["visible"]))
        z = torch.from_numpy(given["z"])[None]
        p = own.context(x[None], there[None], own.given(z, None), None, torch.from_numpy(given["has_z"])[None, :, None])
        for place, share in enumerate(shares):
            level = graph.cells.to_model(torch.from_numpy(found[:, place]))
            torch.testing.assert_close(p.cdf(level[None])[0], torch.full((5, 12), share), atol=1e-3, rtol=0)


@pytest.mark.parametrize("with_decoder", [False, True])
def test_a_noisy_series_has_the_clean_steps_of_python_and_bands_that_hold_their_share(with_decoder: bool) -> None:
    X, schema = series()
    fitted = with_context("steps", schema) if with_decoder else untrained("vae", schema)
    x = X[:3].astype(np.float32)
    there = np.ones(x.shape, dtype=bool)
    there[1, :4] = False
    clean, rate, bands = session(export_of(fitted, "denoiser")).run(None, {"x": x, "observed": there})
    batch, noise = Rows.of(x, schema, mask=~there).batch(slice(None)), noise_for(fitted, "normal")
    assert isinstance(noise, AdditiveNormal)
    with torch.no_grad():
        if with_decoder:
            wanted, rates = denoise_by_model(fitted, noise, batch, None, EFFORTS["low"], 0)
            np.testing.assert_allclose(clean, schema.to_user(wanted).reshape(clean.shape), rtol=CLOSE, atol=CLOSE)
            np.testing.assert_allclose(rate, rates, rtol=1e-3)
        else:
            rows = Corrupted(noise, batch.x, batch.observed, None, FIRST_RATE["normal"], find=True)
            guided, rates = guided_posterior(fitted, rows, None)
            p = fitted.model.decode(guided.peak.loc)
            np.testing.assert_allclose(clean, schema.to_user(rows.cleaned(p, rates)).reshape(clean.shape), atol=CLOSE)
            spread = noise.spread(rates, batch.x)
            share = (p.variance / (p.variance + spread.square()))[0]
            middle = torch.where(batch.observed, p.mean[0] + share * (batch.x - p.mean[0]), p.mean[0])
            wide = torch.where(batch.observed, (share.sqrt() * spread)[0], p.variance[0].sqrt())
            for place, quantile in enumerate(QUANTILES):
                level = schema.to_user(middle + float(norm.ppf(quantile)) * wide).reshape(clean.shape)
                np.testing.assert_allclose(bands[:, place], level, atol=1e-3)
    assert (np.diff(bands, axis=1) >= 0).all()

"""Answers about random frames around a model's columns: legal values, or one sentence."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.data.columns.answers import written
from quintet.data.columns.frames import read_frame
from quintet.errors import InputError, QuintetWarning
from tests.data.frames_of_all_kinds import pandas_frames, training_frame
from tests.shared import Shared, answering_in_haste, hardly_measured


@pytest.fixture(scope="module", params=["none", "columns"])
def vae(shared: Shared, request: pytest.FixtureRequest) -> VAE:
    def fit() -> VAE:
        with hardly_measured(), answering_in_haste(), warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)
            network = {"kind": "mlp", "hidden": (16,)}
            return VAE(epochs=2, latent_dim=3, network=network, context=request.param).fit(training_frame(120))

    return shared(f"estimators-frames-{request.param}", fit)


def assert_legal(vae: VAE, answer: pd.DataFrame, frame: pd.DataFrame | None) -> None:
    """Every value that the user did not give is one of its column's: its code, step, decimals and bounds."""
    assert list(answer.columns) == [column.name for column in vae.schema_.columns]
    found = {column.name: column for column in read_frame(answer).columns}
    mine = {} if frame is None else {column.name: column.values for column in read_frame(frame).columns}
    for column in vae.schema_.modelled:
        values = found[column.name].values
        assert not values.missing.any(), column.name
        back = written(column, column.decode(column.encode(values)), found[column.name])
        given = np.zeros(len(answer), bool) if column.name not in mine else ~mine[column.name].missing
        for value, again, own in zip(found[column.name].own, back, given, strict=True):
            assert own or value == again, (column.name, value, again)


QUESTIONS: dict[str, Any] = {
    "impute": lambda v, X: v.impute(X),
    "draws": lambda v, X: v.impute(X, draws=2)[1],
    "denoise": lambda v, X: v.denoise(X),
    "replacement": lambda v, X: v.denoise(X, "replacement", rate=0.5),
    "reconstruct": lambda v, X: v.reconstruct(X),
}


@given(frame=pandas_frames(), question=st.sampled_from(sorted(QUESTIONS)))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_about_random_frames_are_legal(vae: VAE, frame: pd.DataFrame, question: str) -> None:
    with warnings.catch_warnings(), answering_in_haste():
        warnings.simplefilter("ignore", QuintetWarning)
        try:
            answer = QUESTIONS[question](vae, frame)
        except InputError:  # infinity, or values of another type
            return
    assert answer.index.equals(frame.index)
    assert_legal(vae, answer, frame if question != "reconstruct" else None)
    if question in ("impute", "draws"):
        user, given = read_frame(frame), {c.name: c.values for c in read_frame(answer).columns}
        for column in user.columns:
            if column.name in given:
                there = ~column.values.missing
                assert (given[column.name].array[there] == column.values.array[there]).all(), column.name


def test_new_rows_are_legal(vae: VAE) -> None:
    for expected in (True, False):
        assert_legal(vae, vae.generate(50, expected=expected), None)
    pd.testing.assert_frame_equal(vae.generate(50)[:20], vae.generate(20))  # row i depends on the seed and on i

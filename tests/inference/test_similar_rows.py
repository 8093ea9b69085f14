"""Missing numbers by similar rows: against a regression row by row, and what the trial chooses."""

import numpy as np
import pandas as pd
import pytest
import torch

from quintet import VAE, load
from quintet.artifacts.similar_rows import SimilarRows
from quintet.inference.similar_rows import KNOWN, MISSING, refined

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 4)).astype("f4"))


def kept(rows=ROWS, size=10, rounds=1, share=1.0):
    return SimilarRows(rows, rows.std(0, correction=0), *(torch.tensor([float(v)]) for v in (size, rounds, share)))


def test_formula():
    rng = np.random.default_rng(1)
    x = torch.from_numpy(rng.normal(size=(5, 4)).astype("f4"))
    observed = torch.from_numpy(rng.random((5, 4)) < 0.6)
    numbers = [0, 1, 3]
    found = refined(kept(), numbers, x, observed).double().numpy()
    rows, spread = ROWS.double().numpy(), ROWS.double().numpy().std(0)
    for row, seen, answer in zip(x.double().numpy(), observed.numpy(), found, strict=True):
        apart = (((row - rows) / spread) ** 2)[:, numbers].sum(1) + 2 * (rows[:, 2] != row[2])
        near = (rows / spread)[np.argsort(apart)[:10]][:, numbers]
        mean, s = near.mean(0), np.cov(near.T)
        noise = np.diag(np.where(seen[numbers], KNOWN, MISSING))
        expected = (mean + s @ np.linalg.solve(s + noise, (row / spread)[numbers] - mean)) * spread[numbers]
        inside = np.clip(
            expected, *(np.array([*rows, row])[:, numbers].min(0), np.array([*rows, row])[:, numbers].max(0))
        )
        np.testing.assert_allclose(answer[numbers], np.where(seen[numbers], row[numbers], inside), atol=1e-4)
        assert answer[2] == pytest.approx(row[2])  # a level


@pytest.mark.parametrize("rows", [1, 7, 33])
def test_rows_do_not_depend_on_others(rows):
    x = torch.from_numpy(np.random.default_rng(2).normal(size=(64, 4)).astype("f4"))
    observed = torch.from_numpy(np.random.default_rng(3).random((64, 4)) < 0.5)
    whole = refined(kept(rounds=2, share=0.5), [0, 1, 2, 3], x, observed)
    part = refined(kept(rounds=2, share=0.5), [0, 1, 2, 3], x[:rows], observed[:rows])
    torch.testing.assert_close(part, whole[:rows], rtol=0, atol=1e-5)
    assert torch.equal(whole[observed], x[observed])


def curve(rows: int, seed: int) -> pd.DataFrame:
    """Four numbers along a curve with a level: similar rows say all, straight lines little."""
    rng = np.random.default_rng(seed)
    t = rng.uniform(0, 6, rows)
    found = {"a": np.sin(t), "b": np.cos(t), "c": np.sin(2 * t), "d": np.cos(3 * t)}
    frame = pd.DataFrame(found) + rng.normal(0, 0.02, (rows, 4))
    return frame.assign(turn=np.where(t > 3, "second", "first"))


@pytest.mark.usefixtures("measured_in_full")
def test_trial_refines_a_model_that_learnt_little(tmp_path):
    vae = VAE(latent_dim=2, epochs=4, random_state=0).fit(curve(400, 0))
    assert vae.fitted_.artifacts.similar_rows is not None
    asked = curve(60, 1)
    hidden = asked.mask(np.random.default_rng(4).random(asked.shape) < 0.3)
    filled = vae.impute(hidden)
    pd.testing.assert_frame_equal(filled.where(hidden.notna()), hidden)
    numbers = list("abcd")
    error = np.square((filled[numbers] - asked[numbers]).where(hidden[numbers].isna())).mean().mean()
    assert error < 0.35  # 0.5 by the mean of each column
    vae.save(tmp_path / "curve.safetensors")
    again = load(tmp_path / "curve.safetensors").impute(hidden)
    pd.testing.assert_frame_equal(again, filled)


@pytest.mark.usefixtures("measured_in_full")
def test_levels_alone_are_not_compared():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({name: rng.choice(["x", "y", "z"], 200) for name in "abc"})
    assert VAE(latent_dim=2, epochs=2, random_state=0).fit(frame).fitted_.artifacts.similar_rows is None


def test_numbers_of_any_size():
    rows = ROWS.clone()
    rows[:3, 0] = torch.tensor([1e9, -1e9, 3e7])
    rows[:, 3] = 5.0
    spread = rows.std(0, correction=0).clamp(min=1e-3)
    wild = SimilarRows(rows, spread, *(torch.tensor([float(v)]) for v in (15, 2, 1.0)))
    x = torch.tensor([[1e9, 0.0, 0.0, 5.0], [0.0, 1e6, 0.0, -4.0]])
    found = refined(wild, [0, 1, 2, 3], x, torch.tensor([[True, False, True, False], [False, True, False, True]]))
    assert found.isfinite().all()
    assert found[0, 0] == 1e9
    assert torch.equal(refined(wild, [0, 1, 2, 3], x * torch.nan, x > 0).isnan(), torch.ones_like(x, dtype=torch.bool))

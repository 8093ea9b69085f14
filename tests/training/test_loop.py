"""The loop: same seed same weights, groups, budgets, validation, weights of rows, divergence."""

from __future__ import annotations

import itertools
import json
import math
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from quintet.data.dataset import Batch, Rows
from quintet.errors import Diverged, InputError
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, StepContext
from quintet.noise import Noise
from quintet.training import Training, fit
from tests.training import tiny

PLAN = Training(epochs=4, batch_size=16)


def test_same_seed_same_weights_and_another_seed_others() -> None:
    schema, rows = tiny.binary_rows()
    ends = []
    for seed in (0, 0, 1):
        recipe = tiny.recipe_for(schema, dropout=0.3)
        torch.rand(seed + 5)  # the global generator's state plays no part
        fit(recipe, rows, None, PLAN, seed, device="cpu")
        ends.append(tiny.weights_of(recipe))
    assert tiny.equal(ends[0], ends[1])
    assert not tiny.equal(ends[0], ends[2])


def test_the_loss_falls_and_rate_and_distortion_add_up_to_it() -> None:
    schema, rows = tiny.binary_rows()
    history = fit(tiny.recipe_for(schema), rows, None, replace(PLAN, epochs=25, learning_rate=0.01), device="cpu")
    joint = history.stage("joint")
    assert joint[-1]["loss"] < 0.95 * joint[0]["loss"]
    for row in joint:
        assert row["loss"] == pytest.approx(row["distortion"] + row["rate"], rel=1e-5)
        assert sum(row["kl_per_latent"]) == pytest.approx(row["rate"], abs=1e-4)
    assert [row["epoch"] for row in joint] == list(range(1, 21))
    assert [row["stage"] for row in history][-1] == "guide"
    json.dumps(history.rows, allow_nan=False)


def test_the_guides_stage_changes_no_bit_of_the_joint() -> None:
    schema, rows = tiny.binary_rows()
    ends = []
    for stages in (1, 2):
        recipe = tiny.recipe_for(schema, stages=stages, norm="batch", dropout=0.2)
        fit(recipe, rows, None, replace(PLAN, epochs=4 if stages == 1 else 5), device="cpu")
        ends.append({n: t for n, t in tiny.weights_of(recipe).items() if n.startswith("model.")})
    assert tiny.equal(*ends)


def test_afterwards_modules_evaluate_and_gradients_are_free_again() -> None:
    schema, rows = tiny.binary_rows()
    recipe = tiny.recipe_for(schema)
    recipe.model.decoder[0].weight.requires_grad_(False)
    fixed = recipe.model.decoder[0].weight.clone()
    fit(recipe, rows, None, PLAN, device="cpu")
    assert not any(m.training for m in recipe.model.modules())
    assert torch.equal(fixed, recipe.model.decoder[0].weight), "what the user froze stays frozen"
    assert all(p.requires_grad for p in recipe.model.encoder.parameters())
    assert not recipe.model.decoder[0].weight.requires_grad
    assert all(p.grad is None for p in recipe.model.parameters())


def test_each_player_moves_its_own_parameters_only() -> None:
    pair = tiny.Pair(a=0.0, b=3.0)

    def product(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        return LossOutput((pair.a.value * pair.b.value - 6 - batch.x[:, 0]).square())

    plan = Training(epochs=30, batch_size=4, learning_rate=0.1, precision="fp32", schedule="constant")
    second = OptimizerGroup("second", (pair.b,), product)
    history = fit(tiny.toy(tiny.towards(pair.a), second, model=pair), tiny.zeros(), None, plan, device="cpu")
    alone = tiny.Pair(a=0.0)
    fit(tiny.toy(tiny.towards(alone.a), model=alone), tiny.zeros(), None, plan, device="cpu")
    assert torch.equal(pair.a.value, alone.a.value), "the second group's loss must not pull at the first's number"
    assert pair.b.value.item() == pytest.approx(6, abs=0.5)
    assert history.rows[-1]["loss_second"] < history.rows[0]["loss_second"]


def test_fine_tuning_starts_from_the_weights_there_are() -> None:
    pair = tiny.Pair(a=1.0)
    plan = Training(epochs=1, batch_size=8, learning_rate=1e-6, precision="fp32")
    history = fit(tiny.toy(tiny.towards(pair.a), model=pair), tiny.zeros(), None, plan, device="cpu")
    assert history.rows[0]["loss"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("n", "size"), [(1, 128), (5, 2), (8, 8), (9, 8), (3, 1000)])
def test_any_number_of_rows_and_every_row_once_an_epoch(n: int, size: int) -> None:
    seen: list[float] = []
    pair = tiny.Pair()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        seen.extend(batch.x[:, 0].tolist())
        return LossOutput((pair.a.value - batch.x[:, 0]).square())

    rows = Rows(torch.arange(float(n)).view(n, 1))
    plan = Training(epochs=2, batch_size=size)
    fit(tiny.toy(OptimizerGroup("p", (pair.a,), loss), model=pair), rows, None, plan, device="cpu")
    first, second = seen[:n], seen[n : 2 * n]
    assert sorted(first) == sorted(second) == list(map(float, range(n)))
    assert n < 5 or first != second, "each epoch has an order of its own"


def test_accumulated_parts_make_the_same_step() -> None:
    schema, rows = tiny.binary_rows(90)
    ends = []
    for size, accumulate in ((30, 1), (10, 3)):
        recipe = tiny.recipe_for(schema, "ae", stages=1)
        plan = Training(epochs=3, batch_size=size, accumulate=accumulate, precision="fp32")
        fit(recipe, rows, None, plan, device="cpu")
        ends.append(tiny.weights_of(recipe))
    for name, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][name], rtol=1e-3, atol=1e-5)


def test_a_row_of_weight_zero_has_no_influence() -> None:
    schema, rows = tiny.binary_rows(40)
    weight = torch.ones(40)
    weight[::2] = 0
    other = rows.values.clone()
    other[::2] = 1 - other[::2]
    ends = []
    for values in (rows.values, other):
        recipe = tiny.recipe_for(schema, stages=1)
        fit(recipe, replace(rows, values=values, weight=weight), None, PLAN, device="cpu")
        ends.append(tiny.weights_of(recipe))
    assert tiny.equal(*ends)
    unweighted = tiny.recipe_for(schema, stages=1)
    fit(unweighted, rows, None, PLAN, device="cpu")
    assert not tiny.equal(ends[0], tiny.weights_of(unweighted))


def test_the_plan_reaches_the_objective() -> None:
    moments: list[StepContext] = []
    pair = tiny.Pair()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        moments.append(context)
        return LossOutput((pair.a.value - batch.x[:, 0]).square())

    plan = Training(epochs=5, batch_size=4, kl_warmup=0.5, free_bits=0.25)
    fit(tiny.toy(OptimizerGroup("p", (pair.a,), loss), model=pair), tiny.zeros(), None, plan, device="cpu")
    last, moments = moments[-1], moments[:-1]
    assert (last.t, last.rate_weight) == (1, 1), "the end is judged with the rate's full weight"
    assert [m.step for m in moments] == list(range(10))
    assert {m.total_steps for m in moments} == {10}
    assert {m.free_bits for m in moments} == {0.25}
    assert [round(m.rate_weight, 6) for m in moments] == [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1]


def test_validation_and_early_stopping_keep_the_best_weights() -> None:
    pair = tiny.Pair(a=-1.0)
    held = Rows(torch.full((4, 1), -1.0))  # best at a = 0, which training towards 1 only passes
    plan = Training(epochs=200, batch_size=8, learning_rate=0.05, schedule="constant", patience=3, precision="fp32")
    history = fit(tiny.toy(tiny.towards(pair.a), model=pair), tiny.zeros(), held, plan, device="cpu")
    losses = [row["val_loss"] for row in history]
    assert len(history) < 60
    assert losses.index(min(losses)) == len(losses) - 4
    assert pair.a.value.item() ** 2 == pytest.approx(min(losses), rel=1e-3)


def test_a_share_of_the_rows_is_held_out() -> None:
    schema, rows = tiny.binary_rows(50)
    history = fit(tiny.recipe_for(schema, dropout=0.5), rows, None, replace(PLAN, validation=0.2), device="cpu")
    assert {"val_loss", "val_distortion", "val_rate"} <= history.rows[0].keys()
    with pytest.raises(InputError, match="patience=3 requires held-out rows"):
        fit(tiny.recipe_for(schema), rows, None, replace(PLAN, patience=3), device="cpu")
    with pytest.raises(InputError, match="leaves no training rows"):
        fit(tiny.recipe_for(schema), rows.take(slice(0, 1)), None, replace(PLAN, validation=0.2), device="cpu")


def test_the_running_mean_is_what_is_kept() -> None:
    trail: list[float] = []
    pair = tiny.Pair(a=0.0)

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        trail.append(pair.a.value.item())
        return LossOutput((pair.a.value - 1 - batch.x[:, 0]).square())

    plan = Training(epochs=6, batch_size=8, learning_rate=0.1, ema=0.5, schedule="constant", precision="fp32")
    fit(tiny.toy(OptimizerGroup("p", (pair.a,), loss), model=pair), tiny.zeros(), None, plan, device="cpu")
    bare = tiny.Pair(a=0.0)
    fit(tiny.toy(tiny.towards(bare.a), model=bare), tiny.zeros(), None, replace(plan, ema=0.0), device="cpu")
    mean = 0.0
    for step, value in enumerate([*trail[1:-1], bare.a.value.item()]):
        mean += (1 - min(0.5, (1 + step) / (10 + step))) * (value - mean)
    assert pair.a.value.item() == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize(("rate", "word"), [(1e30, "NaN|rose"), (300.0, "NaN|rose")])
def test_a_run_away_halts_with_a_cure_and_the_last_good_weights(rate: float, word: str) -> None:
    schema, rows = tiny.binary_rows()
    recipe = tiny.recipe_for(schema)
    with pytest.raises(Diverged, match=rf"({word}).*stage 'joint'.*learning_rate={rate / 10:.2g}".replace("+", r"\+")):
        fit(recipe, rows, None, replace(PLAN, epochs=60, learning_rate=rate), device="cpu")
    assert all(t.isfinite().all() for t in tiny.weights_of(recipe).values())


def test_a_nan_late_in_training_keeps_what_was_learnt() -> None:
    pair = tiny.Pair(a=0.0)

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        hole = math.nan if context.step == 130 else 0.0
        return LossOutput((pair.a.value - 1 + hole).square().expand(len(batch)))

    plan = Training(epochs=300, batch_size=8, learning_rate=0.01, schedule="constant", precision="fp32")
    with pytest.raises(Diverged, match="epoch 131"):
        fit(tiny.toy(OptimizerGroup("p", (pair.a,), loss), model=pair), tiny.zeros(), None, plan, device="cpu")
    assert 0.5 < pair.a.value.item() < 1.2


def test_stages_share_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: 0.01 * next(ticks))
    for module in ("trainer", "run_clock"):
        monkeypatch.setattr(f"quintet.training.{module}.time", clock)
    schema, rows = tiny.binary_rows()
    recipe: Recipe = tiny.recipe_for(schema)
    history = fit(recipe, rows, None, Training(epochs=100_000, batch_size=8, max_minutes=0.1), device="cpu")
    assert next(ticks) < 900, "six seconds of a clock that each look at it moves by a hundredth"
    joint, guide = history.stage("joint"), history.stage("guide")
    assert 2 < len(joint) / len(guide) < 6, "shares of 0.8 and 0.2"
    assert guide[-1]["learning_rate"] < 1e-4, "where the limit ends a stage its schedule follows the clock"


def test_a_limit_that_is_not_reached_changes_no_bit() -> None:
    schema, rows = tiny.binary_rows()
    ends = []
    for minutes in (None, 30.0):
        recipe = tiny.recipe_for(schema)
        history = fit(recipe, rows, None, replace(PLAN, max_minutes=minutes, validation=0.2, patience=2), device="cpu")
        ends.append(tiny.weights_of(recipe))
        assert not history.notes
    assert tiny.equal(*ends)


def test_a_limit_that_is_over_before_training_leaves_a_step_of_each_stage() -> None:
    schema, rows = tiny.binary_rows()
    plan = replace(PLAN, epochs=50, max_minutes=0.1)
    history = fit(tiny.recipe_for(schema), rows, None, plan, began=time.perf_counter() - 60, device="cpu")
    assert [row["stage"] for row in history] == ["joint", "guide"]
    ended = [note for note in history.notes if note.startswith("max_minutes ended the stage")]
    assert ended[0] == "max_minutes ended the stage 'joint' after 1 of 40 epochs."
    assert len(ended) == 2


def test_the_last_step_is_judged_too() -> None:
    """A learning rate that diverges in the one step of an epoch, after its loss is computed."""
    schema, rows = tiny.binary_rows()
    for stages, ema in ((1, 0.0), (2, 0.999)):
        recipe = tiny.recipe_for(schema, stages=stages)
        plan = Training(epochs=stages, batch_size=256, learning_rate=1e4, schedule="constant", ema=ema)
        with pytest.raises(Diverged, match=r"at the end of stage 'joint'.*learning_rate=1e\+03"):
            fit(recipe, rows, None, plan, device="cpu")
        assert all(t.isfinite().all() for t in tiny.weights_of(recipe).values())


def test_nothing_to_train_on_and_nothing_to_train() -> None:
    schema, rows = tiny.binary_rows()
    with pytest.raises(InputError, match="rows must hold at least one row"):
        fit(tiny.recipe_for(schema), rows.take(slice(0, 0)), None, PLAN, device="cpu")
    pair = tiny.Pair()
    pair.requires_grad_(False)
    with pytest.raises(InputError, match="must have trainable parameters"):
        fit(tiny.toy(tiny.towards(pair.a), model=pair), tiny.zeros(), None, PLAN, device="cpu")

"""Training on a GPU, of which a stand-in of the tests counts what the processor waits for and what is copied there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor

from quintet import variants
from quintet.data.binarisation import Chances
from quintet.data.dataset import Rows
from quintet.data.full_mask import all_true, is_full, mask_on
from quintet.estimators import building
from quintet.estimators._fit.job import Job
from quintet.models.recipe import Recipe, StepContext
from quintet.training import Training, fit, loader, optimiser
from quintet.training.loader import Loader
from quintet.training.stage_run import StageRun
from quintet.training.weights import only, recipe_modules
from quintet.transfers import send
from tests.fake_gpu import CPU, GPU, FakeGpu, OnGpu, fake_gpu
from tests.training import tiny
from tests.training.jobs import apart, context_job, job_for

PLAN = Training(epochs=1, batch_size=16, precision="fp32", ema=0.9, noise="device")
STEPS = 2
WAITING = {
    "semi": {"models/semi_supervised.py bound reads a value"},
    "tokens": {
        "models/context/token_terms.py token_terms copies to the processor",
        "models/context/tokens.py logits copies to the processor",
    },
}
"""What still waits. The rows of a batch without a label, of which ``semi`` decodes further labels, are as many as they
are; the counts of tokens are looked up by NumPy, for visible tokens that are drawn anew in each step."""


def stepped(job: Job, plan: Training, device: torch.device, resident: bool = True) -> tuple[Recipe, FakeGpu]:
    """The recipe after some steps of each stage, and what the stand-in saw of them."""
    recipe = building.build(job.variant, job.schema, 3, job.network, 0, context=job.context)
    rows, seen = job.variant.arranged(job.parts.train), FakeGpu()
    with fake_gpu() as gpu, mock.patch.object(loader, "_fits", return_value=resident):
        for module in recipe_modules(recipe).values():
            module.to(device)
        batches = Loader(rows, device, plan.noise)
        for number, stage in enumerate(recipe.stages):
            if stage.start is not None:
                stage.start(batches.batch(torch.arange(32)))
            with only(recipe, stage):
                run = StageRun(recipe, number, plan, 0, device, "fp32")
                for step in range(STEPS + 1):
                    if step == 1:  # the first step may set weights by the first batch
                        gpu.forget()
                    index = torch.arange(16 * step, 16 * step + 16) % len(batches)
                    run.step(batches, index, StepContext(step, 10, 0, 1.0, plan.free_bits, len(batches)), 1e-3)
            seen.take(gpu)
        for module in recipe_modules(recipe).values():
            module.to(CPU)
    return recipe, seen


def assert_no_waiting(job: Job, plan: Training, waiting: frozenset[str] | set[str] = frozenset()) -> FakeGpu:
    """Steps on the stand-in wait for nothing else, and end with the weights of the processor."""
    found, seen = stepped(job, plan, GPU)
    assert set(seen.waits) == waiting
    assert apart(found, stepped(job, plan, CPU)[0]) < 2e-5
    return seen


@pytest.mark.parametrize("variant", [name for name in variants.names() if name != "translate"])
def test_no_step_of_a_variant_waits_for_the_device(variant: str) -> None:
    seen = assert_no_waiting(job_for(variant), PLAN, WAITING.get(variant, frozenset()))
    assert set(seen.drawn) == {GPU}


@pytest.mark.parametrize(
    "change",
    [
        {"accumulate": 2, "weight_decay": 0.01, "encoder_steps": 1},
        {"free_bits": 0.5, "noise": "cpu"},
        {"augmentation": ("flip", "shift", "crop")},
    ],
)
def test_no_option_of_the_plan_waits_for_the_device(change: dict[str, Any]) -> None:
    plan = replace(PLAN, **change)
    seen = assert_no_waiting(job_for("vae"), plan)
    assert set(seen.drawn) == {CPU if plan.noise == "cpu" else GPU}


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW's steps vanish with the gradient: one of 0 is not scaled up, whatever its rounding."""
    monkeypatch.setattr(optimiser, "AdamW", partial(optimiser.AdamW, eps=1e-3))


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("context", ["columns", "grid", "steps", "tokens"])
def test_no_step_of_a_context_decoder_waits_for_the_device(context: str) -> None:
    """Draws are the processor's: chances for a whole step have a generator of their own beside one on the device."""
    assert_no_waiting(context_job(context), replace(PLAN, noise="cpu"), WAITING.get(context, frozenset()))


def batch_of(rows: Rows, resident: bool, noise: str = "cpu") -> tuple[Any, FakeGpu]:
    """A batch on the stand-in, and what was copied for it."""
    with fake_gpu() as gpu, mock.patch.object(loader, "_fits", return_value=resident):
        batches = Loader(rows, GPU, noise)
        gpu.forget()
        return batches.batch(torch.tensor([5, 3, 8])), gpu


@pytest.mark.parametrize("resident", [True, False])
def test_a_complete_batch_has_no_mask(resident: bool) -> None:
    rows = tiny.binary_rows()[1]
    batch, gpu = batch_of(rows, resident)
    assert is_full(batch.observed)
    assert batch.observed.shape == batch.x.shape
    assert gpu.copied == (3 * 8 if resident else 4 * batch.x.numel())  # the index, or the cells alone
    assert not gpu.waits
    assert torch.equal(batch.x.cpu(), rows.batch(torch.tensor([5, 3, 8])).x)


@pytest.mark.parametrize("resident", [True, False])
def test_a_batch_with_missing_cells_has_its_mask_and_labels_and_weights(resident: bool) -> None:
    rows = tiny.binary_rows()[1]
    observed = torch.rand(rows.values.shape, generator=torch.Generator().manual_seed(0)) < 0.7
    rows = replace(rows, observed=observed, condition=torch.eye(len(rows)), weight=torch.arange(len(rows)).float())
    batch, gpu = batch_of(rows, resident)
    expected = rows.batch(torch.tensor([5, 3, 8]))
    assert not is_full(batch.observed)
    assert not gpu.waits
    for name in ("x", "observed", "condition", "weight"):
        mine, its = getattr(batch, name), getattr(expected, name)
        assert mine.device == GPU
        assert torch.equal(mine.cpu(), its)


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("noise", ["cpu", "device"])
def test_binarised_rows_are_drawn_without_reading_their_places_back(resident: bool, noise: str) -> None:
    grey = Rows(torch.arange(96, dtype=torch.uint8).reshape(12, 8) % 17, chances=Chances(16, seed=0))
    batch, gpu = batch_of(grey, resident, noise)
    assert not gpu.waits
    assert gpu.drawn == [GPU if noise == "device" else CPU]
    assert torch.equal(batch.x.cpu(), grey.batch(torch.tensor([5, 3, 8])).x)


def test_full_masks_are_recognised_on_a_device_without_reading_them() -> None:
    full, partly = all_true(torch.Size((4, 3))), torch.ones(4, 3, dtype=torch.bool)
    assert is_full(full)
    assert not is_full(partly)
    assert not is_full(torch.zeros((), dtype=torch.bool).expand(4, 3))
    with fake_gpu() as gpu:
        assert is_full(all_true(torch.Size((4, 3)), GPU))
        assert is_full(mask_on(full, GPU).flatten(1))
        assert not is_full(mask_on(partly, GPU))
        assert gpu.copied == partly.numel()
        assert not gpu.waits


def test_copies_to_a_gpu_start_in_pinned_memory_and_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Tensor, "pin_memory", lambda t: calls.append(("pin",)) or t)
    monkeypatch.setattr(Tensor, "to", lambda t, *args, **kwargs: calls.append((*args, kwargs)) or t)
    tensor, gpu = torch.ones(2), torch.device("cuda", 0)
    send(tensor, gpu)
    assert calls == [("pin",), (gpu, {"non_blocking": True})]
    assert send(tensor, CPU) is tensor
    send(tensor, GPU)
    assert calls[2:] == [(GPU, {"non_blocking": True})]


def test_a_whole_fit_on_the_stand_in_is_that_of_the_processor() -> None:
    """With validation, early stopping and figures of each epoch, which are read once an epoch."""
    job, plan = job_for("vae"), replace(PLAN, epochs=3, validation=0.2, patience=2)
    found = []
    for device in ("cpu", "meta"):
        recipe = building.build(job.variant, job.schema, 3, job.network, 0, context=job.context)
        with fake_gpu():
            history = fit(recipe, job.parts.train, None, plan, 0, device=device)
            for module in recipe_modules(recipe).values():
                module.to(CPU)
        found.append((recipe, [row["val_loss"] for row in history]))
    assert apart(found[0][0], found[1][0]) < 2e-5
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-5)


def test_the_stand_in_refuses_tensors_of_both_memories_and_sees_what_waits() -> None:
    with fake_gpu() as gpu:
        x = torch.arange(4.0).to(GPU, non_blocking=True)
        assert isinstance(x, OnGpu)
        assert not gpu.waits
        with pytest.raises(RuntimeError, match="same device"):
            x + torch.ones(4)
        for wait in (lambda: x.sum().item(), lambda: x[x > 1], lambda: x.cpu(), lambda: torch.ones(2).to(GPU)):
            gpu.forget()
            wait()
            assert gpu.waits
        gpu.forget()
        x[x > 1] = 0  # no number of True values is read
        assert not gpu.waits
        assert x.tolist() == [0, 1, 0, 0]

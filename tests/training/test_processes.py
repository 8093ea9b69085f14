"""Law 14: several processes end with the weights of one, for every variant; here the processes are threads."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from quintet import variants
from quintet.errors import FileRefused, InputError, Interrupted
from quintet.estimators import building
from quintet.estimators._fit.job import Job
from quintet.models.recipe import Recipe
from quintet.networks.batch_norm import BatchNorm1d, BatchNorm2d
from quintet.networks.dropout import Dropout
from quintet.noise import Noise
from quintet.numerics.part_noise import noise_of
from quintet.row_share import PartOfRows
from quintet.training import Training, fit, optimiser
from quintet.training.processes import ALONE, Moment, Processes
from tests.fake_gpu import CPU, GPU, fake_gpu
from tests.training import tiny
from tests.training.jobs import MLP, PLAN, apart, context_job, job_for
from tests.training.threads import together


def trained(job: Job, plan: Training, processes: Processes = ALONE, **options: Any) -> tuple[Recipe, Any]:
    """The job's recipe after training, and the history."""
    recipe = building.build(job.variant, job.schema, 3, job.network, 0, context=job.context)
    rows = job.variant.arranged(job.parts.train)
    history = fit(recipe, rows, None, plan, 0, device="cpu", processes=processes, **options)
    return recipe, history


def agree(job: Job, plan: Training, count: int = 2) -> None:
    """Assert that several processes end with the weights and the history of one."""
    one, history = trained(job, plan)
    for other, its in together(count, lambda processes: trained(job, plan, processes)):
        assert apart(one, other) < 2e-5
        assert len(its) == len(history)
        for row, theirs in zip(history, its, strict=True):
            for name in row.keys() - {"stage", "seconds", "rows_per_s"}:
                assert theirs[name] == pytest.approx(row[name], rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize("variant", [name for name in variants.names() if name != "translate"])
def test_two_processes_end_with_the_weights_of_one(variant: str) -> None:
    agree(job_for(variant), PLAN)


@pytest.mark.parametrize(
    "change",
    [
        {"clip": 1.0, "accumulate": 2, "weight_decay": 0.01},
        {"free_bits": 0.5, "kl_warmup": 0.5, "validation": 0.2, "patience": 1},
        {"augmentation": ("shift",), "batch_size": 20, "noise": "device"},  # the last batch has one row
    ],
)
def test_with_every_option_of_the_plan(change: dict[str, Any]) -> None:
    agree(job_for("vae"), replace(PLAN, **change), count=3)


def test_with_dropout_and_convolutions() -> None:
    agree(job_for("vae", {"kind": "conv", "channels": 4, "dropout": 0.3}), PLAN)


@pytest.mark.parametrize("planes", [False, True])
def test_batch_norm_of_the_parts_is_that_of_the_whole(planes: bool) -> None:
    kind, shape = (BatchNorm2d, (7, 3, 2, 2)) if planes else (BatchNorm1d, (7, 3))
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))

    def normed(processes: Processes) -> tuple[nn.Module, Tensor, Tensor]:
        layer, share = kind(3), processes.share(7)
        layer.row_share = share
        rows = share.own(x).clone().requires_grad_()
        out = layer(rows)
        ((out**3).flatten(1).sum(1).mean() * share.weight).backward()
        processes.add_gradients(list(layer.parameters()))
        return layer, out, rows.grad if rows.grad is not None else rows.new_zeros(())

    layer, out, slope = normed(ALONE)
    found = together(2, normed)
    torch.testing.assert_close(torch.cat([each[1] for each in found]), out)
    torch.testing.assert_close(torch.cat([each[2] for each in found]), slope, rtol=1e-4, atol=1e-5)
    for other, _, _ in found:
        for name, value in layer.state_dict().items():
            torch.testing.assert_close(other.state_dict()[name], value)
        for mine, theirs in zip(layer.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(theirs.grad, mine.grad)


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW's steps vanish with the gradient: one of 0 is not scaled up, whatever its rounding."""
    monkeypatch.setattr(optimiser, "AdamW", partial(optimiser.AdamW, eps=1e-3))


@pytest.mark.usefixtures("calm")
def test_with_batch_norm() -> None:
    """A bias before batch normalisation has a gradient of 0."""
    agree(job_for("vae", {**MLP, "norm": "batch", "dropout": 0.3}), PLAN)


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("context", ["columns", "grid", "steps", "tokens"])
def test_the_context_decoders(context: str) -> None:
    agree(context_job(context), replace(PLAN, epochs=3))


def test_the_first_process_alone_writes_and_reports(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    called: list[int] = []

    def work(processes: Processes) -> None:
        options: dict[str, Any] = {"checkpoint": tmp_path / "run", "processes": processes, "device": "cpu"}
        plan = replace(PLAN, checkpoint_seconds=0.0)
        fit(tiny.recipe_for(schema), rows, None, plan, callbacks=[lambda _: called.append(processes.rank)], **options)

    together(2, work)
    assert set(called) == {0}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_stop_of_any_process_stops_all_and_the_run_resumes(tmp_path: Path) -> None:
    """The second process is asked to stop; the checkpoint holds the run."""
    schema, rows = tiny.binary_rows()
    plan = replace(PLAN, epochs=4, checkpoint_seconds=0.0)
    whole = tiny.recipe_for(schema)
    fit(whole, rows, None, plan, device="cpu")

    def work(processes: Processes, asked: bool) -> Recipe:
        recipe, steps, agree = tiny.recipe_for(schema), [0], processes.agree

        def stopping(moment: Moment) -> Moment:
            steps[0] += 1
            return agree(replace(moment, stop=asked and processes.rank == 1 and steps[0] == 8))

        processes.agree = stopping  # type: ignore[method-assign]
        options: dict[str, Any] = {"checkpoint": tmp_path / "run", "processes": processes, "device": "cpu"}
        if not asked:
            fit(recipe, rows, None, plan, resume=True, **options)
            return recipe
        with pytest.raises(Interrupted, match="repeat it with resume=True"):
            fit(recipe, rows, None, plan, **options)
        return recipe

    together(2, lambda processes: work(processes, True))
    for resumed in together(2, lambda processes: work(processes, False)):
        assert apart(whole, resumed) < 2e-5


def test_other_rows_and_small_batches_are_refused() -> None:
    schema, rows = tiny.binary_rows()

    def own_part(processes: Processes) -> None:
        mine = rows.take(slice(processes.rank * 48, processes.rank * 48 + 48))
        fit(tiny.recipe_for(schema), mine, None, PLAN, device="cpu", processes=processes)

    with pytest.raises(InputError, match="All processes must be given the same rows and options, process 1 has others"):
        together(2, own_part)
    small = replace(PLAN, batch_size=1)
    with pytest.raises(InputError, match="Batches of 1 row cannot be shared by 2 processes: give a batch_size of at l"):
        together(2, lambda each: fit(tiny.recipe_for(schema), rows, None, small, device="cpu", processes=each))


def test_an_error_of_the_first_process_is_raised_in_all() -> None:
    def work(processes: Processes) -> str:
        def fail() -> bytes:
            raise FileRefused("m.safetensors is damaged: copy it again.")

        with pytest.raises(FileRefused, match="is damaged: copy it again"):
            processes.from_first(fail)
        return processes.from_first(lambda: str(processes.rank).encode()).decode()

    assert together(2, work) == ["0", "0"]


def parts(total: int, cuts: tuple[int, ...], add: Any = None) -> list[PartOfRows]:
    return [PartOfRows(a, b, total, add) for a, b in zip((0, *cuts), (*cuts, total), strict=True)]


def test_the_draws_of_the_parts_are_those_of_the_whole() -> None:
    whole = Noise((1, 2), draws=2)
    expected = [whole.normal(7, 3), whole.uniform(14, 2)]
    found: list[list[Tensor]] = []
    for part in parts(7, (2, 4)):
        noise, rows = noise_of(Noise((1, 2)), part).with_draws(2), part.stop - part.start
        found.append([noise.normal(rows, 3), noise.uniform(2 * rows, 2)])
    assert torch.equal(torch.cat([one for one, _ in found], 1), expected[0])
    both = [two.unflatten(1, (2, -1)) for _, two in found]  # twice as many draws: those of all rows, and again
    assert torch.equal(torch.cat(both, 2).flatten(1, 2), expected[1])


@pytest.mark.parametrize("backend", ["cpu", "device"])
def test_the_draws_of_the_parts_are_those_of_the_whole_on_a_device_too(backend: str) -> None:
    with fake_gpu() as gpu:
        whole = Noise(3, draws=2, device=GPU, backend=backend).normal(7, 3)
        found = [noise_of(Noise(3, 1, device=GPU, backend=backend), part) for part in parts(7, (2, 4))]
        mine = [
            noise.with_draws(2).normal(part.stop - part.start, 3)
            for noise, part in zip(found, parts(7, (2, 4)), strict=True)
        ]
        assert torch.equal(torch.cat(mine, 1).cpu(), whole.cpu())
        assert len({noise.chance() for noise in found}) == 1
        assert gpu.drawn[:4] == [GPU if backend == "device" else CPU] * 4


@pytest.mark.parametrize("by_row", [False, True])
def test_dropout_of_the_parts_is_that_of_the_whole(by_row: bool) -> None:
    def dropped(x: Tensor, part: PartOfRows | None = None) -> Tensor:
        layer = Dropout(0.5, by_row=by_row)
        layer.generator = torch.Generator().manual_seed(3)
        if part is not None:
            layer.row_share = part
        return layer(x)

    once, several = dropped(torch.ones(6, 5)), dropped(torch.ones(18, 5))
    for part in parts(6, (2,)):
        rows = slice(part.start, part.stop)
        assert torch.equal(dropped(torch.ones(6, 5)[rows], part), once[rows])
        mine = several.unflatten(0, (6, 3))[rows] if by_row else several.unflatten(0, (3, 6))[:, rows]
        assert torch.equal(dropped(torch.ones(3 * (part.stop - part.start), 5), part), mine.flatten(0, 1))


def test_one_process_agrees_with_itself() -> None:
    share, x = ALONE.share(5), torch.randn(5, 2)
    assert share.whole(x) is x
    assert share.own(x) is x
    assert ALONE.agree(Moment(3.0, stop=True)) == Moment(3.0, stop=True)

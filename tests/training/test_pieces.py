"""Options, schedules, budgets, history, progress, precision, trackers."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from quintet.errors import InputError
from quintet.training import History, Lines, Training, bar, find_device, find_precision, fit
from quintet.training.budget import Budget, budgets
from quintet.training.precision import autocast, cpu_has_bf16
from quintet.training.progress_text import duration
from quintet.training.schedules import learning_rate, rate_weight
from quintet.training.trackers import Tracker
from tests.training import tiny


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("epochs", 0),
        ("epochs", -3),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", "fast"),
        ("weight_decay", -1),
        ("schedule", "cosin"),
        ("warmup", 1.5),
        ("kl_warmup", -0.1),
        ("kl_cycles", 0),
        ("clip", -1.0),
        ("ema", 1.0),
        ("validation", 0.95),
        ("patience", -1),
        ("precision", "fp8"),
        ("noise", "gpu"),
        ("accumulate", 0),
        ("max_minutes", 0),
        ("max_minutes", float("inf")),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(option: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{option} must be .*, got"):
        Training(**{option: value})


def test_files_hold_the_place_of_the_draws_unless_it_is_the_default() -> None:
    assert "noise" not in Training(noise="cpu").as_dict()
    assert Training(noise="device").as_dict() == {**Training().as_dict(), "noise": "device"}
    plan = Training(augmentation=("flip",), process_timeout=5.0, noise="device")
    stored = plan.as_dict()
    assert Training(**{**stored, "augmentation": tuple(stored["augmentation"])}) == plan


def test_the_cosine_falls_from_the_warm_up_to_nothing() -> None:
    plan = Training(learning_rate=2.0, warmup=0.2, schedule="cosine")
    assert learning_rate(plan, 0.0) == 0
    assert learning_rate(plan, 0.1) == pytest.approx(1.0)
    assert learning_rate(plan, 0.2) == pytest.approx(2.0)
    assert learning_rate(plan, 0.6) == pytest.approx(1.0)
    assert learning_rate(plan, 1.0) == pytest.approx(0.0)
    assert learning_rate(Training(learning_rate=2.0, schedule="constant"), 0.9) == 2.0


def test_the_rates_weight_climbs_once_or_in_cycles() -> None:
    assert [rate_weight(Training(), t) for t in (0, 0.5, 1)] == [1, 1, 1]
    once = Training(kl_warmup=0.5)
    assert [rate_weight(once, t) for t in (0, 0.25, 0.5, 0.75, 1)] == [0, 0.5, 1, 1, 1]
    bent = [rate_weight(Training(kl_warmup=0.5, kl_shape="sigmoid", rate=2.0), t) for t in (0, 0.125, 0.25, 0.375, 0.5)]
    assert bent == pytest.approx([0, 0.1402, 1.0, 1.8598, 2.0], abs=1e-4)
    twice = Training(kl_warmup=0.5, kl_cycles=2)
    assert [rate_weight(twice, t) for t in (0, 0.125, 0.25, 0.5, 0.625, 1)] == [0, 0.5, 1, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [(20, (0.8, 0.2), (16, 4)), (1, (0.8, 0.2), (1, 1)), (10, (1, 1, 1), (4, 3, 3)), (7, (3,), (7,))],
)
def test_stages_share_epochs_and_minutes(total: int, shares: tuple[float, ...], parts: tuple[int, ...]) -> None:
    stages: Any = [SimpleNamespace(share=share, most_epochs=None) for share in shares]
    found = budgets(Training(epochs=total, max_minutes=1.0), stages)
    assert tuple(b.epochs for b in found) == parts
    assert found[-1].deadline == pytest.approx(60)
    assert found[0].deadline == pytest.approx(60 * shares[0] / sum(shares))


def test_without_epochs_there_are_twenty_whatever_the_limit() -> None:
    stages: Any = [SimpleNamespace(share=1.0, most_epochs=None)]
    assert budgets(Training(), stages)[0].epochs == 20
    assert budgets(Training(max_minutes=2.0), stages)[0].epochs == 20


@pytest.mark.parametrize("begun", [0.0, 30.0, 90.0])
def test_what_went_by_before_and_what_follows_count_into_the_limit(begun: float) -> None:
    stages: Any = [SimpleNamespace(share=0.75, most_epochs=None), SimpleNamespace(share=0.25, most_epochs=None)]
    first, last = budgets(Training(max_minutes=1.0), stages, begun, reserve=0.1)
    assert last.deadline == pytest.approx(max(54.0, begun))
    assert first.deadline == pytest.approx(begun + 0.75 * (last.deadline - begun))


def test_only_a_limit_that_ends_the_stage_changes_its_schedule() -> None:
    far, near, none = Budget(100, 1000.0), Budget(100, 20.0), Budget(100, float("inf"))
    for budget in (far, none):  # a step takes a tenth of a second, 400 of them forty
        assert [budget.steps(done, 4, (1, 0.1), done / 10) for done in range(0, 400, 7)] == [400] * 58
    projected = [near.steps(done, 4, (1, 0.1), done / 10) for done in range(30, 190)]
    assert max(projected) <= 205
    assert min(projected) >= 195
    assert near.steps(250, 4, (1, 0.1), 25.0) == 251, "past the end a step is the last"


def test_history_goes_to_json_and_csv(tmp_path: Path) -> None:
    rows = [
        {"stage": "joint", "epoch": 1, "loss": 3.5, "kl_per_latent": [0.5, 0.25]},
        {"stage": "guide", "epoch": 1, "loss": 1.0, "val_loss": 2.0},
    ]
    history = History(rows, ["a note"])
    assert History.from_json(history.to_json()) == history
    history.to_csv(tmp_path / "h.csv")
    with open(tmp_path / "h.csv", newline="") as file:
        read = list(csv.DictReader(file))
    assert read[0]["kl_per_latent"] == "0.5 0.25"
    assert read[0]["val_loss"] == ""
    assert read[1] == {"stage": "guide", "epoch": "1", "loss": "1.0", "kl_per_latent": "", "val_loss": "2.0"}


def test_plain_lines_come_with_the_tenths() -> None:
    out, now = io.StringIO(), [0.0]
    lines = Lines(out, clock=lambda: now[0])
    for done in range(1001):
        now[0] = done / 10
        lines("train joint", done, 1000, f"loss {done}")
    text = out.getvalue().splitlines()
    assert len(text) == 10
    assert text[0] == "train joint: 10 %, 1 min 30 s left; loss 100"
    assert text[-1] == "train joint: 100 %, took 1 min 40 s; loss 1000"


def test_quick_work_takes_one_line() -> None:
    out = io.StringIO()
    lines = Lines(out, clock=lambda: 0.0)
    for done in range(101):
        lines("quick", done, 100)
    assert out.getvalue().count("\n") == 1


def test_a_bar_can_be_told_everything() -> None:
    out = io.StringIO()
    with bar(out) as tell:
        tell("train joint", 1, 10, "loss 3")
        tell("train joint", 10, 10)
        tell("train guide", 1, 5, "loss 2")


def test_fit_reports_its_progress_and_is_silent_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    schema, rows = tiny.binary_rows()
    calls: list[tuple[str, int, int, str]] = []

    def tell(what: str, done: int, total: int, note: str = "") -> None:
        calls.append((what, done, total, note))

    plan = Training(epochs=2, batch_size=16)
    fit(tiny.recipe_for(schema), rows, None, plan, progress=tell, device="cpu")
    assert {t[0] for t in calls} == {"train joint", "train guide"}
    assert all(0 <= done <= total for _, done, total, _ in calls)
    assert calls[-1][1] == calls[-1][2]
    fit(tiny.recipe_for(schema), rows, None, plan, device="cpu")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (59.7, "1 min 0 s")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_precision_is_a_fact_of_the_processor() -> None:
    cpu = torch.device("cpu")
    assert find_precision("auto", cpu) == ("bf16" if cpu_has_bf16() else "fp32")
    assert find_precision("fp32", cpu) == "fp32"
    x, layer = torch.ones(2, 3), torch.nn.Linear(3, 2)
    for precision, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        context = autocast(cpu, precision)
        for _ in range(2):
            with context:
                assert layer(x).dtype == dtype


def test_devices_by_name() -> None:
    assert find_device("cpu") == torch.device("cpu")
    assert isinstance(find_device("auto"), torch.device)
    for name in ("gpu", "cuda:99"):
        with pytest.raises(InputError, match=rf"device must be one of this machine's \(auto, cpu.*\), got '{name}'"):
            find_device(name)


def test_several_processes_need_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    schema, rows = tiny.binary_rows()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="WORLD_SIZE=2 asks for several processes, and RANK is not set: start them"):
        fit(tiny.recipe_for(schema), rows, None, Training(epochs=1), device="cpu")


def test_trackers_get_each_epochs_figures() -> None:
    from accelerate.tracking import GeneralTracker

    logged: list[tuple[dict[str, Any], int]] = []

    class Memory(GeneralTracker):  # type: ignore[misc]
        name, requires_logging_directory, tracker = "memory", False, None

        def store_init_configuration(self, values: dict[str, Any]) -> None:
            logged.append((values, 0))

        def log(self, values: dict[str, Any], step: int | None = None, **kwargs: Any) -> None:
            logged.append((values, step or 0))

    schema, rows = tiny.binary_rows()
    plan = Training(epochs=2, batch_size=32)
    with Tracker(Memory(), options=plan.as_dict()) as tracker:
        fit(tiny.recipe_for(schema), rows, None, plan, callbacks=[tracker], device="cpu")
    assert logged[0][0]["batch_size"] == 32
    assert [step for _, step in logged] == [0, 1, 2]
    assert "joint/loss" in logged[1][0]
    assert "guide/loss" in logged[2][0]


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(InputError, match=r"trackers must be among .*, got 'tensorbord'"):
        Tracker("tensorbord")

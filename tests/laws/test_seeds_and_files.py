"""Laws 4, 5, 8 and 10: seeds, files, interruptions, and the guide's distance from the joint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.artifacts.table import TABLE, Artifacts
from quintet.errors import FileRefused, Interrupted
from quintet.estimators import building
from quintet.estimators._file import saving
from quintet.estimators._file.artifact_checks import checked_artifacts
from quintet.variants import get
from tests.hostile import all_at_once, snapshot
from tests.laws.models import HELD, answers, digits, trained, weights_of


def weights(vae: VAE) -> dict[str, torch.Tensor]:
    parts = {"model": vae.fitted_.model, "guide": vae.fitted_.guide}
    return {f"{n}.{k}": v for n, m in parts.items() if m is not None for k, v in m.state_dict().items()}


def same(one: dict[str, Any], two: dict[str, Any]) -> None:
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def test_same_seed_same_weights_and_answers_from_a_file_and_whatever_the_process_is_set_to(
    vae: VAE, answered: Callable[[VAE], dict[str, Any]]
) -> None:
    """``vae`` comes from the file that a fit saved (``tests/shared.py``); another fit answers from memory."""
    with all_at_once():
        before = snapshot()
        again = trained(vae.fitted_.options["variant"])
        found = answers(again)
        assert snapshot() == before
    for name, tensor in weights(vae).items():
        assert torch.equal(tensor, weights(again)[name]), name
    assert answered(vae).keys() == found.keys()
    same(answered(vae), found)


@pytest.mark.usefixtures("weights_alone")
def test_another_seed_gives_other_weights_and_its_files_are_refused_by_name(variant: str) -> None:
    X, y = digits()
    one, two = (weights_of(variant, epochs=1, random_state=s).fit(X[:50], y[:50]) for s in (0, 1))
    assert any(not torch.equal(a, weights(two)[n]) for n, a in weights(one).items())
    if "compress" in get(variant).answers:
        return
    with pytest.raises(FileRefused, match=r"compressed with model [0-9a-f]+, this is model [0-9a-f]+"):
        two.decompress(one.compress(X[HELD][:4]))


def assert_same(one: Artifacts, two: Artifacts) -> None:
    """The same artifacts with the same tensors, field by field."""
    assert one.present().keys() == two.present().keys()
    for name, artifact in one.present().items():
        other = getattr(two, name)
        assert type(artifact) is type(other)
        assert artifact.by_field().keys() == other.by_field().keys()
        assert all(torch.equal(tensor, other.by_field()[part]) for part, tensor in artifact.by_field().items()), name


def test_a_file_keeps_only_what_the_table_of_tensors_knows_and_each_of_them_is_checked(any_vae: VAE) -> None:
    fitted, header = any_vae.fitted_, saving.to_parts(any_vae)[1]
    assert set(header["reference"]) <= set(TABLE)
    tensors = fitted.artifacts.tensors()
    assert_same(checked_artifacts(fitted, tensors, "whole"), fitted.artifacts)
    for name, tensor in tensors.items():
        others = {key: t for key, t in tensors.items() if key != name}
        damaged = [torch.full_like(tensor, torch.nan)] if tensor.is_floating_point() else []
        for wrong in (tensor[None], tensor.double(), *damaged, None):
            with pytest.raises(FileRefused, match=f"altered.*{name}"):
                checked_artifacts(
                    fitted, others | ({} if wrong is None else {name: wrong}), "altered", header["reference"]
                )


@pytest.mark.usefixtures("weights_alone")
def test_interrupted_and_resumed_equals_uninterrupted(variant: str, tmp_path: Path) -> None:
    X, y = digits()
    plan = {"checkpoint_seconds": 0.0, "ema": 0.9, "clip": 10.0, "kl_warmup": 0.5}
    network = {"kind": "mlp", "hidden": (16,), "dropout": 0.2}
    options: dict[str, Any] = {"epochs": 8, "training": plan, "network": network}
    whole = weights_of(variant, **options).fit(X[:200], y[:200])
    seen: list[str] = []

    def stop(row: Any) -> None:
        seen.append(row["stage"])
        if len(seen) in (2, 5, 7):  # in both stages
            raise KeyboardInterrupt

    path = tmp_path / "run.ckpt"
    stopped = 0
    for _ in range(10):
        pieces = weights_of(variant, **options)
        try:
            pieces.fit(X[:200], y[:200], checkpoint=path, resume=True, callbacks=(stop,))
            break
        except Interrupted:
            stopped += 1
    assert stopped == 3
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(pieces)[name]), name


@pytest.mark.usefixtures("weights_alone")
def test_training_the_guide_changes_no_bit_of_the_joint(guided: str) -> None:
    X, y = digits()
    found: dict[str, dict[str, torch.Tensor]] = {}
    vae = weights_of(guided, epochs=6, training={"ema": 0.0})  # a running mean would be written after the last look
    model: list[Any] = []

    def watch(row: Any) -> None:
        if model:
            found[row["stage"]] = {n: p.detach().clone() for n, p in model[0].named_parameters()}

    build = building.build

    def spy(*args: Any, **options: Any) -> Any:
        recipe = build(*args, **options)
        model.append(recipe.model)
        return recipe

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "build", spy)
        vae.fit(X[:200], y[:200], callbacks=(watch,))
    *before, last = found
    assert last == "guide"
    for name, tensor in found[before[-1]].items():
        assert torch.equal(tensor, found["guide"][name]), name

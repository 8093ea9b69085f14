"""Law 4: what the process is set to changes nothing that quintet computes, and quintet changes nothing of it."""

from __future__ import annotations

import ast
import multiprocessing
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import quintet
from quintet import VAE
from quintet.errors import QuintetWarning
from quintet.networks.dropout import Dropout
from quintet.numerics import isolation
from quintet.numerics.random_operations import SeededOperations, making
from tests.hostile import STATES, default_dtype, snapshot
from tests.public_entries import entries
from tests.shared import answering_in_haste, measured_on_few

pytestmark = pytest.mark.usefixtures("measured_in_full")
SMALL: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (8,)}, "epochs": 1}
X = np.random.default_rng(0).normal(size=(120, 4))
HOLES = np.where(np.random.default_rng(1).random((6, 4)) < 0.3, np.nan, X[:6])


def fitted() -> VAE:
    return VAE(**SMALL).fit(X)


def answers(vae: VAE) -> dict[str, Any]:
    """One of each sort of arithmetic: the decoder, the guide and its gradients, the coder, the samplers."""
    return {
        "generate": vae.generate(3),
        "impute": vae.impute(HOLES, draws=1, effort="low"),
        "denoise": vae.denoise(X[:3], "normal", effort="low"),
        "scores": vae.score_samples(X[:3]),
        "compress": np.frombuffer(vae.compress(X[:3]), np.uint8),
        "log_prob": vae.log_prob(X[:3], draws=2),
        "mixture": vae.generate(3, sampler="mixture"),
        "cluster": vae.cluster(X[:20], 2),
    }


@pytest.fixture(autouse=True, scope="module")
def _in_few_steps() -> Iterator[None]:
    """Whatever the process is set to: the same arithmetic on fewer rows, in fewer steps."""
    with measured_on_few(), answering_in_haste():
        yield


@pytest.fixture(scope="module")
def alone() -> tuple[VAE, dict[str, Any]]:
    vae = fitted()
    return vae, answers(vae)


def same(one: dict[str, Any], two: dict[str, Any]) -> None:
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


@pytest.mark.parametrize("state", STATES)
def test_fit_and_answers_are_the_same_in_any_state(state: str, alone: tuple[VAE, dict[str, Any]]) -> None:
    with STATES[state]():
        before = snapshot()
        found = answers(fitted())
        assert snapshot() == before
    same(alone[1], found)


def test_places_among_many_rows_do_not_depend_on_the_default_dtype() -> None:
    """Half precision counts to 256 or 2,048 only."""
    rows = np.random.default_rng(2).normal(size=(1200, 3))

    def kept() -> dict[str, torch.Tensor]:
        vae = VAE(calibration=0.5, **SMALL).fit(rows)
        return vae.fitted_.artifacts.tensors()

    alone = kept()
    for dtype in (torch.bfloat16, torch.float16):
        with default_dtype(dtype):
            found = kept()
        for name, tensor in alone.items():
            assert torch.equal(tensor.nan_to_num(), found[name].nan_to_num()), (dtype, name)


FACTORIES = {"zeros", "ones", "empty", "eye", "linspace", "logspace", "rand", "randn"}


def test_every_tensor_is_made_with_its_dtype() -> None:
    """The process's default dtype decides about none: each call of these states one."""
    bare = []
    for path in sorted(Path(quintet.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            made = (
                isinstance(node.func.value, ast.Name) and node.func.value.id == "torch" and node.func.attr in FACTORIES
            )
            if made and not {word.arg for word in node.keywords} & {"dtype", "out", None}:
                bare.append(f"{path.name}:{node.lineno}")
    assert not bare


def test_a_model_is_saved_loaded_and_copied_in_any_state(alone: tuple[VAE, dict[str, Any]], tmp_path: Any) -> None:
    import copy

    from quintet import load

    with torch.inference_mode(), default_dtype(torch.float64):
        copied = copy.deepcopy(alone[0])
        alone[0].save(tmp_path / "m.safetensors")
        loaded = load(tmp_path / "m.safetensors")
    for vae in (copied, loaded):
        np.testing.assert_array_equal(vae.impute(HOLES, draws=1, effort="low"), alone[1]["impute"])
        assert vae.fit(X, continue_training=True).fitted_ is not None


def test_fits_beside_threads_that_train_and_draw_are_the_fit_alone(alone: tuple[VAE, dict[str, Any]]) -> None:
    done, fits = threading.Event(), list[VAE]()

    def disturb() -> None:
        while not done.is_set():
            torch.manual_seed(5)
            torch.randn(10)

    disturber = threading.Thread(target=disturb)
    workers = [threading.Thread(target=lambda: fits.append(fitted())) for _ in range(3)]
    disturber.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    disturber.join()
    assert len(fits) == 3
    for vae in fits:
        assert vae.fitted_.fingerprint == alone[0].fitted_.fingerprint


def test_a_generator_of_arrays_leaves_its_caller_alone_between_two(alone: tuple[VAE, dict[str, Any]]) -> None:
    blob = alone[0].compress(X[:6], block_rows=2)
    with torch.inference_mode(), torch.device("meta"):
        before = snapshot()
        for block in alone[0].decompress_from(blob):
            assert block.shape == (2, 4)
            assert snapshot() == before


def own_network() -> tuple[Callable[..., nn.Module], Callable[..., nn.Module]]:
    """Modules that draw in every way that a user's may: at the start, by dropout layers, inside recurrent networks."""

    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(1, 8, 2, dropout=0.3, batch_first=True)
            self.scale = nn.Parameter(torch.rand(8))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.rnn(x.flatten(1)[..., None])[0][:, -1] * self.scale
            if self.training:
                out = out + 0.1 * torch.randn_like(out) + 0.1 * torch.rand(8)
            return nn.functional.dropout(out, 0.2, self.training)

    return (
        lambda in_shape: Noisy(),
        lambda latent_dim, out_shape: nn.Linear(latent_dim, int(np.prod(out_shape))),
    )


def test_the_users_own_network_is_made_and_trained_by_the_seed() -> None:
    vaes = []
    for number in range(2):
        torch.manual_seed(number)
        before = snapshot()
        vaes.append(VAE(latent_dim=2, network=own_network(), epochs=1).fit(X))
        assert snapshot() == before
    assert vaes[0].fitted_.fingerprint == vaes[1].fitted_.fingerprint


DRAWS: dict[str, Callable[[], Any]] = {
    "rand": lambda: torch.rand(3),
    "randn": lambda: torch.randn(3),
    "randint": lambda: torch.randint(9, (3,)),
    "randint_low": lambda: torch.randint(2, 9, (3,)),
    "randperm": lambda: torch.randperm(9),
    "normal": lambda: torch.normal(0.0, 1.0, (3,)),
    "normal_": lambda: torch.zeros(3).normal_(),
    "uniform_": lambda: nn.init.xavier_uniform_(torch.empty(3, 3)),
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(3, 3)),
    "orthogonal_": lambda: nn.init.orthogonal_(torch.empty(3, 3)),
    "bernoulli": lambda: torch.bernoulli(torch.full((9,), 0.5)),
    "multinomial": lambda: torch.multinomial(torch.ones(9), 3),
    "poisson": lambda: torch.poisson(torch.full((9,), 4.0)),
    "exponential_": lambda: torch.zeros(3).exponential_(),
    "dropout": lambda: nn.functional.dropout(torch.ones(9), 0.5),
    "dropout2d": lambda: nn.functional.dropout2d(torch.ones(2, 9, 2, 2), 0.5),
    "alpha_dropout": lambda: nn.functional.alpha_dropout(torch.ones(9), 0.5),
    "rrelu": lambda: nn.functional.rrelu(-torch.ones(9), training=True),
    "gru": lambda: nn.GRU(2, 2, 2, dropout=0.5)(torch.ones(3, 1, 2))[0].detach(),
    "embedding": lambda: nn.Embedding(3, 2).weight.detach(),
    "distribution": lambda: torch.distributions.Gamma(torch.ones(3), torch.ones(3)).sample(),
}
LIKE: dict[str, Callable[[], Any]] = {
    "rand_like": lambda: torch.rand_like(torch.zeros(3)),
    "randn_like": lambda: torch.randn_like(torch.zeros(3)),
    "randint_like": lambda: torch.randint_like(torch.zeros(3), 9),
}


@pytest.mark.parametrize("name", [*DRAWS, *LIKE])
def test_every_random_operation_draws_from_our_generator_what_the_global_one_would(name: str) -> None:
    draw = {**DRAWS, **LIKE}[name]
    with torch.random.fork_rng():
        torch.manual_seed(7)
        expected = draw()
    before = snapshot()
    with SeededOperations(torch.Generator().manual_seed(7)):
        found = draw()
    assert snapshot() == before
    assert torch.equal(found, expected)


def test_modules_are_made_on_a_device_and_in_float32() -> None:
    with default_dtype(torch.float64), making(3, "meta"):
        module = nn.Linear(2, 2)
    assert module.weight.device.type == "meta"
    assert module.weight.dtype == torch.float32


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_drops_what_pytorchs_own_drops(planes: bool, p: float) -> None:
    x = torch.arange(1.0, 121.0).reshape(5, 6, 2, 2)
    theirs = nn.functional.dropout2d if planes else nn.functional.dropout
    with torch.random.fork_rng():
        torch.manual_seed(11)
        expected = theirs(x, p)
    ours = Dropout(p, planes)
    ours.generator = torch.Generator().manual_seed(11)
    assert torch.equal(ours(x), expected)
    assert torch.equal(ours.eval()(x), x)


def _compressed(vae: VAE) -> dict[str, Any]:
    fitted()
    return answers(vae)


def in_a_fork(task: Callable[[Any], Any], argument: Any) -> Any:
    """What a forked child gives; the test fails where it gives nothing in a minute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, which is what is tested
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.apply_async(task, (argument,)).get(timeout=60)


def test_a_forked_child_fits_and_answers_as_its_parent(alone: tuple[VAE, dict[str, Any]]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _compressed(alone[0])
        found = in_a_fork(_compressed, alone[0])
    finally:
        torch.set_num_threads(before)
    same(alone[1], found)


def test_no_call_sets_a_number_of_threads(alone: tuple[VAE, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a number of threads was set")

    import threadpoolctl

    monkeypatch.setattr(torch, "set_num_threads", refuse)
    monkeypatch.setattr(threadpoolctl.threadpool_limits, "__init__", refuse)
    monkeypatch.setattr(threadpoolctl.ThreadpoolController, "limit", refuse)
    answers(alone[0])
    fitted()


def test_a_forked_process_with_threads_is_warned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation._Fork, "fresh", True)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    with pytest.warns(QuintetWarning, match=r"4 threads, which do not survive a fork"), isolation.isolated():
        pass
    with isolation.isolated():
        pass


def test_every_public_entry_runs_in_a_clean_room() -> None:
    found = dict(entries())
    assert {"VAE.fit", "VAE.generate", "Imputer.transform", "Patchwork.detect", "quintet.estimators.load"} <= set(found)
    assert [name for name, function in found.items() if not getattr(function, "is_public", False)] == []

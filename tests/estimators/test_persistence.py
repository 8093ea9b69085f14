"""Law 5: what is loaded or unpickled answers bitwise as before; what cannot be is refused by name. Law 4: seeds."""

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE, Imputer, load, storage
from quintet.errors import FileRefused, InputError, QuintetWarning
from quintet.estimators._file import saving

pytestmark = pytest.mark.usefixtures("measured_in_full")
TINY: dict[str, Any] = {
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (32,)},
    "epochs": 6,
    "training": {"batch_size": 64},
}


def answers(vae: VAE, X: np.ndarray) -> dict[str, Any]:
    """One of everything."""
    missing = np.zeros(X.shape, dtype=bool)
    missing[..., 2] = True
    found = vae.detect(X)
    return {
        "generate": vae.generate(5),
        "compress": np.frombuffer(vae.compress(X), dtype=np.uint8),
        "denoise": vae.denoise(X, effort="low", batch_rows=8),
        "detect": found.p_values,
        "where": found.where,
        "impute": vae.impute(X, mask=missing, draws=2, effort="low", batch_rows=8),
        "transform": vae.transform(X),
        "reconstruct": vae.reconstruct(X),
        "decision_function": vae.decision_function(X),
        "log_prob": vae.log_prob(X, draws=5),
        "score": np.array(vae.score(X)),
    }


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    for name in a:
        assert a[name].dtype == b[name].dtype, name
        assert np.array_equal(a[name], b[name]), name


@pytest.mark.parametrize("which", ["digits", "conditional", "numbers"])
@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_a_loaded_a_pickled_and_a_copied_model_answer_bitwise_the_same(
    which: str, request: pytest.FixtureRequest, images: np.ndarray, table: np.ndarray, tmp_path: Path
) -> None:
    vae = request.getfixturevalue(which)
    X = table[:8] if which == "numbers" else images[250:258]
    expected = answers(vae, X)
    vae.save(tmp_path / "m.safetensors")
    for again in (load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(vae)), copy.deepcopy(vae)):
        assert_same(expected, answers(again, X))
        assert again.get_params() == vae.get_params()
        assert again.history_.rows == vae.history_.rows
        assert again.notes_ == vae.notes_
        assert again.fitted_.fingerprint == vae.fitted_.fingerprint


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_the_same_seed_gives_the_same_weights_and_answers_and_leaves_the_global_states_alone(
    images: np.ndarray, digits: VAE
) -> None:
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    states = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    again = VAE(**TINY).fit(images[:250])
    assert again.fitted_.fingerprint == digits.fitted_.fingerprint
    assert_same(answers(again, images[250:258]), answers(digits, images[250:258]))
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # type: ignore[index]  # noqa: NPY002
    assert VAE(**TINY, random_state=1).fit(images[:250]).fitted_.fingerprint != digits.fitted_.fingerprint


def test_a_pickle_holds_safetensors_bytes_and_no_tensor(digits: VAE) -> None:
    state = digits.__getstate__()
    assert isinstance(state["_saved"], bytes)
    assert "fitted_" not in state
    assert not any(isinstance(value, torch.Tensor) for value in state.values())


def test_an_unfitted_model_is_pickled_and_cannot_be_saved(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(VAE(latent_dim=7))).latent_dim == 7
    with pytest.raises(ValueError, match="not fitted"):
        VAE().save(tmp_path / "m.safetensors")


@pytest.mark.parametrize("kind", ["auto", "real"])
def test_frames_keep_their_names(table: np.ndarray, tmp_path: Path, kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(table, columns=list("abcde"))
    vae = VAE(**TINY, kind=kind).fit(frame)
    vae.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.schema_.kind == ("columns" if kind == "auto" else kind)
    assert list(again.feature_names_in_) == list("abcde")
    assert np.array_equal(again.transform(frame), vae.transform(frame))
    if kind == "auto":
        assert np.array_equal(again.transform(frame[list("edcba")]), vae.transform(frame))
        return
    with pytest.raises(InputError, match="feature names"):
        again.transform(frame[list("edcba")])


def test_fine_tuning_goes_on_from_the_file(images: np.ndarray, digits: VAE, tmp_path: Path) -> None:
    digits.save(tmp_path / "m.safetensors")
    tuned = load(tmp_path / "m.safetensors")
    before, parts = tuned.score(images[:200]), digits.parts_of(images)
    tuned.set_params(epochs=20, random_state=1).fit(images[:200], continue_training=True)
    assert np.array_equal(tuned.parts_of(images[:200]), parts[:200])  # by identity: no row of training calibrates
    assert (tuned.parts_of(images[200:250]) == "train").sum() == (parts[200:250] == "train").sum()
    assert "calibrated before and do so still" in " ".join(tuned.notes_)
    assert tuned.score(images[:200]) > before
    assert tuned.latent_dim_ == digits.latent_dim_
    assert len(tuned.history_) == len(digits.history_) + 20
    assert tuned.fitted_.fingerprint != digits.fitted_.fingerprint
    with pytest.raises(InputError, match="features"):
        tuned.fit(images.reshape(300, 64)[:, :60], continue_training=True)
    with pytest.raises(InputError, match="needs the variant and the network"):
        tuned.set_params(network={"kind": "mlp", "hidden": (8,)}).fit(images, continue_training=True)
    with pytest.raises(InputError, match="needs a trained model"):
        VAE().fit(images, continue_training=True)


def test_a_file_without_fingerprints_says_that_it_does_not_know(images: np.ndarray, digits: VAE) -> None:
    old = pickle.loads(pickle.dumps(digits))
    old.fitted_.artifacts = replace(old.fitted_.artifacts, row_fingerprints=None)
    assert set(old.parts_of(images)) == {"unknown"}
    assert old.evaluate(images[:20], draws=2)["rows_trained_on"] is None
    with pytest.warns(QuintetWarning, match="does not say which rows trained it"):
        old.set_params(epochs=1).fit(images[:100], continue_training=True)


def make_encoder(in_shape: tuple[int, ...]) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(int(np.prod(in_shape)), 16), torch.nn.Tanh())


def make_decoder(latent_dim: int, out_shape: tuple[int, ...]) -> torch.nn.Module:
    return torch.nn.Linear(latent_dim, int(np.prod(out_shape)))


def test_the_users_own_networks_are_asked_for(images: np.ndarray, tmp_path: Path) -> None:
    own = (make_encoder, make_decoder)
    vae = VAE(**TINY | {"network": own}).fit(images[:100])
    vae.save(tmp_path / "m.safetensors")
    with pytest.raises(FileRefused, match="encoder and decoder functions"):
        load(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors", network=own)
    assert np.array_equal(again.transform(images), vae.transform(images))
    assert np.array_equal(pickle.loads(pickle.dumps(vae)).transform(images), vae.transform(images))


def _changed(vae: VAE, **changes: Any) -> bytes:
    """A file with a right checksum and a wrong header: one that a stranger forged."""
    tensors, header = saving.to_parts(vae)
    return storage.to_bytes(tensors, header | changes)


BUILT = {"variant": "vae", "variant_options": {}, "network": {"kind": "mlp"}, "latent_dim": 3}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": {}}, "holds no model that this quintet knows"),
        ({"learnt": {}}, "holds no model that this quintet knows"),
        ({"options": BUILT | {"variant": "novel"}}, "'novel' is not known"),
        ({"params": {"beams": 3}}, "holds no model that this quintet knows"),
        ({"params": {"device": "abacus"}}, None),
    ],
)
def test_headers_that_describe_no_model_are_refused(
    digits: VAE, tmp_path: Path, changes: dict[str, Any], words: str | None
) -> None:
    path = tmp_path / "forged.safetensors"
    path.write_bytes(_changed(digits, **changes))
    if words is None:
        load(path)  # a file does not bind the device
        return
    with pytest.raises(FileRefused, match=words):
        load(path)


def test_a_description_that_asks_for_more_than_memory_is_refused_before_allocation(digits: VAE, tmp_path: Path) -> None:
    header = saving.to_parts(digits)[1]
    path = tmp_path / "forged.safetensors"
    larger = {"learnt": header["learnt"] | {"latent_dim_": 10**9}, "options": header["options"] | {"latent_dim": 10**9}}
    path.write_bytes(_changed(digits, **larger))
    with pytest.raises(FileRefused, match="do not fit its own description"):
        load(path)


def test_a_checkpoint_is_no_model(tmp_path: Path) -> None:
    storage.save(tmp_path / "run.ckpt", {}, {}, kind="checkpoint")
    with pytest.raises(FileRefused, match="must hold a model, got a checkpoint"):
        load(tmp_path / "run.ckpt")


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_an_imputer_is_pickled(table: np.ndarray) -> None:
    holes = table.copy()
    holes[::3, 1] = np.nan
    imputer = Imputer(VAE(**TINY)).fit(holes)
    assert np.array_equal(pickle.loads(pickle.dumps(imputer)).transform(holes), imputer.transform(holes))

"""A file whose checksum is right and whose content is not is refused by the name of what is wrong."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE, storage
from quintet.artifacts.table import TABLE
from quintet.errors import FileRefused, InputError
from quintet.estimators import building
from quintet.estimators._file import restoring, saving

Parts = tuple[dict[str, torch.Tensor], dict[str, Any]]


@pytest.fixture(scope="module")
def parts(conditional: VAE, images: np.ndarray, labels: np.ndarray) -> Parts:
    """Of a model with a condition and two attributes."""
    vae = copy.deepcopy(conditional)
    vae.fit_attribute(images[:250], images[:250].mean((1, 2)), name="ink", condition=labels[:250])
    vae.fit_attribute(images[:250], labels[:250] > 4, name="large", condition=labels[:250])
    return saving.to_parts(vae)


@pytest.fixture(scope="module")
def real(numbers: VAE) -> Parts:
    """Of a model of numbers, which has loc and scale."""
    return saving.to_parts(numbers)


def restored(tensors: dict[str, torch.Tensor], header: dict[str, Any]) -> VAE:
    """What `load` makes of a file with a fresh checksum."""
    again, stored = storage.from_bytes(storage.to_bytes(tensors, header))
    checked = restoring.header_of(stored, "forged")
    vae: VAE = restoring.unfitted(VAE, checked, "forged", {})
    vae._set_learnt(restoring.restored_model(again, checked, "forged"), checked)
    return vae


def damages(tensor: torch.Tensor) -> dict[str, torch.Tensor | None]:
    """Ways in which a tensor can be wrong."""
    nan = tensor.clone()
    if nan.is_floating_point():
        nan.reshape(-1)[-1] = torch.nan
    other = torch.float64 if tensor.dtype != torch.float64 else torch.float32
    found = {"missing": None, "longer": tensor[None], "nan": nan, "type": tensor.to(other)}
    return found if nan.is_floating_point() else {how: t for how, t in found.items() if how != "nan"}


def test_the_undamaged_file_is_taken(parts: Parts, real: Parts) -> None:
    assert restored(*parts).fitted_.attributes.keys() == {"ink", "large"}
    assert restored(*real).latent_dim_ == 3


def test_each_damaged_tensor_is_refused_by_its_name(parts: Parts) -> None:
    tensors, stored = parts
    header = restoring.header_of(stored, "forged")
    weights = [name for name in tensors if name.startswith("model.") and name != "model.start"][:2]
    for name in [*weights, *(name for name in tensors if name.startswith(("reference.", "attribute.")))]:
        for how, wrong in damages(tensors[name]).items():
            altered = {key: t for key, t in tensors.items() if key != name} | ({} if wrong is None else {name: wrong})
            with pytest.raises(FileRefused, match=name.removeprefix("reference.")) as refusal:
                restoring.restored_model(altered, header, "forged")
            assert "forged" in str(refusal.value), how
    for stranger in ("reference.calibration.more", "attribute.2.slope", "model.more", "more"):
        with pytest.raises(FileRefused, match=stranger.removeprefix("reference.")):
            restored(tensors | {stranger: torch.zeros(3)}, stored)


def test_a_file_without_the_start_of_its_head_is_not_taken_for_an_older_one(parts: Parts) -> None:
    tensors, header = parts
    with pytest.raises(FileRefused, match="do not fit its fingerprint"):
        restored({key: t for key, t in tensors.items() if key != "model.start"}, header)


def test_values_that_no_model_keeps_are_refused(parts: Parts) -> None:
    tensors, header = parts
    wrong = {
        "density.weight": -tensors["reference.density.weight"],
        "density.factor": -tensors["reference.density.factor"],
        "row.spread": -1 - tensors["reference.row.spread"],
        "latent.points": tensors["reference.latent.points"][1:],
        "row.order": 0 * tensors["reference.row.order"],
        "latent.probed": 0 * tensors["reference.latent.probed"],
    }
    for name, tensor in wrong.items():
        with pytest.raises(FileRefused, match=r"tensor '[a-z.]+' that"):
            restored(tensors | {f"reference.{name}": tensor}, header)


def test_every_tensor_of_the_table_says_what_it_may_hold() -> None:
    for name, entry in TABLE.items():
        assert entry.shape, name
        known = (torch.bool, torch.float16, torch.float32, torch.int32, torch.int64)
        assert entry.dtype is None or entry.dtype in known, name  # None: that of rows
        assert set(entry.beside) <= set(TABLE), name


NAN = float("nan")
HEADERS: dict[str, dict[str, Any]] = {
    "schema.row_shape": {"schema": {"row_shape": [0, 8]}},
    "schema.row_shape of four axes": {"schema": {"row_shape": [8, 8, 1, 1]}},
    "schema.row_shape, huge": {"schema": {"row_shape": [10**9, 10**9]}},
    "schema.dtype": {"schema": {"dtype": "object"}},
    "schema.kind": {"schema": {"kind": "novel"}},
    "schema.levels": {"schema": {"levels": 10**400}},
    "schema.middle": {"schema": {"middle": NAN}},
    "schema.condition": {"schema": {"condition": {"columns": [], "points": [], "weights": []}}},
    "options.variant": {"options": {"variant": ["vae"]}},
    "options.latent_dim": {"options": {"latent_dim": 10**300}},
    "options.variant_options": {"options": {"variant_options": {"components": "many"}}},
    "options.network": {"options": {"network": {"kind": "mlp", "hidden": "wide"}}},
    "options.network, negative": {"options": {"network": {"kind": "mlp", "hidden": [-32]}}},
    "options.network, huge": {"options": {"network": {"kind": "mlp", "hidden": [10**30]}}},
    "options.network, endless": {"options": {"network": {"kind": "mlp", "hidden": [1] * 20_000}}},
    "options.training": {"options": {"training": {"learning_rate": -1}}},
    "fingerprint": {"fingerprint": "0" * 16},
    "params": {"params": {"beams": 3}},
    "params.variant": {"params": {"variant": {"name": "cvae", "options": {"beams": 3}}}},
    "learnt.latent_dim_": {"learnt": {"latent_dim_": 4}},
    "learnt.seed_": {"learnt": {"seed_": "none"}},
    "learnt.notes_": {"learnt": {"notes_": 3}},
    "learnt.n_features_in_": {"learnt": {"n_features_in_": 63}},
    "attributes": {"attributes": [{"name": "ink"}]},
    "attributes, fewer than tensors": {"attributes": []},
    "feature_names_in": {"feature_names_in": ["a"]},
    "history": {"history": {"rows": 3}},
}


@pytest.mark.parametrize("changes", HEADERS.values(), ids=HEADERS.keys())
def test_each_wrong_field_of_the_header_is_refused(parts: Parts, changes: dict[str, Any]) -> None:
    tensors, header = copy.deepcopy(parts)
    for field, change in changes.items():
        header[field] = header[field] | change if isinstance(change, dict) and change else change
    with pytest.raises(FileRefused, match="forged"):
        restored(tensors, header)


@pytest.mark.parametrize(
    "change",
    [
        {"scale": [0.0] * 5},
        {"scale": [-1.0] * 5},
        {"scale": [1.0] * 4},
        {"loc": [NAN] * 5},
        {"loc": [float("inf")] * 5},
        {"loc": []},
        {"loc": [100.0] * 5},
        {"row_shape": [4]},
        {"feature_names": ["a"]},
    ],
    ids=str,
)
def test_moments_that_were_edited_are_refused(real: Parts, change: dict[str, Any]) -> None:
    tensors, header = real
    with pytest.raises(FileRefused, match="forged"):
        restored(tensors, header | {"schema": header["schema"] | change})


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "3", "[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "9" * 9999]
)
def test_headers_that_are_no_json_are_refused(parts: Parts, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", lambda header: text if header is HEADER_OF_TEST else DUMPS(header))
        data = storage.to_bytes({}, HEADER_OF_TEST)
    with pytest.raises(FileRefused, match="forged"):
        storage.from_bytes(data, name="forged")


HEADER_OF_TEST: dict[str, Any] = {}
DUMPS = json.dumps


def test_a_model_that_holds_nan_is_not_saved(digits: VAE) -> None:
    vae = copy.deepcopy(digits)
    next(vae.fitted_.model.parameters()).data.view(-1)[0] = torch.nan
    with pytest.raises(InputError, match="diverged"):
        saving.to_parts(vae)


def test_a_refused_file_leaves_the_estimator_as_it_was(parts: Parts) -> None:
    tensors, header = parts
    vae = VAE("cvae")
    with pytest.raises(FileRefused):
        vae.__setstate__({"_saved": storage.to_bytes(tensors | {"more": torch.zeros(1)}, header)})
    assert not [name for name in vars(vae) if name.endswith("_")]


def test_the_fingerprint_covers_the_schema_and_not_the_names(real: Parts) -> None:
    tensors, header = real
    schema = restored(tensors, header).schema_
    name = building.model_fingerprint
    moved = schema.model_copy(update={"loc": tuple(x + 100 for x in schema.loc)})
    assert name("weights", moved) != name("weights", schema)
    assert name("others", schema) != name("weights", schema)
    called = schema.model_copy(update={"feature_names": tuple("abcde")})
    assert name("weights", called) == name("weights", schema)


def test_a_file_of_0_1_names_the_weights_alone_and_is_taken(real: Parts) -> None:
    tensors, header = real
    weights = restored(tensors, header).fitted_.weights
    assert restored(tensors, header | {"fingerprint": weights}).fitted_.fingerprint == header["fingerprint"]

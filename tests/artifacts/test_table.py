"""The artifacts of a model, the one table of their tensors, and their versions in a file."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from quintet import VAE, load, storage
from quintet.artifacts.latents import LatentBank
from quintet.artifacts.missing_cells import Copula
from quintet.artifacts.table import KINDS, PLACES, TABLE, Artifacts
from quintet.errors import FileRefused
from quintet.estimators._file import restoring, saving
from tests.old_files import FOLDER

OLD = sorted(FOLDER.glob("*.safetensors"))


def restored(tensors: dict[str, torch.Tensor], header: dict[str, Any], name: str) -> VAE:
    """A VAE with the model of a file."""
    checked, vae = restoring.header_of(header, name), VAE()
    vae._set_learnt(restoring.restored_model(tensors, checked, name), checked)
    return vae


@pytest.fixture(scope="module")
def parts() -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """Of the file of a model that keeps a bank of latents."""
    return saving.to_parts(load(FOLDER / "table.safetensors"))


def test_each_tensor_of_each_artifact_has_one_name_and_a_shape() -> None:
    assert PLACES.keys() == {field.name for field in fields(Artifacts)}
    for name, places in PLACES.items():
        assert places.keys() == {field.name for field in fields(KINDS[name])}, name
    assert len(TABLE) == sum(map(len, PLACES.values()))
    assert not [name for name, spec in TABLE.items() if not spec.shape or set("{}") & set(spec.shape)]
    assert all(set(spec.beside) <= set(TABLE) for spec in TABLE.values())


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_artifacts_of_a_file_are_saved_under_the_names_and_bits_that_they_had(path: Path) -> None:
    stored, header = storage.load(path)
    tensors, again = saving.to_parts(load(path))
    assert tensors.keys() == stored.keys()
    assert all(torch.equal(tensor, stored[name]) for name, tensor in tensors.items())
    assert again.keys() - header.keys() <= {"reference"}  # the first files did not list the names


def test_artifacts_of_one_model_replace_those_of_another_where_it_has_them() -> None:
    old, new = (Copula(torch.full((2, 2), value)) for value in (1.0, 2.0))
    bank = LatentBank(torch.zeros(3, 2, dtype=torch.float16))
    found = Artifacts(copula=old, latent_bank=bank) | Artifacts(copula=new)
    assert found.copula is new
    assert found.latent_bank is bank
    assert found.tensors().keys() == {"residual.covariance", "aggregate.points"}
    assert Artifacts.of(found.tensors()).present().keys() == found.present().keys()
    assert Artifacts.of({}) == Artifacts()


def test_an_artifact_of_a_later_version_is_refused_by_its_name(
    parts: tuple[dict[str, torch.Tensor], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors, header = parts
    assert "artifact_versions" not in header  # all are of version 1: earlier readers find what they know
    with monkeypatch.context() as patch:
        patch.setattr(LatentBank, "version", 2)
        tensors, header = saving.to_parts(restored(tensors, header, "old"))
        assert header["artifact_versions"] == {"latent_bank": 2}
        restored(tensors, header, "new")
    with pytest.raises(FileRefused, match="later holds latent_bank of version 2; this quintet reads versions 1 to 1"):
        restored(tensors, header, "later")
    header = header | {"artifact_versions": {"atlas": 1}}
    with pytest.raises(FileRefused, match="lists an artifact 'atlas', which this quintet does not know"):
        restored(tensors, header, "later")


@pytest.mark.parametrize("artifact", ["gaussian_field", "cell_range", "denoising_trial", "calibration_set"])
def test_an_artifact_is_whole_or_absent_in_a_file(
    parts: tuple[dict[str, torch.Tensor], dict[str, object]], artifact: str
) -> None:
    tensors, header = parts
    header = {name: value for name, value in header.items() if name != "reference"}  # the names are not listed
    names = {f"reference.{name}": spec for name, spec in PLACES[artifact].values() if f"reference.{name}" in tensors}
    for name, spec in names.items():
        altered = {key: tensor for key, tensor in tensors.items() if key != name}
        if name.removeprefix("reference.") in spec.beside:  # the others cannot do without it
            with pytest.raises(FileRefused, match=f"lacks the tensor '{name.removeprefix('reference.')}'"):
                restored(altered, header, "forged")
    lean = {key: tensor for key, tensor in tensors.items() if key not in names}
    vae = restored(lean, header, "lean")
    assert getattr(vae.fitted_.artifacts, artifact) is None
    assert vae.fitted_.artifacts.tensors().keys() == {k.removeprefix("reference.") for k in lean if "reference" in k}


def test_artifacts_cannot_be_changed_behind_a_models_back() -> None:
    kept = Artifacts(copula=Copula(torch.eye(2)))
    with pytest.raises(AttributeError):
        kept.copula = None  # type: ignore[misc]
    assert replace(kept, copula=None) == Artifacts()

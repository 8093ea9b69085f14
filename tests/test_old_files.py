"""Files of version 0.1 load and answer as they did; compressed files of versions 1 and 2 are decompressed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quintet import load, storage
from quintet.estimators._file import saving
from tests.old_files import FOLDER, NAMES, answers, arithmetic, loaded, rows

KEPT = np.load(FOLDER / "answers.npz")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_version_0_1_answers_as_before(name: str) -> None:
    """Bit for bit, but log p(x), on a processor of the same arithmetic; elsewhere what no search decides, closely."""
    found = answers(name)
    if np.array_equal(arithmetic(), KEPT["arithmetic"]):
        for key, value in found.items():
            if key == "log_prob":  # decoded in tiles of another shape since: sums differ in the last float32 digit
                np.testing.assert_allclose(value, KEPT[f"{name}.{key}"], rtol=5e-7, err_msg=key)
            else:
                np.testing.assert_array_equal(value, KEPT[f"{name}.{key}"], err_msg=key)
        return
    for key in ("transform", "log_prob", "scores"):
        np.testing.assert_allclose(found[key], KEPT[f"{name}.{key}"], rtol=1e-3, atol=1e-3, err_msg=key)


@pytest.mark.parametrize(("name", "version"), NAMES.items())
def test_a_compressed_file_of_versions_1_and_2_comes_back(name: str, version: str) -> None:
    X = rows()[name]
    back = loaded(name).decompress((FOLDER / f"{name}.{version}.qnt").read_bytes())
    assert back.dtype == X.dtype
    assert back.tobytes() == X.tobytes()


@pytest.mark.parametrize("name", ["conditional", "first"])
@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_a_file_of_version_0_1_can_be_trained_on(name: str) -> None:
    vae, X = loaded(name).set_params(epochs=2), rows()[name]
    y = [0, 1] * (len(X) // 2) if vae.schema_.condition else None
    before = {key: tensor.shape for key, tensor in vae.fitted_.guide.state_dict().items()}
    went_on = vae.fit(X, y, continue_training=True)
    assert {key: tensor.shape for key, tensor in went_on.fitted_.guide.state_dict().items()} == before
    assert [row["stage"] for row in went_on.history_.rows][-1] == "guide"


def test_files_depend_on_the_versions_of_their_formats_not_on_that_of_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file states the version that wrote it; another one changes no tensor, no fingerprint and no compressed byte."""
    vae, X, path = loaded("first"), rows()["first"], tmp_path / "again.safetensors"
    monkeypatch.setattr(saving, "__version__", "9.8.7")
    vae.save(path)
    tensors, header = storage.load(path)
    before, _ = saving.to_parts(vae)
    assert header["versions"]["quintet"] == "9.8.7"
    assert header["fingerprint"] == vae.fitted_.fingerprint
    assert all(tensors[name].equal(tensor) for name, tensor in before.items())
    assert load(path).compress(X) == vae.compress(X)

"""A model in a folder of the Hub's form: what is written, what is read, and that nothing of it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import VAE, Series, hub
from quintet.errors import FileRefused, InputError
from tests.shared import Shared, hardly_measured, unguided, unmeasured

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))


def small(**options: Any) -> VAE:
    with hardly_measured(), unguided():
        return VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=2, **options).fit(X)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return Shared(tmp_path_factory.mktemp("models"))("hub", small)


@pytest.fixture
def folder(model: VAE, tmp_path: Path) -> Path:
    hub.save_pretrained(model, tmp_path / "model")
    return tmp_path / "model"


def test_a_model_comes_back_as_it_was(model: VAE, folder: Path) -> None:
    assert sorted(file.name for file in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    found = hub.from_pretrained(folder)
    assert isinstance(found, VAE)
    assert np.array_equal(found.generate(5, random_state=0), model.generate(5, random_state=0))


def test_the_card_has_the_schema_and_the_figures_and_leaves_the_licence_to_the_user(model: VAE, folder: Path) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard.load(folder / "README.md")
    assert card.data.library_name == "quintet"
    assert card.data.license is None
    assert "No licence is stated" in card.text
    assert "shape (4,)" in card.text
    assert f"{model.history_.rows[-1]['loss']:.4g}" in card.text
    config = json.loads((folder / "config.json").read_text())
    assert (config["class"], config["variant"], config["latent_dim"]) == ("VAE", "vae", 2)


def test_a_licence_stands_in_the_card_and_a_card_of_the_users_stays(model: VAE, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    hub.save_pretrained(model, tmp_path, license="cc-by-4.0")
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert "No licence" not in card.text
    (tmp_path / "README.md").write_text("my card")
    hub.save_pretrained(model, tmp_path)
    assert (tmp_path / "README.md").read_text() == "my card"


def test_a_table_has_its_columns_in_the_card_and_none_of_their_levels(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a|b": X[:, 0], "town": np.where(X[:, 1] > 0, "Springfield", "Shelbyville")})
    with unmeasured():
        vae = VAE(latent_dim=2, epochs=1, context="none").fit(table)
    hub.save_pretrained(vae, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "| a\\|b | Continuous |" in text
    assert "| town | CategoricalColumn |" in text
    assert "Springfield" not in text


def test_series_come_back_as_series(tmp_path: Path) -> None:
    steps = np.sin(np.arange(400) * 2 * np.pi / 24) + 0.1 * RNG.normal(size=400)
    with hardly_measured():
        series = Series(epochs=1, window=24, network={"kind": "mlp", "hidden": (8,)}).fit(steps)
    hub.save_pretrained(series, tmp_path)
    found = hub.from_pretrained(tmp_path)
    assert isinstance(found, Series)
    assert bool((found.decompress(found.compress(steps)) == steps).all())


def test_nothing_in_the_folder_runs_or_decides_anything_but_the_model_file(folder: Path) -> None:
    (folder / "config.json").write_text('{"model": "x", "device": "nowhere", "auto_map": {"AutoModel": "evil.Evil"}}')
    (folder / "evil.py").write_text("raise SystemExit('code of the folder ran')")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert isinstance(hub.from_pretrained(folder), VAE)


def test_a_push_sends_the_files_of_the_folder(model: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi

    sent: dict[str, Any] = {}

    class Repository:
        repo_id = "me/model"

    def upload(self: Any, *, repo_id: str, folder_path: Path, **options: Any) -> str:
        sent[repo_id] = sorted(file.name for file in Path(folder_path).iterdir())
        return "the address of the commit"

    monkeypatch.setattr(HfApi, "create_repo", lambda *_, **__: Repository())
    monkeypatch.setattr(HfApi, "upload_folder", upload)
    assert hub.push_to_hub(model, "me/model", private=True) == "the address of the commit"
    assert sent == {"me/model": ["README.md", "config.json", "model.safetensors"]}


def test_what_cannot_be_read_is_said_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an existing folder or OWNER/NAME of the Hub, got 'a/b/c'"):
        hub.from_pretrained("a/b/c")
    with pytest.raises(FileRefused, match="nor in the cache"):
        hub.from_pretrained("nobody/nothing", cache_dir=tmp_path / "cache", local_files_only=True)
    (folder / "model.safetensors").write_bytes(b"0" * 100)
    with pytest.raises(FileRefused, match="not a quintet file"):
        hub.from_pretrained(folder)
    with pytest.raises(InputError, match="model must be a fitted VAE"):
        hub.save_pretrained("model", folder)  # type: ignore[arg-type]

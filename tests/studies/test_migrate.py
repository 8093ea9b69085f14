"""pythae's configurations, as its own files have them, and what they become."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from quintet import VAE, variants
from quintet.errors import FileRefused, InputError
from quintet.studies.migrate import MODELS, SAMPLERS, migrate

DEFAULTS: dict[str, dict[str, Any]] = {
    "BetaVAEConfig": {"beta": 2.0},
    "DisentangledBetaVAEConfig": {"beta": 10.0, "C": 50.0, "warmup_epoch": 25},
    "BetaTCVAEConfig": {"alpha": 1.0, "beta": 6.0, "gamma": 1.0, "use_mss": True},
    "FactorVAEConfig": {"gamma": 2.0},
    "INFOVAE_MMD_Config": {"kernel_choice": "rbf", "alpha": 0.5, "lbd": 3.0},
    "IWAEConfig": {"number_samples": 10},
    "MIWAEConfig": {"number_gradient_estimates": 5, "number_samples": 10},
    "PIWAEConfig": {"number_gradient_estimates": 5, "number_samples": 10},
    "CIWAEConfig": {"number_samples": 10, "beta": 0.5},
    "VAMPConfig": {"number_components": 50},
    "VAE_LinNF_Config": {"flows": ["Planar", "Planar"]},
    "VAE_IAF_Config": {"n_made_blocks": 2, "hidden_size": 128},
    "HVAEConfig": {"n_lf": 3, "eps_lf": 0.001},
    "RHVAEConfig": {"n_lf": 3, "temperature": 1.5},
    "PoincareVAEConfig": {"curvature": 1},
    "WAE_MMD_Config": {"kernel_choice": "imq"},
    "VQVAEConfig": {"num_embeddings": 64, "commitment_loss_factor": 0.25},
}


def write(folder: Path, file: str, **content: Any) -> Path:
    path = folder / f"{file}.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_theirs_becomes_one_of_ours(name: str, tmp_path: Path) -> None:
    shared = {"input_dim": [1, 28, 28], "latent_dim": 12, "uses_default_encoder": True, "reconstruction_loss": "bce"}
    path = write(tmp_path, "model_config", name=name, **shared, **DEFAULTS.get(name, {}))
    moved = migrate([path])
    assert moved.variant in variants.names()
    built = variants.get(moved.variant)().set_params(**moved.options)
    for option, value in moved.options.items():
        assert getattr(built, option) == value
    names: dict[str, Any] = {}
    exec(moved.python().replace("vae.fit(X)", ""), names)
    assert isinstance(names["vae"], VAE)
    assert names["vae"].latent_dim == 12
    assert f"--variant {moved.variant}" in moved.command()


def test_a_training_configuration_and_a_sampler_join(tmp_path: Path) -> None:
    model = write(tmp_path, "model_config", name="BetaVAEConfig", latent_dim=16, beta=2.0, uses_default_decoder=False)
    training = write(
        tmp_path,
        "training_config",
        name="BaseTrainerConfig",
        num_epochs=100,
        learning_rate=1e-3,
        per_device_train_batch_size=64,
        optimizer_cls="RMSprop",
        scheduler_cls=None,
        seed=8,
    )
    sampler = write(tmp_path, "sampler_config", name="TwoStageVAESamplerConfig")
    moved = migrate([model, training, sampler])
    assert (moved.epochs, moved.seed, moved.sampler) == (100, 8, "two_stage")
    assert moved.training == {"batch_size": 64, "learning_rate": 1e-3, "schedule": "constant"}
    assert any("decoder was a custom one" in note for note in moved.notes)
    assert any("RMSprop becomes AdamW" in note for note in moved.notes)
    assert "variant__beta=2.0" in moved.python()
    assert "--set beta=2.0" in moved.command()


def test_draws_of_all_groups_are_counted_as_ours_are(tmp_path: Path) -> None:
    path = write(tmp_path, "m", name="MIWAEConfig", latent_dim=4, number_gradient_estimates=3, number_samples=7)
    assert migrate([path]).options == {"estimator": "miwae", "k": 21, "groups": 3, "likelihood": "mse"}


def test_pickles_and_strangers_are_refused(tmp_path: Path) -> None:
    for name in ("model.pkl", "model_config.json"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps({"name": "VAEConfig"}))
        with pytest.raises(FileRefused, match="pickle"):
            migrate([path])
    with pytest.raises(FileRefused, match="no file"):
        migrate([tmp_path / "none.json"])
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(FileRefused, match="no JSON"):
        migrate([tmp_path / "x.json"])
    strange = write(tmp_path, "y", name="BetaVAECnfig")
    with pytest.raises(InputError, match="did you mean 'BetaVAEConfig'"):
        migrate([strange])


def test_every_sampler_of_theirs_has_one_of_ours() -> None:
    from quintet.inference.samplers.selection import SAMPLERS as ours

    assert set(SAMPLERS.values()) <= set(ours)


def test_what_is_not_carried_over_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "m", name="RAE_GP_Config", latent_dim=4, embedding_weight=1e-4, reg_weight=1e-7)
    moved = migrate([path])
    assert moved.options == {"regulariser": "gradient", "likelihood": "mse"}
    assert any("embedding_weight=0.0001, reg_weight=1e-07" in note for note in moved.notes)


def test_values_that_ours_cannot_take_are_left_out_with_the_reason(tmp_path: Path) -> None:
    theirs = {"kernel_choice": "imq", "alpha": 0, "lbd": 0.001}  # their defaults, where the discrepancy is rewarded
    moved = migrate([write(tmp_path, "m", name="INFOVAE_MMD_Config", latent_dim=4, **theirs)])
    assert moved.options == {"alpha": 0, "kernel": "imq", "likelihood": "mse"}
    assert any("lambda_ must" in note and "0.001" in note for note in moved.notes)
    moved = migrate([write(tmp_path, "m", name="BetaVAEConfig", latent_dim=4, beta="high")])
    assert "beta" not in moved.options
    assert any("beta must" in note and "'high'" in note for note in moved.notes)


@pytest.mark.parametrize(
    "config",
    [
        {"name": "VAEConfig", "latent_dim": "ten"},
        {"name": "BaseTrainerConfig", "num_epochs": 0},
        {"name": "BaseTrainerConfig", "num_epochs": 5, "learning_rate": -1.0},
        {"name": "BaseTrainerConfig", "num_epochs": 5, "per_device_train_batch_size": "many"},
    ],
    ids=["latents", "epochs", "learning rate", "batch"],
)
def test_configurations_that_hold_nonsense_are_refused(config: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"latent_dim|num_epochs|learning_rate|batch_size"):
        migrate([write(tmp_path, "m", **config)])

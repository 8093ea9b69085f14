"""From pythae's configurations to ours: JSON only, never its pickles."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet import variants
from quintet.errors import FileRefused, InputError, nearest
from quintet.studies.migrate_rules import MODELS, SAMPLERS, Options, ReadConfig
from quintet.training import Training


@dataclass
class Moved:
    """What a configuration becomes."""

    variant: str = "vae"
    options: Options = field(default_factory=dict)
    latent_dim: int | None = None
    epochs: int | None = None
    seed: int | None = None
    training: Options = field(default_factory=dict)
    sampler: str | None = None
    notes: list[str] = field(default_factory=list)

    def python(self) -> str:
        """The lines of Python that do the same."""
        parts = [repr(self.variant)]
        parts += [f"latent_dim={self.latent_dim}"] if self.latent_dim else []
        parts += [f"epochs={self.epochs}"] if self.epochs else []
        parts += [f"training={self.training!r}"] if self.training else []
        parts += [f"random_state={self.seed}"] if self.seed is not None else []
        line = f"vae = VAE({', '.join(parts)})"
        if self.options:
            line += f".set_params({', '.join(f'variant__{n}={v!r}' for n, v in self.options.items())})"
        lines = ["from quintet import VAE", "", line, "vae.fit(X)"]
        return "\n".join([*lines, f"vae.generate(64, sampler={self.sampler!r})"] if self.sampler else lines)

    def command(self) -> str:
        """The command that does the same."""
        words = ["quintet fit DATA --out model.safetensors", f"--variant {self.variant}"]
        words += [f"--set {name}={value}" for name, value in {**self.options, **self.training}.items()]
        words += [f"--latent-dim {self.latent_dim}"] if self.latent_dim else []
        words += [f"--epochs {self.epochs}"] if self.epochs else []
        words += [f"--seed {self.seed}"] if self.seed is not None else []
        return " ".join(words)


def migrate(paths: Sequence[str | Path]) -> Moved:
    """Read pythae's ``model_config.json``, ``training_config.json``, ``sampler_config.json``: one of them, or several.

    Raises
    ------
    FileRefused
        A file is missing, is a pickle, or is no configuration of pythae's.
    """
    moved = Moved()
    for path in paths:
        config = _read(Path(path))
        name = str(config["name"])
        if name in MODELS:
            _model(config, moved)
        elif name.removesuffix("Config") in SAMPLERS:
            moved.sampler = SAMPLERS[name.removesuffix("Config")]
        elif "num_epochs" in config:
            _training(config, moved)
        elif name != "EnvironmentConfig":
            known = [*MODELS, *(f"{s}Config" for s in SAMPLERS), "BaseTrainerConfig"]
            raise InputError(f"{path} holds a {name!r}, which is not known: {nearest(name, known)}.")
    return moved


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileRefused(f"{path} is no file; give pythae's model_config.json or training_config.json.")
    raw = path.read_bytes()
    if path.suffix in (".pkl", ".pt", ".pickle") or raw[:2] in (b"\x80\x04", b"\x80\x05", b"PK"):
        raise FileRefused(f"{path} is a pickle, which could run code; give the .json files beside it.")
    try:
        config = json.loads(raw)
    except ValueError:
        raise FileRefused(f"{path} is no JSON; give pythae's model_config.json or training_config.json.") from None
    if not isinstance(config, dict) or "name" not in config:
        raise FileRefused(f"{path} has no 'name'; give pythae's model_config.json or training_config.json.")
    return config


def _model(given: Mapping[str, Any], moved: Moved) -> None:
    config = ReadConfig(given)
    moved.variant, rule = MODELS[str(config["name"])]
    options = rule(config)
    moved.latent_dim = _whole(config, "latent_dim")
    loss = config.get("reconstruction_loss", "mse")  # the loss of models without this option
    if loss in ("mse", "bce") and moved.variant != "perceptual":  # it has a likelihood of its own
        options["likelihood"] = {"mse": "mse", "bce": "bernoulli"}[loss]
        moved.notes.append(
            "Scale 8-bit images to 0..1 for this likelihood; 'auto' models their levels, with true bits."
        )
    for half in ("encoder", "decoder"):
        if config.get(f"uses_default_{half}") is False:
            moved.notes.append(f"Its {half} was a custom one: give network=(make_encoder, make_decoder).")
    moved.options = _legal(moved.variant, options, moved.notes)
    if left := config.left():
        names = ", ".join(f"{name}={value!r}" for name, value in left.items())
        moved.notes.append(f"Not converted, since ours is on another scale or does not exist: {names}.")


def _legal(variant: str, options: Options, notes: list[str]) -> Options:
    """The options that our variant takes; of the others a note says why not."""
    cls = variants.get(variant)
    try:
        cls().set_params(**options)
        return options
    except InputError as whole:
        kept = dict(options)
        for name, value in options.items():
            try:
                cls().set_params(**{name: value})
            except InputError as problem:
                kept.pop(name)
                notes.append(f"Not converted: {problem}")
        if len(kept) == len(options):
            raise InputError(f"This configuration has no model like it here: {whole}") from None
        return _legal(variant, kept, notes)


def _whole(config: Mapping[str, Any], name: str) -> int | None:
    value = config.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise FileRefused(f"{name}={value!r} stands in the configuration; a whole number of at least 1 should.")
    return value


def _training(config: Mapping[str, Any], moved: Moved) -> None:
    moved.epochs = _whole(config, "num_epochs")
    rate = config.get("learning_rate") or config.get("autoencoder_learning_rate") or config.get("encoder_learning_rate")
    moved.training = {"batch_size": config.get("per_device_train_batch_size"), "learning_rate": rate}
    scheduler = config.get("scheduler_cls")
    moved.training["schedule"] = "cosine" if scheduler and "Cosine" in str(scheduler) else "constant"
    decay = (config.get("optimizer_params") or {}).get("weight_decay")
    moved.training |= {"weight_decay": decay} if decay else {}
    moved.training |= {"precision": "bf16"} if config.get("amp") else {}
    moved.training = {name: value for name, value in moved.training.items() if value is not None}
    try:
        Training(**moved.training)
    except InputError as problem:
        raise FileRefused(f"The training configuration cannot be used: {problem}") from None
    moved.seed = config.get("seed")
    moved.notes.append(
        "Our preset warms up the learning rate and the rate and keeps a running mean of the weights, and theirs does "
        "not: 'warmup', 'kl_warmup' and 'ema' at 0 in training= switch that off."
    )
    if config.get("optimizer_cls") not in (None, "Adam", "AdamW"):
        moved.notes.append(f"Its optimiser {config['optimizer_cls']} becomes AdamW.")
    if config.get("no_cuda"):
        moved.notes.append("It trained on the CPU: give device='cpu' where there is a GPU.")

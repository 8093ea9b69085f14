"""From pythae's configurations to ours: JSON only, never its pickles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet.errors import FileRefused, InputError, nearest

Options = dict[str, Any]
Rule = tuple[str, Callable[[Mapping[str, Any]], Options]]


def same(**names: str) -> Callable[[Mapping[str, Any]], Options]:
    """Our option = theirs, by name, where theirs is there."""
    return lambda c: {ours: c[other] for ours, other in names.items() if c.get(other) is not None}


def fixed(**options: Any) -> Callable[[Mapping[str, Any]], Options]:
    """Options that a model of theirs stands for, whatever its configuration says."""
    return lambda c: dict(options)


def both(*rules: Callable[[Mapping[str, Any]], Options]) -> Callable[[Mapping[str, Any]], Options]:
    """The options of several rules."""
    return lambda c: {name: value for rule in rules for name, value in rule(c).items()}


def _planar(c: Mapping[str, Any]) -> Options:
    flows = [str(flow).lower() for flow in c.get("flows") or ["planar"]]
    return {"kind": "planar", "transforms": len(flows)} if flows else {}


MODELS: dict[str, Rule] = {
    "AEConfig": ("ae", fixed()),
    "VAEConfig": ("vae", fixed()),
    "BetaVAEConfig": ("beta", same(beta="beta")),
    "DisentangledBetaVAEConfig": ("beta", same(beta="beta", capacity="C")),
    "BetaTCVAEConfig": ("beta_tc", same(alpha="alpha", beta="beta", gamma="gamma")),
    "FactorVAEConfig": ("factor", same(gamma="gamma")),
    "INFOVAE_MMD_Config": ("info", same(alpha="alpha", lambda_="lbd", kernel="kernel_choice")),
    "IWAEConfig": ("iwae", same(k="number_samples")),
    "MIWAEConfig": ("iwae", lambda c: _groups(c, "miwae")),
    "PIWAEConfig": ("iwae", lambda c: _groups(c, "piwae")),
    "CIWAEConfig": ("iwae", both(fixed(estimator="ciwae"), same(k="number_samples", elbo_share="beta"))),
    "VAMPConfig": ("vamp", same(pseudo_inputs="number_components")),
    "VAE_LinNF_Config": ("flow_posterior", _planar),
    "VAE_IAF_Config": ("flow_posterior", both(fixed(kind="iaf"), same(transforms="n_made_blocks"))),
    "HVAEConfig": ("hamiltonian", same(steps="n_lf")),
    "RHVAEConfig": ("hamiltonian", both(fixed(metric="riemannian"), same(steps="n_lf"))),
    "SVAEConfig": ("sphere", fixed()),
    "PoincareVAEConfig": ("poincare", same(curvature="curvature")),
    "WAE_MMD_Config": ("wae", same(kernel="kernel_choice")),
    "RAE_GP_Config": ("rae", fixed(regulariser="gradient")),
    "RAE_L2_Config": ("rae", fixed(regulariser="l2")),
    "Adversarial_AE_Config": ("aae", fixed()),
    "VAEGANConfig": ("vaegan", fixed()),
    "MSSSIM_VAEConfig": ("perceptual", fixed()),
    "VQVAEConfig": ("vq", same(codes="num_embeddings")),
}
"""pythae's configuration -> our variant, and how its options are read."""

SAMPLERS: dict[str, str] = {
    "NormalSampler": "prior",
    "GaussianMixtureSampler": "mixture",
    "MAFSampler": "flow",
    "IAFSampler": "flow",
    "TwoStageVAESampler": "two_stage",
    "RHVAESampler": "neighbours",
    "VAMPSampler": "prior",
    "HypersphereUniformSampler": "prior",
    "PoincareDiskSampler": "prior",
    "PixelCNNSampler": "prior",
}
"""pythae's sampler -> ``generate(n, sampler=...)``."""


def _groups(c: Mapping[str, Any], estimator: str) -> Options:
    groups, each = c.get("number_gradient_estimates"), c.get("number_samples")
    found: Options = {"estimator": estimator}
    if groups and each:  # theirs counts draws of a group, ours all draws
        found |= {"k": int(groups) * int(each), "groups": int(groups)}
    return found


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
        said = ["from quintet import VAE", "", line, "vae.fit(X)"]
        return "\n".join([*said, f"vae.generate(64, sampler={self.sampler!r})"] if self.sampler else said)

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


def _model(config: Mapping[str, Any], moved: Moved) -> None:
    moved.variant, rule = MODELS[str(config["name"])]
    moved.options = rule(config)
    moved.latent_dim = config.get("latent_dim")
    loss = config.get("reconstruction_loss")
    if loss in ("mse", "bce") and moved.variant != "perceptual":  # which makes its own
        moved.options["likelihood"] = {"mse": "mse", "bce": "bernoulli"}[loss]
        moved.notes.append(
            "Scale 8-bit images to 0..1 for this likelihood; 'auto' codes them as they are, in honest bits."
        )
    for half in ("encoder", "decoder"):
        if config.get(f"uses_default_{half}") is False:
            moved.notes.append(f"Its {half} was the user's own: give network=(make_encoder, make_decoder).")


def _training(config: Mapping[str, Any], moved: Moved) -> None:
    moved.epochs = config.get("num_epochs")
    rate = config.get("learning_rate") or config.get("autoencoder_learning_rate") or config.get("encoder_learning_rate")
    moved.training = {"batch_size": config.get("per_device_train_batch_size"), "learning_rate": rate}
    scheduler = config.get("scheduler_cls")
    moved.training["schedule"] = "cosine" if scheduler and "Cosine" in str(scheduler) else "constant"
    decay = (config.get("optimizer_params") or {}).get("weight_decay")
    moved.training |= {"weight_decay": decay} if decay else {}
    moved.training |= {"precision": "bf16"} if config.get("amp") else {}
    moved.training = {name: value for name, value in moved.training.items() if value is not None}
    moved.seed = config.get("seed")
    if config.get("optimizer_cls") not in (None, "Adam", "AdamW"):
        moved.notes.append(f"Its optimiser {config['optimizer_cls']} becomes AdamW.")
    if config.get("no_cuda"):
        moved.notes.append("It trained on the CPU: give device='cpu' where there is a GPU.")

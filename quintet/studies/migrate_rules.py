"""Which of our variants each of pythae's configurations becomes, and how its options are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Options = dict[str, Any]
Rule = tuple[str, Callable[[Mapping[str, Any]], Options]]


SILENT = frozenset(
    (
        *("name", "input_dim", "latent_dim", "reconstruction_loss", "uses_default_encoder", "uses_default_decoder"),
        *("environment", "python_version", "uses_default_discriminator", "discriminator_input_dim"),
    )
)
"""Fields of every configuration of pythae that are read elsewhere or carry no option."""


class ReadConfig(dict[str, Any]):
    """A configuration that records which fields were read, so that the others can be reported."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.used.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, recorded as read."""
        self.used.add(name)
        return super().get(name, default)

    def left(self) -> dict[str, Any]:
        """The fields that were not read, except self-evident ones."""
        return {name: value for name, value in self.items() if name not in self.used | SILENT}


def same(**names: str) -> Callable[[Mapping[str, Any]], Options]:
    """Our options by their names, where theirs are given."""
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
    "VAE_IAF_Config": (
        "flow_posterior",
        both(fixed(kind="iaf"), same(transforms="n_made_blocks", hidden="hidden_size")),
    ),
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
    "VQVAEConfig": ("vq", same(codes="num_embeddings", decay="decay")),
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

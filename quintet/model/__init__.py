"""The package ``quintet.model`` of version 0.1, for variants that were written against it.

Its modules lie in ``quintet.models`` and ``quintet.inference`` now, and some names have changed. Here each is found
under its former name, and gives the new object with a ``DeprecationWarning`` that names its place.
"""

import sys
from types import ModuleType

from quintet.renamed import renamed

MODULES = {
    "adversary": "models.adversarial.critic",
    "base": "models.base",
    "code_prior": "models.discrete.code_prior",
    "codebook": "models.discrete.codebook",
    "codec": "models.discrete.symbols",
    "degrade": "models.translation.degradation",
    "fitted": "models.fitted",
    "flat": "models.flat",
    "flows": "models.flows.zuko",
    "flows_planar": "models.flows.planar",
    "generator": "models.generator",
    "guide": "models.partial_encoder models.partial_encoder_stage",
    "hyperbolic": "models.geometry.hyperbolic",
    "introspective": "models.adversarial.introspective",
    "ladder": "models.hierarchical.ladder",
    "leapfrog": "models.hamiltonian.leapfrog",
    "matching": "models.adversarial.latent_matching",
    "matching_rows": "models.adversarial.dual_matching",
    "metrics": "models.hamiltonian.metrics",
    "moving": "models.hamiltonian.model",
    "objective_controlled": "models.objectives.controlled",
    "objective_critic": "models.objectives.critic_tc",
    "objective_importance": "models.objectives.importance_weighted",
    "objective_layers": "models.objectives.layers",
    "objective_mmd": "models.objectives.mmd",
    "objective_moments": "models.objectives.moments",
    "objective_smooth": "models.objectives.regularised",
    "objective_tc": "models.objectives.total_correlation",
    "objectives": "models.objectives.elbo",
    "one_hots": "models.discrete.one_hot",
    "option_types": "models.option_types",
    "perceptual": "models.perceptual",
    "posteriors": "models.posteriors.normal",
    "posteriors_flow": "models.posteriors.flow",
    "priors": "models.priors.standard",
    "priors_flow": "models.priors.flow",
    "priors_mixture": "models.priors.mixture",
    "quantised": "models.discrete.quantised",
    "recipe": "models.recipe",
    "refine": "inference.refinement",
    "semi": "models.semi_supervised",
    "sequence": "models.sequence",
    "similarity": "models.adversarial.feature_similarity",
    "soft_introspective": "models.adversarial.soft_introspective",
    "sphere": "models.geometry.sphere",
    "spoil": "models.corruption",
    "ssim": "models.ssim",
    "stages": "models.joint_stage",
    "sweep": "inference.reencoding",
    "top_down": "models.hierarchical.top_down",
    "translating": "models.translation.model",
    "variant": "models.variant",
    "vary": "models.augmentation",
}
"""Former module -> the modules of ``quintet`` that hold its contents."""
NAMES = {
    "base": {"Draw": "ModelOutput", "blank": "zero_unobserved"},
    "code_prior": {"Codes": "CodeDistribution"},
    "codec": {"OneHot": "OneHotSymbols", "Codec": "SymbolCodec"},
    "guide": {"Guide": "PartialEncoder"},
    "hyperbolic": {"Planes": "GeodesicPlanes"},
    "introspective": {"autoencode": "introspective_autoencode", "tell_rows": "introspective_critic_loss"},
    "ladder": {"Ladder": "LadderModel"},
    "matching": {"autoencode": "matching_autoencode"},
    "matching_rows": {"tell_rows": "dual_row_critic_loss"},
    "metrics": {"Flat": "EuclideanMetric"},
    "moving": {"Moving": "HamiltonianModel"},
    "perceptual": {"Perceptual": "PerceptualModel"},
    "posteriors_flow": {"Autoregressive": "InverseAutoregressive", "FlowPosterior": "NormalizingFlowPosterior"},
    "priors_flow": {"FlowPrior": "NormalizingFlowPrior"},
    "recipe": {"Moment": "StepContext", "Terms": "LossOutput", "Player": "OptimizerGroup"},
    "sequence": {"Sequence": "SequenceModel", "Told": "TeacherForced"},
    "similarity": {"autoencode": "feature_autoencode", "tell_rows": "row_critic_loss"},
    "soft_introspective": {"encode": "encoder_loss", "decode": "decoder_loss"},
    "sphere": {"Sphere": "SphereModel"},
    "top_down": {"sizes_of": "layer_sizes"},
}
"""Former module -> former name -> new name."""


def _module(name: str) -> ModuleType:
    """A module under its former name, empty but for a ``__getattr__`` that gives what has moved."""
    full, homes = f"{__name__}.{name}", tuple(f"quintet.{home}" for home in MODULES[name].split())
    module = ModuleType(full, f"Version 0.1's name of {' and '.join(f'``{home}``' for home in homes)}.")
    module.__getattr__ = renamed(full, homes, NAMES.get(name))  # type: ignore[method-assign]
    return module


for _name in MODULES:
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = _module(_name)

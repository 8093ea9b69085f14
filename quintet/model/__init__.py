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
    "flat": "models.flat models.encoder_input",
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
    "spoil": "models.partial_encoder_corruption",
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
    "adversary": {
        "deceived": "generator_loss",
        "frozen": "with_frozen_weights",
        "judged": "logit_and_penalty",
        "smoothed": "dequantised",
        "told_apart": "critic_loss",
        "won_outright": "critic_won",
    },
    "base": {"Draw": "ModelOutput", "blank": "zero_unobserved"},
    "code_prior": {"Codes": "CodeDistribution"},
    "codec": {"OneHot": "OneHotSymbols", "Codec": "SymbolCodec"},
    "guide": {"Guide": "PartialEncoder"},
    "hyperbolic": {"Planes": "GeodesicPlanes", "Wrapped": "WrappedNormalHead"},
    "introspective": {
        "autoencode": "introspective_loss",
        "skew": "orthogonality_penalty",
        "tell_rows": "introspective_critic_loss",
    },
    "ladder": {"Ladder": "LadderModel"},
    "matching": {"autoencode": "matching_loss", "tell_latents": "latent_critic_loss"},
    "matching_rows": {
        "Game": "AdversarialLosses",
        "coefficient": "bhattacharyya_loss",
        "match_both": "dual_matching_loss",
        "tell_rows": "dual_row_critic_loss",
    },
    "metrics": {"Flat": "EuclideanMetric"},
    "moving": {"Moving": "HamiltonianModel"},
    "objective_critic": {"Correlated": "CriticTotalCorrelation"},
    "option_types": {"hold_types": "check_option_types"},
    "perceptual": {"Around": "SpreadHead", "Perceptual": "PerceptualModel", "around": "spread_head"},
    "posteriors_flow": {"Autoregressive": "InverseAutoregressive", "FlowPosterior": "NormalizingFlowPosterior"},
    "priors_flow": {"FlowPrior": "NormalizingFlowPrior"},
    "recipe": {"Moment": "StepContext", "Terms": "LossOutput", "Player": "OptimizerGroup"},
    "sequence": {"Sequence": "SequenceModel", "Told": "TeacherForced"},
    "similarity": {"apart": "feature_distance", "autoencode": "feature_loss", "tell_rows": "row_critic_loss"},
    "soft_introspective": {"encode": "encoder_loss", "decode": "decoder_loss", "ran_away": "encoder_won"},
    "sphere": {"Directions": "VonMisesFisherHead", "Sphere": "SphereModel"},
    "top_down": {"Beside": "LayerPosterior", "sizes_of": "layer_sizes"},
    "translating": {"Translating": "TranslationModel"},
    "vary": {"vary": "augment_rows"},
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

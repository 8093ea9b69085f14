"""Networks (encoders and decoders), and likelihoods that map a decoder's output to a distribution."""

from quintet.networks.conv import Conv
from quintet.networks.folded import Folded
from quintet.networks.heads import Likelihood, choose_likelihood, known_likelihoods
from quintet.networks.initialisation import Marginals
from quintet.networks.mlp import Mlp
from quintet.networks.recurrent import Recurrent
from quintet.networks.selection import Named, Network, Own, choose_network, describe_network, features_of

__all__ = [
    "Conv",
    "Folded",
    "Likelihood",
    "Marginals",
    "Mlp",
    "Named",
    "Network",
    "Own",
    "Recurrent",
    "choose_likelihood",
    "choose_network",
    "describe_network",
    "features_of",
    "known_likelihoods",
]

"""Probability distributions with log_prob per element, mean, variance and sample; some have a cdf."""

from quintet.distributions.base import Distribution
from quintet.distributions.bernoulli import Bernoulli, ContinuousBernoulli
from quintet.distributions.categorical import Categorical
from quintet.distributions.counts import NegativeBinomial, ZeroInflated
from quintet.distributions.discretized_logistic import DiscretizedLogisticMixture
from quintet.distributions.normal import Delta, Normal
from quintet.distributions.row_mixture import RowMixture
from quintet.distributions.rowwise_choice import Choice

__all__ = [
    "Bernoulli",
    "Categorical",
    "Choice",
    "ContinuousBernoulli",
    "Delta",
    "DiscretizedLogisticMixture",
    "Distribution",
    "NegativeBinomial",
    "Normal",
    "RowMixture",
    "ZeroInflated",
]

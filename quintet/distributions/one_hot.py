"""Independent one-hot vectors, concatenated, exact or relaxed."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, Factorised
from quintet.distributions.categorical import Categorical
from quintet.noise import Noise

TINY = 1e-20


@dataclass(frozen=True)
class OneHot(Distribution):
    """One-hot vectors with P(class) = softmax(logits), logits (draws, batch, variables, classes).

    A distribution over (draws, batch, variables · classes). ``temperature`` > 0 gives relaxed draws softmax((logits +
    Gumbel noise) / temperature), which have gradients; 0 gives exact one-hot vectors (Jang, Gu and Poole, 2017;
    Maddison, Mnih and Teh, 2017).
    """

    logits: Tensor
    temperature: float = 0.0

    @property
    def log_share(self) -> Tensor:
        """log P(class), (draws, batch, variables, classes)."""
        return torch.log_softmax(self.logits, -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log mass of one-hot vectors in nats, assigned to the coordinate that is 1."""
        return x * self.log_share.flatten(-2)

    @property
    def mean(self) -> Tensor:
        """P(class), concatenated over the variables."""
        return self.log_share.exp().flatten(-2)

    @property
    def variance(self) -> Tensor:
        """Marginal variance of each coordinate."""
        share = self.mean
        return share * (1 - share)

    def sample(self, noise: Noise) -> Tensor:
        """A draw by the Gumbel-max trick, or a relaxed one."""
        uniform = noise.uniform(self.logits.shape[1], *self.logits.shape[2:]).to(self.logits.dtype)
        gumbel = -(-uniform.clamp(min=TINY).log()).clamp(min=TINY).log()
        perturbed = self.logits + gumbel
        if self.temperature:
            return torch.softmax(perturbed / self.temperature, -1).flatten(-2)
        classes = perturbed.argmax(-1)
        return torch.nn.functional.one_hot(classes, perturbed.shape[-1]).to(perturbed.dtype).flatten(-2)

    def kl_to(self, prior: Distribution) -> Tensor | None:
        """KL of each variable in nats, Σ p log(p/q), divided equally among its classes, (draws, batch, variables ·
        classes).

        The single terms of the sum may be negative, so they are not used as rates.
        """
        if not isinstance(prior, OneHot):
            return None
        own = self.log_share
        each = own.exp() * (own - prior.log_share)
        return each.mean(-1, keepdim=True).expand_as(each).flatten(-2)

    @property
    def ordered(self) -> Factorised:
        """Factorisation with one block, over the class index of each variable."""
        variables, classes = self.logits.shape[-2:]
        return Factorised((variables,), lambda symbols: Categorical(self.logits.expand(*symbols.shape, classes)))

    def select(self, index: object) -> Distribution:
        """The distribution of the selected draws and rows; coordinates of a variable are dependent."""
        return OneHot(self.logits[index], self.temperature)  # type: ignore[index]

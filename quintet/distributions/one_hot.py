"""Independent one-hot vectors, side by side, exact or relaxed."""

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

    It is a distribution over (draws, batch, variables · classes). ``temperature`` above 0 relaxes its draws, softmax of
    (logits + Gumbel noise)/temperature, so that gradients pass; 0: exact one-hots (Jang, Gu and Poole, 2017; Maddison,
    Mnih and Teh, 2017).
    """

    logits: Tensor
    temperature: float = 0.0

    @property
    def log_share(self) -> Tensor:
        """log P(class), (draws, batch, variables, classes)."""
        return torch.log_softmax(self.logits, -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log mass of one-hots in nats, at the coordinate that is 1; the others bear nothing."""
        return x * self.log_share.flatten(-2)

    @property
    def mean(self) -> Tensor:
        """P(class), the variables side by side."""
        return self.log_share.exp().flatten(-2)

    @property
    def variance(self) -> Tensor:
        """Of each coordinate by itself."""
        share = self.mean
        return share * (1 - share)

    def sample(self, noise: Noise) -> Tensor:
        """By the Gumbel-max trick, or relaxed."""
        uniform = noise.uniform(self.logits.shape[1], *self.logits.shape[2:]).to(self.logits.dtype)
        gumbel = -(-uniform.clamp(min=TINY).log()).clamp(min=TINY).log()
        perturbed = self.logits + gumbel
        if self.temperature:
            return torch.softmax(perturbed / self.temperature, -1).flatten(-2)
        classes = perturbed.argmax(-1)
        return torch.nn.functional.one_hot(classes, perturbed.shape[-1]).to(perturbed.dtype).flatten(-2)

    def kl_to(self, prior: Distribution) -> Tensor | None:
        """KL of each variable in nats, Σ p log(p/q), evenly over its classes, (draws, batch, variables · classes).

        Its terms by themselves may be negative, and no class alone has a rate.
        """
        if not isinstance(prior, OneHot):
            return None
        own = self.log_share
        each = own.exp() * (own - prior.log_share)
        return each.mean(-1, keepdim=True).expand_as(each).flatten(-2)

    @property
    def ordered(self) -> Factorised:
        """Over the classes 0 .. classes-1, one number a variable, in place of the one-hots: one block."""
        variables, classes = self.logits.shape[-2:]
        return Factorised((variables,), lambda symbols: Categorical(self.logits.expand(*symbols.shape, classes)))

    def select(self, index: object) -> Distribution:
        """Of chosen draws and rows; a variable's coordinates cannot be parted."""
        return OneHot(self.logits[index], self.temperature)  # type: ignore[index]

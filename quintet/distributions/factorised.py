"""A distribution over vectors that can be told in order, which is what an entropy coder needs of it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from quintet.distributions.base import Distribution


@dataclass(frozen=True)
class Factorised:
    """p(v) = Π p(block | the blocks before it), the elements of a block independent of each other.

    Parameters
    ----------
    sizes : elements of each block, in order.
    told : vectors (1, rows, elements) -> each element's distribution given the blocks before its own, over the same
        shape: a normal, or one with a cdf. Whatever stands in its own block and after it changes nothing.
    """

    sizes: tuple[int, ...]
    told: Callable[[Tensor], Distribution]

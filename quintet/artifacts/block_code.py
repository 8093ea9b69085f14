"""The lossy code of images: a linear transform of blocks, and a network for the distribution of its coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class BlockCode(Artifact):
    """Transform of blocks of pixels and the weights of ``models/block_code/network.py``.

    ``basis`` (block, block), whose columns are orthonormal, the one with the largest variance first; ``centre``
    (block,), the mean of a block; ``spread`` (block,), standard deviation of each coefficient; all in grey levels of 0
    to 255. ``w_*`` and ``b_*``: weights and biases of four layers, the second and third of which are a residual block.
    """

    basis: Annotated[Tensor, TensorSpec("block block")]
    centre: Annotated[Tensor, TensorSpec("block")]
    spread: Annotated[Tensor, TensorSpec("block", least=0.0)]
    w_in: Annotated[Tensor, TensorSpec("block_hidden block_features")]
    b_in: Annotated[Tensor, TensorSpec("block_hidden")]
    w_mid: Annotated[Tensor, TensorSpec("block_hidden block_hidden")]
    b_mid: Annotated[Tensor, TensorSpec("block_hidden")]
    w_back: Annotated[Tensor, TensorSpec("block_hidden block_hidden")]
    b_back: Annotated[Tensor, TensorSpec("block_hidden")]
    w_out: Annotated[Tensor, TensorSpec("block_parameters block_hidden")]
    b_out: Annotated[Tensor, TensorSpec("block_parameters")]

"""Batch normalisation over all rows of a batch, of which several processes may have a share each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quintet.row_share import ALL_ROWS, RowShare


class BatchNorm1d(nn.BatchNorm1d):
    """``torch.nn.BatchNorm1d`` (Ioffe and Szegedy, 2015) with the moments of the whole batch.

    Attributes
    ----------
    row_share : RowShare
        Rows of the batch that it is given in training; ``fit`` sets it.
    """

    row_share: RowShare = ALL_ROWS

    def forward(self, x: Tensor) -> Tensor:
        """(n, features) -> (n, features)."""
        whole = not self.training or self.row_share.is_whole
        return super().forward(x) if whole else _normalised(self, x, self.row_share)


class BatchNorm2d(nn.BatchNorm2d):
    """``torch.nn.BatchNorm2d`` with the moments of the whole batch; attributes as of ``BatchNorm1d``."""

    row_share: RowShare = ALL_ROWS

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, height, width) -> the same shape."""
        whole = not self.training or self.row_share.is_whole
        return super().forward(x) if whole else _normalised(self, x, self.row_share)


def _normalised(layer: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor, share: RowShare) -> Tensor:
    """Cells normalised by the moments of the rows of all processes, which also enter the running averages."""
    mean_so_far, variance_so_far, momentum = layer.running_mean, layer.running_var, layer.momentum or 0.1
    assert mean_so_far is not None
    assert variance_so_far is not None
    assert layer.num_batches_tracked is not None
    axes, shape = [0, *range(2, x.ndim)], (1, -1, *[1] * (x.ndim - 2))
    cells = x if x.dtype == torch.float64 else x.float()
    number = share.summed(cells.new_full((), x.numel() / x.shape[1]))
    mean = share.summed(cells.sum(axes)) / number
    away = cells - mean.reshape(shape)
    variance = share.summed(away.square().sum(axes)) / number
    with torch.no_grad():
        layer.num_batches_tracked.add_(1)
        mean_so_far.lerp_(mean.detach(), momentum)
        variance_so_far.lerp_(variance.detach() * number / (number - 1), momentum)
    found = away * (variance + layer.eps).rsqrt().reshape(shape)
    return (found * layer.weight.reshape(shape) + layer.bias.reshape(shape)).to(x.dtype)

"""Prediction of a column of a table: p(column | the other cells of the row), by one pass of the context decoder."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.binned import Binned
from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted


def predict_column(
    fitted: Fitted,
    rows: Rows,
    cell: int,
    quantiles: tuple[float, ...] = (),
    *,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
) -> Tensor:
    """p(cell | the other observed cells) without latents; the cell itself is not read.

    Returns
    -------
    Of levels the probability of each code, (n, codes), ``OTHER`` last where there is one. Of numbers the mean and the
    quantiles, (n, 1 + quantiles) of float64, in the model's units.
    """
    model, codes = fitted.model, fitted.schema.codes[cell] if fitted.schema.codes else 0
    if not isinstance(model, ContextModel):
        raise Unanswerable(
            "predict_column needs a context decoder: train VAE(context='columns') on a table of columns, of which "
            "kind='columns' makes one of numbers, too."
        )

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        observed = batch.observed.clone()
        observed[:, cell] = False
        x = torch.where(observed, batch.x, 0.0)
        condition = explaining_condition(fitted, Batch(x, observed, batch.condition))
        found = model.decode(None, condition, x[None], observed.to(x.dtype)[None]).conditional((cell,))
        assert isinstance(found, Joint)
        (part,) = found.parts
        if isinstance(part.distribution, Levels):
            return {"found": part.distribution.shares[0, :, 0, :codes]}
        assert isinstance(part.distribution, Binned)
        shares = torch.tensor(quantiles, dtype=torch.float64, device=x.device).reshape(-1, 1, 1)
        values = torch.cat([part.distribution.mean.double(), part.distribution.quantile(shares)])
        return {"found": values[..., 0].T}

    with torch.no_grad():
        out = in_chunks(
            answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="predict_column"
        )
    return out["found"]

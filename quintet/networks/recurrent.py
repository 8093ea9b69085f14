"""Recurrent networks, which read and write rows step by step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from quintet.errors import InputError, nearest
from quintet.networks.dropout import Dropout

CELLS: dict[str, type[nn.GRU] | type[nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}
STEPS = ("auto", "rows", "columns", "pixels")


@dataclass(frozen=True)
class Reading:
    """Order of a row's cells as a sequence: ``length`` steps of ``width`` cells each.

    ``shape`` is that of the model: (features,), read cell by cell, or (channels, height, width), read by ``steps``.
    """

    shape: tuple[int, ...]
    steps: str = "rows"

    @property
    def length(self) -> int:
        """Number of steps."""
        if len(self.shape) == 1:
            return self.shape[0]
        _, height, width = self.shape
        return {"rows": height, "columns": width}.get(self.steps, height * width)

    @property
    def width(self) -> int:
        """Number of cells of one step."""
        cells = 1
        for size in self.shape:
            cells *= size
        return cells // self.length

    def split(self, t: Tensor) -> Tensor:
        """(n, planes * channels, height, width) or (n, planes * features) -> (n, length, planes * width)."""
        if len(self.shape) == 1:
            return t.reshape(t.shape[0], -1, self.length).transpose(1, 2)
        order = {"rows": (0, 2, 1, 3), "columns": (0, 3, 1, 2)}.get(self.steps, (0, 2, 3, 1))
        return t.permute(order).reshape(t.shape[0], self.length, -1)

    def join(self, t: Tensor, planes: int) -> Tensor:
        """(n, length, planes * width) -> (n, planes, *shape)."""
        if len(self.shape) == 1:
            return t.transpose(1, 2)
        channels, height, width = self.shape
        if self.steps == "rows":
            return t.reshape(-1, height, planes, channels, width).permute(0, 2, 3, 1, 4)
        if self.steps == "columns":
            return t.reshape(-1, width, planes, channels, height).permute(0, 2, 3, 4, 1)
        return t.reshape(-1, height, width, planes, channels).permute(0, 3, 4, 1, 2)


class RecurrentReader(nn.Module):
    """Bidirectional recurrent encoder; its features are the two final states."""

    def __init__(self, reading: Reading, planes: int, options: Recurrent) -> None:
        super().__init__()
        self.reading, width = reading, planes * reading.width
        self.rnn = CELLS[options.cell](width, options.hidden, options.layers, batch_first=True, bidirectional=True)
        self.drop = Dropout(options.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, *in_shape) -> (batch, 2 hidden)."""
        _, state = _run(self.rnn, self.reading.split(x), None)
        last = state[0] if isinstance(state, tuple) else state
        out: Tensor = self.drop(torch.cat([last[-2], last[-1]], dim=1))
        return out


class RecurrentWriter(nn.Module):
    """Recurrent decoder: z sets the initial state and is an input of every step, optionally with the previous step.

    Parameters
    ----------
    previous : number of features of the previous step that a step reads; 0: none.
    """

    def __init__(self, latent_dim: int, reading: Reading, planes: int, options: Recurrent, previous: int = 0) -> None:
        super().__init__()
        self.reading, self.planes, self.previous, self.layers = reading, planes, previous, options.layers
        self.first = nn.Linear(latent_dim, options.layers * options.hidden)
        self.rnn = CELLS[options.cell](latent_dim + previous, options.hidden, options.layers, batch_first=True)
        self.drop = Dropout(options.dropout)
        self.last = nn.Linear(options.hidden, planes * reading.width)

    def forward(self, z: Tensor, cells: Tensor | None = None) -> Tensor:
        """z (n, latent_dim) and the cells of each step (n, length, previous) -> parameters (n, planes, *row).

        Step t reads the cells of step t - 1.
        """
        seen = z.unsqueeze(1).expand(-1, self.reading.length, -1)
        if cells is not None:
            before = torch.cat([torch.zeros_like(cells[:, :1]), cells[:, :-1]], dim=1)
            seen = torch.cat([seen, before.to(z.dtype)], dim=2)
        states, _ = _run(self.rnn, seen, self.start(z))
        return self.reading.join(self.last(self.drop(states)), self.planes)

    def step(self, z: Tensor, before: Tensor | None, state: Any) -> tuple[Tensor, Any]:
        """One step: its parameters (n, planes * width), and the state after it.

        Parameters
        ----------
        z : (n, latent_dim)
        before : (n, previous), the features of the previous step; None: there is none.
        state : that of ``start``, or of the previous step.
        """
        if before is None:
            before = torch.zeros(z.shape[0], self.previous, dtype=z.dtype, device=z.device)
        out, state = _run(self.rnn, torch.cat([z, before.to(z.dtype)], dim=1).unsqueeze(1), state)
        return self.last(self.drop(out))[:, 0], state

    def joined(self, steps: Sequence[Tensor]) -> Tensor:
        """The parameters of all steps, (n, planes * width) each -> (n, planes, *row)."""
        return self.reading.join(torch.stack(list(steps), dim=1), self.planes)

    def start(self, z: Tensor) -> Any:
        """The state before the first step."""
        state = torch.tanh(self.first(z)).to(z.dtype).reshape(z.shape[0], self.layers, -1).transpose(0, 1).contiguous()
        return (state, torch.zeros_like(state)) if isinstance(self.rnn, nn.LSTM) else state


@dataclass(frozen=True)
class Recurrent:
    """Recurrent encoder and decoder (GRU or LSTM).

    Parameters
    ----------
    hidden : width of the state.
    cell : "gru" (Cho et al., 2014) or "lstm" (Hochreiter and Schmidhuber, 1997).
    layers : number of recurrent layers.
    dropout : share of the states dropped in training.
    steps : steps of images: "rows" ("auto"), "columns" or "pixels"; tables are read cell by cell.
    row : the model's shape of a row, if the encoder's input has further planes, such as a mask; None: the input's.
    """

    hidden: int = 64
    cell: str = "gru"
    layers: int = 1
    dropout: float = 0.0
    steps: str = "auto"
    row: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("hidden", "layers"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{name} must be a whole number of at least 1, got {value!r}.")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")
        for name, known in (("cell", tuple(CELLS)), ("steps", STEPS)):
            if getattr(self, name) not in known:
                raise InputError(f"{name}={getattr(self, name)!r} is not known: {nearest(getattr(self, name), known)}.")

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """Rows (batch, *in_shape) -> features (batch, 2 hidden)."""
        reading = self.reading(self.row or in_shape)
        return RecurrentReader(reading, in_shape[0] // reading.shape[0], self)

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """Latents (n, latent_dim) -> parameters (n, *out_shape)."""
        return RecurrentWriter(latent_dim, self.reading(out_shape[1:]), out_shape[0], self)

    def reading(self, shape: tuple[int, ...]) -> Reading:
        """The order of the cells of rows of a shape."""
        return Reading(shape, "rows" if self.steps == "auto" else self.steps)


def _run(rnn: nn.Module, x: Tensor, state: Any) -> Any:
    """Run a recurrent network in float32 or float64; half-precision errors would accumulate over the steps."""
    with nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False):
        return rnn(x if x.dtype == torch.float64 else x.float(), state)

"""Learnt codebook of vector quantisation: moving averages of the encodings assigned to each code."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.models.discrete.symbols import SymbolCodec

BEAM = 16
"""Beam width of the search over residual levels; a greedy search often finds no good second code."""
DEAD = 0.1
"""Share of the average count below which a code is dead."""


class Codebook(SymbolCodec):
    """``positions`` vectors of ``width`` numbers, each the sum of ``levels`` codes out of ``size``.

    Van den Oord et al., "Neural discrete representation learning", 2017, with the codes as moving averages (their
    appendix A.1); dead codes, and all codes at the start, are set to random encodings of the batch (Dhariwal et al.,
    "Jukebox", 2020); residual levels: Zeghidour et al., "SoundStream", 2021. All positions share one codebook. The
    learnt state is in buffers and therefore in checkpoints.
    """

    codes: Tensor  # (levels, size, width)
    count: Tensor  # (levels, size): average number of a batch's encodings assigned to each code
    total: Tensor  # (levels, size, width): average sum of those encodings
    error: Tensor  # mean squared residual of a coordinate

    def __init__(self, positions: int, width: int, size: int, levels: int = 1, decay: float = 0.99) -> None:
        super().__init__()
        self.positions, self.width, self.size, self.levels, self.decay = positions, width, size, levels, decay
        self.latent_dim, self.symbols = positions * width, positions * levels
        self.register_buffer("codes", torch.randn(levels, size, width, dtype=torch.float32))
        self.register_buffer("count", torch.zeros(levels, size, dtype=torch.float32))
        self.register_buffer("total", torch.zeros(levels, size, width, dtype=torch.float32))
        self.register_buffer("error", torch.ones((), dtype=torch.float32))

    @property
    def blur(self) -> Tensor:
        """Root mean squared quantisation error of the training rows."""
        return self.error.sqrt().clamp(min=1e-4)

    def nearest(self, z: Tensor) -> Tensor:
        """The nearest code: exact for one level, by beam search over several."""
        found = self._search(z)
        # repeated once for many levels: the search from a code does not always return that code
        return self._search(self.vectors(found)) if self.levels > 2 else found

    @torch.no_grad()
    def _search(self, z: Tensor) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            target = z.detach().to(self.codes.dtype).reshape(-1, 1, self.width)
            rest, chosen = target, None
            for level, codes in enumerate(self.codes):
                far = codes.square().sum(-1) - 2 * rest @ codes.T + rest.square().sum(-1, keepdim=True)
                flat = far.flatten(1)
                keep = 1 if level == self.levels - 1 else min(BEAM, flat.shape[1])
                best = flat.argmin(1, keepdim=True) if keep == 1 else flat.topk(keep, largest=False).indices
                path, code = best // self.size, best % self.size
                rest = rest.gather(1, path.unsqueeze(-1).expand(-1, -1, self.width)) - codes[code]
                own = code.unsqueeze(-1)
                if chosen is not None:
                    own = torch.cat([chosen.gather(1, path.unsqueeze(-1).expand(-1, -1, level)), own], dim=-1)
                chosen = own
        assert chosen is not None
        symbols: Tensor = chosen.reshape(*z.shape[:-1], self.symbols)
        return symbols

    def vectors(self, symbols: Tensor) -> Tensor:
        """The sums of the codes."""
        index = symbols.reshape(*symbols.shape[:-1], self.positions, self.levels)
        parts = [codes[index[..., level]] for level, codes in enumerate(self.codes)]
        return torch.stack(parts).sum(0).flatten(-2) if len(parts) > 1 else parts[0].flatten(-2)

    @torch.no_grad()
    def learn(self, h: Tensor, symbols: Tensor, uniform: Tensor) -> None:
        """Move each code towards the mean of its encodings, and set dead codes to random encodings."""
        rest = h.detach().to(self.codes.dtype).reshape(-1, self.width)
        index = symbols.reshape(-1, self.levels)
        pick = (uniform.reshape(-1)[: self.levels * self.size] * len(rest)).long().clamp(max=len(rest) - 1)
        for level, others in enumerate(torch.split(pick, self.size)):
            mine = index[:, level]
            fallen = torch.zeros_like(self.count[level]).index_add_(0, mine, torch.ones_like(rest[:, 0]))
            summed = torch.zeros_like(self.total[level]).index_add_(0, mine, rest)
            new = rest - self.codes[level][mine]
            self.count[level].lerp_(fallen, 1 - self.decay)
            self.total[level].lerp_(summed, 1 - self.decay)
            least = DEAD * len(rest) / self.size
            dead = self.count[level] < least
            # a small count: the code moves quickly, and is soon dead again if it is not used
            self.count[level].copy_(torch.where(dead, 2 * least, self.count[level]))
            self.total[level].copy_(torch.where(dead[:, None], 2 * least * rest[others], self.total[level]))
            self.codes[level].copy_(self.total[level] / self.count[level][:, None])
            rest = new
        self.error.lerp_(rest.square().mean(), 1 - self.decay)

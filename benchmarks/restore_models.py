"""Models of the benchmark of restoration: each is fitted once, or loaded where a folder holds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import Array
from tables_common import Figures

from quintet import VAE, Translator, load


class Models:
    """Models by name, each fitted or loaded when it is first asked for; their minutes."""

    def __init__(self, args: Any, train: Array) -> None:
        self.args, self.train, self.minutes = args, train, Figures()
        self.known: dict[str, Any] = {}

    def __call__(self, name: str, fit: Callable[[], Any], restore: Callable[[Path], Any] = load) -> Any:
        """The model of a name."""
        file = None if self.args.models is None else self.args.models / f"{name}.safetensors"
        if name not in self.known and file is not None and file.exists():
            self.known[name] = restore(file)
        if name not in self.known:
            began = time.perf_counter()
            self.known[name] = fit()
            self.minutes[f"fit.{name}.minutes"] = (time.perf_counter() - began) / 60
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                self.known[name].save(file)
        return self.known[name]

    def vae(self, name: str, rows: Array, variant: str = "auto", condition: Array | None = None) -> Any:
        """A VAE of rows."""
        return self(name, lambda: self._of(variant, 1).fit(rows, condition))

    def translator(self, name: str, degrade: Callable[[Array], Array]) -> Any:
        """From degraded images to clean ones: the first half of the images is seen degraded, the second clean."""
        half = len(self.train) // 2

        def fit() -> Translator:
            made = Translator(self._of("translate", 2), degradation=degrade, random_state=self.args.seed)
            return made.fit(degrade(self.train[:half]), self.train[half:])

        return self(name, fit, Translator.load)

    def _of(self, variant: str, fits: int) -> VAE:
        options = {"max_minutes": self.args.minutes / fits, "random_state": self.args.seed}
        options |= {"epochs": 2} if self.args.quick else {}
        if variant != "auto":
            return VAE(variant, context="none", calibration=0.0, **options)
        return VAE(variant, **options | self.args.kinds["ours"])

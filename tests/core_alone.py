"""What the numeric core does without any extra: run by test_extras.py and by `make wheel-test` in a process of its own.

Packages of the extras are hidden, so that the script means the same where they are installed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HIDDEN = (
    *("typer", "rich", "matplotlib", "jinja2", "PIL", "pooch", "zuko"),
    *("pandas", "polars", "pyarrow", "accelerate", "tensorboard", "duckdb", "adbc_driver_postgresql"),
)


class Blinkered:
    """A finder of modules that does not find the extras' packages."""

    def __init__(self, finder: Any) -> None:
        self.finder = finder

    def find_spec(self, name: str, *place: Any) -> Any:
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, *place)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)


def sentence(call: Callable[[], object]) -> str:
    """The error of a call that needs an extra."""
    from quintet.errors import ExtraMissing

    try:
        call()
    except ExtraMissing as error:
        return str(error)
    raise AssertionError("no extra is missing")


def five_questions(folder: Path) -> None:
    """Fit, save, load and ask everything."""
    import numpy as np
    from sklearn.datasets import load_digits

    from quintet import VAE, load

    digits = load_digits().images.astype(np.uint8)
    vae = VAE(latent_dim=2, epochs=1, network="mlp", random_state=0, verbose=True).fit(digits[:300])
    vae.save(folder / "model.safetensors")
    vae = load(folder / "model.safetensors")
    rows = digits[300:304]
    missing = np.zeros(rows.shape, dtype=bool)
    missing[:, :3] = True
    assert (vae.decompress(vae.compress(rows)) == rows).all()
    assert vae.generate(2).shape == (2, 8, 8)
    assert vae.denoise(rows).shape == rows.shape
    assert vae.predict(rows).shape == (4,)
    assert (vae.impute(rows, mask=missing)[~missing] == rows[~missing]).all()


def sentences(folder: Path) -> dict[str, str]:
    """What is said where an extra is missing."""
    import numpy as np

    from quintet import VAE
    from quintet.data.readers.sources import load_data
    from quintet.studies.demo import run_demo

    def figures() -> object:
        import quintet.report.figures.latents

        return quintet.report.figures.latents

    for name in ("table.csv", "table.parquet", "table.duckdb", "picture.png"):
        (folder / name).write_bytes(b"none")
    X = np.random.default_rng(0).normal(size=(40, 3))
    return {
        "figures": sentence(figures),
        "letters": sentence(lambda: load_data("letters")),
        "table": sentence(lambda: load_data(folder / "table.csv")),
        "parquet": sentence(lambda: load_data(folder / "table.parquet")),
        "database": sentence(lambda: load_data(folder / "table.duckdb")),
        "picture": sentence(lambda: load_data(folder / "picture.png")),
        "demo": sentence(lambda: run_demo(out=folder / "demo")),
        "flow": sentence(lambda: VAE("flow_prior", latent_dim=2, epochs=1).fit(X)),
    }


def main() -> None:
    """Print each sentence on a line, then run the command, which says its own and exits with 2."""
    sys.meta_path[:] = [Blinkered(finder) for finder in sys.meta_path]
    with tempfile.TemporaryDirectory() as name:
        five_questions(Path(name))
        for what, text in sentences(Path(name)).items():
            print(what, text.replace(name, "FOLDER"), sep="\t")
    from quintet.__main__ import main as command

    command()


if __name__ == "__main__":
    main()

"""Optional packages, the extras that install them, and the error if one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from quintet.errors import ExtraMissing

EXTRAS = {
    "cli": {"typer": "Typer", "rich": "Rich"},
    "report": {"matplotlib": "Matplotlib", "jinja2": "Jinja2", "PIL": "Pillow"},
    "data": {"pooch": "Pooch", "PIL": "Pillow", "matplotlib": "Matplotlib"},
    "flows": {"zuko": "Zuko"},
    "hub": {"huggingface_hub": "huggingface-hub"},
    "mlflow": {"mlflow": "MLflow"},
    "onnx": {"onnx": "ONNX", "onnxruntime": "ONNX Runtime", "onnxscript": "ONNX Script"},
    "pandas": {"pandas": "pandas"},
    "polars": {"polars": "Polars"},
    "sql": {"duckdb": "DuckDB", "adbc_driver_postgresql": "the PostgreSQL driver of ADBC", "pyarrow": "PyArrow"},
    "scale": {"ray": "Ray", "fsspec": "fsspec", "pyarrow": "PyArrow", "accelerate": "Accelerate"},
    "serve": {
        "fastapi": "FastAPI",
        "uvicorn": "Uvicorn",
        "prometheus_client": "the Prometheus client",
        "pyarrow": "PyArrow",
        "PIL": "Pillow",
    },
    "sound": {"soundfile": "soundfile", "mido": "Mido"},
    "tables": {"pyarrow": "PyArrow"},
    "parquet": {"pyarrow": "PyArrow"},
    "text": {"tokenizers": "Tokenizers"},
    "tracking": {"accelerate": "Accelerate", "tensorboard": "TensorBoard"},
    "tune": {"optuna": "Optuna"},
}
"""Extra -> module -> display name of the package."""
DISTRIBUTION = "quintet-vae"
"""The name for pip; `quintet` on the public index is another project."""


@contextmanager
def extra(name: str, use: str) -> Iterator[None]:
    """Context for imports of packages of the extra ``name``; ``use`` is their use, such as "The report".

    Raises
    ------
    ExtraMissing
        If one of them is not installed. An installed package that fails to import raises its own error.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = EXTRAS[name].get(error.name or "")
        if package is None:
            raise
        raise _missing(name, use, package) from error


def require(name: str, use: str) -> None:
    """Refuse what will need the extra ``name`` after long work, before that work begins."""
    for module, package in EXTRAS[name].items():
        if not installed(module):
            raise _missing(name, use, package)


def installed(module: str) -> bool:
    """Whether an optional package is installed, without importing it."""
    return find_spec(module) is not None


def _missing(name: str, use: str, package: str) -> ExtraMissing:
    return ExtraMissing(f"{use} needs {package}: pip install '{DISTRIBUTION}[{name}]'.")

"""Answers to more rows than one call takes: Arrow batches, and whole data sets by a process pool, Ray or Spark."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quintet.extras import extra

if TYPE_CHECKING:
    from quintet.scale.bulk import Scored as Scored
    from quintet.scale.bulk import score as score
    from quintet.scale.engines.spark import answer_batches as answer_batches
    from quintet.scale.scorer import Scorer as Scorer

_HOME = {
    "Scored": "quintet.scale.bulk",
    "Scorer": "quintet.scale.scorer",
    "answer_batches": "quintet.scale.engines.spark",
    "score": "quintet.scale.bulk",
}
__all__ = ["Scored", "Scorer", "answer_batches", "score"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'quintet.scale' has no attribute {name!r}")
    with extra("tables", "quintet.scale"):
        import pyarrow  # noqa: F401
    return getattr(import_module(_HOME[name]), name)

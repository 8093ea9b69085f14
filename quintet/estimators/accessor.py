"""Accessors: groups of methods of a fitted estimator that another room defines."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from quintet.estimators._answers.fitted_estimator import fitted_for


class Accessor:
    """An attribute of a fitted estimator: an object of a class that is given this estimator.

    The class is named and imported on first use, because it builds on the estimators (its room comes after theirs), and
    because what it needs, such as Matplotlib, is optional.
    """

    def __init__(self, module: str, name: str, doc: str) -> None:
        self._module, self._name, self.__doc__ = module, name, doc

    def __get__(self, estimator: Any, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        fitted_for(estimator)
        return getattr(import_module(self._module), self._name)(estimator)

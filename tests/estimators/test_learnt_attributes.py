"""What a fit learns is set by the class: helpers return it."""

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from quintet import VAE, estimators
from quintet.estimators import Classifier, Imputer, Translator

ROOM = Path(estimators.__file__).parent
FROM_SCIKIT_LEARN = {"n_features_in_", "feature_names_in_"}


def learnt(tree: ast.AST) -> list[str]:
    """Names ending in one underscore that code assigns to attributes of anything."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return [node.attr for node in nodes if node.attr.endswith("_") and not node.attr.endswith("__")]


@pytest.mark.parametrize("file", sorted(ROOM.glob("_*/*.py")), ids=lambda file: str(file.relative_to(ROOM)))
def test_no_helper_sets_what_a_fit_learns(file: Path) -> None:
    assert set(learnt(ast.parse(file.read_text(encoding="utf-8")))) <= FROM_SCIKIT_LEARN


def test_the_check_sees_an_attribute_set_from_outside() -> None:
    assert learnt(ast.parse("vae.notes_ = []\nvae.seed_, x.y = 1, 2")) == ["notes_", "seed_"]


def test_fit_sets_all_that_it_learns(digits: VAE) -> None:
    fit = next(
        node
        for node in ast.walk(ast.parse((ROOM / "vae.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "fit"
    )
    assert set(learnt(fit)) | FROM_SCIKIT_LEARN >= {name for name in vars(digits) if name.endswith("_")}


@pytest.mark.parametrize("kind", [VAE, Classifier, Imputer, Translator])
def test_an_estimator_is_at_most_two_classes_of_ours(kind: type[BaseEstimator]) -> None:
    ours = [each for each in kind.__mro__ if each.__module__.startswith("quintet")]
    assert len(ours) <= 2
    assert np.all([issubclass(each, BaseEstimator) for each in ours])

"""A warning of quintet stands at the line of the user's program that led to it, however deep its reason is found."""

import ast
import inspect
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from quintet import load_data
from quintet.errors import QuintetWarning, warn
from quintet.renamed import renamed

PACKAGE = Path(__file__).parents[1] / "quintet"


def test_every_warning_of_the_package_goes_by_the_one_function_that_finds_the_users_line() -> None:
    """``warnings.warn`` counts frames, and the number of frames changes whenever code is moved."""
    counting = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "warn" and ast.unparse(node.value) == "warnings"
    ]
    assert not counting


def line_here() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_warning_from_deep_within_a_reader_stands_at_the_line_that_reads(tmp_path: Path) -> None:
    path = tmp_path / "dates.csv"
    path.write_text("day,n\n" + "".join(f"0{i}/0{i + 1}/2024,{i}\n" for i in range(1, 8)))
    with pytest.warns(QuintetWarning, match="day and month") as caught:
        load_data(str(path))
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line_here() - 1)]


def test_a_former_name_warns_with_its_own_category_at_the_line_that_uses_it() -> None:
    with pytest.warns(DeprecationWarning, match=r"quintet\.old\.warn is now") as caught:
        renamed("quintet.old", ["quintet.errors"])("warn")
    assert [w.filename for w in caught] == [__file__]


def test_frames_of_the_libraries_between_are_passed_over() -> None:
    """A pipeline of scikit-learn's calls the step that warns: the line is that of the pipeline's user."""
    step: dict[str, Any] = {"__name__": "quintet.invented"}
    source = "from quintet.errors import warn\ndef transform(X):\n    warn('Doubtful rows.')\n    return X\n"
    exec(compile(source, "invented.py", "exec"), step)
    pipeline = make_pipeline(FunctionTransformer(step["transform"]))
    with pytest.warns(QuintetWarning, match="Doubtful") as caught:
        pipeline.fit_transform(np.zeros((3, 2)))
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line_here() - 1)]


def test_a_warning_is_shown_once_for_each_line_by_pythons_own_filter() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            warn("The same, from the same line.")
        warn("The same, from the same line.")
    assert len(caught) == 2

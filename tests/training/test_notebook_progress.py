"""Progress in a notebook is one output of the cell, changed in place and taken away at the end."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from quintet.training import Lines, progress_display


class Cell:
    """A stand-in for the output area of a notebook's cell."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.outputs = 0

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        self.outputs += 1
        self.shown.append(content)
        return self

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(content)


def pretend(monkeypatch: pytest.MonkeyPatch, shell: Any) -> Cell:
    cell, package, module = Cell(), ModuleType("IPython"), ModuleType("IPython.display")
    package.get_ipython = lambda: shell
    module.display = cell.display
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return cell


def test_a_notebook_shows_one_bar_for_each_kind_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = pretend(monkeypatch, SimpleNamespace(kernel=object()))
    with progress_display() as report:
        report("train joint", 1, 10)
        report("train joint", 5, 10, "loss <3>")
        report("measure", 1, 2)
        assert cell.outputs == 1
        html = cell.shown[-1]["text/html"]
        assert html.count("<progress") == 2
        assert 'value="5" max="10"' in html
        assert "train joint: 50 %" in html
        assert "loss &lt;3&gt;" in html
        assert cell.shown[-1]["text/plain"].startswith("measure: 50 %")
    assert cell.outputs == 1
    assert cell.shown[-1]["text/html"] == ""


def test_the_bar_is_taken_away_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = pretend(monkeypatch, SimpleNamespace(kernel=object()))

    def diverge() -> None:
        with progress_display() as report:
            report("train joint", 1, 10)
            raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"):
        diverge()
    assert cell.shown[-1]["text/html"] == ""


@pytest.mark.parametrize("shell", [None, SimpleNamespace(), SimpleNamespace(kernel=None)], ids=["none", "old", "term"])
def test_a_terminal_of_ipython_is_no_notebook(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = pretend(monkeypatch, shell)
    with progress_display() as report:
        assert isinstance(report, Lines)
    assert not cell.shown


def test_a_stream_that_was_asked_for_gets_its_lines_in_a_notebook_too(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, stream = pretend(monkeypatch, SimpleNamespace(kernel=object())), io.StringIO()
    with progress_display(stream) as report:
        report("train", 2, 2)
    assert "train: 100 %" in stream.getvalue()
    assert not cell.shown


def test_nothing_is_shown_where_there_is_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = pretend(monkeypatch, SimpleNamespace(kernel=object()))
    with progress_display():
        pass
    assert not cell.shown

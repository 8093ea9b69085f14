"""What can be imported from `quintet`: one list, each name the thing itself, whatever was imported before."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import quintet

FOR_TYPES = Path(quintet.__file__).read_text(encoding="utf-8").partition("if TYPE_CHECKING:")[2].partition("_HOME")[0]


@pytest.mark.parametrize("name", quintet.__all__)
def test_every_name_is_there_and_known_to_type_checkers(name: str) -> None:
    assert getattr(quintet, name) is not None
    assert name in dir(quintet)
    assert name == "__version__" or f"import {name} as {name}\n" in FOR_TYPES


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("load_data", "quintet.data.readers.sources"),
        ("compare", "quintet.studies.compare.study"),
        ("diagnose", "quintet.studies.diagnose.study"),
    ],
)
def test_a_function_is_the_one_of_its_module(name: str, home: str) -> None:
    assert getattr(quintet, name) is getattr(import_module(home), name)


def test_report_is_called_as_the_function_and_stays_a_package() -> None:
    from quintet.report.build import report

    assert inspect.signature(quintet.report) == inspect.signature(report)
    assert "roc_curves" in quintet.report.__all__
    with pytest.raises(TypeError, match="vae"):
        quintet.report()


@pytest.mark.parametrize(
    "before", ["", "import quintet.report", "import quintet.report.page", "from quintet.report import report"]
)
def test_report_can_be_called_whatever_was_imported_before(before: str) -> None:
    script = f"{before}\nfrom quintet import report\nimport quintet.report.page\nassert callable(report), report"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="quintet"):
        quintet.nothing_of_this_name  # noqa: B018

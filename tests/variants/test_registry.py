"""The folder is the registry: a file that is dropped into it is a variant everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from quintet.models.variant import Variant
from quintet.variants import _listing, get, names
from quintet.variants._listing import Description, describe
from tests.cli.command import ok

ROOT = Path(__file__).parents[2]
ASKED = """
import sys, pytest
from quintet.cli.main import app
for form in ("--json", "--markdown"):
    try:
        app(["variants", form], prog_name="quintet")
    except SystemExit as end:
        assert not end.code
    print("-----", flush=True)
sys.exit(pytest.main("tests/laws --collect-only -q -k fresh -p no:cacheprovider".split()))
"""


def test_a_dropped_file_appears_in_the_command_the_table_and_the_laws(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "quintet", tmp_path / "quintet")  # compiled files too
    shutil.copytree(ROOT / "tests" / "laws", tmp_path / "tests" / "laws")
    for name in ("shared.py", "hostile.py", "alt_texts.py", "fake_gpu.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = (ROOT / "quintet" / "variants" / "vae.py").read_text()
    dropped = source.replace("class Vae(", "class Fresh(").replace("variational autoencoder:", "a fresh idea:")
    (tmp_path / "quintet" / "variants" / "fresh.py").write_text(dropped)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    listed, table, laws = done.stdout.split("-----\n")
    variants = json.loads(listed)
    assert {"name", "summary", "options", "cannot"} <= set(variants[0])
    assert next(v for v in variants if v["name"] == "fresh")["summary"].startswith("a fresh idea:")
    assert "| [`fresh`](variants/fresh.md) | a fresh idea:" in table
    assert laws.count("[fresh") + laws.count("-fresh") >= 15
    assert laws.count("::") >= 25


def test_a_package_that_is_installed_now_is_known_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "late" not in names()
    (tmp_path / "late.py").write_text("class Late:\n    pass\n")
    about = tmp_path / "late-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[quintet.variants]\nlate = late:Late\n")
    assert "late" in names()
    assert get("late").__name__ == "Late"


def test_the_table_and_the_pages_are_those_of_the_folder() -> None:
    output = ok("variants", "--markdown").stdout.strip()
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    table = page.split("<!-- table -->")[1].split("<!-- end of table -->")[0].strip()
    assert table == output, "make variants-table writes it anew"
    for line in output.splitlines()[2:]:
        name = line.split("`")[1]
        text = (ROOT / "docs" / "variants" / f"{name}.md").read_text(encoding="utf-8")
        assert f"../pictures/variants/{name}.png" in text
        assert (ROOT / "docs" / "pictures" / "variants" / f"{name}.png").stat().st_size > 1000


def of_class(name: str) -> Description:
    """The description as the class itself gives it."""
    variant, shared = get(name), {field.name for field in fields(Variant)}
    options = {f.name: None if f.default is MISSING else f.default for f in fields(variant) if f.init}
    own = tuple(option for option in options if option not in shared)
    return Description(name, variant.summary, options, own, dict(variant.answers))


@pytest.mark.parametrize("name", names())
def test_a_description_read_without_running_the_file_is_that_of_the_class(name: str) -> None:
    found = describe(name)
    assert found == of_class(name)
    assert list(found.options) == list(of_class(name).options)
    assert found.summary


@pytest.mark.parametrize(
    "computed",
    [("beta: float = 4.0", "beta: float = 2.0 + 2.0"), ("class Beta(Variant)", "class Beta(Mixin, Variant)")],
    ids=["a default", "a class of two"],
)
def test_a_description_that_is_computed_comes_from_the_class(
    computed: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (ROOT / "quintet" / "variants" / "beta.py").read_text(encoding="utf-8")
    assert computed[0] in source
    (tmp_path / "beta.py").write_text(source.replace(*computed))
    monkeypatch.setattr(_listing, "__file__", str(tmp_path / "_listing.py"))
    assert describe("beta") == of_class("beta")

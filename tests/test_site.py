"""The site has a place for every page, and the reference one for every public function, method and class."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import quintet
from tests.public_entries import entries

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = [
    name
    for page in sorted((DOCS / "reference").glob("*.md"))
    for name in re.findall(r"^::: (\S+)$", page.read_text(), re.M)
]


def bare(function: Any) -> Any:
    return getattr(function, "__func__", function)


def named(path: str) -> Any:
    """The object of a dotted name; a function that a package exports, not the module of the same name."""
    parent, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(parent), name)
    except ModuleNotFoundError:
        return getattr(named(parent), name)


def test_the_reference_has_every_public_function_and_method_once() -> None:
    assert len(set(REFERENCE)) == len(REFERENCE)
    there = {id(bare(named(name))) for name in REFERENCE}
    missing = [name for name, function in entries() if id(bare(function)) not in there]
    assert not missing, "give them a place in docs/reference"


def test_the_reference_has_what_quintet_exports() -> None:
    places = {"report": "quintet.report.report"}  # a folder that can be called as its function
    exported = [name for name in quintet.__all__ if name != "__version__"]
    assert {places.get(name, f"quintet.{name}") for name in exported} <= set(REFERENCE)


def test_the_contents_of_the_site_list_every_page_once() -> None:
    listed = re.findall(r"([\w/]+\.(?:md|ipynb))$", (ROOT / "mkdocs.yml").read_text(), re.M)
    pages = [*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")]
    assert sorted(listed) == sorted(page.relative_to(DOCS).as_posix() for page in pages)


def loaded(name: str) -> ModuleType:
    """A file of the site's machinery."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_words_of_a_parameter_go_below_its_name_and_types_stay() -> None:
    head, tail = (
        "A line.\n\nParameters\n----------\n",
        "vae : VAE\nk : int, default=2\n    How many.\n\nRaises\n------\nx : y",
    )
    text = f"{head}fdr, n : share,\n    0 to 1.\n{tail}"
    wanted = f"{head}fdr, n\n    share,\n    0 to 1.\n{tail}"
    assert loaded("methods").described(text) == wanted


def test_a_formula_becomes_mathml() -> None:
    found = loaded("hooks").on_page_markdown("before\n\n$$\n\\frac{a}{b}\n$$\n\nafter")
    assert found.startswith('before\n\n<div class="formula"><math')
    assert "<mfrac>" in found
    assert found.endswith("</div>\n\nafter")


def test_a_large_picture_is_marked_and_every_picture_has_its_size(tmp_path: Path) -> None:
    hooks = loaded("hooks")
    for name, width in (("small", 300), ("large", 1200)):
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + (80).to_bytes(4))
    page = SimpleNamespace(file=SimpleNamespace(dest_uri="page/index.html"))
    text = '<p><img alt="A" src="../small.png" /></p><img src="../large.png"><img src="data:image/png;base64,a.png">'
    found = hooks.on_post_page(text, page, SimpleNamespace(site_dir=str(tmp_path)))
    assert '<img alt="A" src="../small.png" width="300" height="80">' in found
    assert '<img src="../large.png" width="1200" height="80" class="large">' in found
    assert '<img src="data:image/png;base64,a.png">' in found

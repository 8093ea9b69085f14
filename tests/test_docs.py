"""What the pages say is true: their Python runs, their commands are commands, their tables hold today's defaults."""

from __future__ import annotations

import inspect
import re
import shlex
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pytest
import torch
import typer
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from quintet import VAE
from quintet.cli.main import app
from quintet.data.cell_kinds import KINDS
from quintet.errors import QuintetWarning
from quintet.estimators._fit import presets
from quintet.extras import DISTRIBUTION, EXTRAS
from quintet.inference.candidate_search import DEFENSIVE, FEW_CELLS, SEARCHES
from quintet.inference.importance import EFFORTS
from quintet.networks import Mlp
from quintet.networks.heads import ALLOWED
from quintet.training import Training
from tests.shared import answering_in_haste, hardly_measured

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FIRST = [README, ROOT / "docs" / "tutorial.md"]
"""What a new user follows from top to bottom."""
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)```", re.DOTALL)
QUESTIONS: dict[str, Callable[..., Any]] = {
    "generate": VAE.generate,
    "compress": VAE.compress,
    "denoise": VAE.denoise,
    "detect": VAE.detect,
    "impute": VAE.impute,
}


def blocks(page: Path, language: str) -> list[str]:
    """The code of a page in one language; what follows a note `not run: ...` is left out."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [m["code"] for m in found if m["language"] == language and not (m["note"] or "").startswith("not run")]


def tables(page: Path) -> Iterator[dict[str, str]]:
    """The rows of all tables of a page, by column."""
    head: list[str] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            head = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not head:
            head = cells
        elif not set("".join(cells)) <= set("- "):
            yield dict(zip(head, cells, strict=True))


def bare(cell: str) -> str:
    return cell.strip("`")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the embedded digits, as the pages load it."""
    path: Path = tmp_path_factory.mktemp("docs") / "digits.safetensors"
    images = load_digits().images[:300].astype(np.uint8)
    with hardly_measured():
        VAE(latent_dim=4, network={"kind": "mlp", "hidden": (32,)}, epochs=2).fit(images).save(path)
    return path


@pytest.fixture
def room(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that holds the model; small networks, two epochs; answers in haste; coarse figures; one thread."""
    monkeypatch.setattr("quintet.report.figures.canvas.DPI", 40)
    (tmp_path / model.name).write_bytes(model.read_bytes())
    monkeypatch.chdir(tmp_path)
    short = {name: replace(preset, epochs=(2, 2)) for name, preset in presets.PRESETS.items()}
    monkeypatch.setattr(presets, "PRESETS", short)
    chosen = presets.network_for

    def small(network: Any, *about: Any) -> Any:
        found = chosen(network, *about)
        return Mlp((32,)) if isinstance(network, str) and isinstance(found, Mlp) else found

    monkeypatch.setattr(presets, "network_for", small)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with answering_in_haste():
        yield
    torch.set_num_threads(before)


def run(page: Path) -> None:
    """Run the Python of a page, from its first block to its last."""
    names: dict[str, Any] = {}
    for code in blocks(page, "python"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)  # so short a training is worth a warning or two
            exec(compile(code, page.name, "exec"), names)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python") and p not in FIRST], ids=lambda p: p.stem)
def test_the_python_of_a_page_runs(page: Path) -> None:
    run(page)


def lines_of(page: Path) -> list[str]:
    """The lines of a page's commands, without comments."""
    return [words for code in blocks(page, "") for line in code.splitlines() if (words := line.split("  #")[0].strip())]


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("page", FIRST, ids=lambda p: p.stem)
def test_every_command_of_a_first_page_runs_as_it_stands(page: Path) -> None:
    run(page)  # writes the files that the commands read
    called = [line for line in lines_of(page) if line.startswith("quintet ")]
    assert len(called) >= 5
    for line in called:
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, f"{line}: {done.output}"


@pytest.mark.parametrize("page", FIRST, ids=lambda p: p.stem)
def test_what_a_first_page_calls_is_there(page: Path) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in lines_of(page):
        program, *words = shlex.split(line)
        assert program in ("quintet", "make", "source"), line
        if program == "make":
            assert words[0] in targets
        if program == "source":
            assert words == [".venv/bin/activate"]
    text = page.read_text(encoding="utf-8")
    installed = re.findall(r"pip install '?([\w./-]+)(?:\[(\w+)\])?", text)
    assert all(name in (".", DISTRIBUTION) and extra in ("", "all", *EXTRAS) for name, extra in installed), installed


def commands() -> list[Any]:
    """Every line of a page that calls the command."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for _, _, code in FENCE.findall(text) for line in code.splitlines()]
        lines += re.findall(r"`(quintet (?:fit|impute|detect|denoise) [^`]*--[^`]*)`", text.replace("\n", " "))
        for line in lines:
            if line.startswith("quintet "):
                found.append(pytest.param(line, id=f"{page.stem}: {line[8:60]}"))
    return found


@pytest.mark.parametrize("line", commands())
def test_a_command_of_a_page_is_one(line: str) -> None:
    group: Any = typer.main.get_command(app)
    words = shlex.split(line, comments=True)[1:]
    if words[0].startswith("-"):
        group.make_context("quintet", words, resilient_parsing=True)
        return
    command = group.commands[words[0]]
    command.make_context(words[0], words[1:])  # raises for what the command does not know


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_options_of_a_question_are_all_there(question: str) -> None:
    page = ROOT / "docs" / f"{question}.md"
    documented = {bare(row["option"]): bare(row["default"]) for row in tables(page) if "option" in row}
    parameters = list(inspect.signature(QUESTIONS[question]).parameters.values())[1:]
    assert documented == {p.name: "" if p.default is p.empty else repr(p.default) for p in parameters}


def test_what_an_effort_is() -> None:
    denoise, impute = ((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in ("denoise", "impute"))
    low, normal, high = (EFFORTS[name] for name in ("low", "normal", "high"))
    assert all(f"the guide alone, {low.draws} draws" in text for text in (denoise, impute))
    assert f"{normal.steps} gradient steps, {normal.draws} draws" in denoise
    assert f"{high.steps} steps from {high.starts} starts, {high.draws} draws" in denoise
    usual, long = SEARCHES["normal"], SEARCHES["high"]
    sentence = f"{usual.kept} completions of {usual.tried} latents tried, {usual.sweeps} sweeps, {usual.steps} steps"
    assert sentence in impute
    assert f"{long.kept} of {long.tried}, {long.sweeps} sweeps, {long.steps} steps" in impute
    assert f"rows have up to {FEW_CELLS} cells" in impute
    assert DEFENSIVE == 0.3
    assert "keep three tenths of the weight" in impute


def test_the_options_of_training_are_all_there() -> None:
    rows = {bare(row["option"]): row for row in tables(ROOT / "docs" / "training.md") if "option" in row}
    plan = Training()
    assert {name: bare(row["default"]) for name, row in rows.items()} == {
        f.name: repr(getattr(plan, f.name)) for f in fields(Training)
    }
    for name, preset in presets.PRESETS.items():
        documented = {option: bare(row[name]) for option, row in rows.items() if row[name]}
        assert documented == {option: repr(value) for option, value in preset.training.items()}, name


def test_the_table_of_kinds_has_every_likelihood() -> None:
    documented = {}
    for row in tables(ROOT / "docs" / "data.md"):
        if "default likelihood" in row:
            named = [re.findall(r"`(\w+)`", row[column]) for column in ("default likelihood", "other likelihoods")]
            documented[bare(row["kind"])] = named[0] + named[1]
    allowed = ALLOWED | {"columns": ALLOWED["real"]}  # of a table's numbers
    assert documented == {kind: list(allowed[kind]) for kind in KINDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


HISTORY = [ROOT / "docs" / "findings.md", ROOT / "docs" / "results.md", *(ROOT / "docs" / "figures").glob("*.md")]
"""Pages of what was once tried or measured, under the names of that day."""
FILES = [
    file.relative_to(ROOT).as_posix()
    for room in ("quintet", "tests", "tests_reach", "examples")
    for file in (ROOT / room).rglob("*.py")
]
FILES += [f"{room}/{file.name}" for room in ("benchmarks", "docs") for file in (ROOT / room).glob("*.py")]
FILES += [file.name for file in ROOT.glob("*.py")]


def misnamed(text: str) -> list[str]:
    """Files, folders and objects of the package that a page names and that are not there."""
    paths = re.findall(r"(?<![\w./])(?:\.\./)*([\w/]+\.py)\b", text)
    wrong = [path for path in paths if not any(f"/{file}".endswith(f"/{path}") for file in FILES)]
    wrong += [folder for folder in re.findall(r"`(quintet/[\w/]*/)`", text) if not (ROOT / folder).is_dir()]
    for name in re.findall(r"(?<![\w./-])quintet\.[A-Za-z_.]+\w", text):
        try:
            resolve_name(name)
        except (ImportError, AttributeError):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize(
    "page",
    [ROOT / "CONTRIBUTING.md", *(page for page in PAGES if page not in HISTORY)],
    ids=lambda page: page.name,
)
def test_every_file_and_object_that_a_page_names_is_there(page: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a page may name what 0.1 called otherwise
        assert misnamed(page.read_text(encoding="utf-8")) == []


def test_the_check_sees_a_file_and_an_object_that_are_gone() -> None:
    text = "`quintet/tasks/gone.py`, `base.py`, `quintet/gone/`, `quintet/models/`, `quintet.models.base.Gone`, "
    text += "[this](../quintet/variants/vae.py)"
    assert misnamed(text) == ["quintet/tasks/gone.py", "quintet/gone/", "quintet.models.base.Gone"]

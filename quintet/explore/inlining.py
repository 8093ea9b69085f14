"""The modules of ``page/`` as one script: in the order of their imports, without import and export."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

PAGE = Path(__file__).parent / "page"
MAIN = "main.js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function |const )", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def script(folder: Path = PAGE, main: str = MAIN) -> str:
    """The text of one module: that of ``main`` after all modules that it imports, each once.

    A browser refuses imports of files from a page that was opened from disk, hence one script. The modules share its
    scope, so their names must differ.
    """
    texts: dict[str, str] = {}
    needs: dict[str, list[str]] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name in texts:
            continue
        texts[name] = (folder / name).read_text(encoding="utf-8")
        needs[name] = IMPORT.findall(texts[name])
        waiting += needs[name]
    refuse_shared_names(texts)
    order = TopologicalSorter(needs).static_order()
    return "\n".join(f"// {name}\n{EXPORT.sub('', IMPORT.sub('', texts[name])).strip()}\n" for name in order)


def refuse_shared_names(texts: dict[str, str]) -> None:
    """Refuse modules that declare the same name at their top level."""
    owners: dict[str, str] = {}
    for file, text in texts.items():
        for name in NAME.findall(text):
            if owners.setdefault(name, file) != file:
                raise ValueError(f"{name} is declared in {owners[name]} and in {file}: rename one of them.")

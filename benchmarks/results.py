"""Tables of README.md and of pages, and the pages docs/figures/*.md, from the benchmarks' JSON files.

Each table stands between two marks: ``<!-- six -->`` and ``<!-- end of six -->``, and likewise for every name in
``TABLES``.

    make results
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from result_files import ROOT
from result_page_tables import alone, pairs, photographs, serving, speeds
from result_pages import contents, pages
from result_scale import bulk, larger, nodes, processes
from result_tables import SHORT, fast, one_for_all, records, six

TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"six": six, "one for all, short": partial(one_for_all, SHORT)},
    "docs/results.md": {"one for all": one_for_all, "records": records, "fast": fast, "contents": contents},
    "docs/from_pythae.md": {"pairs": pairs, "alone": alone},
    "docs/photographs.md": {"photographs": photographs},
    "docs/tables.md": {"speed": speeds},
    "docs/serving.md": {"serving": serving},
    "docs/scale.md": {"larger": larger, "nodes": nodes},
    "docs/bulk.md": {"bulk": bulk},
    "docs/training.md": {"processes": processes},
}
"""Page -> mark -> its table."""


def put(text: str, mark: str, table: str) -> str:
    """A page with ``table`` between its marks; the page as it is where it lacks them."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    if begin not in text or end not in text:
        print(f"No place for the table of {mark}: put the lines {begin} and {end} where it belongs.")
        return text
    before, after = text.split(begin)[0], text.split(end)[1]
    return f"{before}{begin}\n\n{table.strip()}\n\n{end}{after}"


def written(root: Path = ROOT) -> dict[Path, str]:
    """Every page with today's figures."""
    found = {}
    for name, tables in TABLES.items():
        text = (root / name).read_text(encoding="utf-8")
        for mark, table in tables.items():
            text = put(text, mark, table())
        found[root / name] = text
    return found | {root / "docs" / "figures" / f"{name}.md": text for name, text in pages().items()}


def main() -> None:
    """Write all of them."""
    for path, text in written().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the blocks of docs/tutorial.md print, written below each of them.

python benchmarks/page_tutorial.py
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n.*?```\n)?", re.DOTALL)


def with_outputs(text: str) -> str:
    """Run the blocks of a page in order, in an empty folder, and put what each prints below it."""
    names: dict[str, object] = {}

    def run(found: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(found["code"], PAGE.name, "exec"), names)
        shown = f"\n```text\n{printed.getvalue().rstrip()}\n```\n" if printed.getvalue().strip() else ""
        return f"```python\n{found['code']}```\n{shown}"

    return BLOCK.sub(run, text)


def main() -> None:
    """Run the page and write it."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as room:
        os.chdir(room)
        text = with_outputs(PAGE.read_text(encoding="utf-8"))
        os.chdir(before)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Notebooks as pages of the site, in Markdown.

So code, links, headings and search are those of every other page, links are checked, and nothing is loaded from
elsewhere. Outputs are the stored ones; ``benchmarks/page_notebooks.py`` writes them.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cells import as_markdown
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


class NotebookPage(File):
    """A notebook whose content is Markdown; links to the .ipynb file lead to its page."""

    def is_documentation_page(self) -> bool:
        """A page, though its name does not end in .md."""
        return True


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Each notebook becomes a page; its pictures and the notebook itself are files beside it."""
    for file in [found for found in files if found.src_uri.endswith(".ipynb")]:
        path = PurePosixPath(file.src_uri)
        text, made = as_markdown(json.loads(file.content_string), path.stem)
        heading, _, rest = text.partition("\n")
        note = f"*A notebook and its stored outputs: `docs/{file.src_uri}`, [download](files/{path.name}).*"
        files.remove(file)
        files.append(NotebookPage.generated(config, file.src_uri, content=f"{heading}\n\n{note}\n{rest}"))
        made[f"files/{path.name}"] = file.content_bytes
        for name, content in made.items():
            files.append(File.generated(config, str(path.parent / name), content=content))
    return files

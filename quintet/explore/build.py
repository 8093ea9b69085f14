"""The function `explore`, which writes a page that runs a fitted model in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from quintet.arguments import Count, File, FittedVAE, Labels, RowsLike, Seed
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.atomic_folder import whole_folder
from quintet.entry_points import public
from quintet.explore.content import page_data
from quintet.explore.graph_files import context_metadata, graph_files, graph_inputs, graphs_of
from quintet.explore.latent_map import latent_map
from quintet.explore.rendering import graph_archives, page_text, runtime_files
from quintet.explore.shown_rows import shown_rows
from quintet.explore.words import words_of

ROWS = 400
"""Rows on the map, unless another number is asked for."""


@public
def explore(
    vae: FittedVAE,
    X: RowsLike | None = None,
    y: Labels | None = None,
    out: File = "page.html",
    *,
    rows: Count = ROWS,
    title: str = "",
    random_state: Seed = 0,
    force: bool = True,
) -> Path:
    """Write a page that runs the model in the browser, without a network.

    The page has a map of the latents with rows on it, a slider for each latent, a path from one row to another, and an
    editor whose row is answered at once: the bits it costs, how strange it is and where, its cleaned version, hidden
    cells filled, and new rows like it.

    Parameters
    ----------
    vae : a fitted model.
    X : rows on the map, (n, *row); they are part of the page. None: rows that the model draws.
    y : labels (n,), for colours and names; of a conditional model also the conditions of the rows, (n,) or
        (n, columns), else each row has its likeliest.
    out : path that ends in .html, for one file that opens from disk; or a folder of ``index.html`` and the files that
        it loads, to be served.
    rows : most rows on the map, chosen evenly among those of X.
    title : heading of the page.
    random_state : seed of drawn rows and of the page's random numbers.
    force : whether existing files may be replaced. All files are written, or none.

    Returns
    -------
    path : the path of the page.

    Raises
    ------
    Unanswerable
        The model has no posterior, or a condition that no control can set, such as an image.
    """
    fitted = vae.fitted_
    graphs = graphs_of(fitted)
    shown = shown_rows(vae, X, y, rows, random_state)
    latents = latent_map(fitted, shown.rows)
    data = page_data(fitted, shown, latents, graph_inputs(graphs), random_state)
    data["context"] = context_metadata(graphs)
    words = words_of(fitted, shown, latents, title, graphs)
    archives = runtime_files() | graph_archives(graph_files(graphs))
    path = Path(out)
    if path.suffix.lower() in (".html", ".htm") and not path.is_dir():
        with atomic(path, force=force) as file:
            file.write(page_text(data, words, archives).encode())
        return path
    with whole_folder(path, force=force) as folder:
        fill_folder(folder, page_text(data, words, {}), archives)
    return path / "index.html"


def fill_folder(folder: Path, text: str, archives: Mapping[str, bytes]) -> None:
    """Write the page that is served, and the files that it loads."""
    (folder / "index.html").write_text(text, encoding="utf-8")
    for name, content in archives.items():
        (folder / f"{name}.gz").write_bytes(content)

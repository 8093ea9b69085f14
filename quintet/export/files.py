"""The graphs of a model as files."""

from __future__ import annotations

from quintet.arguments import File
from quintet.data.writers.atomic_folder import whole_folder
from quintet.entry_points import public
from quintet.export.model_graphs import Model, graphs


@public
def to_onnx(model: Model, folder: File, *, force: bool = False) -> list[str]:
    """Write the graphs of a model as NAME.onnx in a new folder, all of them or none; returns their names.

    Parameters
    ----------
    model : a fitted estimator, or the path of its file.
    folder : it appears under its name when complete.
    force : whether a folder that is there is replaced.
    """
    made = graphs(model)
    with whole_folder(folder, force=force) as place:
        for name, graph in made.items():
            (place / f"{name}.onnx").write_bytes(graph.SerializeToString())
    return list(made)

"""The command `quintet export`: a model's graphs for programs without PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import inputs, output, printing
from quintet.cli import options as o
from quintet.errors import InputError
from quintet.extras import require


def export(
    model: o.ModelFile,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER|FILE.onnx", help="Folder of graphs, or the file of one --graph.")
    ],
    onnx: Annotated[bool, typer.Option("--onnx", help="Write ONNX, the only format.")] = False,
    graph: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A graph alone, such as decoder; can be repeated.")
    ] = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Write encoder, partial encoder, decoder, context decoder and anomaly score of MODEL as ONNX graphs.

    Each graph holds the schema, the latents by rate and the calibration scores. Graphs that MODEL lacks are named with
    the reason.
    """
    if not onnx:
        raise InputError("quintet export needs the format: add --onnx.")
    require("onnx", "An ONNX export")
    is_file = out.suffix.lower() == ".onnx"
    if is_file and len(graph or ()) != 1:
        raise InputError(f"The file {out} holds one graph: add one --graph NAME, or give a folder.")
    place = output.output_path(out, force) if is_file else output.target_folder(out, force)
    found = inputs.any_model(model)
    from quintet.export import graphs, lacking

    made = {name: proto.SerializeToString() for name, proto in graphs(found, graph).items()}
    without = {} if graph else lacking(found)
    if is_file:
        with place.opened() as file:
            file.write(next(iter(made.values())))
    else:
        with place.folder() as folder:
            for name, content in made.items():
                (folder / f"{name}.onnx").write_bytes(content)
    sizes: dict[str, Any] = {name: len(content) for name, content in made.items()}
    printing.say(
        {"graphs": sizes, "lacking": without, "out": out} if as_json else sizes | {"out": out},
        as_json=as_json,
        quiet=quiet,
    )
    if not as_json:
        for name, reason in without.items():
            printing.note(f"no graph {name}: {reason}", quiet)

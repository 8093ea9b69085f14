"""Tables of the page on large data, from the benchmarks' JSON files."""

from __future__ import annotations

from result_files import read, rows

MEASURED = {
    "anonymous_gib": "largest memory of the process alone, GiB",
    "resident_gib": "largest resident memory, pages of mapped files included, GiB",
    "learn_s": "pass that learns the columns, s",
    "encode_s": "pass that encodes them, s",
    "rows_per_s": "rows a second in training",
    "rows_per_processor_s": "rows a second of the processor in training",
}
"""Figures of ``larger_than_memory.py``."""
SIMULATED = {
    "hours": "hours of training",
    "node_hours": "node hours",
    "steps_an_epoch": "steps an epoch",
    "efficiency": "share of the time that computes",
    "waiting": "share that waits for the slowest",
    "reducing": "share that reduces gradients",
    "reading": "share that waits for rows",
    "formula": "formula over simulation",
    "pass_hours": "hours of the passes before",
}
"""Figures of ``scale_simulation.py``."""


def larger() -> str:
    """Training from files beside training from memory."""
    found = read("larger_than_memory")
    if not found:
        return (
            "Not measured yet: `python benchmarks/larger_than_memory.py --json docs/results/larger_than_memory.json`."
        )
    lines = [
        (words, *(f"{found[f'{how}.{name}']:.4g}" for how in ("disk", "memory"))) for name, words in MEASURED.items()
    ]
    share = found["share.rows_per_processor_s"]
    about = f"{found['rows']:,.0f} rows of 20 columns, {found['disk_gib']:.2f} GiB of Parquet, one thread"
    table = rows((about, "from files", "from memory"), lines)
    return f"{table}\n\nThe rate from files is {share:.2f} of that from memory, by time of the processor."


def nodes() -> str:
    """One, ten and a hundred nodes, simulated with the measured rates."""
    found = read("scale_simulation")
    if not found:
        return "Not simulated yet: `python benchmarks/scale_simulation.py --json docs/results/scale_simulation.json`."
    names = sorted({int(name.partition(".")[0]) for name in found if name.partition(".")[0].isdigit()})
    lines = [(words, *(f"{found[f'{n}.{name}']:.3g}" for n in names)) for name, words in SIMULATED.items()]
    table = rows((f"{found['rows']:.0e} rows, {found['epochs']:.0f} epochs", *(f"{n} nodes" for n in names)), lines)
    assumed = {name.removeprefix("assumed."): v for name, v in found.items() if name.startswith("assumed.")}
    listed = ", ".join(f"{name} {value:g}" for name, value in assumed.items())
    return (
        f"{table}\n\nMeasured: {found['rate']:.4g} rows a second of one process, {found['pass_rate']:.4g} in both "
        f"passes. Assumed: {listed}."
    )

"""Tables of the pages on large data, bulk answers and several processes, from the benchmarks' JSON files."""

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


ENGINES = {"loop": "a loop", "pool_1": "local, 1", "pool_2": "local, 2", "ray_2": "Ray, 2"}
"""Runs of ``bulk.py``."""


def bulk() -> str:
    """Rows a second of bulk answers: a line for each question, a column for each engine and its workers."""
    found = read("bulk")
    names = [name.removesuffix(".loop.rows_a_second") for name in found if name.endswith(".loop.rows_a_second")]
    lines = [
        (f"`{name}`", *(f"{found[f'{name}.{engine}.rows_a_second']:,.0f}" for engine in ENGINES)) for name in names
    ]
    return rows(("rows a second; engine, workers", *ENGINES.values()), lines)


def processes() -> str:
    """Rows a second of training by processes and threads of each."""
    found = read("processes")
    runs = [name.removesuffix(".rows_per_s") for name in found if name.endswith(".rows_per_s")]
    unit = found[f"{runs[0]}.rows_per_s"]
    lines = [
        (*run.split("x"), f"{found[f'{run}.rows_per_s']:,.0f}", f"{found[f'{run}.rows_per_s'] / unit:.2f}")
        for run in runs
    ]
    return rows(("processes", "threads of each", "rows a second", "over the first"), lines)


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

"""Every entry of the public face, for laws that hold for all of them."""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

PUBLIC = [
    "quintet",
    "quintet.data.large.stored_table:open_rows",
    "quintet.data.readers.masks:read_mask",
    "quintet.data.writers.database_tables:save_table",
    "quintet.data.writers.row_files:save_rows",
    "quintet.estimators",
    "quintet.evaluate",
    "quintet.explore",
    "quintet.hub",
    "quintet.report:report",
    "quintet.scale:answer_batches",
    "quintet.scale:score",
    "quintet.studies.tune:tune",
    "quintet.tasks.compress",
    "quintet.training:fit",
]
RECORDS = {
    "ByteTarget",
    "FileBits",
    "Finding",
    "PRESETS",
    "Privacy",
    "Recording",
    "Run",
    "Study",
    "Target",
    "__version__",
}
"""Public names that compute nothing: records, protocols and constants."""


def entries() -> Iterator[tuple[str, Any]]:
    """Every public function, and every public method that quintet's code defines on a public class, each once."""
    seen: set[tuple[str, Any]] = set()
    for found in _entries():
        if found not in seen:
            seen.add(found)
            yield found


def _entries() -> Iterator[tuple[str, Any]]:
    for place in PUBLIC:
        module = importlib.import_module(place.partition(":")[0])
        names = [place.partition(":")[2]] if ":" in place else module.__all__
        for name in sorted(set(names) - RECORDS):  # in one order in every process that runs tests
            found = getattr(module, name)
            if inspect.ismodule(found):  # quintet.report is called as its function, which is listed
                continue
            if not inspect.isclass(found):
                yield f"{place.partition(':')[0]}.{name}", found
                continue
            for attribute in dir(found):
                method = inspect.getattr_static(found, attribute)
                function = getattr(method, "__func__", method)
                ours = inspect.isfunction(function) and function.__module__.startswith("quintet")
                if ours and not attribute.startswith("_") and attribute not in ("get_params", "set_params"):
                    yield f"{name}.{attribute}", function

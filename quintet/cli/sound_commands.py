"""The commands for recordings, beside those for rows: ``fit`` of sound files, all others of a model of sound."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from quintet.cli import printing, sound_answers
from quintet.errors import InputError

ANSWERS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "fit": sound_answers.fit,
    "compress": sound_answers.compress,
    "decompress": sound_answers.decompress,
    "denoise": sound_answers.denoise,
    "impute": sound_answers.impute,
    "detect": sound_answers.detect,
    "generate": sound_answers.generate,
}
MEANT: Mapping[str, frozenset[str]] = {
    "fit": frozenset({"preset", "epochs", "minutes", "device", "seed", "calibration", "false_alarms", "label"}),
    "compress": frozenset({"effort", "batch_rows"}),
    "decompress": frozenset(),
    "denoise": frozenset({"batch_rows"}),
    "impute": frozenset({"mask"}),
    "detect": frozenset({"fdr", "false_alarms", "batch_rows"}),
    "generate": frozenset({"n", "condition", "temperature", "seed"}),
}
"""Options that each command has for recordings, too."""
EVERYWHERE = frozenset({"data", "model", "file", "out", "as_json", "quiet", "debug", "force"})


def with_recordings(command: Callable[..., None], name: str) -> Callable[..., None]:
    """A command that answers for recordings, too; an option that has no meaning for them is refused."""
    answer = ANSWERS.get(name)
    if answer is None:
        return command
    parameters = inspect.signature(command).parameters

    @wraps(command)
    def run(**options: Any) -> None:
        if not (_is_sound(options["data"]) if name == "fit" else is_sound_model(options["model"])):
            return command(**options)
        for option, value in options.items():
            if option not in MEANT[name] | EVERYWHERE and value != parameters[option].default:
                shown = option.strip("_").replace("_", "-")
                raise InputError(f"--{shown} has no meaning for recordings: leave it out.")
        return printing.say(answer(**options), as_json=options["as_json"], quiet=options["quiet"])

    return run


def is_sound_model(path: Path) -> bool:
    """Whether a model file is of recordings, by its header alone; False where it cannot be read."""
    from quintet.storage import header_alone

    return "clips" in header_alone(path)


def _is_sound(data: str) -> bool:
    from quintet.data.sequences.sound.files import holds_sound

    return holds_sound(data)

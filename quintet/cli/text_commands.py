"""The commands for lines of text: their options and their work, beside those of rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from quintet.arguments.checking import rules_of
from quintet.cli import text_answers, text_fit
from quintet.errors import InputError

ENDINGS = (".txt", ".text")
ANSWERS: Mapping[str, Callable[..., None]] = {
    "fit": text_fit.fit,
    "generate": text_answers.generate,
    "compress": text_answers.compress,
    "decompress": text_answers.decompress,
    "denoise": text_answers.denoise,
    "impute": text_answers.impute,
    "detect": text_answers.detect,
}
"""Command -> what it does for lines of text; its arguments are options of the command, and further ones."""
OF_ALL = {"report"}
"""Commands that take models of every kind."""
EVERYWHERE = {"debug"}
"""Options that matter outside a command."""


def with_lines(command: Callable[..., None], name: str) -> Callable[..., None]:
    """A command that answers for lines of text, too: ``fit`` of a .txt file, all others of a model of text.

    Its options are those of both; one that is given where it has no meaning is refused.
    """
    answer = ANSWERS.get(name)
    if answer is None:
        return command if name in OF_ALL else _of_rows_alone(command, name)
    rows, lines = _options(command), _options(answer)
    further = {option: found for option, found in lines.items() if option not in rows}

    @wraps(command)
    def run(**options: Any) -> None:
        of_lines = _is_text_file(options["data"]) if name == "fit" else is_text_model(options["model"])
        others, what = (rows, "lines of text") if of_lines else (further, "rows: it needs a model of lines of text")
        meant = lines if of_lines else rows
        for option, found in others.items():
            if option not in meant and option not in EVERYWHERE and options[option] != found.default:
                raise InputError(f"--{_shown(option)} has no meaning for {what}; leave it out.")
        if not of_lines:
            return command(**{option: options[option] for option in rows})
        rules = rules_of(answer)
        for option in further:
            rule = rules[option]
            options[option] = options[option] if rule is None else rule.validate(f"--{_shown(option)}", options[option])
        return answer(**{option: options[option] for option in lines})

    run.__signature__ = inspect.Signature([*rows.values(), *further.values()])  # type: ignore[attr-defined]
    hints = inspect.get_annotations(answer, eval_str=True)
    run.__annotations__ = inspect.get_annotations(inspect.unwrap(command), eval_str=True) | {
        option: hints[option] for option in further
    }
    return run


def _of_rows_alone(command: Callable[..., None], name: str) -> Callable[..., None]:
    """A command that refuses a model of text."""
    if "model" not in _options(command):
        return command

    @wraps(command)
    def run(**options: Any) -> None:
        if options["model"] is not None and is_text_model(Path(options["model"])):
            raise InputError(
                f"quintet {name} needs a model of rows, got {options['model']}, a model of lines of text: it answers "
                f"{', '.join(name for name in ANSWERS if name != 'fit')}."
            )
        command(**options)

    return run


def is_text_model(path: Path) -> bool:
    """Whether a model file is of lines of text, by its header alone; False where it cannot be read."""
    from quintet.storage import header_alone

    schema = header_alone(path).get("schema")
    sequence = schema.get("sequence") if isinstance(schema, dict) else None
    return isinstance(sequence, dict) and sequence.get("type") == "text"


def _is_text_file(data: str) -> bool:
    return Path(data).suffix.lower() in ENDINGS


def _options(command: Callable[..., None]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(command, eval_str=True).parameters)


def _shown(option: str) -> str:
    return option.strip("_").replace("_", "-")

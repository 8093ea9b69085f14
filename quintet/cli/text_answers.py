"""The five commands of a model of lines of text, and `quintet decompress`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.cli import option_values, output, printing
from quintet.cli import options as o
from quintet.cli import text_options as t
from quintet.data.sequences.text.lines_file import FileForm
from quintet.data.sequences.text.reading import Lines, read_lines

if TYPE_CHECKING:
    from quintet.estimators import Text

LINES = (".txt", ".text")
Out = Annotated[str, typer.Option(help="Output file.")]


def generate(
    model: o.ModelFile,
    out: Out,
    n: int | None = None,
    condition: str | None = None,
    temperature: float = 1.0,
    prompt: t.Prompt = "",
    top_p: t.TopP = 1.0,
    batch_rows: o.BatchRows = 256,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Write new lines to a .txt file."""
    place = output.output_path(Path(out), force, LINES)
    lines = _model(model, quiet).generate(
        64 if n is None else n,
        prompt=prompt,
        temperature=temperature,
        top_p=top_p,
        condition=option_values.condition(condition),
        batch_rows=batch_rows,
        random_state=seed,
    )
    _write(place, lines, FileForm())
    printing.say({"lines": len(lines), "out": place}, as_json=as_json, quiet=quiet)


def compress(
    model: o.ModelFile,
    data: o.Data,
    out: Path,
    effort: o.Effort = "normal",
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Compress a file of lines; `quintet decompress` writes it again byte for byte."""
    place, text, lines = output.output_path(out, force), _model(model, quiet), read_lines(Path(data))
    size = Path(data).stat().st_size
    began = time.perf_counter()
    blob = text.compress(Path(data), effort=effort, batch_rows=batch_rows)
    seconds = time.perf_counter() - began
    output.write_file(place, blob)
    count = sum(len(line) + 1 for line in lines.all)
    figures: dict[str, Any] = {"lines": len(lines.all), "bytes": len(blob), "raw_bytes": size}
    figures |= {"bits_per_character": 8 * len(blob) / max(count, 1), "characters_per_second": count / seconds}
    printing.say(figures | {"out": place}, as_json=as_json, quiet=quiet)


def decompress(
    model: o.ModelFile,
    file: Path,
    out: Out,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Write the file again that was compressed."""
    from quintet.data.readers.opening import existing_file

    place = output.output_path(Path(out), force)
    found = _model(model, quiet).decompress(existing_file(file).read_bytes())
    content = found if isinstance(found, bytes) else FileForm().written(list(found))
    output.write_file(place, content)
    printing.say({"bytes": len(content), "out": place}, as_json=as_json, quiet=quiet)


def denoise(
    model: o.ModelFile,
    data: o.Data,
    out: Out,
    rate: float | None = None,
    threshold: t.Threshold = 0.5,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 128,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Write the lines with probable corrections to a .txt file, and all suggestions to a .csv beside it."""
    place = output.output_path(Path(out), force, LINES)
    table = output.output_path(place.path.with_suffix(".csv"), force)
    lines = _limited(read_lines(Path(data)), limit)
    given = {} if rate is None else {"rate": rate}
    found = _model(model, quiet).denoise(lines.all, threshold=threshold, batch_rows=batch_rows, **given)
    _write(place, found.lines, lines.file)
    _write_table(table, found.columns())
    figures = {"lines": len(lines.all), "words_corrected": sum(found.applied), "suggestions": len(found.suggestions)}
    printing.say(figures | {"out": place, "table": table}, as_json=as_json, quiet=quiet)


def impute(
    model: o.ModelFile,
    data: o.Data,
    out: Out,
    mark: t.Mark = "_",
    draws: int = 0,
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 128,
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Write the lines with a character in the place of each mark; --draws further ones below them."""
    place, lines = output.output_path(Path(out), force, LINES), _limited(read_lines(Path(data)), limit)
    marks = sum(line.count(mark) for line in lines.all)
    if not marks:
        printing.note(f"{data} has no mark {mark!r}; all lines are unchanged.", quiet)
    text = _model(model, quiet)
    options: dict[str, Any] = {"mark": mark, "batch_rows": batch_rows, "random_state": seed}
    answers = [text.impute(lines.all, **options)]
    if draws:
        answers += text.impute(lines.all, draws=draws, **options)
    _write(place, [line for answer in answers for line in answer], lines.file)
    printing.say({"lines": len(lines.all), "missing": marks, "out": place}, as_json=as_json, quiet=quiet)


def detect(
    model: o.ModelFile,
    data: o.Data,
    out: Out,
    fdr: float | None = None,
    false_alarms: float | None = None,
    score: str = "default",
    limit: o.Limit = None,
    batch_rows: o.BatchRows = 256,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    force: o.Force = False,
) -> None:
    """Write scores and p-values of the lines to a .csv."""
    place, lines = output.output_path(Path(out), force, (".csv",)), _limited(read_lines(Path(data)), limit)
    text = _model(model, quiet)
    found = text.detect(lines.all, fdr=fdr, false_alarms=false_alarms, score=score, batch_rows=batch_rows)
    columns = {"line": list(range(1, len(found) + 1)), "score": found.scores.tolist()}
    columns |= {"p_value": found.p_values.tolist(), "is_anomaly": found.is_anomaly.tolist()}
    _write_table(place, columns | {"strangest_word": found.strangest_words(), "text": list(found.lines)})
    figures = {"lines": len(found), "anomalies": int(found.is_anomaly.sum()), "rule": found.rule}
    figures |= {"calibration rows": found.calibration_rows, "out": place}
    printing.say(figures, as_json=as_json, quiet=quiet)


def _model(path: Path, quiet: bool) -> Text:
    from quintet.data.readers.opening import existing_file
    from quintet.estimators import load

    text: Text = load(existing_file(path))
    text.vae_.verbose = not quiet
    return text


def _limited(lines: Lines, limit: int | None) -> Lines:
    return Lines(lines.all[:limit], lines.file)


def _write(place: output.OutputPath, lines: Any, form: FileForm | None) -> None:
    output.write_file(place, (form or FileForm()).written(list(lines)))


def _write_table(place: output.OutputPath, columns: dict[str, list[Any]]) -> None:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    output.write_file(place, text.getvalue().encode("utf-8", "surrogateescape"))

"""What the commands do for recordings: files and folders of sound in, WAV files, folders and tables out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import option_values, output, output_rows, printing
from quintet.cli.several_processes import leave_files_to_first
from quintet.data.readers.opening import existing_file
from quintet.data.sequences.sound.files import read_sounds
from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.wav import wav_to_bytes
from quintet.errors import FileRefused, InputError

if TYPE_CHECKING:
    from quintet.estimators import Sound


def fit(data: str, out: Path, **options: Any) -> dict[str, Any]:
    """Train on the recordings of a file or folder, and write the model."""
    from quintet.estimators import Sound

    output.output_path(out, options["force"])
    sound = Sound(
        preset=options["preset"],
        epochs=options["epochs"],
        max_minutes=options["minutes"],
        device=options["device"],
        random_state=options["seed"],
        verbose=not options["quiet"],
        **{name: options[name] for name in ("calibration", "false_alarms") if options[name] is not None},
    )
    began = time.perf_counter()
    sound.fit(data, label=options["label"])
    leave_files_to_first()
    for sentence in sound.notes_:
        printing.note(sentence, options["quiet"])
    sound.save(out, force=options["force"])
    known = sound.description_
    return {
        "rate": known.rate,
        "channels": known.channels,
        "frame": known.frame,
        "classes": 0 if sound.clips.schema_.condition is None else sound.clips.schema_.condition_dim,
        "seconds": time.perf_counter() - began,
        "out": out,
    }


def compress(model: Path, data: str, out: Path, **options: Any) -> dict[str, Any]:
    """Write the compressed recordings."""
    place, sound = output.output_path(out, options["force"]), _model(model)
    recordings = read_sounds(data).recordings
    began = time.perf_counter()
    blob = sound.compress(recordings, effort=options["effort"], batch_rows=options["batch_rows"])
    seconds = time.perf_counter() - began
    output.write_file(place, blob)
    samples = sum(recording.samples.size for recording in recordings)
    return {
        "recordings": len(recordings),
        "bytes": len(blob),
        "raw_bytes": sum(recording.samples.size * recording.bits // 8 for recording in recordings),
        "bits_per_sample": 8 * len(blob) / samples,
        "samples_per_second": samples / seconds,
        "out": out,
    }


def decompress(model: Path, file: Path, out: str, **options: Any) -> dict[str, Any]:
    """Write the recordings of a compressed file."""
    place = _place(out, options["force"])
    try:
        found = _model(model).decompress(existing_file(file).read_bytes())
    except FileRefused as error:
        raise FileRefused(f"Cannot decode {file}: {error}") from None
    return _write(place, [found] if isinstance(found, Recording) else found)


def denoise(model: Path, data: str, out: str, **options: Any) -> dict[str, Any]:
    """Write the recordings with clicks and dropouts mended."""
    place, sound = _place(out, options["force"]), _model(model)
    mended, found = sound.denoise(data, return_report=True, batch_rows=options["batch_rows"])
    kinds = [each.kind for own in found for each in own]
    return {"clicks": kinds.count("click"), "dropouts": kinds.count("dropout"), **_write(place, mended)}


def impute(model: Path, data: str, out: str, **options: Any) -> dict[str, Any]:
    """Write the recordings with the gaps of the file ``--mask`` filled."""
    place, sound = _place(out, options["force"]), _model(model)
    if options["mask"] is None:
        raise InputError("impute needs --mask, a .csv of recording, start and stop (steps) as `detect` writes beside.")
    recordings = read_sounds(data).recordings
    filled = sound.impute(recordings, mask=_gaps(options["mask"], recordings))
    return _write(place, filled)


def detect(model: Path, data: str, out: str, **options: Any) -> dict[str, Any]:
    """Write a table of the recordings, and beside it one of the damaged stretches."""
    path = Path(out)
    place = output.output_path(path, options["force"], (".csv",))
    beside = output.output_path(path.with_name(f"{path.stem}.intervals.csv"), options["force"])
    rule = {name: options[name] for name in ("fdr", "false_alarms")}
    found = _model(model).detect(data, **rule, batch_rows=options["batch_rows"])
    kinds = {f"{kind}s": [sum(e.kind == kind for e in own) for own in found.intervals] for kind in ("click", "dropout")}
    table = {"recording": np.array(found.names), "score": found.scores, "p_value": found.p_values}
    table |= {"is_anomaly": found.is_anomaly} | {name: np.array(counts) for name, counts in kinds.items()}
    output_rows.write_table(place, table)
    output_rows.write_table(beside, found.interval_columns())
    return {
        "recordings": len(found),
        "anomalies": int(found.is_anomaly.sum()),
        "rule": found.rule,
        "strangest": found.names[int(found.scores.argmax())],
        **{name: sum(counts) for name, counts in kinds.items()},
        "out": place,
        "intervals": beside,
    }


def generate(model: Path, out: str, **options: Any) -> dict[str, Any]:
    """Write new clips."""
    place, sound = _place(out, options["force"]), _model(model)
    count = options["n"] or 10
    label = option_values.condition(options["condition"])
    temperature = {} if options["temperature"] == 1.0 else {"temperature": options["temperature"]}
    clips = sound.generate(count, label, **temperature, random_state=options["seed"])
    name = "clip" if label is None else str(options["condition"])
    named = [Recording(clip.samples, clip.rate, clip.bits, f"{name}_{i:03d}.wav") for i, clip in enumerate(clips)]
    return _write(place, named)


def _model(path: Path) -> Sound:
    from quintet.estimators import Sound, load

    found = load(existing_file(path))
    assert isinstance(found, Sound)
    return found


def _place(out: str, force: bool) -> output.OutputPath:
    """A .wav file, or a folder without an ending."""
    path = Path(out)
    return output.output_path(path, force, (".wav",)) if path.suffix else output.target_folder(path, force)


def _write(place: output.OutputPath, recordings: list[Recording]) -> dict[str, Any]:
    if place.suffix:
        if len(recordings) != 1:
            raise InputError(f"A .wav holds one recording, got {len(recordings)} for {place}: name a folder.")
        output.write_file(place, wav_to_bytes(recordings[0]))
    else:
        with place.folder() as folder:
            for index, recording in enumerate(recordings):
                name = Path(recording.name or f"{index:05d}")
                target = folder / name.with_suffix(".wav")
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise FileRefused(
                        f"A recording is named {recording.name!r}, which lies outside {place}: rename it."
                    )
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(wav_to_bytes(recording))
    return {"recordings": len(recordings), "out": place}


def _gaps(path: Path, recordings: list[Recording]) -> list[Any]:
    """(steps,) bool of each recording from a table of recording, start and stop."""
    import csv

    places = {recording.name: index for index, recording in enumerate(recordings)}
    found = [np.zeros(recording.steps, bool) for recording in recordings]
    with open(existing_file(path), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                name, start, stop = row["recording"], int(row["start"]), int(row["stop"])
            except (KeyError, TypeError, ValueError):
                raise FileRefused(
                    f"{path} must have columns recording, start and stop with whole numbers, got {row}: write it again."
                ) from None
            if name not in places:
                continue
            own = found[places[name]]
            if not 0 <= start < stop <= len(own):
                raise FileRefused(
                    f"{path} has a gap from {start} to {stop} in {name} of {len(own):,} steps: correct it."
                )
            own[start:stop] = True
    return found

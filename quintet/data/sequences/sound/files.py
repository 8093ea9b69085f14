"""Sound files and folders of them: WAV by our own reader, FLAC and OGG by the package soundfile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers.opening import existing_file, similar
from quintet.data.sequences.sound.recording import Recording, refuse_rate
from quintet.data.sequences.sound.wav import read_wav
from quintet.errors import FileRefused
from quintet.extras import extra

ENDINGS = (".wav", ".flac", ".ogg")
WIDTHS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "VORBIS": 16, "OPUS": 16}


@dataclass(frozen=True)
class Sounds:
    """The recordings below a folder in natural order, all of one rate and number of channels; a label each, or None."""

    recordings: list[Recording]
    labels: npt.NDArray[np.str_] | None


def is_sound(path: Path) -> bool:
    """Whether the file has the ending of a sound file and is not hidden."""
    return not path.name.startswith(".") and path.suffix.lower() in ENDINGS and path.is_file()


def holds_sound(source: str | Path) -> bool:
    """Whether the path is a sound file, or a folder with one in it or in its subfolders."""
    path = Path(source)
    return is_sound(path) or (path.is_dir() and bool(_paths(path)))


def read_sound(path: str | Path, name: str | None = None) -> Recording:
    """The recording of a WAV, FLAC or OGG file."""
    path = existing_file(path)
    return read_wav(path, name) if path.suffix.lower() == ".wav" else _by_soundfile(path, name)


def _by_soundfile(path: Path, name: str | None) -> Recording:
    if path.suffix.lower() not in ENDINGS:
        raise FileRefused(f"A sound file must end in {', '.join(ENDINGS)}, got {path}: convert it.")
    with extra("sound", f"Reading {path.suffix} files"):
        import soundfile
    try:
        with soundfile.SoundFile(path) as file:
            bits = WIDTHS.get(file.subtype, 0)
            if not bits or file.channels > 2:
                raise FileRefused(
                    f"{path} must be mono or stereo of whole numbers, got {file.channels} channels of {file.subtype}: "
                    "convert it to 16 bits."
                )
            refuse_rate(file.samplerate, str(path), FileRefused)
            samples: Any = file.read(dtype="int16" if bits <= 16 else "int32")
    except soundfile.SoundFileError as error:
        raise FileRefused(f"{path} is damaged or no {path.suffix} file ({error}): write it again.") from None
    if not len(samples):
        raise FileRefused(f"{path} holds 0 samples: record it again, or leave it out.")
    shift = {8: 8, 24: 8}.get(bits, 0)  # soundfile fills the integer's upper bits
    return Recording(samples >> shift, file.samplerate, bits, path.name if name is None else name)


def read_sounds(source: str | Path, label: str | None = None) -> Sounds:
    """The recordings of a file, or of a folder and its subfolders.

    Parameters
    ----------
    source : a sound file or a folder of such.
    label : "folder", the subfolder of each file; "name", the file's name up to its first "_" or "-"; None: the folder
        where there are subfolders, else the names where they begin alike: at least two labels, each of two files.
    """
    source = Path(source)
    paths = _paths(source) if source.is_dir() else [existing_file(source)]
    if not paths:
        raise FileRefused(f"{source} must hold sound files ({', '.join(ENDINGS)}), got none.")
    home = source if source.is_dir() else source.parent
    recordings = [read_sound(path, path.relative_to(home).as_posix()) for path in paths]
    _refuse_mixture(recordings)
    return Sounds(recordings, _labels(paths, home, label))


def _paths(folder: Path) -> list[Path]:
    """All sound files below a folder in natural order, except in hidden folders."""
    if not folder.is_dir():
        raise FileRefused(f"There is no folder {folder}{similar(folder)}.")
    found = [path for path in folder.rglob("*") if is_sound(path)]
    seen = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(seen, key=_natural)


def _natural(path: Path) -> list[Any]:
    """Sort key of natural order: 2.wav before 10.wav."""
    return [[int(p) if i % 2 else p for i, p in enumerate(re.split(r"([0-9]+)", part))] for part in path.parts]


def _labels(paths: list[Path], home: Path, label: str | None) -> npt.NDArray[np.str_] | None:
    folders = [path.relative_to(home).parts[0] if path.parent != home else "" for path in paths]
    if label == "folder" or (label is None and any(folders)):
        if not all(folders):
            raise FileRefused(
                f"{home} must hold sound files either itself or in subfolders, got both: put all of them in "
                "subfolders, one per class, or none."
            )
        return np.array(folders)
    names = np.array([re.split(r"[_-]", path.stem)[0] for path in paths])
    _, counts = np.unique(names, return_counts=True)
    chosen = label == "name" or (len(counts) > 1 and bool(counts.min() > 1))
    return names if chosen else None


def _refuse_mixture(recordings: list[Recording]) -> None:
    """All recordings must have one rate and one number of channels."""
    for what, unit in (("rate", "Hz"), ("channels", "channels")):
        first = getattr(recordings[0], what)
        for other in recordings:
            if getattr(other, what) != first:
                raise FileRefused(
                    f"All recordings must have one number of {unit}, got {first} in {recordings[0].name} and "
                    f"{getattr(other, what)} in {other.name}: convert them."
                )

"""Annotated types of the arguments of public functions, one for each kind of argument.

``quintet.entry_points.public`` checks each call against the annotations of the function; ``fit`` checks an estimator's
parameters against those of its ``__init__``. A wrong argument raises ``InputError`` with one sentence: what is allowed,
what was given, and the cure if it is not obvious. NumPy's numbers are accepted like Python's; booleans, NaN and
infinity are not numbers, and strings are not converted to numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from quintet.arguments.arrays import Cells, Forward, Frame, Mask, Numbers, Which, is_frame
from quintet.arguments.composite_rules import Anything, Either, Function, Having, Instance, Satisfying, Several
from quintet.arguments.files import Bytes, PathOf, Source, Target
from quintet.arguments.rules import Flag, Number, OneOf, Text, Whole

MANY = 1_000_000
"""Largest number of draws of a row, steps of a path and rows of a batch."""
LARGEST_SEED = 2**32 - 1
"""Largest seed of NumPy and scikit-learn."""

# Numbers
Count = Annotated[int, Whole(1)]
CountOrZero = Annotated[int, Whole(0)]
BatchRows = Annotated[int, Whole(1, MANY)]
Draws = Annotated[int, Whole(1, MANY)]
DrawsOrMean = Annotated[int, Whole(0, MANY)]
Steps = Annotated[int, Whole(1, MANY)]
StepsWithEnds = Annotated[int, Whole(2, MANY)]
Levels = Annotated[int, Whole(2, 65_536)]
LatentDim = Annotated[int | str, Either((Whole(1, 65_536), OneOf(("auto",))))]
Side = Annotated[int | tuple[int, int], Either((Whole(1, 65_535), Several(Whole(1, 65_535), 2)))]
Finite = Annotated[float, Number()]
Share = Annotated[float, Number(0, 1)]
OpenShare = Annotated[float, Number(above=0, below=1)]
Quantiles = Annotated[tuple[float, ...], Several(Number(above=0, below=1))]
TrainingAnomalies = Annotated[float, Number(0, 0.4)]
HeldOut = Annotated[float, Number(0, 0.9)]
Overlap = Annotated[float, Number(0, 0.95)]
NotNegative = Annotated[float, Number(0)]
Positive = Annotated[float, Number(above=0)]
PerClass = Annotated[int | Mapping[Any, int], Either((Whole(0), Instance(Mapping, "a mapping of classes to numbers")))]
Seed = Annotated[int, Whole(0, LARGEST_SEED)]
RandomState = Annotated[
    int | np.random.RandomState | np.random.Generator,
    Either((Whole(0, LARGEST_SEED), Instance(np.random.RandomState), Instance(np.random.Generator))),
]

# Names; those of variants, samplers and kinds of noise are checked by their own modules
Effort = Annotated[str, OneOf(("low", "normal", "high"))]
Container = Annotated[str, OneOf(("default", "pandas", "polars"))]
Damaged = Annotated[str, OneOf(("refuse", "skip"))]
JudgedRows = Annotated[str, OneOf(("held_out", "all"))]
Split = Annotated[str, OneOf(("train", "test"))]
STEPS = "steps"
Layout = Annotated[str, OneOf(("auto", STEPS))]
Pages = Annotated[str, OneOf(("rows", "bands"))]
TextTokens = Annotated[str, OneOf(("characters", "bytes", "byte_pairs"))]
Prompt = Annotated[str, Text()]
TopP = Annotated[float, Number(above=0, most=1)]
Mark = Annotated[str, Satisfying(lambda value: isinstance(value, str) and bool(value), "a string that is not empty")]
Label = Annotated[int | float | str | bool, Either((Whole(), Number(), Text("a name"), Flag()))]
ClassesLike = Annotated[
    str | int | Sequence[int | float | str],
    Either((Text("names such as '0-8'"), Whole(), Several(Either((Whole(), Number(), Text()))))),
]
Verbose = Annotated[bool | Literal["auto"], Either((Flag(), Whole(0), OneOf(("auto",))))]
Device = Annotated[
    str, Either((Text("a name"), Satisfying(lambda value: type(value).__qualname__ == "device", "a torch.device")))
]

# Rows and what belongs to them
RowsLike = Annotated[npt.ArrayLike | Frame, Cells()]
TableSource = Annotated[Any, Source()]
RowsOrSource = Annotated[
    Any, Either((Cells(), Source("the path of rows, a URL, a list of paths or a pyarrow.dataset.Dataset")))
]
ArrayLike = Annotated[
    npt.ArrayLike | Frame, Cells("an array, a tensor, a data frame or a list of rows of one length", even=True)
]
FrameLike = Annotated[Frame, Satisfying(is_frame, "a data frame of pandas, Polars or Arrow")]
RowStream = Annotated[
    Any, Cells("an array, a tensor, a data frame, a list of rows or an iterator of arrays", streams=True)
]
OneOrMore = Annotated[npt.ArrayLike | Frame, Cells("one row or several, as an array, a tensor, a data frame or a list")]
LinesLike = Annotated[
    Any,
    Satisfying(
        lambda value: (
            isinstance(value, str | bytes | bytearray | memoryview | Path)
            or (hasattr(value, "__len__") and not isinstance(value, Mapping | set | type) and not is_frame(value))
        ),
        "a list, an array or a series of strings, one for each line, or the path or the bytes of a file",
    ),
]
RowsOrFolder = Annotated[
    npt.ArrayLike | str | Path, Either((Cells("a stack or a list of pictures"), PathOf("the path of a folder")))
]
Pictures = Annotated[Any, Cells("a stack (n, height, width[, channels]) or a list of pictures")]
SeriesLike = Annotated[
    Any,
    Either(
        (
            PathOf("the path of a .csv or .parquet file"),
            Cells(
                "a data frame, an array (steps,), (steps, channels) or (series, steps, channels), or a list of these"
            ),
        )
    ),
]
CalendarLike = Annotated[
    str | Sequence[str],
    Either((OneOf(("auto",)), Several(OneOf(("day", "week", "year"))))),
]
Window = Annotated[int | str, Either((Whole(2, 4_096), OneOf(("auto",))))]
SoundLike = Annotated[
    Any,
    Either(
        (
            PathOf("the path of a sound file or of a folder of such"),
            Having(("samples", "rate"), "a Recording"),
            Cells("an array (steps,) or (steps, 2) of samples, or a list of such or of Recordings"),
        )
    ),
]
FrameSteps = Annotated[int | str, Either((Whole(32, 4_096), OneOf(("auto",))))]
Labels = Annotated[npt.ArrayLike | Frame, Cells("an array, a series or a list of labels, one for each row", even=True)]
LabelsOrClock = Annotated[
    Any,
    Either(
        (
            Having(("calendar", "turns"), "a Clock"),
            Cells("an array, a series or a list of labels, one for each row", even=True),
        )
    ),
]
PairOfRows = Annotated[
    tuple[Any, Any],
    Satisfying(lambda value: isinstance(value, tuple | list) and len(value) == 2, "a pair of rows (of A, of B)"),
]
Condition = Annotated[
    npt.ArrayLike | Mapping[str, Any],
    Either(
        (
            Whole(),
            Number(),
            Text(),
            Flag(),
            Instance(Mapping, "a mapping of names to values"),
            Cells("one value for each row", even=True),
        )
    ),
]
Given = Annotated[
    Mapping[str, Any],
    Instance(Mapping, "a mapping of columns to what they shall be, such as {'sex': 'Female', 'age': (30, 40)}"),
]
Balance = Annotated[
    str | Mapping[str, Any],
    Either(
        (
            Text(),
            Instance(Mapping, "a mapping of a column to shares, such as {'income': {'<=50K': 0.5, '>50K': 0.5}}"),
        )
    ),
]
Missing = Annotated[npt.ArrayLike | Frame, Mask()]
MissingEach = Annotated[
    npt.ArrayLike | Sequence[npt.ArrayLike],
    Mask("an array of True and False, or one for each picture, True where a cell is missing", lists=True),
]
Weights = Annotated[npt.ArrayLike, Numbers((0, 1), "finite numbers, one for each row")]
RowChoice = Annotated[Any, Which()]
Stretch = Annotated[slice, Forward()]
Unused = Annotated[Any, Anything()]
"""An argument that scikit-learn's conventions require and no code reads, or labels of any type."""
Option = Annotated[Any, Anything()]
"""An option of a question, which the method that answers checks."""

# Arrays of numbers
Figures = Annotated[Any, Numbers(words="an array of numbers", finite=False)]
Table = Annotated[Any, Numbers((2,), "an array (n, columns) of numbers", finite=False)]
Images = Annotated[Any, Numbers((3, 4), "an array (n, height, width[, channels]) of numbers", finite=False)]
Latents = Annotated[Any, Numbers((2,), "an array (n, latent_dim) of finite numbers")]
LatentOrEach = Annotated[Any, Numbers((0, 1, 2), "finite numbers, (latent_dim,) or (n, latent_dim)")]
Vector = Annotated[Any, Numbers((1,), "a sequence of finite numbers")]
NumberOrEach = Annotated[Any, Numbers((0, 1), "one finite number, or one for each row")]

# Files
File = Annotated[str | Path, PathOf()]
Content = Annotated[bytes | str | Path | IO[bytes], Bytes()]
Blob = Annotated[bytes, Instance((bytes, bytearray, memoryview), "bytes")]
Writable = Annotated[Any, Target()]

# Models
A_VARIANT = Either(
    (
        Text("a name"),
        Satisfying(lambda value: is_dataclass(value) and hasattr(value, "build"), "a variant such as Beta(beta=4.0)"),
    )
)
VariantLike = Annotated[Any, A_VARIANT]
NetworkLike = Annotated[
    Any,
    Either(
        (
            Text("a name"),
            Instance(dict, "a dict of options"),
            Having(("encoder", "decoder"), "a network such as Mlp()"),
            Satisfying(
                lambda value: isinstance(value, tuple | list) and len(value) == 2 and all(map(callable, value)),
                "a pair of functions make_encoder(in_shape) and make_decoder(latent_dim, out_shape)",
            ),
        )
    ),
]
SchemaLike = Annotated[
    Any,
    Either(
        (
            PathOf(),
            Instance(Mapping, "a mapping of columns to entries such as {'type': 'ordinal'}"),
            Having(("row_shape", "columns"), "a schema such as vae.schema_"),
        )
    ),
]
NoiseLike = Annotated[
    Any, Either((Text("a name"), Having(("kind", "evidence", "least"), "the report of another call of denoise")))
]
Degradation = Annotated[str | Callable[..., Any], Either((Text("a name"), Function()))]
ColumnNames = Annotated[str | Sequence[str], Either((Text("a name"), Several(Text())))]
ArrowBatch = Annotated[Any, Having(("schema", "num_rows", "column", "slice"), "a pyarrow Table or a RecordBatch")]
ModelLike = Annotated[
    Any,
    Either((PathOf("the path of a model's file"), Having(("schema_", "transform", "generate"), "a fitted VAE"))),
]
FittedVAE = Annotated[Any, Having(("schema_", "transform", "generate"), "a fitted VAE")]
FittedModel = Annotated[
    Any,
    Either(
        (
            Having(("schema_", "transform", "generate"), "a fitted VAE"),
            Having(("description_", "generate"), "a fitted Series, Text or Sound"),
        )
    ),
]
ReportSource = Annotated[
    Any,
    Either(
        (
            Cells(),
            Having(("samples", "rate"), "a Recording"),
            Satisfying(
                lambda value: isinstance(value, str | bytes | Path), "of a Series, Text or Sound the path of a source"
            ),
        )
    ),
]

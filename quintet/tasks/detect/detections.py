"""The answer of detect: scores, p-values, decisions, and where rows are strange; printed, or as a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from quintet.data.observed_cells import LAST
from quintet.data.result_table import to_frame
from quintet.errors import InputError
from quintet.tasks.detect.listing import detection_columns, print_detections
from quintet.tasks.detect.score_calibration import DEFAULT

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Detections:
    """Scores, p-values and decisions for n rows.

    ``scores`` (n,): higher is stranger. ``p_values`` (n,): share of normal rows at least as strange under the row's own
    mask. ``is_anomaly`` (n,): p <= false_alarms, or the decision at the given false discovery rate. ``where``
    (n, *row_shape): surprise of each cell given all others, in nats above its mean in normal rows; 0 where it is not
    above, and in missing cells. ``components`` {name: (n,)}: every score by name. ``rule``: the decision rule as text.
    ``calibration_rows``: the fewest calibration rows that a row was compared with; p is at least 1 / (these + 1).
    ``columns``: the names of the cells of ``where``, for rows of named columns; columns left out have none. ``index``:
    the labels of the rows, of a pandas frame. Printed, it is a table of the strangest rows.
    """

    scores: Array
    p_values: Array
    is_anomaly: npt.NDArray[np.bool_]
    where: npt.NDArray[np.float32]
    components: dict[str, Array]
    rule: str = ""
    calibration_rows: int = 0
    columns: tuple[str, ...] = ()
    index: Any = None

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        """What was found in a line, and a table of the strangest rows."""
        rule = f" ({self.rule})" if self.rule else ""
        about = (
            f"compared with {self.calibration_rows} calibration rows, p at least {1 / (self.calibration_rows + 1):.2g}"
        )
        return print_detections(self._columns(), f"{about}{rule}", labels=self.index)

    def strangest_columns(self) -> npt.NDArray[np.str_]:
        """The column of the most surprising cell of each row, (n,); "" where no cell is more surprising than usual."""
        names = np.array(self.columns)[self.where.argmax(1)]
        return np.where(self.where.max(1, initial=0) > 0, names, "")

    def to_frame(self, library: str | None = None) -> Any:
        """A frame of the rows in their order: score, p_value, is_anomaly, strangest_column of a table, and the
        components of the score; of a pandas frame with the index of its rows.

        Parameters
        ----------
        library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
        """
        components = {name: values for name, values in self.components.items() if name != DEFAULT}
        frame = to_frame(self._columns() | components, library)
        return frame if self.index is None or not hasattr(frame, "iloc") else frame.set_index(self.index)

    def _columns(self) -> dict[str, Any]:
        columns = detection_columns(self.scores, self.p_values, self.is_anomaly)
        return columns | ({"strangest_column": self.strangest_columns()} if self.columns else {})

    def regions(self, width: float = 2.0) -> npt.NDArray[np.float32]:
        """Strange regions of images, (n, height, width): ``where`` summed over channels and blurred.

        A region from elsewhere surprises at its rim, where it meets the rest; inside, its cells fit each other.

        Parameters
        ----------
        width : standard deviation of the blur in pixels, at least 0.

        Raises
        ------
        InputError
            The rows are no images, or ``width`` is negative or infinite.
        """
        if self.where.ndim not in (3, 4):
            raise InputError(f"regions needs images, got rows of shape {self.where.shape[1:]}: use where.")
        if not 0 <= width < np.inf:
            raise InputError(f"width must be at least 0 pixels, got {width}.")
        channels = 3 if self.where.shape[-1] <= LAST else 1
        surprise = self.where if self.where.ndim == 3 else self.where.sum(channels)
        return np.asarray(gaussian_filter(surprise, (0, width, width)), dtype=np.float32)

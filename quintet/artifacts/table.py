"""All artifacts of a fitted model, and the one table of their tensors in a weights file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Self, get_args, get_type_hints

from torch import Tensor

from quintet.artifacts.base import Artifact, Stored
from quintet.artifacts.block_code import BlockCode
from quintet.artifacts.column_shares import ColumnShares
from quintet.artifacts.denoising import CellRange, DenoisingTrial, GaussianField
from quintet.artifacts.detection import (
    CalibrationScores,
    CalibrationSet,
    NeighbourIndex,
    ProjectionBasis,
    UsualSurprise,
)
from quintet.artifacts.latents import LatentBank, LatentDensity
from quintet.artifacts.missing_cells import Copula, IntervalWidths
from quintet.artifacts.patch_rounds import PatchRounds
from quintet.artifacts.row_fingerprints import RowFingerprints
from quintet.artifacts.similar_rows import SimilarRows
from quintet.artifacts.tensor_spec import CONDITION, CURE, DETECT, GUIDE, POSTERIOR, TensorSpec
from quintet.errors import FileRefused


@dataclass(frozen=True)
class Artifacts:
    """What a model keeps of its rows; None for what it does not keep. A new artifact is one more field."""

    row_fingerprints: Annotated[RowFingerprints | None, Stored("identity", optional=True)] = None
    latent_density: Annotated[LatentDensity | None, Stored("density", (POSTERIOR,))] = None
    latent_bank: Annotated[LatentBank | None, Stored("aggregate", (GUIDE,))] = None
    copula: Annotated[Copula | None, Stored("residual", (GUIDE,), optional=True)] = None
    interval_widths: Annotated[IntervalWidths | None, Stored("widening", (GUIDE,), optional=True)] = None
    gaussian_field: Annotated[GaussianField | None, Stored("field", (GUIDE,), optional=True)] = None
    cell_range: Annotated[CellRange | None, Stored("denoise", (GUIDE,), optional=True)] = None
    denoising_trial: Annotated[DenoisingTrial | None, Stored("denoise", (GUIDE,), optional=True)] = None
    patch_rounds: Annotated[PatchRounds | None, Stored("patches", (GUIDE,), optional=True)] = None
    similar_rows: Annotated[SimilarRows | None, Stored("similar", (GUIDE,), optional=True)] = None
    latent_basis: Annotated[
        ProjectionBasis | None, Stored("latent", (DETECT,), axes={"cells": "latent", "axes": "latent_axes"})
    ] = None
    row_basis: Annotated[
        ProjectionBasis | None, Stored("row", (DETECT,), axes={"cells": "compared", "axes": "row_axes"})
    ] = None
    slope_basis: Annotated[
        ProjectionBasis | None,
        Stored("slope", (DETECT,), optional=True, axes={"cells": "slopes", "axes": "slope_axes"}),
    ] = None
    latent_index: Annotated[NeighbourIndex | None, Stored("latent", (DETECT,), axes={"axes": "latent_axes"})] = None
    row_index: Annotated[NeighbourIndex | None, Stored("row", (DETECT,), axes={"axes": "row_axes+slope_axes"})] = None
    usual_surprise: Annotated[UsualSurprise | None, Stored("where", (DETECT,))] = None
    calibration: Annotated[CalibrationScores | None, Stored("calibration", (DETECT,), axes={"rows": "counted"})] = None
    calibration_free: Annotated[
        CalibrationScores | None,
        Stored("calibration.free", (DETECT, CONDITION), axes={"rows": "counted_free"}),
    ] = None  # scored without their conditions
    calibration_set: Annotated[CalibrationSet | None, Stored("calibration", (DETECT,), optional=True)] = None
    block_code: Annotated[BlockCode | None, Stored("lossy", optional=True)] = None
    column_shares: Annotated[ColumnShares | None, Stored("marginal", (DETECT,), optional=True)] = None

    def __or__(self, other: Artifacts) -> Artifacts:
        """These artifacts, replaced by those that the other has."""
        return Artifacts(**self.present() | other.present())

    def present(self) -> dict[str, Any]:
        """The artifacts that are kept, by field."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: artifact for name, artifact in found.items() if artifact is not None}

    def bases(self) -> dict[str, ProjectionBasis]:
        """The projections for detection that are kept, by view: "latent", "row" and, of images, "slope"."""
        found = {"latent": self.latent_basis, "row": self.row_basis, "slope": self.slope_basis}
        return {view: basis for view, basis in found.items() if basis is not None}

    def indexes(self) -> dict[str, NeighbourIndex]:
        """The neighbours for detection that are kept, by the space that they lie in: "latent" and "row"."""
        found = {"latent": self.latent_index, "row": self.row_index}
        return {space: index for space, index in found.items() if index is not None}

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by their names in a file."""
        return {
            PLACES[name][part][0]: tensor
            for name, artifact in self.present().items()
            for part, tensor in artifact.by_field().items()
        }

    def versions(self) -> dict[str, int]:
        """Of the artifacts that are not of version 1, by field."""
        return {name: kept.version for name, kept in self.present().items() if kept.version != 1}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> Self:
        """From the tensors of a file, by name, which ``check_tensors`` has seen."""
        found: dict[str, Artifact] = {}
        for name, places in PLACES.items():
            parts = {part: tensors.get(key) for part, (key, _) in places.items()}
            if any(tensor is not None for tensor in parts.values()):
                found[name] = KINDS[name](**parts)
        return cls(**found)  # type: ignore[arg-type]


def check_versions(versions: Mapping[str, int], name: str) -> None:
    """Refuse the file ``name`` where it has artifacts of later versions; those not listed are of version 1."""
    for artifact, version in versions.items():
        if artifact not in KINDS:
            raise FileRefused(f"{name} lists an artifact {artifact!r}, which this quintet does not know: {CURE}.")
        if not 1 <= version <= KINDS[artifact].version:
            raise FileRefused(
                f"{name} holds {artifact} of version {version}; this quintet reads versions 1 to "
                f"{KINDS[artifact].version}: install a later quintet."
            )


_HINTS = get_type_hints(Artifacts, include_extras=True)
KINDS: dict[str, type[Artifact]] = {name: get_args(get_args(hint)[0])[0] for name, hint in _HINTS.items()}
"""The class of each field of ``Artifacts``."""
PLACES: dict[str, dict[str, tuple[str, TensorSpec]]] = {
    name: hint.__metadata__[0].placed(KINDS[name]) for name, hint in _HINTS.items()
}
"""Of each field of ``Artifacts``, by field of the artifact: the tensor's name in a file and what it has to be."""
TABLE: dict[str, TensorSpec] = dict(placed for places in PLACES.values() for placed in places.values())
"""What every tensor that a file keeps beside the weights has to be, by its name."""

"""What every artifact is: a frozen dataclass of tensors whose annotations hold what each may be in a file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, get_type_hints

from torch import Tensor

from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class Artifact:
    """Tensors that belong together.

    A field is ``Annotated[Tensor, TensorSpec(...)]``; one whose default is None may be missing in a file.
    """

    version: ClassVar[int] = 1
    """Raised where the meaning of the tensors changes; a file of a later version is refused."""

    @classmethod
    def specs(cls) -> dict[str, TensorSpec]:
        """What each tensor has to be, by field."""
        hints = get_type_hints(cls, include_extras=True)
        return {f.name: replace(hints[f.name].__metadata__[0], optional=f.default is None) for f in fields(cls)}

    def by_field(self) -> dict[str, Tensor]:
        """The tensors that are present, by field."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: tensor for name, tensor in found.items() if tensor is not None}


@dataclass(frozen=True)
class Stored:
    """Where a file keeps an artifact, and which models have it.

    Parameters
    ----------
    prefix : its tensors are called ``prefix.field``.
    needs : only models of which all these facts hold have it, see ``tensor_spec``.
    optional : a model of which they hold may lack it.
    axes : what the names in braces in the shapes of its tensors stand for.
    """

    prefix: str
    needs: tuple[str, ...] = ()
    optional: bool = False
    axes: dict[str, str] = field(default_factory=dict)

    def placed(self, kind: type[Artifact]) -> dict[str, tuple[str, TensorSpec]]:
        """Name in the file and spec of each tensor of an artifact that is stored here, by field."""
        specs = kind.specs()
        names = {name: ".".join(filter(None, (self.prefix, _suffix(name, spec)))) for name, spec in specs.items()}
        always = [name for name, spec in specs.items() if not spec.optional]
        return {
            name: (
                names[name],
                replace(
                    spec,
                    shape=spec.shape.format(**self.axes),
                    needs=self.needs + spec.needs,
                    optional=self.optional or spec.optional,
                    beside=tuple(names[other] for other in (*always, *spec.beside)),
                ),
            )
            for name, spec in specs.items()
        }


def _suffix(name: str, spec: TensorSpec) -> str:
    return name if spec.suffix is None else spec.suffix

"""The type of any constraint, which a schema's JSON names in its field ``type``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from quintet.data.constraints.combinations import Combinations
from quintet.data.constraints.order import Order
from quintet.data.constraints.sums import Sum

AnyConstraint = Annotated[Combinations | Order | Sum, Field(discriminator="type")]

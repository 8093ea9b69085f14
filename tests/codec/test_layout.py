"""Parts of the container: what is written is read back, and another model or a damaged part is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from quintet.codec.container.blocks import Block
from quintet.codec.container.layout import DTYPES, FileHeader, RowFormat
from quintet.codec.container.model_identity import ModelIdentity
from quintet.codec.container.salvage import describe_lost
from quintet.errors import FileRefused


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("lossy", [True, False])
def test_a_byte_says_what_rows_are(flat: bool, lossy: bool) -> None:
    for name in DTYPES:
        form = RowFormat(np.dtype(name), flat, lossy)
        assert RowFormat.from_byte(form.to_byte()[0]) == form
        assert form.dtype.str == name


def test_parts_keep_what_they_are_given() -> None:
    block = Block(1, 2**40, 70000, b"content.", b"some payload", last=True)
    blob = block.to_bytes(b"mark", b"a model.")
    assert Block.from_bytes(blob, b"a model.") == block
    assert Block.from_bytes(blob, b"another.") is None
    header = FileHeader(2, RowFormat(np.dtype(">f8"), True), b"a model.", b"mark")
    assert FileHeader.from_bytes(header.to_bytes() + b"more") == header


def test_lost_rows_in_words() -> None:
    assert describe_lost([slice(4, 8)]) == "rows 4 to 7"
    assert describe_lost([slice(0, 1), slice(4, 8), slice(9, None)]) == "rows 0 to 0, 4 to 7 and from 9 on"
    assert describe_lost([slice(i, i + 1) for i in range(0, 40, 2)]).endswith("12 to 12 and 13 more stretches")


def test_a_model_knows_its_names_and_refuses_others() -> None:
    model = ModelIdentity.from_fingerprints("weights", "weights and schema", (4, 5, 3))
    assert model.cells == 60
    for name in model.names:
        assert len(name) == 8
        model.require(name)
    edited = ModelIdentity.from_fingerprints("weights", "another schema", (4, 5, 3))
    assert edited.old_name == model.old_name
    with pytest.raises(FileRefused, match=r"the schema .* was edited"):
        model.require(edited.name)
    with pytest.raises(FileRefused, match="with the model that compressed it"):
        model.require(ModelIdentity.from_fingerprints("others", "others", (4, 5, 3)).name)

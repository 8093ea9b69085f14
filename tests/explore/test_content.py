"""What a page knows: arrays that come back as they were, the plane of the map, and rows that were asked for."""

import base64
import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet.data.condition import Condition
from quintet.data.dataset import Rows
from quintet.errors import InputError, Unanswerable
from quintet.explore import vendor
from quintet.explore.condition import condition_data, refuse_images, words_of_label
from quintet.explore.latent_map import main_plane
from quintet.explore.packing import packed, zipped
from quintet.explore.rendering import runtime_files
from quintet.explore.shown_rows import shown_rows
from tests.scale.models import digits_model
from tests.shared import Shared

if TYPE_CHECKING:
    from quintet.models.fitted import Fitted


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int32])
def test_an_array_comes_back_as_it_was(dtype: type) -> None:
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    found = packed(array)
    assert np.array_equal(np.frombuffer(base64.b64decode(found["data"]), found["dtype"]).reshape(found["shape"]), array)


def test_scores_keep_their_digits_and_other_numbers_are_those_of_the_graphs() -> None:
    value = np.array([1 / 3])
    assert packed(value)["dtype"] == "float32"
    assert np.frombuffer(base64.b64decode(packed(value, wide=True)["data"]), np.float64)[0] == 1 / 3


def test_the_plane_is_that_of_the_largest_variance_whatever_the_signs() -> None:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    z = torch.from_numpy(rng.normal(size=(400, 5)) * [9.0, 3.0, 0.5, 0.1, 0.1] @ turn).float()
    axes, share = main_plane(z)
    assert torch.allclose(axes @ axes.T, torch.eye(2), atol=1e-5)
    assert torch.allclose(main_plane(-z)[0], axes, atol=1e-5)
    total = z.var(0, unbiased=False).sum()
    assert share == pytest.approx(float((z @ axes.T).var(0, unbiased=False).sum() / total), rel=1e-4)
    assert share > 0.98


@pytest.mark.parametrize("latents", [1, 2])
def test_few_latents_are_their_own_plane(latents: int) -> None:
    axes, share = main_plane(torch.randn(20, latents, generator=torch.Generator().manual_seed(0)))
    assert torch.equal(axes, torch.eye(2, latents))
    assert share == 1.0


def asked(y: Any) -> Any:
    """What a page reads of a model with a condition like y."""
    return SimpleNamespace(schema=SimpleNamespace(condition=Condition.infer(y)))


def test_a_condition_is_a_choice_of_labels_or_a_range_of_numbers() -> None:
    y = np.array([["b", "0.5"], ["a", "2.5"], ["b", "1.5"]])
    fitted = asked(y)
    rows = Rows(torch.zeros(3, 1), condition=fitted.schema.condition.encode(y, 3))
    found = condition_data(fitted, rows)
    assert found is not None
    assert found["columns"][0] == {"name": "y0", "levels": ["a", "b"]}
    assert (found["columns"][1]["low"], found["columns"][1]["high"]) == (0.5, 2.5)
    assert found["rows"]["shape"] == [3, found["dim"]] == [3, 3]
    assert words_of_label([3.0, 4.25, "b"]) == "3, 4.25, b"
    assert condition_data(cast("Fitted", SimpleNamespace(schema=SimpleNamespace(condition=None))), rows) is None


def test_a_condition_that_is_an_image_is_refused() -> None:
    refuse_images(Condition.infer(["a", "b"]))
    with pytest.raises(Unanswerable, match="got a model whose condition is an image"):
        refuse_images(Condition.infer(np.zeros((3, 2, 2))))


def test_rows_without_a_condition_have_their_likeliest(shared: Shared) -> None:
    vae, rows = digits_model(shared), load_digits()
    X, y = rows.images[300:320].astype(np.uint8), rows.target[300:320]
    own = shown_rows(vae, X, y, 20, 0)
    assert own.rows.condition is not None
    assert own.rows.condition.argmax(1).tolist() == y.tolist()
    assert own.labels == tuple(map(str, y))
    found = shown_rows(vae, X, None, 7, 0)
    assert found.rows.condition is not None
    assert vae.schema_.condition is not None
    cost = np.stack([vae.detect(X[[0, 3, 6]], condition=label).components["elbo"] for label in range(10)], 1)
    cost -= np.log(vae.schema_.condition.weights)
    found_cost = cost[np.arange(3), found.rows.condition.argmax(1)[:3].numpy()]
    assert (found_cost - cost.min(1) < 2).all()  # nats; the two bounds have draws of their own
    drawn = shown_rows(vae, None, None, 5, 0)
    assert drawn.rows.condition is not None
    assert drawn.labels == tuple(str(label) for label in drawn.rows.condition.argmax(1).tolist())


def test_the_runtime_is_whole_and_named_as_the_page_asks_for_it() -> None:
    page = Path(vendor.__file__).parent / "page" / "runtime.js"
    for name, content in runtime_files().items():
        assert name in vendor.FILES
        assert f'"{name}"' in page.read_text(encoding="utf-8")
        assert gzip.decompress(content)
    assert len(runtime_files()) == len(vendor.FILES)
    assert gzip.decompress(runtime_files()[vendor.FILES[1]])[:4] == b"\0asm"
    assert vendor.VERSION in (vendor.RUNTIME / "README.md").read_text(encoding="utf-8")
    assert vendor.INTEGRITY in (vendor.RUNTIME / "README.md").read_text(encoding="utf-8")


def test_another_archive_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(SystemExit, match="must have the integrity"):
        vendor.refuse_other(b"another")


def test_zipping_is_the_same_each_time() -> None:
    assert zipped(b"graph" * 99) == zipped(b"graph" * 99)
    assert gzip.decompress(zipped(b"graph")) == b"graph"


def test_the_command_asks_for_a_page_or_a_folder(tmp_path: Path) -> None:
    from quintet.cli.explore import target

    with pytest.raises(InputError, match="got neither"):
        target(None, None, force=False)
    with pytest.raises(InputError, match="got both"):
        target(tmp_path / "a.html", tmp_path / "b", force=False)
    with pytest.raises(InputError, match=r"must end in \.html"):
        target(tmp_path / "page.txt", None, force=False)
    assert target(tmp_path / "page.html", None, force=False) == tmp_path / "page.html"

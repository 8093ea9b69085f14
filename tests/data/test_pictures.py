"""Pictures of any size, and patches cut from them at random."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quintet.data.patches.pictures import ENOUGH, Pictures, cut_patches, read_pictures
from quintet.errors import FileRefused, InputError


def numbered(*sizes: tuple[int, int]) -> list[np.ndarray]:
    """Pictures whose every pixel has a number of its own."""
    out, start = [], 0
    for high, wide in sizes:
        out.append(np.arange(start, start + high * wide).reshape(high, wide))
        start += high * wide
    return out


def test_patches_are_pieces_of_the_pictures_in_proportion_to_their_area() -> None:
    pictures = numbered((40, 50), (30, 20))
    patches = cut_patches(pictures, (4, 6), 650)
    assert patches.shape == (650, 4, 6)
    of_first = patches[:, 0, 0] < 2000
    assert of_first.sum() == 500
    wide = np.where(of_first, 50, 20)
    assert np.array_equal(patches, patches[:, :1, :1] + np.arange(4)[:, None] * wide[:, None, None] + np.arange(6))
    assert not np.array_equal(np.sort(of_first), of_first), "in random order"


@pytest.mark.parametrize("pictures", [2, ENOUGH])
def test_patches_of_different_groups_share_no_pixel(pictures: int) -> None:
    source = numbered(*[(70, 90)] * pictures)
    patches, groups = cut_patches(source, 8, 3000, return_groups=True)
    owner = np.full(70 * 90 * pictures, -1)
    for group in np.unique(groups):
        own = np.unique(patches[groups == group])
        assert (owner[own] == -1).all()
        owner[own] = group
    assert len(np.unique(groups)) == (pictures if pictures == ENOUGH else 2 * (70 // 32) * (90 // 32))


def test_the_same_seed_gives_the_same_patches_and_another_gives_others() -> None:
    pictures = numbered((40, 40))
    assert np.array_equal(cut_patches(pictures, 8, 50), cut_patches(pictures, 8, 50))
    assert not np.array_equal(cut_patches(pictures, 8, 50), cut_patches(pictures, 8, 50, random_state=1))


def test_a_folder_gives_the_patches_of_its_pictures(tmp_path: Path) -> None:
    pictures = [np.random.default_rng(i).integers(0, 256, (20 + i, 30, 3)).astype(np.uint8) for i in range(3)]
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    assert np.array_equal(cut_patches(tmp_path, 8, 40), cut_patches(pictures, 8, 40))
    found = read_pictures(tmp_path)
    assert [file.name for file in found.files] == ["0.png", "1.png", "2.png"]
    assert all(np.array_equal(a, b) for a, b in zip(found.all, pictures, strict=True))


def test_a_stack_comes_back_as_a_stack_and_a_list_as_a_list() -> None:
    stack = np.zeros((2, 9, 8), np.uint8)
    assert Pictures.of(stack).like(list(stack)).shape == (2, 9, 8)
    assert isinstance(Pictures.of(list(stack)).like(list(stack)), list)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([], "at least one picture"),
        (np.zeros((9, 9)), r"picture\[None\]"),
        ([np.zeros(9)], "for picture 0"),
        ([np.zeros((9, 9, 5))], "at most 4 channels"),
        ([np.zeros((9, 9)), np.zeros((9, 9, 3))], "convert them"),
        ([np.zeros((9, 9)), np.zeros((9, 9), np.uint8)], "convert them"),
        ([np.zeros((9, 9)), np.zeros((7, 9))], "got 9×7 for picture 1"),
    ],
    ids=["none", "one", "row", "five channels", "mixed channels", "mixed types", "small"],
)
def test_what_is_no_picture_is_refused(images: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        cut_patches(images, 8, 5)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="must hold images"):
        cut_patches(tmp_path, 8, 5)
    with pytest.raises(FileRefused, match="must hold images"):
        read_pictures(tmp_path)

"""Names of classes on a map do not overlap, and stay near their classes."""

import numpy as np

from quintet.report.figures.name_places import medoid, moved_apart


def test_names_that_overlap_are_moved_apart_and_others_stay() -> None:
    places = np.array([[0.5, 0.5], [0.505, 0.5], [0.1, 0.9]])
    moved = moved_apart(places, ["4", "9", "horse"])
    gap = np.abs(moved[0] - moved[1])
    assert (gap >= [0.044, 0.059]).any()
    assert np.abs(moved[:2] - places[:2]).max() < 0.07
    np.testing.assert_array_equal(moved[2], places[2])


def test_ten_names_at_one_place_do_not_overlap() -> None:
    moved = moved_apart(np.full((10, 2), 0.5), [str(k) for k in range(10)])
    apart = np.abs(moved[:, None] - moved[None]) + 9 * np.eye(10)[..., None]
    assert ((apart >= [0.0449, 0.0599]).any(-1)).all()


def test_names_without_room_stay_on_the_map() -> None:
    moved = moved_apart(np.full((12, 2), 0.5), ["a very long name"] * 12)
    assert moved.min() >= 0
    assert moved.max() <= 1


def test_the_medoid_is_a_point_in_the_middle() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.1, 0.0], [1.2, 0.0], [40.0, 0.0]])
    np.testing.assert_array_equal(medoid(points), [1.1, 0.0])

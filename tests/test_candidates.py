"""The first machines of each group, found in columns, with names only where they decide."""

from collections.abc import Sequence

import numpy as np
import pytest

from obplace import candidates as module
from obplace.candidates import Rows, first


def rows(*cells: tuple[int, int], count: Sequence[int] = ()) -> Rows:
    """Return rows of these (price, surplus)."""
    price, surplus = (np.array(column) for column in zip(*cells, strict=True))
    nothing = np.zeros_like(price)
    return Rows(nothing, nothing, price, surplus, np.arange(len(price)), np.array(count) if count else nothing + 1)


def taken(of: Rows, group: Sequence[int], most: int, names: str = "") -> list[int]:
    """Return the places of the first machines; the names of rows are one letter each, and none may be asked if none."""

    def named(asked: Sequence[int]) -> list[str]:
        assert names, f"the names of {asked} were asked for"
        return [names[row] for row in asked]

    return first(of, np.array(group), np.full(len(of), most), named).places.tolist()


def test_cheapest_come_first() -> None:
    """By price, then by surplus; each group by itself."""
    of = rows((3, 0), (1, 5), (1, 4), (2, 0), (9, 9))

    assert taken(of, [0, 0, 0, 0, 7], 2) == [2, 1, 4]


def test_names_decide_between_equal_rows() -> None:
    """Of three equal rows the two first names are taken, wherever they stand."""
    assert taken(rows((1, 1), (1, 1), (1, 1)), [0, 0, 0], 2, "cab") == [1, 2]


def test_names_are_not_asked_where_all_equal_rows_are_taken() -> None:
    """There is room for both, so their order does not matter."""
    assert sorted(taken(rows((1, 1), (1, 1), (2, 0)), [0, 0, 0], 2)) == [0, 1]


def test_rows_of_several_machines_fill_a_group() -> None:
    """Two machines of the first row and one of the second are three."""
    assert taken(rows((1, 0), (2, 0), (3, 0), count=(2, 2, 1)), [0, 0, 0], 3) == [0, 1]


def test_bounds_admit_what_could_still_come_first() -> None:
    """Group 4 is full at (2, 6): what is dearer or as dear with more surplus is out; other groups are not full."""
    of = rows((1, 0), (2, 6), (3, 0), (5, 5))
    bounds = first(of, np.array([4, 4, 4, 6]), np.full(4, 2), lambda _: []).bounds
    group, price, surplus = np.array([[4, 2, 6], [4, 2, 7], [4, 3, 0], [4, 1, 9], [6, 9, 9], [1, 9, 9]]).T

    assert bounds.admit(group, price, surplus).tolist() == [True, False, False, True, True, True]
    assert bounds.admit(group, price).tolist() == [True, True, False, True, True, True]


def test_columns_that_fit_no_number_are_sorted_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether group and price are put into one number or not, the order is the same."""
    rng = np.random.default_rng(1)
    of = rows(*rng.integers(0, 5, (200, 2)).tolist())
    group, names = rng.integers(0, 9, 200).tolist(), "".join(map(chr, rng.permutation(200)))
    together = taken(of, group, 4, names)
    monkeypatch.setattr(module, "WIDE", 0)

    assert taken(of, group, 4, names) == together

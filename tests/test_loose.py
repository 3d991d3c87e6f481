"""Counts that hardly bind are left out while a fleet is solved, and kept by whatever comes back."""

from random import Random

import numpy as np
import pytest

from obplace.columns import Columns
from obplace.fleet import Count, Fleet, Kind, Load, Stand, cost, faults
from obplace.loose import Loose, loosened, searched


def racked(prices: list[list[int]], kinds: list[tuple[int, int]], most: int) -> Fleet:
    """Return machines of 4 units by rack, kinds as (copies, need), and at most so many copies of each in a rack."""
    stands = tuple(
        Stand(f"rack {r}", (4,), tuple((price, each.count(price)) for price in sorted(set(each))), frozenset({f"r{r}"}))
        for r, each in enumerate(prices)
    )
    made = tuple(Kind(f"kind {k}", copies, (need,), 2) for k, (copies, need) in enumerate(kinds))
    counts = tuple(Count((k,), f"r{r}", most) for k in range(len(kinds)) for r in range(len(prices)))
    return Fleet(("units",), made, stands, counts=counts)


def loose(fleet: Fleet) -> Loose:
    """Return the fleet without its counts."""
    found = loosened(fleet)
    assert found is not None
    return found


def test_racks_of_which_none_is_full_are_one_stand() -> None:
    """Six racks alike become one stand with all their machines, and no count is left."""
    found = loose(racked([[3, 4], [3, 5], [3, 3], [4, 4], [5, 5], [3, 9]], [(3, 2)], 1))

    assert len(found.fleet.stands) == 1
    assert found.fleet.stands[0].prices == ((3, 5), (4, 3), (5, 3), (9, 1))
    assert found.fleet.counts == ()


def test_counts_that_may_bind_stay() -> None:
    """With a limit that is just the share of a rack, or below twice that, a count is not left out."""
    assert loosened(racked([[3, 4], [3, 5]], [(4, 2)], 2)) is None
    assert loosened(racked([[3, 4], [3, 5]], [(2, 2)], 2)) is not None


def test_loads_are_given_where_there_is_room() -> None:
    """Of two kinds with two copies each, none may be in one rack twice: the racks take turns."""
    fleet = racked([[3, 3], [3, 3], [3, 3], [3, 3]], [(2, 4), (2, 4)], 1)
    packing = [Load(0, np.array(items)) for items in ([1, 0], [1, 0], [0, 1], [0, 1])]
    back = loose(fleet).back(packing)

    assert back is not None
    assert faults(fleet, back) == []
    assert cost(fleet, back) == 12


def test_what_is_cheap_in_one_rack_alone_does_not_come_back() -> None:
    """All cheap machines are in one rack, which may hold one copy: then the whole fleet is solved."""
    fleet = racked([[1, 1, 1, 1], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]], [(3, 4)], 1)
    found = loose(fleet)

    assert found.back([Load(0, np.array([1]))] * 3) is None
    assert searched(found, 5, 0.0, 1, 0, None) is None
    assert Columns(fleet, 5, workers=1).run().cost == 1 + 9 + 9


@pytest.mark.parametrize("seed", range(40))
def test_loose_or_whole_is_the_same(seed: int) -> None:
    """What comes back keeps every count and costs what the whole fleet costs; the bound is one for both."""
    rng = Random(seed)
    prices = [[rng.choice((2, 3, 5)) for _ in range(rng.randint(2, 3))] for _ in range(rng.randint(4, 6))]
    kinds = [(rng.randint(1, 3), rng.randint(1, 4)) for _ in range(rng.randint(1, 3))]
    fleet = racked(prices, kinds, rng.choice((1, 1, 2)))
    known = Columns(fleet, 10, workers=1).run()
    found = loosened(fleet)
    out = None if found is None else searched(found, 10, 0.0, 1, 0, None)

    assert known.cost == known.bound
    if out is not None:
        assert out.packing is not None
        assert faults(fleet, out.packing) == []
        assert out.cost == known.cost == out.bound

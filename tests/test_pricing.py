from itertools import product
from random import Random

import numpy as np
import pytest

from obplace.exact import exact
from obplace.fleet import Fleet, Ints, Kind, Stand
from obplace.labels import Labels
from obplace.polish import polish
from obplace.pricing import Box, Pricer


def drawn(seed: int) -> Fleet:
    """Return a fleet of a few kinds and stands in two resources, sometimes with kinds that keep apart."""
    rng = Random(seed)
    kinds = tuple(
        Kind(f"k{n}", rng.randint(1, 3), (rng.randint(0, 6) * 2, rng.randint(1, 5)), rng.choice((None, 1, 2)))
        for n in range(rng.randint(1, 5))
    )
    stands = tuple(Stand(f"s{n}", (rng.randint(0, 25), rng.randint(0, 12)), ((1, 1),)) for n in range(3))
    pairs = [(a, b) for a in range(len(kinds)) for b in range(a + 1, len(kinds))]
    return Fleet(("x", "y"), kinds, stands, frozenset(pair for pair in pairs if rng.random() < 0.3))


def most_worth(fleet: Fleet, values: list[int], stand: int) -> int:
    """Return what the best set of items for a stand is worth, by going through all."""
    best = 0
    for items in product(*(range(int(most) + 1) for most in fleet.most)):
        fits = (np.array(items) @ fleet.needs <= fleet.capacities[stand]).all()
        if fits and not any(items[a] and items[b] for a, b in fleet.apart):
            best = max(best, sum(v * n for v, n in zip(values, items, strict=True)))
    return best


@pytest.mark.parametrize("way", [Box, Labels])
def test_best_sets_are_best(way):
    """Worths are those of going through all sets, and the sets that come with them fit, keep apart and are worth it."""
    for seed in range(60):
        fleet = drawn(seed)
        rng = Random(seed)
        values = [rng.randint(-2, 9) for _ in fleet.kinds]
        stands = np.arange(len(fleet.stands))
        pricer: Pricer = way(fleet)
        worth, chosen, sets = pricer.best(np.array(values), fleet.most, stands, lambda stands, _: stands)
        known = [most_worth(fleet, values, stand) for stand in stands.tolist()]

        assert worth.tolist() == known, seed
        for stand, items in zip(chosen.tolist(), sets, strict=True):
            assert items @ np.array(values) == known[stand]
            assert (items @ fleet.needs <= fleet.capacities[stand]).all()
            assert not any(items[a] and items[b] for a, b in fleet.apart)


def test_narrow_growth_is_a_bound_still():
    """Where sets had to be left out, what is said is no less than the best, and a closer look brings it nearer."""
    fleet = drawn(0)
    rng = Random(1)
    kinds = tuple(Kind(f"k{n}", 3, tuple(rng.randint(100, 900) for _ in range(4))) for n in range(40))
    fleet = Fleet(("a", "b", "c", "d"), kinds, (Stand("s", (3000, 3000, 3000, 3000), ((1, 1),)),))
    values: Ints = fleet.needs.sum(axis=1) + np.array([rng.randint(0, 300) for _ in kinds])
    said = []
    labels = Labels(fleet)
    for width in (5, 100_000):
        labels.width = width
        worth, _, sets = labels.best(values, fleet.most, np.array([0]), lambda stands, _: stands)
        said.append(int(worth[0]))

        assert int(sets[0] @ values) <= said[-1]

    assert int(sets[0] @ values) == said[-1] <= said[0]


def test_what_needs_nothing_is_in_every_set():
    """A kind without needs fits wherever something runs, and no double is asked for more than it holds."""
    fleet = Fleet(("x",), (Kind("a", 1, (5,)), Kind("b", 2, (0,))), (Stand("s", (9,), ((1, 3),)),))
    values = np.array([3, 1 << 40])
    worth, _, sets = Labels(fleet).best(values, fleet.most, np.array([0]), lambda *_: np.array([0]))

    assert worth.tolist() == [3 + 2 * (1 << 40)]
    assert sets.tolist() == [[1, 2]]


def test_a_solver_finds_the_best_above_a_floor():
    """It finds what going through all finds where that is more than the floor, and says the floor where it is not."""
    found = set()
    for seed in range(25):
        fleet = drawn(seed)
        rng = Random(seed)
        values = [rng.randint(-2, 9) for _ in fleet.kinds]
        most, floor = most_worth(fleet, values, 0), rng.randint(0, 12)
        best = exact(fleet, 0, np.array(values), fleet.most, floor, 5.0)

        assert best is not None
        assert best.worth == max(most, floor)
        assert (best.items is None) == (most <= floor)
        if best.items is not None:
            assert best.items @ np.array(values) == most
            assert (best.items @ fleet.needs <= fleet.capacities[0]).all()
            assert not any(best.items[a] and best.items[b] for a, b in fleet.apart)
        found.add(best.items is None)

    assert found == {True, False}


def test_polish_makes_sets_better():
    """What comes is worth no less, fits and keeps apart; beginning with one item it is often the best of all."""
    best = tried = 0
    for seed in range(60):
        fleet = drawn(seed)
        rng = Random(seed)
        values = np.array([rng.randint(1, 9) for _ in fleet.kinds])
        for kind in np.flatnonzero(fleet.able[0]).tolist()[:1]:
            items = np.zeros(len(fleet.kinds), dtype=np.int64)
            items[kind] = 1
            better = polish(fleet, 0, items, values, fleet.most)

            assert better @ values >= values[kind]
            assert (better <= fleet.most).all()
            assert (better @ fleet.needs <= fleet.capacities[0]).all()
            assert not any(better[a] and better[b] for a, b in fleet.apart)
            tried += 1
            best += int(better @ values) == most_worth(fleet, values.tolist(), 0)

    assert best > 0.8 * tried


def test_asking_closes_what_growth_leaves_open():
    """Where growth is too narrow to know, a closer look ends with worths that are those of the sets."""
    rng = Random(1)
    kinds = tuple(Kind(f"k{n}", 3, tuple(rng.randint(300, 900) for _ in range(4))) for n in range(30))
    fleet = Fleet(("a", "b", "c", "d"), kinds, (Stand("s", (3000, 3000, 3000, 3000), ((1, 1),)),))
    values: Ints = fleet.needs.sum(axis=1) + np.array([rng.randint(0, 300) for _ in kinds])
    labels = Labels(fleet)
    labels.width = 5
    first, *_ = labels.best(values, fleet.most, np.array([0]), lambda stands, _: stands)
    assert labels.open
    labels.width = 100_000
    assert labels.finer()  # no more sets: it asks
    labels.width = 5
    worth, _, sets = labels.best(values, fleet.most, np.array([0]), lambda stands, _: stands)

    assert not labels.open
    assert int((sets @ values).max()) == worth[0] < first[0]


def test_kinds_that_weigh_nothing_are_not_lost():
    """Where no resource binds, a set worth more than the floor is found all the same."""
    fleet = Fleet(("x",), (Kind("a", 1, (1,)), Kind("b", 1, (1,))), (Stand("s", (9,), ((1, 1),)),))
    labels, values = Labels(fleet), np.array([5, 7])
    worth, _, sets = labels.best(values, fleet.most, np.array([0]), lambda stands, _: stands, np.array([6]))

    assert worth.tolist() == [12]
    assert sets.tolist() == [[1, 1]]

from itertools import product
from random import Random

import numpy as np
import pytest

from obplace import hopes, labels
from obplace.fleet import Fleet, Ints, Kind, Stand
from obplace.growth import Depth, Growth
from obplace.hopes import Hopes, Slopes, fitting
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
    for width in (5, 100_000):
        grown = Growth(fleet, 0, values, fleet.most).best(0, 1, Depth(width, 0, False), lambda: 1.0)
        worth = int(grown.sets[0] @ values)
        said.append(max(worth, grown.lost))

    assert worth == said[-1] < said[0]


def test_what_needs_nothing_is_in_every_set():
    """A kind without needs fits wherever something runs, and no double is asked for more than it holds."""
    fleet = Fleet(("x",), (Kind("a", 1, (5,)), Kind("b", 2, (0,))), (Stand("s", (9,), ((1, 3),)),))
    values = np.array([3, 1 << 40])
    worth, _, sets = Labels(fleet).best(values, fleet.most, np.array([0]), lambda *_: np.array([0]))

    assert worth.tolist() == [3 + 2 * (1 << 40)]
    assert sets.tolist() == [[1, 2]]


def test_the_best_sets_above_a_floor_are_grown():
    """All that are worth more than the floor come, the best first, whatever the depth; none where none is."""
    found = set()
    for seed in range(40):
        fleet = drawn(seed)
        rng = Random(seed)
        values = np.array([rng.randint(-2, 9) for _ in fleet.kinds])
        most, floor = most_worth(fleet, values.tolist(), 0), rng.randint(0, 12)
        for depth in (Depth(10_000, 0, False), Depth(10_000, 0, True), Depth(10_000, 1, True)):
            grown = Growth(fleet, 0, values, fleet.most).best(floor, 3, depth, lambda: 1.0)

            assert grown.lost == 0
            assert [int(items @ values) for items in grown.sets][:1] == ([most] if most > floor else [])
            assert all(items @ values > floor for items in grown.sets)
            assert all((items @ fleet.needs <= fleet.capacities[0]).all() for items in grown.sets)
        found.add(most > floor)

    assert found == {True, False}


def test_hopes_are_no_less_than_what_fits():
    """From each kind on, both ways to bound a room say no less than the best set, and often just that."""
    same = tried = 0
    for seed in range(60):
        fleet = drawn(seed)
        rng = Random(seed)
        values = np.array([rng.randint(1, 9) for _ in fleet.kinds])
        room = fleet.capacities[0]
        fit = fitting(fleet.needs, room, fleet.most)
        weights = np.array([rng.random(), rng.random()])
        tables, slopes = Hopes(fleet.needs, room, values, fit, weights), Slopes(fleet.needs, values, fit)
        alone = Fleet(fleet.resources, fleet.kinds, fleet.stands)
        for kind in range(len(fleet.kinds)):
            slopes.renew(kind, room[:, None])
            best = most_worth(alone, [0] * kind + values.tolist()[kind:], 0)
            said = int(tables.at(kind, tables.room[:, None])[0])

            assert best <= min(said, int(slopes.at(kind, room[:, None])[0]))
            tried += 1
            same += said == best

    assert same > tried / 2


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


def test_close_looks_end_what_growth_leaves_open(monkeypatch):
    """Where growth is too narrow to know, closer and closer looks end with worths that are those of the sets."""
    monkeypatch.setattr(labels, "QUICK", Depth(2, 0, False))
    monkeypatch.setattr(labels, "KEEN", Depth(2, 0, False))
    monkeypatch.setattr(labels, "CLOSE", (Depth(20, 2, True), Depth(20_000, 8, True)))
    rng = Random(1)
    kinds = tuple(Kind(f"k{n}", 3, tuple(rng.randint(300, 900) for _ in range(4))) for n in range(30))
    fleet = Fleet(("a", "b", "c", "d"), kinds, (Stand("s", (3000, 3000, 3000, 3000), ((1, 1),)),))
    values: Ints = fleet.needs.sum(axis=1) + np.array([rng.randint(0, 300) for _ in kinds])
    way = Labels(fleet)
    said = [way.best(values, fleet.most, np.array([0]), lambda *_: np.array([0]))]
    while way.finer():
        said.append(way.best(values, fleet.most, np.array([0]), lambda *_: np.array([0])))
    worths = [int(worth[0]) for worth, *_ in said]

    assert len(worths) == 3
    assert worths[0] > worths[-1] == int((said[-1][2] @ values).max())


def test_best_sets_need_no_weights(monkeypatch):
    """Where the program that chooses weights has no answer, the best sets are found all the same."""
    monkeypatch.setattr(hopes, "linear", lambda *_: None)
    for seed in range(20):
        fleet = drawn(seed)
        values = np.array([Random(seed).randint(1, 9) for _ in fleet.kinds])
        worth, *_ = Labels(fleet).best(values, fleet.most, np.array([0]), lambda *_: np.array([0]))

        assert worth[0] == most_worth(fleet, values.tolist(), 0)


def test_growth_out_of_time_is_a_bound_still():
    """Without a second left what is said of a stand is no less than its best set is worth."""
    for seed in range(20):
        fleet = drawn(seed)
        values = np.array([Random(seed).randint(1, 9) for _ in fleet.kinds])
        worth, *_ = Labels(fleet, seconds=lambda: 0.0).best(values, fleet.most, np.array([0]), lambda *_: np.array([0]))

        assert worth[0] >= most_worth(fleet, values.tolist(), 0)


def test_kinds_that_weigh_nothing_are_not_lost():
    """Where no resource binds, a set worth more than the floor is found all the same."""
    fleet = Fleet(("x",), (Kind("a", 1, (1,)), Kind("b", 1, (1,))), (Stand("s", (9,), ((1, 1),)),))
    values = np.array([5, 7])
    worth, _, sets = Labels(fleet).best(values, fleet.most, np.array([0]), lambda stands, _: stands, np.array([6]))

    assert worth.tolist() == [12]
    assert sets.tolist() == [[1, 1]]

from itertools import product
from random import Random

import numpy as np
import pytest

from obplace.fleet import Fleet, Ints, Kind, Stand
from obplace.labels import Labels
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

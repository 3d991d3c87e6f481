"""The best set of items for each stand at given worths, however many resources there are."""

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np

from obplace.fleet import Fleet, Ints, Seconds
from obplace.knapsack import STATES, Table, grid
from obplace.pricers import Best, Choose, Group, Pricer

ALTERNATIVES = 16  # sets of kinds without two that keep apart, for which the programme runs at most


class Box:
    """All stands by one dynamic programme: the sets are best, and what they are worth is the bound.

    Where kinds keep apart it runs once for each way to leave some out; beyond `ALTERNATIVES` of these a bound is what
    is possible with all, and a set loses what may not be in it.
    """

    open = False

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.grid = grid(fleet.needs, fleet.capacities, fleet.most)

    def wider(self) -> bool:
        """Sets are the best already."""
        return False

    def closer(self) -> None:
        """Bounds are as near as can be."""

    def best(
        self,
        groups: Sequence[Group],
        most: Ints,
        choose: Choose,
        floor: Ints | None = None,  # noqa: ARG002 - all worths come from one table, whatever they are
        each: int = 1,  # noqa: ARG002 - and so does one best set for each stand, not the next best
    ) -> Best:
        """Return the worth of a best set for each stand, and a set for those that are chosen, group by group."""
        found = [self._group(stands, values, most, choose) for stands, values in groups]
        first = np.cumsum([0, *(len(stands) for stands, _ in groups)])
        worth, places, sets, values = zip(*found, strict=True)
        behind = [each + start for each, start in zip(places, first.tolist(), strict=False)]
        return Best(*(np.concatenate(each) for each in (worth, behind, sets, values)))

    def _group(self, stands: Ints, values: Ints, most: Ints, choose: Choose) -> Best:
        tables = [Table(self.grid, allowed, most) for allowed in together(values, self.fleet.apart)]
        worths = np.array([table.values(stands) for table in tables])
        worth: Ints = worths.max(axis=0)
        chosen = choose(stands, worth)
        sets = np.zeros((len(chosen), len(values)), dtype=np.int64)
        from_ = worths[:, chosen].argmax(axis=0)
        for number, table in enumerate(tables):
            rows = np.flatnonzero(from_ == number)
            sets[rows] = table.sets(stands[chosen[rows]], len(values))
        separate(sets, values, self.fleet.apart)
        return Best(worth, chosen, sets, sets @ values)


def together(values: Ints, apart: frozenset[tuple[int, int]]) -> list[Ints]:
    """Return the values with those of some kinds at 0, so that every set without two that keep apart is in one."""
    done: list[Ints] = []
    open_ = [values]
    while open_:
        now = open_.pop()
        pairs = [(a, b) for a, b in sorted(apart) if now[a] > 0 and now[b] > 0]
        if not pairs or len(done) + len(open_) + 2 > ALTERNATIVES:
            done.append(now)
            continue
        often = np.bincount(np.array(pairs).ravel())
        kind = int(often.argmax())
        without, alone = now.copy(), now.copy()
        without[kind] = 0
        alone[[b if a == kind else a for a, b in pairs if kind in (a, b)]] = 0
        open_ += [without, alone]
    return done


def separate(sets: Ints, values: Ints, apart: frozenset[tuple[int, int]]) -> None:
    """Of two kinds that keep apart take the one out of each set that is worth less there."""
    for a, b in sorted(apart):
        rows = np.flatnonzero((sets[:, a] > 0) & (sets[:, b] > 0))
        first = sets[rows, a] * values[a] < sets[rows, b] * values[b]
        sets[rows[first], a] = 0
        sets[rows[~first], b] = 0


def leading(order: Ints, shapes: Ints, number: int) -> Ints:
    """Return the part of an order that lies in its first shapes, so many of them; ``shapes`` is by what is ordered."""
    _, first, inverse = np.unique(shapes[order], return_index=True, return_inverse=True)
    rank = first.argsort().argsort()
    found: Ints = order[rank[inverse] < number]
    return found


def grouped(fleet: Fleet, worth: Ints, tolls: Ints) -> Iterator[Group]:
    """Yield all stands, in groups.

    Parameters
    ----------
    worth
        Of a copy of each kind anywhere, shape (kinds,).
    tolls
        What a count adds to the worth of what it counts, shape (counts,).
    """
    groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for s, kept_out in enumerate(fleet.kept_out):
        groups.setdefault((kept_out, tuple(c for c in fleet.counted[s] if tolls[c])), []).append(s)
    for (kept_out, counts), stands in groups.items():
        values = worth.copy()
        for c in counts:
            values += fleet.tally[c] * tolls[c]
        values[list(kept_out)] = 0
        yield np.array(stands), values


def pricer(fleet: Fleet, workers: int = 1, seconds: Seconds = lambda: inf) -> Pricer:
    """Return what suits a fleet: the programme where its box is small, else sets grown kind by kind."""
    box = Box(fleet)
    if box.grid.states <= STATES:
        return box
    from obplace.labels import Labels, compile_all  # which load a compiler

    compile_all()
    return Labels(fleet, workers, seconds)

"""The best set of items for each stand at given worths, however many resources there are."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Protocol

import numpy as np

from obplace.fleet import Fleet, Ints, Seconds
from obplace.knapsack import STATES, Table, grid

ALTERNATIVES = 16  # sets of kinds without two that keep apart, for which the programme runs at most


Choose = Callable[[Ints, Ints], Ints]


class Pricer(Protocol):
    """What finds sets of items.

    Attributes
    ----------
    open
        A close look may bring the bound nearer.
    """

    open: bool

    def wider(self) -> bool:
        """Look for better sets from now on; False where that is of no use."""

    def closer(self) -> None:
        """Look closely next time."""

    def best(
        self, values: Ints, most: Ints, stands: Ints, choose: Choose, floor: Ints | None = None, each: int = 1
    ) -> tuple[Ints, Ints, Ints]:
        """Return for each of some stands what no set is worth more than, and good sets for those that are chosen.

        Parameters
        ----------
        values
            Worth of one copy of each kind, shape (kinds,); what is not positive is not run.
        most
            Copies of each kind at most, shape (kinds,).
        stands
            Indices, shape (n,).
        choose
            Told these and their worths, it returns places among them.
        floor
            By stand, shape (n,): a set that is worth no more is of no interest, and worths may be said to be this.
        each
            Sets for each stand that is chosen, at most; its place comes as often.

        Returns
        -------
        tuple
            Worths, shape (n,); the places that were chosen, shape (m,); and their sets, shape (m, kinds).
        """


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
        values: Ints,
        most: Ints,
        stands: Ints,
        choose: Choose,
        floor: Ints | None = None,  # noqa: ARG002 - all worths come from one table, whatever they are
        each: int = 1,  # noqa: ARG002 - and so does one best set for each stand, not the next best
    ) -> tuple[Ints, Ints, Ints]:
        """Return the worth of a best set for each of some stands, and a set for those that are chosen."""
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
        return worth, chosen, sets


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


def grouped(fleet: Fleet, worth: Ints, tolls: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield stands in which a copy of each kind is worth the same, and these worths, shape (kinds,).

    Parameters
    ----------
    worth
        Of a copy of each kind anywhere, shape (kinds,).
    tolls
        What a count adds to the worth of what it counts, shape (counts,).
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for s, stand in enumerate(fleet.stands):
        groups.setdefault((stand.barred, *(c for c in fleet.counted[s] if tolls[c])), []).append(s)
    for (_, *counts), stands in groups.items():
        values = worth.copy()
        for c in counts:
            values += fleet.tally[c] * tolls[c]  # type: ignore[call-overload]
        values[sorted(fleet.stands[stands[0]].barred)] = 0
        yield np.array(stands), values


def pricer(fleet: Fleet, workers: int = 1, seconds: Seconds = lambda: inf) -> Pricer:
    """Return what suits a fleet: the programme where its box is small, else sets grown kind by kind."""
    box = Box(fleet)
    if box.grid.states <= STATES:
        return box
    from obplace.labels import Labels, compile_all  # which load a compiler

    compile_all()
    return Labels(fleet, workers, seconds)

"""Leave out the counts of a fleet that hardly bind, and keep them when machines are chosen.

Hundreds of racks, each with a limit, tell machines apart that are alike otherwise. Where a rack holds few of the
machines and its limit is far above its share of the copies, the limit binds only for a plan that crowds what is alike
into one rack; and a plan says how many machines of a stand run what, but seldom which. So the fleet is solved without
such counts, with the stands made one that then are alike. What is a bound there is one on the whole fleet, which has
less freedom. A packing comes back by choosing machines, the cheapest ones, and giving each its load where the counts
have most room; it is checked against them. One that does not come back is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from obplace.columns import Columns, Known, Outcome
from obplace.fleet import Fleet, Ints, Load, Stand, cost, faults

SECOND = 2  # the packing that tells: the first is one found at once, and no good one
ROOM = 2  # times its share of the copies that a domain may hold at least, for its count to be left out


@dataclass(frozen=True)
class Loose:
    """A fleet without some of its counts.

    Attributes
    ----------
    whole
        The fleet with all of them.
    kept
        The counts of ``whole`` that ``fleet`` has too, by their places there.
    members
        By stand of ``fleet``: the stands of ``whole`` that are one there.
    """

    whole: Fleet
    fleet: Fleet
    kept: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]

    @cached_property
    def left(self) -> Ints:
        """The counts that were left out, shape (n,)."""
        return np.setdiff1d(np.arange(len(self.whole.counts)), self.kept)

    def machines(self, stand: int) -> list[tuple[int, int]]:
        """Return price and stand of ``whole`` of each machine of a stand of ``fleet``, cheapest first."""
        return sorted((price, s) for s in self.members[stand] for price in self.whole.slots[s])

    def back(self, packing: Sequence[Load]) -> list[Load] | None:
        """Return a packing of the whole fleet that costs the same; None where it does not keep the counts."""
        tally = self.whole.tally[self.left]
        most = np.array([self.whole.counts[c].most for c in self.left.tolist()] + [1])
        there = np.zeros(len(self.left) + 1, dtype=np.int64)  # the last is no count, for stands of fewer than others
        places = self._places
        adds: dict[bytes, Ints] = {}
        found: list[Load] = []
        by_stand: dict[int, list[Ints]] = {}
        for load in packing:
            by_stand.setdefault(load.stand, []).append(load.items)
        for stand, loads in sorted(by_stand.items()):
            taken = np.array([s for _, s in self.machines(stand)[: len(loads)]])
            free = np.bincount(taken, minlength=len(self.whole.stands))
            for items in sorted(loads, key=lambda each: (-int(each.sum()), each.tolist())):
                key = items.tobytes()
                if key not in adds:
                    adds[key] = np.append(tally @ items, 0)
                here = np.flatnonzero(free)
                share = np.where(adds[key] > 0, (there + adds[key]) / most, 0.0)
                best = int(here[share[places[here]].max(axis=1, initial=0.0).argmin()])
                free[best] -= 1
                there[places[best]] += adds[key][places[best]]
                found.append(Load(best, items))
        return found if (there[:-1] <= most[:-1]).all() else None

    @cached_property
    def _places(self) -> Ints:
        """The places in ``left`` of the counts of each stand, shape (stands, n), filled up with one beyond."""
        number = {c: place for place, c in enumerate(self.left.tolist())}
        lists = [[number[c] for c in each if c in number] for each in self.whole.counted]
        found = np.full((len(lists), max(map(len, lists), default=0)), len(number), dtype=np.int64)
        for s, each in enumerate(lists):
            found[s, : len(each)] = each
        return found


def loosened(fleet: Fleet) -> Loose | None:
    """Return the fleet without the counts that hardly bind; None where there is nothing to gain by it."""
    # By the kinds of a count: how many machines of each stand may run one of them.
    able = {
        kinds: (fleet.able[:, list(kinds)].any(axis=1) * fleet.sizes).tolist()
        for kinds in {count.kinds for count in fleet.counts}
    }
    everywhere = {kinds: sum(machines) for kinds, machines in able.items()}
    here = [0] * len(fleet.counts)
    for s, counts in enumerate(fleet.counted):
        for c in counts:
            here[c] += able[fleet.counts[c].kinds][s]
    kept = []
    for c, count in enumerate(fleet.counts):
        copies = sum(fleet.kinds[k].copies for k in count.kinds)
        if count.place is None or ROOM * copies * here[c] > count.most * everywhere[count.kinds]:
            kept.append(c)
    if len(kept) == len(fleet.counts):
        return None
    read = {fleet.counts[c].place for c in kept}
    groups: dict[tuple[object, ...], list[int]] = {}
    for s, stand in enumerate(fleet.stands):
        groups.setdefault((stand.capacities, stand.barred, stand.places & read), []).append(s)
    stands = []
    for members in groups.values():
        first = fleet.stands[members[0]]
        prices: dict[int, int] = {}
        for s in members:
            for price, number in fleet.stands[s].prices:
                prices[price] = prices.get(price, 0) + number
        places = frozenset(place for place in first.places if place in read)
        stands.append(Stand(first.name, first.capacities, tuple(sorted(prices.items())), places, first.barred))
    less = replace(fleet, stands=tuple(stands), counts=tuple(fleet.counts[c] for c in kept))
    return Loose(fleet, less, tuple(kept), tuple(map(tuple, groups.values())))


class LooseColumns:
    """Column generation on a loose fleet, in which only what comes back counts as a packing. ``run`` it once."""

    def __init__(
        self,
        loose: Loose,
        seconds: float | None,
        gap: float,
        workers: int,
        seed: int,
        watch: Callable[[Known], None] | None,
    ) -> None:
        self.loose = loose
        self.watch = watch
        self.search = Columns(loose.fleet, seconds, gap, workers, seed, self._told)
        self.seen: list[Load] | None = None
        self.packing: list[Load] | None = None
        self.cost: int | None = None
        self.tried = 0  # packings
        self.history: list[Known] = []

    def run(self) -> Outcome | None:
        """Return what came of it, the packing one of the whole fleet; None where packings do not come back."""
        out = self.search.run()
        if self.packing is None and out.packing is not None and not out.interrupted:
            return None
        return replace(out, packing=self.packing, cost=self.cost, history=self.history)

    def _told(self, known: Known) -> None:
        packing = self.search.out.packing
        if packing is not None and packing is not self.seen:
            self.seen = packing
            self.tried += 1
            back = self.loose.back(packing)
            if back is not None:
                self.packing, self.cost = back, known.cost
            elif self.tried == SECOND:  # others will not come back either: it is over
                self.packing, self.cost, self.search.seconds = None, None, 0.0
        self.history.append(replace(known, cost=self.cost))
        if self.watch is not None:
            self.watch(self.history[-1])


def searched(
    loose: Loose,
    seconds: float | None,
    gap: float,
    workers: int,
    seed: int,
    watch: Callable[[Known], None] | None,
) -> Outcome | None:
    """Return what column generation finds for a loose fleet; None where its packings do not come back."""
    out = LooseColumns(loose, seconds, gap, workers, seed, watch).run()
    if out is not None and out.packing is not None:
        wrong = faults(loose.whole, out.packing)
        assert not wrong, wrong
        assert cost(loose.whole, out.packing) == out.cost
    return out

"""The best set of items for machines with many or large resources: each stand by itself, side by side.

Sets are grown kind by kind, only so many at once; where some had to be left out, the best of what they might have
become is the bound instead. A close look goes through them depth first.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache, partial
from math import inf
from typing import NamedTuple, TypeVar

import numpy as np

from obplace.branches import exchange, search
from obplace.fleet import Fleet, Ints, Kind, Reals, Seconds, Stand
from obplace.growth import grow
from obplace.hopes import NEVER, Machine
from obplace.pricers import Best, Choose, Group

OFTEN = 4  # looks after which the weights of a stand are chosen anew
SHARE = 0.4  # of the time that is left, for one close look at all that is open
SUMS = 16  # weighted sums of needs, beside that for the whole machine, that tell in a close look what is hopeless
EXCHANGED = 11  # sets that are made better by exchange
INTO = 2_000  # sets that are gone through for each choice of copies that are exchanged
NODES = 1_000_000  # sets that are gone through first, until it is known what stays open
A_SECOND = 5_000_000  # sets are gone through, about
TRIES = 4  # at floors that halve what is open, the last one at nothing
NAP = 0.05  # seconds between looks at the time

Each = TypeVar("Each")


class Depth(NamedTuple):
    """How closely to look.

    Attributes
    ----------
    steps
        Sets that are grown at once, times kinds: where few kinds are left a look is wider.
    points
        Into which the room of a resource is divided, to tell what is hopeless.
    stands
        For which sets are grown in one go, the likeliest ones.
    out
        Copies that are exchanged at a time.
    """

    steps: int
    points: int
    stands: int
    out: int


WIDE = (  # in turn, as less is found
    Depth(20_000, 200, 24, 2),
    Depth(80_000, 400, 24, 2),
    Depth(300_000, 400, 64, 3),
    Depth(1_000_000, 1000, 64, 3),
)
FIRST = WIDE[1]._replace(stands=16)  # where one set each is asked, and no better ones were asked for
CLOSE = Depth(4_000_000, 1000, 64, 3)
FEWEST = 100  # sets that are grown at once


@cache
def compile_all() -> None:
    """Compile what is run on machines, where that is not done yet: on a machine that holds one item."""
    fleet = Fleet(("resource",), (Kind("item", 1, (1,)),), (Stand("machine", (1,), ((1, 1),)),))
    _, sack = Machine(fleet, 0, np.array([1]), fleet.most).knapsack(0, FIRST.points, large_first=True)
    _, sets = grow(sack, 0, 1, FEWEST)
    exchange(sack, sets[0], CLOSE.out, INTO, np.zeros(1, dtype=np.int64))


@dataclass
class Kept:
    """What is kept of a stand from look to look.

    Attributes
    ----------
    sets
        Good ones, found last.
    weights, looks
        Of its resources, shape (resources,), and looks since they were first chosen.
    """

    sets: list[Ints] = field(default_factory=list)
    weights: Reals | None = None
    looks: int = 0


class Labels:
    """Sets for each stand, and in a close look a proof of what they are worth at most.

    Parameters
    ----------
    workers
        Stands that are looked at at the same time.
    seconds
        For close looks.
    """

    def __init__(self, fleet: Fleet, workers: int = 1, seconds: Seconds = lambda: inf) -> None:
        self.fleet = fleet
        self.workers = workers
        self.seconds = seconds
        self.wide = 0  # place in `WIDE`
        self.close = False  # the next look is a close one
        self.halt = np.zeros(1, dtype=np.int64)  # not 0 where it is time to stop
        self.open = True  # some worth may be less than was said last
        self.kept: defaultdict[int, Kept] = defaultdict(Kept)  # by stand

    def wider(self) -> bool:
        """Look for better sets from now on; False where that is done already."""
        before, self.wide = self.wide, min(self.wide + 1, len(WIDE) - 1)
        return self.wide > before

    def closer(self) -> None:
        """Look closely next time."""
        self.close = True

    def best(
        self, groups: Sequence[Group], most: Ints, choose: Choose, floor: Ints | None = None, each: int = 1
    ) -> Best:
        """Return what no set is worth more than for each stand, and good sets for those that are chosen."""
        asked = [(stand, values) for stands, values in groups for stand in stands.tolist()]
        least = [0] * len(asked) if floor is None else floor.tolist()
        looks = [
            _Look(self._machine(stand, values, most), self.kept[stand], worth, each, self.halt)
            for (stand, values), worth in zip(asked, least, strict=True)
        ]
        # Of the others no more is known than what weights say, until a close look.
        likely = sorted(looks, key=lambda look: -look.lost / max(1, look.worth))
        depth = FIRST if each == 1 and not self.wide else WIDE[self.wide]
        self._side_by_side(likely[: depth.stands], lambda look: look.at(depth), inf)
        if self.close:
            self.close = False
            self._closely([look for look in looks if look.lost > look.worth])
        self.open = any(look.lost > look.worth for look in looks)
        for look in looks:
            look.kept.sets = look.sets or look.kept.sets
        worth = np.array([max(look.worth, look.lost) for look in looks], dtype=np.int64)
        chosen = choose(np.array([stand for stand, _ in asked], dtype=np.int64), worth).tolist()
        places = np.array([n for n in chosen for _ in looks[n].sets], dtype=np.int64)
        sets = np.array([items for n in chosen for items in looks[n].sets], dtype=np.int64)
        values = np.array([items @ asked[n][1] for n in chosen for items in looks[n].sets], dtype=np.int64)
        return Best(worth, places, sets.reshape(len(places), len(most)), values)

    def _machine(self, stand: int, values: Ints, most: Ints) -> Machine:
        """Return a machine with weights that are good still, as any make a bound; best ones are chosen now and then."""
        kept = self.kept[stand]
        machine = Machine(self.fleet, stand, values, most, kept.weights if kept.looks % OFTEN else None)
        kept.looks += 1
        kept.weights = machine.by.weights
        return machine

    def _closely(self, looks: list["_Look"]) -> None:
        """Look at all as closely as time allows: what is easy first, then what is open for as long as there is."""
        end = time.monotonic() + SHARE * self.seconds()
        self._side_by_side(looks, lambda look: look.closely(NODES), end)
        while open_ := [look for look in looks if look.lost > look.worth]:
            if (left := end - time.monotonic()) <= NAP:
                break
            open_.sort(key=lambda look: -(look.lost - look.worth) * int(self.fleet.sizes[look.machine.stand]))
            nodes = int(min(NEVER, A_SECOND * left * self.workers / len(open_)))
            self._side_by_side(open_, partial(_Look.search, nodes=nodes), end)

    def _side_by_side(self, these: list[Each], task: Callable[[Each], object], end: float) -> None:
        """Do a task for all of these until time is over; raise what `seconds` raises."""
        self.halt[0] = time.monotonic() >= end or not self.seconds()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                open_ = {pool.submit(task, each) for each in these}
                while open_:
                    done, open_ = wait(open_, NAP, FIRST_EXCEPTION)
                    for each in done:
                        each.result()
                    self.halt[0] |= time.monotonic() >= end or not self.seconds()
            finally:
                self.halt[0] = 1


class _Look:
    """What is found for a stand: good sets, the worth of the best or else the floor, and what may have been lost."""

    def __init__(self, machine: Machine, kept: Kept, floor: int, each: int, halt: Ints) -> None:
        self.machine = machine
        self.kept = kept
        self.halt = halt
        self.worth = floor
        self.lost = machine.bound
        self.each = each
        self.sets: list[Ints] = []
        self.sums: list[Reals] | None = None
        self._add([np.minimum(items, machine.among) for items in kept.sets])

    def at(self, depth: Depth) -> None:
        """Look for good sets."""
        if self.halt[0]:
            return
        kinds, sack = self.machine.knapsack(self.worth, depth.points, large_first=False)
        lost, sets = grow(sack, self.worth, self.each, max(FEWEST, depth.steps // max(1, len(kinds))))
        self._add(self.machine.widened(kinds, sets))
        self.lost = min(self.lost, lost)
        if self.lost > self.worth and self.sets:
            self._exchange(self.sets[:EXCHANGED], depth)

    def closely(self, nodes: int) -> None:
        """Look for good sets, and for a proof that there is none better."""
        self.at(CLOSE)
        self.search(nodes)

    def _exchange(self, sets: list[Ints], depth: Depth) -> None:
        """Make sets better."""
        least = min(int(items @ self.machine.values) for items in sets)
        kinds, sack = self.machine.knapsack(least - 1, depth.points, large_first=True)
        better = np.array([exchange(sack, items[kinds], depth.out, INTO, self.halt) for items in sets])
        self._add(self.machine.widened(kinds, better))

    def search(self, nodes: int) -> None:
        """Go through sets depth first, those above a floor that comes down: what is hopeless there needs no look."""
        for number in range(1, TRIES + 1):
            if self.lost <= self.worth or not nodes or self.halt[0]:
                break
            floor = self.worth + ((self.lost - self.worth) >> number if number < TRIES else 0)
            kinds, sack = self.machine.knapsack(floor, CLOSE.points, self._sums(), large_first=True)
            missed, nodes, sets = search(sack, np.zeros(len(kinds), dtype=np.int64), floor, nodes, self.halt)
            self._add(self.machine.widened(kinds, sets))
            self.lost = min(self.lost, missed or max(floor, self.worth))

    def _sums(self) -> list[Reals]:
        if self.sums is None:
            self.sums = self.machine.sums(SUMS)
        return self.sums

    def _add(self, sets: list[Ints]) -> None:
        """Keep the best, with what there was."""
        different = {items.tobytes(): items for items in self.sets + sets}
        sets = sorted(different.values(), key=lambda items: -int(items @ self.machine.values))
        self.sets = sets[: self.each]
        self.worth = max([self.worth, *(int(items @ self.machine.values) for items in sets[:1])])

"""The best set of items for machines with many or large resources: each stand by itself, by sets grown kind by kind.

The sets grown for a stand are limited in number; where some had to be left out, the best of what they might have become
is the bound instead. A close look grows many more.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf

import numpy as np

from obplace.fleet import Fleet, Ints, Seconds
from obplace.growth import Depth, Growth
from obplace.polish import polish

QUICK, KEEN = Depth(400, 0, False), Depth(400, 8, False)  # at first, and after the first close look
CLOSE = (Depth(3_200, 16, True), Depth(25_000, 64, True), Depth(100_000, 64, True))  # while a worth stays open
AT_ONCE, GREEDY = 24, 8  # stands for which sets are grown in one go, the likeliest ones; fewer for one set each
SHARE = 0.4  # of the time that is left, for one close look at all that is open
MORE = 5  # times as many sets are returned from close looks
HARD = 0.003  # share by which close looks find more: there each look is like the first close one
POLISHED = 1  # sets are made better where a worth is open


class Labels:
    """Sets for each stand; where a worth stays open after a close look, the next one is wider.

    Parameters
    ----------
    workers
        Stands that are looked at closely at the same time.
    seconds
        For close looks.
    """

    def __init__(self, fleet: Fleet, workers: int = 1, seconds: Seconds = lambda: inf) -> None:
        self.fleet = fleet
        self.workers = workers
        self.seconds = seconds
        self.steps = np.zeros(len(fleet.stands), dtype=np.int64)  # place of the next close look in `CLOSE`
        self.look = QUICK
        self.hard = np.zeros(len(fleet.stands), dtype=np.bool_)  # each look is like the first close one
        self.closer = False  # the next look is a close one
        self.spent = False  # the last one was as close as can be
        self.open = True  # some worth may be less than was said last
        self.last: dict[int, Ints] = {}  # by stand, the best set that was found last

    def finer(self) -> bool:
        """Look closely next time; False where that is of no use."""
        self.look = KEEN
        self.closer = self.open and not self.spent
        return self.closer

    def best(
        self,
        values: Ints,
        most: Ints,
        stands: Ints,
        choose: Callable[[Ints, Ints], Ints],
        floor: Ints | None = None,
        each: int = 1,
    ) -> tuple[Ints, Ints, Ints]:
        """Return what no set is worth more than for each of some stands, and good sets for those that are chosen."""
        least = np.zeros(len(stands), dtype=np.int64) if floor is None else floor
        looks = [
            _Look(Growth(self.fleet, stand, values, most), self.last.get(stand), worth)
            for stand, worth in zip(stands.tolist(), least.tolist(), strict=True)
        ]
        # Of the others no more is known than what weights say, until a close look.
        likely = sorted(looks, key=lambda look: -look.growth.by.bound / max(1, look.worth))
        for look in likely[: AT_ONCE if each > 1 else GREEDY]:
            if not self.hard[look.stand]:
                look.grow(each, self.look, self.seconds)
        hard = [look for look in looks if self.hard[look.stand]]
        self._side_by_side(hard, lambda look: look.grow(each, CLOSE[0], self.seconds))
        open_ = [look for look in looks if look.lost > look.worth]
        self.spent = self.closer and all(self.steps[look.stand] == len(CLOSE) - 1 for look in open_)
        if self.closer:
            # Where most is open first: there may be too little time for all.
            open_.sort(key=lambda look: -(look.lost - look.worth) * int(self.fleet.sizes[look.stand]))
            end = time.monotonic() + SHARE * self.seconds()
            self._side_by_side(open_, lambda look: self._closer(look, each, lambda: end - time.monotonic()))
            self.closer = False
        self.open = any(look.lost > look.worth for look in looks)
        sets_of = [look.ordered() for look in looks]
        self.last.update({look.stand: sets[0] for look, sets in zip(looks, sets_of, strict=True) if sets})
        said = np.array([max(look.worth, look.lost) for look in looks], dtype=np.int64)
        chosen = choose(stands, said)
        places = [n for n in chosen.tolist() for _ in sets_of[n]]
        sets = np.array([items for n in chosen.tolist() for items in sets_of[n]], dtype=np.int64)
        return said, np.array(places, dtype=np.int64), sets.reshape(len(places), len(values))

    def _side_by_side(self, looks: list["_Look"], task: Callable[["_Look"], None]) -> None:
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(task, looks))

    def _closer(self, look: "_Look", each: int, share: Seconds) -> None:
        before = look.worth
        look.grow(each * MORE, CLOSE[self.steps[look.stand]], lambda: min(self.seconds(), max(0.0, share())))
        self.hard[look.stand] |= look.worth > before * (1 + HARD)
        if look.lost > look.worth:
            self.steps[look.stand] = min(self.steps[look.stand] + 1, len(CLOSE) - 1)


class _Look:
    """What is found for a stand: sets, the worth of the best or else the floor, and what may have been lost."""

    def __init__(self, growth: Growth, before: Ints | None, floor: int) -> None:
        self.growth = growth
        self.stand = growth.stand
        self.worth = floor
        self.lost = int(growth.by.bound) + 1
        self.sets: list[Ints] = []
        if before is not None:
            self._add([np.minimum(before, growth.among)])

    def grow(self, each: int, depth: Depth, seconds: Seconds) -> None:
        """Grow sets; where one may be worth more than those found, make the best one better."""
        grown = self.growth.best(self.worth, each, depth, seconds)
        self._add(grown.sets)
        self.lost = min(self.lost, grown.lost)
        if self.lost > self.worth:
            self._add([self._polished(items) for items in self.ordered()[:POLISHED]])

    def ordered(self) -> list[Ints]:
        """Return the sets, the best first."""
        return sorted(self.sets, key=lambda items: -int(items @ self.growth.values))

    def _add(self, sets: list[Ints]) -> None:
        self.sets += sets
        self.worth = max([self.worth, *(int(items @ self.growth.values) for items in sets)])

    def _polished(self, items: Ints) -> Ints:
        growth = self.growth
        return polish(growth.fleet, growth.stand, items, growth.values, growth.among)

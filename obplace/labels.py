"""The best set of items for machines with many or large resources: sets grown kind by kind, hopeless ones left out.

A surrogate, one weight for all resources, says how much a set may still gain. The sets grown for a stand are limited in
number; where some had to be left out, the best of what they might have become is the bound instead.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from obplace.exact import Best, exact
from obplace.fleet import Fleet, Ints, Reals, Seconds
from obplace.polish import polish

NARROW, WIDEST = 400, 1600  # sets that are grown at once for one stand
POLISHED = 3  # of them are made better
EACH = 3.0  # seconds of CP-SAT for one stand
STEPS = 60  # towards the best surrogate
LEAST = 1e-200  # of a weight: a value over it is still a double
SAFE = 1 + 1e-9  # times a sum of doubles is not less than the sum of what they stand for


def surrogates(needs: Reals, capacities: Reals, values: Reals, most: Reals) -> Reals:
    """Return weights of resources by stand, shape (stands, resources), with which the surrogate bound is low.

    The bound is weights @ capacities + sum of most * max(0, value - weights @ needs): any weights make it one.
    """
    share = needs[None, :, :] / np.maximum(capacities, 1e-9)[:, None, :]  # of a machine, by stand and kind
    fits = (share <= 1).all(axis=2)
    top = np.where(fits, most, 0.0)
    weights = np.full(capacities.shape, 1.0) * (values * (top > 0)).max(axis=1, initial=1.0)[:, None]
    best, kept = np.full(len(capacities), np.inf), weights.copy()
    for step in range(STEPS):
        over = values - np.einsum("skr,sr->sk", share, weights)
        bound = weights.sum(axis=1) + (top * np.maximum(over, 0)).sum(axis=1)
        better = bound < best
        best[better], kept[better] = bound[better], weights[better]
        slope = 1 - np.einsum("sk,skr->sr", top * (over > 0), share)
        length = np.maximum((slope**2).sum(axis=1), 1e-12)
        weights = np.maximum(0, weights - (0.3 * 0.93**step * best / length)[:, None] * slope)
    found: Reals = kept / np.maximum(capacities, 1e-9)
    return found


class Labels:
    """Sets for each stand by itself; ``finer`` looks at more of them, and then asks CP-SAT, for a bound that is nearer.

    Parameters
    ----------
    workers
        Stands for which CP-SAT is asked at the same time.
    seconds
        For all that is asked.
    """

    def __init__(self, fleet: Fleet, workers: int = 1, seconds: Seconds = lambda: inf) -> None:
        self.fleet = fleet
        self.workers = workers
        self.seconds = seconds
        self.width = NARROW
        self.asks = False
        self.open = True  # some worth may be less than was said
        self.last: dict[int, Ints] = {}  # by stand, the best set that was found last
        self.tied = sorted({kind for pair in fleet.apart for kind in pair})
        self.apart = np.zeros((len(fleet.kinds), len(self.tied)), dtype=np.bool_)
        for a, b in fleet.apart:
            self.apart[a, self.tied.index(b)] = self.apart[b, self.tied.index(a)] = True

    def finer(self) -> bool:
        """Look at more sets from now on, or ask CP-SAT next time; False where that is of no use."""
        if not self.open:
            return False
        self.asks = self.width >= WIDEST
        self.width = min(self.width * 4, WIDEST)
        return True

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
        fleet = self.fleet
        kinds = np.flatnonzero((values > 0) & (most > 0))
        worth = np.zeros(len(stands), dtype=np.int64) if floor is None else floor.astype(np.int64)
        if not len(kinds):
            return worth, np.zeros(0, dtype=np.int64), np.zeros((0, len(values)), dtype=np.int64)
        weights = surrogates(
            fleet.needs[kinds].astype(float),
            fleet.capacities[stands].astype(float),
            values[kinds].astype(float),
            most[kinds].astype(float),
        )
        grown: list[list[Ints]] = []
        lost: list[int] = []
        for n, s in enumerate(stands.tolist()):
            here = kinds[fleet.able[s, kinds]]
            found = self._grow(s, here, values, most, weights[n], int(worth[n]), each)
            good = self._polished(s, found.sets, values, most)
            worth[n] = max(int(worth[n]), *(int(items @ values) for items in good), 0)
            lost.append(found.lost)
            grown.append(good)
        if self.asks:
            self._ask(stands, values, most, worth, lost, grown)
            self.asks = False
        self.open = bool((np.array(lost) > worth).any())
        worth = np.maximum(worth, np.array(lost, dtype=np.int64))
        chosen = choose(stands, worth)
        places = [n for n in chosen.tolist() for _ in grown[n]]
        sets = np.array([items for n in chosen.tolist() for items in grown[n]], dtype=np.int64)
        return worth, np.array(places, dtype=np.int64), sets.reshape(len(places), len(values))

    def _polished(self, s: int, sets: list[Ints], values: Ints, most: Ints) -> list[Ints]:
        """Return the sets with the first few, and what was best last time, made better, the best first."""
        before = [np.minimum(self.last[s], most)] if s in self.last else []
        better = [polish(self.fleet, s, items, values, most) for items in [*before, *sets[:POLISHED]]]
        order = sorted([*better, *sets[POLISHED:]], key=lambda items: -int(items @ values))
        if order:
            self.last[s] = order[0]
        return order

    def _ask(
        self, stands: Ints, values: Ints, most: Ints, worth: Ints, lost: list[int], grown: list[list[Ints]]
    ) -> None:
        """Ask CP-SAT for the stands whose worth is open; change what was found for them."""
        open_ = [n for n in range(len(stands)) if lost[n] > worth[n]]
        pool = ThreadPoolExecutor(self.workers)
        try:
            asked = {n: pool.submit(self._exact, int(stands[n]), values, most, int(worth[n])) for n in open_}
            for n, future in asked.items():
                if (found := future.result()) is None:
                    continue
                lost[n] = min(lost[n], found.worth)
                if found.items is not None:
                    worth[n] = int(found.items @ values)
                    self.last[int(stands[n])] = found.items
                    grown[n].insert(0, found.items)
        finally:
            pool.shutdown(cancel_futures=True)

    def _exact(self, stand: int, values: Ints, most: Ints, floor: int) -> Best | None:
        seconds = min(EACH, self.seconds())
        return exact(self.fleet, stand, values, most, floor, seconds) if seconds else None

    def _grow(self, s: int, kinds: Ints, values: Ints, most: Ints, weights: Reals, floor: int, each: int) -> "Grown":
        """Grow sets for one stand; each step keeps those that may still be best, the most hopeful where too many."""
        fleet = self.fleet
        weight = np.maximum(fleet.needs[kinds] @ weights, LEAST)
        order = np.argsort(-values[kinds] / weight, kind="stable")
        kinds, weight = kinds[order], weight[order]
        # What the rest of the room is worth at most: kinds in order, the last one in part.
        ahead_weight = np.concatenate([[0.0], np.cumsum(most[kinds] * weight)])
        ahead_value = np.concatenate([[0.0], np.cumsum(most[kinds] * values[kinds]).astype(float)])
        left = fleet.capacities[s][None, :].copy()
        # Kinds that weigh nothing were given a least weight, for which there has to be room.
        room = np.array([float(fleet.capacities[s] @ weights) + 2 * LEAST * float(most[kinds].sum())])
        value = np.zeros(1, dtype=np.int64)
        ties = np.zeros((1, len(self.tied)), dtype=np.bool_)  # which of the kinds that keep apart a set may not take
        trail: list[tuple[NDArray[np.intp], NDArray[np.int64]]] = []
        best, lost = floor, 0
        ends: list[tuple[int, int, int]] = []  # the most worthy sets: their worth, steps to them, and row
        for j, kind in enumerate(kinds.tolist()):
            hope = value + (np.interp(ahead_weight[j] + room, ahead_weight, ahead_value) - ahead_value[j]) * SAFE + 1
            rows = np.flatnonzero(hope > best)
            if not len(rows):
                break
            if len(rows) > self.width:
                rows = rows[np.argsort(-hope[rows], kind="stable")]
                lost = max(lost, int(hope[rows[self.width]]))
                rows = rows[: self.width]
            parents, copies = [rows], [np.zeros(len(rows), dtype=np.int64)]
            may = rows if kind not in self.tied else rows[~ties[rows, self.tied.index(kind)]]
            need = fleet.needs[kind]
            for number in range(1, int(most[kind]) + 1):
                may = may[(left[may] >= need * number).all(axis=1)]
                if not len(may):
                    break
                parents.append(may)
                copies.append(np.full(len(may), number, dtype=np.int64))
            parent, number_of = np.concatenate(parents), np.concatenate(copies)
            trail.append((parent, number_of))
            left = left[parent] - number_of[:, None] * need
            value = value[parent] + number_of * int(values[kind])
            room = np.maximum(0.0, room[parent] - number_of * weight[j])
            ties = ties[parent] | (self.apart[kind] & (number_of > 0)[:, None])
            new = np.arange(len(rows), len(parent))  # those that took a copy in this step
            if len(new) > each:
                new = new[np.argpartition(-value[new], each)[:each]]
            ends = sorted(ends + [(int(value[n]), j + 1, int(n)) for n in new.tolist()], reverse=True)[:each]
            best = max(best, ends[0][0] if ends else 0)
        sets = []
        for _, steps, row in ends:
            items = np.zeros(len(values), dtype=np.int64)
            for j in range(steps - 1, -1, -1):
                parent, number_of = trail[j]
                items[kinds[j]] = number_of[row]
                row = int(parent[row])
            sets.append(items)
        return Grown(lost, sets)


class Grown(NamedTuple):
    """What was grown for a stand: the most that may have been lost by leaving sets out, and the best sets."""

    lost: int
    sets: list[Ints]

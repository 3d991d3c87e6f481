"""A packing made cheaper: a few machines are emptied, and CP-SAT packs their items again for strictly less.

Machines are chosen by what they waste: their price less what their items are worth at the master program's prices. How
many are emptied at once goes up while the solver soon knows that nothing is to be gained, and down when it takes long.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from obplace.engine import Effort, cpsat
from obplace.fleet import Fleet, Ints, Load, cost, used
from obplace.master import Reals
from obplace.model import Model, Terms

FEWEST, MOST = 4, 20  # machines emptied at once
FIRST = 7.0
OTHERS = 40  # stands from which unused machines may join
UNUSED = 2  # of them from each
EACH = 1.5  # seconds for one try


class Mender:
    """A packing that is made better again and again; ``packing`` and ``cost`` are the best so far."""

    def __init__(self, fleet: Fleet, packing: list[Load], worth: Reals, seed: int) -> None:
        self.fleet = fleet
        self.packing = packing
        self.worth = worth
        self.cost = cost(fleet, packing)
        self.size = FIRST
        self.random = np.random.default_rng(seed)

    def attempt(self, effort: Effort) -> bool:
        """Try once with other machines; say whether the packing is better now. Raise on an interrupt."""
        chosen = self._choose()
        emptied = [self.packing[n] for n in chosen]
        kept = [load for n, load in enumerate(self.packing) if n not in chosen]
        model, places = _model(self.fleet, emptied, kept, self.cost - cost(self.fleet, kept), self._joining(emptied))
        seconds = EACH if effort.seconds is None else min(EACH, effort.seconds)
        seed = int(self.random.integers(1 << 30))
        answer = cpsat(model, model.objectives["cost"], (), None, replace(effort, seconds=seconds, seed=seed))
        if answer.interrupted:
            raise KeyboardInterrupt
        if answer.values is None:
            step = 0.1 if answer.infeasible else -0.5
            self.size = min(max(self.size + step, FEWEST), MOST)
            return False
        loads = []
        for stand, counts in places:
            items = np.zeros(len(self.fleet.kinds), dtype=np.int64)
            items[list(counts)] = [answer.values[x] for x in counts.values()]
            if items.any():
                loads.append(Load(stand, items))
        self.packing = kept + loads
        self.cost = cost(self.fleet, self.packing)
        return True

    def _choose(self) -> set[int]:
        """Choose machines: by waste, of those that waste most, or any."""
        number = min(len(self.packing), max(FEWEST, int(self.size + self.random.integers(-2, 3))))
        dearest = used(self.fleet, self.packing) - 1
        waste = np.array(
            [self.fleet.slots[stand][dearest[stand]] - items @ self.worth for stand, items in self.packing]
        )
        way = self.random.random()
        if way < 0.5:
            likely = np.maximum(waste, 0) + 1e-3 * max(1e-9, np.abs(waste).mean())
            return set(self.random.choice(len(waste), number, replace=False, p=likely / likely.sum()).tolist())
        among = np.argsort(-waste)[: 3 * number] if way < 0.8 else np.arange(len(waste))
        return set(self.random.choice(among, min(number, len(among)), replace=False).tolist())

    def _joining(self, emptied: list[Load]) -> list[int]:
        """Return stands from which unused machines may join: those that could be emptied, and some others."""
        mine = sorted({load.stand for load in emptied})
        items = sum(load.items for load in emptied)
        fits = self.fleet.able[:, np.flatnonzero(items)].any(axis=1)
        fits[mine] = False
        others = np.flatnonzero(fits)
        if len(others) > OTHERS:
            others = np.sort(self.random.choice(others, OTHERS, replace=False))
        return mine + others.tolist()


def _model(
    fleet: Fleet, emptied: list[Load], kept: list[Load], cost: int, stands: list[int]
) -> tuple[Model, list[tuple[int, dict[int, int]]]]:
    """Return the model of all ways to place the items of the emptied machines for less, and its machines.

    Each of these has its stand and the variable that counts the copies of each kind.
    """
    items: Ints = np.sum([load.items for load in emptied], axis=0)
    kinds = np.flatnonzero(items).tolist()
    taken, own = used(fleet, kept), used(fleet, emptied)
    model = Model()
    objective: Terms = {}
    placed: dict[int, Terms] = {kind: {} for kind in kinds}
    whole: list[Terms] = [{} for _ in fleet.resources]
    counted: list[Terms] = [{} for _ in fleet.counts]
    places = []
    for s in stands:
        before: int | None = None
        for price in fleet.slots[s][taken[s] : taken[s] + own[s] + UNUSED]:
            if price >= cost:
                break
            runs = model.variable(0, 1)
            objective[runs] = price
            counts = {kind: model.variable(0, top) for kind in kinds if (top := _top(fleet, s, kind, items))}
            for r, (total, capacity) in enumerate(zip(whole, fleet.stands[s].capacities, strict=True)):
                load = {x: fleet.kinds[kind].needs[r] for kind, x in counts.items() if fleet.kinds[kind].needs[r]}
                model.row(load | {runs: -capacity}, high=0)
                total[runs] = capacity
            for kind, x in counts.items():
                placed[kind][x] = 1
            for c in fleet.counted[s]:
                counted[c].update({x: 1 for kind, x in counts.items() if fleet.tally[c, kind]})
            _apart(fleet, model, counts)
            if before is not None:
                model.row({before: 1, runs: -1}, low=0)  # machines of a stand in the order of their prices
            before = runs
            places.append((s, counts))
    for kind in kinds:
        model.row(placed[kind], int(items[kind]), int(items[kind]))
    for r, total in enumerate(whole):
        model.row(total, low=int(fleet.needs[:, r] @ items))
    for c, terms in enumerate(counted):
        held = sum(int(fleet.tally[c] @ load.items) for load in kept if c in fleet.counted[load.stand])
        if terms:
            model.row(terms, high=fleet.counts[c].most - held)
    model.row(objective, high=cost - 1)
    model.objectives["cost"] = objective
    return model, places


def _top(fleet: Fleet, s: int, kind: int, items: Ints) -> int:
    """Return how many copies of a kind one machine could run."""
    if not fleet.able[s, kind]:
        return 0
    pairs = zip(fleet.kinds[kind].needs, fleet.stands[s].capacities, strict=True)
    return min(int(items[kind]), int(fleet.most[kind]), *(capacity // need for need, capacity in pairs if need))


def _apart(fleet: Fleet, model: Model, counts: dict[int, int]) -> None:
    for a, b in sorted(fleet.apart):
        if a in counts and b in counts:
            first = model.variable(0, 1)
            model.row({counts[a]: 1, first: -model.upper[counts[a]]}, high=0)
            model.row({counts[b]: 1, first: model.upper[counts[b]]}, high=model.upper[counts[b]])


def mend(mender: Mender, bound: Callable[[], int], stop: Callable[[], bool], better: Callable[[], None], effort: Effort) -> None:
    """Try until the bound is reached or it is time to stop; tell of each improvement."""
    while mender.cost > bound() and not stop():
        if mender.attempt(effort):
            better()

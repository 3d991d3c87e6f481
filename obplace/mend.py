"""A packing made cheaper: some machines are emptied, and what they ran is packed again for less.

Machines are chosen by what they waste: their price less what their items are worth at the master program's prices.
CP-SAT packs a few of them; how many goes up while it soon knows that nothing is to be gained, and down when it takes
long. A dive packs many, or a large part of all.
"""

import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from obplace.dive import alike, dive
from obplace.engine import Answer, Effort, cpsat
from obplace.fleet import Bools, Fleet, Ints, Load, Reals, Seconds, cost, used
from obplace.generate import Pace
from obplace.model import Model, Terms
from obplace.rest import beside
from obplace.sets import Sets
from obplace.surrogate import fitting

FEWEST, MOST = 4, 20  # machines emptied at once
FIRST = 7.0
GROW, SHRINK = 1.0, -1.0  # after a try that soon finds nothing, and one that takes too long
ASIDE = 5
PATIENCE = 20  # failures in a row before another packing of the same cost will do
OTHERS = 40  # stands from which unused machines may join
UNUSED = 2  # of them from each
EACH = 1.5  # seconds for one try
MANY, LARGE = (24, 60), (60, 200)  # machines that a dive packs at once: small parts, and large ones
STUCK, WORSE = 30, 1e-3  # tries in a row that gain nothing, and by what share a packing may then cost more
GAIN = 4e-5  # of the whole cost: a round of theirs that gains less was the last; many that are quick find more
LEAST = 0.4  # share of the time that goes to all ways alike
FADES = 0.95


@dataclass
class Way:
    """What a way to mend gained so far, in how many seconds and tries; what is long ago counts less."""

    gained: float = 0.0
    seconds: float = 1.0
    tries: float = 1.0

    def took(self, gained: float, seconds: float) -> None:
        """Note one more try."""
        self.gained = FADES * self.gained + gained
        self.seconds = FADES * self.seconds + seconds
        self.tries = FADES * self.tries + 1


class Mender:
    """A packing that is made better again and again.

    There are three ways: CP-SAT packs a few machines, a dive packs many, and a dive packs a large part of all. What
    gained more in its time so far is given more time. Where nothing gains for long it goes on from packings that cost
    a little more than the best.

    Attributes
    ----------
    packing, cost
        Where it stands: the best so far after a try that was one.
    best
        The lowest cost so far.
    """

    def __init__(self, fleet: Fleet, packing: list[Load], worth: Reals, known: Sets, effort: Effort) -> None:
        self.fleet = fleet
        self.packing = packing
        self.worth = worth
        self.effort = effort
        self.known = known
        self.cost = self.best = cost(fleet, packing)
        self.since = 0  # tries since the best one
        self.size = FIRST
        self.failures = 0  # in a row, of CP-SAT
        self.random = np.random.default_rng(effort.seed)
        self.ways = {way: Way() for way in (self._few, partial(self._many, MANY), partial(self._many, LARGE))}

    def attempt(self, seconds: Seconds) -> bool:
        """Try once with other machines; say whether the packing is the best now. Raise on an interrupt."""
        rates = np.array([way.gained / way.seconds for way in self.ways.values()])
        even = np.full(len(rates), 1 / len(rates))
        shares = LEAST * even + (1 - LEAST) * (rates / rates.sum() if rates.any() else even)
        often = shares * [way.tries / way.seconds for way in self.ways.values()]
        attempt, way = list(self.ways.items())[self.random.choice(len(often), p=often / often.sum())]
        before, start = self.best, time.monotonic()
        attempt(seconds)
        self.best = min(self.best, self.cost)
        self.since = 0 if self.best < before else self.since + 1
        way.took(before - self.best, time.monotonic() - start)
        return self.best < before

    def _few(self, seconds: Seconds) -> None:
        chosen = self._choose(max(FEWEST, int(self.size + self.random.integers(-2, 3))))
        emptied = [self.packing[n] for n in chosen]
        kept = [load for n, load in enumerate(self.packing) if n not in chosen]
        items: Ints = np.sum([load.items for load in emptied], axis=0)
        # After many failures another packing of the same cost will do: what cannot be bettered here can be from there.
        aside = self.failures > PATIENCE and self.failures % ASIDE == 0
        least = self.cost - cost(self.fleet, kept) + aside
        packer = Packer(self.fleet, items, kept, least, self._offered(emptied, items))
        if aside:
            packer.objective = {}
        seed = int(self.random.integers(1 << 30))
        answer = packer.solve(replace(self.effort, seconds=min(EACH, seconds()), seed=seed))
        if answer.values is None:
            step = GROW if answer.infeasible else SHRINK
            self.size = min(max(self.size + step, FEWEST), MOST)
            self.failures += 1
            return
        before = self.cost
        self._take(kept + packer.loads(answer.values), self.cost)
        self.failures = 0 if self.cost < before else self.failures + 1

    def _many(self, machines: tuple[int, int], seconds: Seconds) -> None:
        chosen = self._choose(int(self.random.integers(*machines)))
        freed = [self.packing[n] for n in chosen]
        kept = [load for n, load in enumerate(self.packing) if n not in chosen]
        task = beside(self.fleet, kept)
        sets = [*freed, *alike(self.known, task.left)]
        pace = Pace(GAIN * self.cost, seconds, self.effort.workers)
        # From another packing of the same cost others can be reached, or of a higher one.
        most = self.best + int(WORSE * self.best) if self.since > STUCK else self.cost
        packing = kept + dive(task, self.worth, sets, pace, seconds, most - cost(self.fleet, kept) + 1, self.random)
        if (np.sum([load.items for load in packing], axis=0) == self.fleet.copies).all():
            self._take(packing, most)

    def _take(self, packing: list[Load], most: int) -> None:
        """Go on with a packing unless it costs more."""
        if (now := cost(self.fleet, packing)) <= most:
            self.packing, self.cost = packing, now

    def _choose(self, number: int) -> list[int]:
        """Choose so many machines: by waste, of those that waste most, or any."""
        number = min(len(self.packing), number)
        dearest = used(self.fleet, self.packing) - 1
        waste = np.array(
            [self.fleet.slots[stand][dearest[stand]] - items @ self.worth for stand, items in self.packing]
        )
        way = self.random.random()
        if way < 0.5:
            likely = np.maximum(waste, 0) + 1e-3 * max(1e-9, np.abs(waste).mean())
            return sorted(self.random.choice(len(waste), number, replace=False, p=likely / likely.sum()).tolist())
        among = np.argsort(-waste)[: 3 * number] if way < 0.8 else np.arange(len(waste))
        return sorted(self.random.choice(among, min(number, len(among)), replace=False).tolist())

    def _offered(self, emptied: list[Load], items: Ints) -> dict[int, int]:
        """Return by stand how many machines may be used: those that are emptied, and some from others."""
        own = used(self.fleet, emptied)
        fits: Bools = np.array(self.fleet.able[:, np.flatnonzero(items)].any(axis=1))
        others = np.flatnonzero(fits & (own == 0))
        if len(others) > OTHERS:
            others = self.random.choice(others, OTHERS, replace=False)
        return {int(s): int(own[s]) + UNUSED for s in sorted({*np.flatnonzero(own).tolist(), *others.tolist()})}


def whole(fleet: Fleet, cost: int, effort: Effort) -> tuple[list[Load] | None, int | None]:
    """Return a packing that costs less, by one model of all, and a bound on all packings; None where unknown."""
    packer = Packer(fleet, fleet.copies, [], cost, dict(enumerate(fleet.sizes.tolist())))
    answer = packer.solve(effort)
    if answer.infeasible:
        return None, cost
    return (None if answer.values is None else packer.loads(answer.values)), answer.bound


class Packer:
    """The model of all ways to place some items for less than a cost, beside machines that are kept.

    Parameters
    ----------
    items
        Copies of each kind to place, shape (kinds,).
    cost
        What the machines for them have to stay below.
    offered
        By stand how many machines may be used beside those kept, the cheapest ones.
    """

    def __init__(self, fleet: Fleet, items: Ints, kept: list[Load], cost: int, offered: dict[int, int]) -> None:
        self.fleet = fleet
        self.items = items
        self.kinds = np.flatnonzero(items).tolist()
        self.model = Model()
        self.objective: Terms = {}
        self.placed: dict[int, Terms] = {kind: {} for kind in self.kinds}
        self.sums: list[Terms] = [{} for _ in fleet.resources]
        self.counted: list[Terms] = [{} for _ in fleet.counts]
        self.machines: list[tuple[int, dict[int, int]]] = []  # stand, and by kind the variable that counts its copies
        taken = used(fleet, kept)
        for s, number in offered.items():
            before: int | None = None
            for price in fleet.slots[s][taken[s] : taken[s] + number]:
                if price >= cost:
                    break
                runs = self._machine(s, price)
                if before is not None:
                    self.model.row({before: 1, runs: -1}, low=0)  # machines of a stand in the order of their prices
                before = runs
        for kind in self.kinds:
            self.model.row(self.placed[kind], int(items[kind]), int(items[kind]))
        for r, terms in enumerate(self.sums):
            self.model.row(terms, low=int(fleet.needs[:, r] @ items))
        for c, terms in enumerate(self.counted):
            held = sum(int(fleet.tally[c] @ load.items) for load in kept if c in fleet.counted[load.stand])
            if terms:
                self.model.row(terms, high=fleet.counts[c].most - held)
        self.model.row(self.objective, high=cost - 1)

    def _machine(self, s: int, price: int) -> int:
        fleet, model = self.fleet, self.model
        runs = model.variable(0, 1)
        self.objective[runs] = price
        able = [kind for kind in self.kinds if fleet.able[s, kind]]
        most = fitting(fleet.needs[able], fleet.capacities[s], np.minimum(self.items, fleet.most)[able])
        counts = {kind: model.variable(0, top) for kind, top in zip(able, most.tolist(), strict=True) if top}
        for r, (total, capacity) in enumerate(zip(self.sums, fleet.stands[s].capacities, strict=True)):
            load = {x: fleet.kinds[kind].needs[r] for kind, x in counts.items() if fleet.kinds[kind].needs[r]}
            model.row(load | {runs: -capacity}, high=0)
            total[runs] = capacity
        for kind, x in counts.items():
            self.placed[kind][x] = 1
        for c in fleet.counted[s]:
            self.counted[c].update({x: 1 for kind, x in counts.items() if fleet.tally[c, kind]})
        for kind, x in counts.items():
            if not fleet.needs[kind].any():
                model.row({x: 1, runs: -model.upper[x]}, high=0)
        _keep_apart(fleet, model, counts)
        self.machines.append((s, counts))
        return runs

    def solve(self, effort: Effort) -> Answer:
        """Solve it; raise KeyboardInterrupt where somebody interrupts."""
        answer = cpsat(self.model, self.objective, (), None, effort)
        if answer.interrupted:
            raise KeyboardInterrupt
        return answer

    def loads(self, values: list[int]) -> list[Load]:
        """Return what the machines run."""
        loads = []
        for stand, counts in self.machines:
            items = np.zeros(len(self.fleet.kinds), dtype=np.int64)
            items[list(counts)] = [values[x] for x in counts.values()]
            if items.any():
                loads.append(Load(stand, items))
        return loads


def _keep_apart(fleet: Fleet, model: Model, counts: dict[int, int]) -> None:
    """Let one machine run only one of two kinds that keep apart; ``counts`` is the variable of each kind on it."""
    for a, b in sorted(fleet.apart):
        if a in counts and b in counts:
            first = model.variable(0, 1)
            model.row({counts[a]: 1, first: -model.upper[counts[a]]}, high=0)
            model.row({counts[b]: 1, first: model.upper[counts[b]]}, high=model.upper[counts[b]])

"""What machines are worth by the prices of a proof: one of the pool, and each kind that it has."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.able import Bools, Load, Machines, counts, domain
from obplace.certificate import EXACT, SHIFT, Sum, leaves_of
from obplace.certificate_form import Stage
from obplace.claims import Counted, claims
from obplace.plan import Plan
from obplace.pool import Batch, Column
from obplace.problem import Problem
from obplace.rules import Budget

Place = tuple[tuple[str, str | None], ...]  # (level or column, its value) of each that a price reads
Best = tuple[Load, ...]  # the smallest loads of those that are worth most
Key = tuple[int, Best, Place]  # the price that is enough, what is best run there, where


@dataclass(frozen=True)
class Kind:
    """Machines of the same worth.

    Attributes
    ----------
    runs
        The roles for which they are worth most, one or several sets of them.
    places
        Where they are, as far as it matters; none where it does not.
    machines, left
        How many there are, and the price of the cheapest that is not in the plan.
    enough
        At this price or more, one machine more like these makes no plan cheaper; 0 where none does at any price.
    """

    runs: tuple[tuple[str, ...], ...]
    places: tuple[Place, ...]
    machines: int
    left: int | None
    enough: int


@dataclass(frozen=True)
class Single:
    """A machine, or the equal machines of a row.

    Attributes
    ----------
    taken
        How many of them are in the plan.
    able
        Whether it could run anything that is asked, if it had a price.
    enough
        Not in the plan: at this price or more it makes no plan cheaper.
    up_to
        In the plan: as long as its price is not above this, the plan stays the cheapest.
    without
        In the plan: what any plan costs at least that does without it.
    """

    name: str
    price: int | None
    taken: int
    able: bool
    enough: int | None = None
    up_to: int | None = None
    without: int | None = None


@dataclass(frozen=True)
class _Group:
    """Machines of a batch that no price tells apart: what they may run, where, and which of the splits' they are like.

    ``row`` is that of a machine that has a price of its own, and then it is alone.
    """

    may: list[Load]
    where: Mapping[str, str | None]
    like: frozenset[str]
    row: int | None


class Values:
    """The sums of a proof of cost, leaf by leaf, and the machines that are put to them.

    ``stages`` are those of a certificate up to that of the cost.
    """

    def __init__(self, problem: Problem, plan: Plan, stages: Sequence[Stage]) -> None:
        self.problem = problem
        self.plan = plan
        self.cost = stages[-1].bound
        self.machines = Machines(problem)
        before = {stage.objective: stage.bound for stage in stages[:-1] if stage.objective is not None}
        known = claims(problem)
        # Machine by machine: what domains come to as a whole tells nothing of a single one.
        self.sums = [
            Sum(problem, self.machines.loads, known, "cost", before, replace(leaf, blocks=()), path)
            for leaf, path in leaves_of(stages[-1].tree, ())
        ]
        self.levels = sorted({level for each in self.sums for level, _, _, _ in each.placed})
        self.likes = self.machines.signatures(
            {split.like for each in self.sums for split, _ in each.counts if split.like is not None}
        )
        named = {name for each in self.sums for name, _, _ in each.named}
        self.rows = problem.pool.find({*(each.name for each in plan.assignments), *named})
        self.named = sorted(self.rows[name] for name in named)
        self.taken = Counter(self.rows[each.name] for each in plan.assignments)
        self.sizes: Counter[Key] = Counter()
        self.left: dict[Key, int] = {}
        self.totals = [each.total for each in self.sums]
        groups = []
        for batch in problem.pool:
            found, codes = self.groups(batch, self.machines.fits(batch))
            groups.append((batch, found, codes))
            for leaf, each in enumerate(self.sums):
                self.totals[leaf] += self.taking(each, batch, found, codes)
        for batch, found, codes in groups:
            self.count(batch, found, codes)

    def single(self, name: str, row: int) -> Single:
        """Put one machine of the pool."""
        machine = self.problem.pool.take([row])[0]
        alone = name != machine.name  # NAME#k is one of the equal machines of its row
        number = 1 if alone else machine.quantity
        here = [each.name for each in self.plan.assignments if self.rows[each.name] == row]
        taken = (name in here) if alone else len(here)
        batch = next(each for each in self.problem.pool if each.first <= row < each.first + each.size)
        index = row - batch.first
        # What a machine without a price is worth is asked more than anything else.
        priced = replace(batch, priced=np.ones(batch.size, dtype=np.bool_)) if machine.price is None else batch
        fits = self.machines.fits(priced)
        may = [load for load, fit in zip(self.machines.loads, fits, strict=True) if fit[index]]
        if not may:
            return Single(name, machine.price, 0, able=False)
        where = {level: _text(domain(batch, level), index) for level in self.levels}
        like = frozenset(other for other, mark in self.likes.items() if self.machines.like(priced, fits, mark)[index])
        gains = [self.best(each, _Group(may, where, like, row))[0] for each in self.sums]
        if machine.price is None:
            return Single(name, None, 0, able=True, enough=self.most(gains, self.totals, number))
        saved = [
            number * min(0, machine.price * each.price + each.server - gain)
            for each, gain in zip(self.sums, gains, strict=True)
        ]
        totals = [total - part for total, part in zip(self.totals, saved, strict=True)]
        if not taken:
            return Single(name, machine.price, 0, able=True, enough=self.most(gains, totals, number))
        without = min(-(-total // _one(each)) for each, total in zip(self.sums, totals, strict=True))
        spare = [without, *(rule.amount for rule in self.problem.rules if isinstance(rule, Budget))]
        up_to = machine.price + (min(spare) - self.cost) // taken
        return Single(name, machine.price, taken, able=True, up_to=up_to, without=without)

    def most(self, gains: Sequence[int], totals: Sequence[int], number: int) -> int:
        """Return the price that is enough for all leaves."""
        return max(self.enough(*each, number) for each in zip(self.sums, gains, totals, strict=True))

    def enough(self, leaf: Sum, gain: int, total: int, number: int = 1) -> int:
        """Return the least price at which so many machines leave a leaf's bound at the optimum.

        ``total`` is the sum without these machines: they add number * min(0, price * share + server - gain).
        """
        slack = total - (self.cost - 1) * _one(leaf)  # above 0, for the bound is rounded up
        return max(0, (number * (gain - leaf.server) - slack) // (number * leaf.price) + 1)

    def kinds(self) -> Iterator[Kind]:
        """Yield the kinds of machines with all places where they are worth the same, the most worth first."""
        prices: defaultdict[Best, set[int]] = defaultdict(set)
        places: defaultdict[tuple[int, Best], list[Place]] = defaultdict(list)
        for enough, loads, place in self.sizes:
            prices[loads].add(enough)
            places[enough, loads].append(place)
        for (enough, loads), here in sorted(places.items(), key=lambda item: (-item[0][0], item[0][1])):
            keys = [(enough, loads, place) for place in here]
            yield Kind(
                tuple(tuple(role for role, number in load for _ in range(number)) for load in loads),
                tuple(sorted(here, key=str)) if len(prices[loads]) > 1 else (),
                sum(self.sizes[key] for key in keys),
                min((self.left[key] for key in keys if key in self.left), default=None),
                enough,
            )

    def groups(self, batch: Batch, fits: Sequence[Bools]) -> tuple[list[_Group], NDArray[np.int64]]:
        """Return the groups of a batch, and the number of its group for each machine."""
        columns = [domain(batch, level) for level in self.levels]
        likes = [self.machines.like(batch, fits, mark) for mark in self.likes.values()]
        alone = np.zeros(batch.size, dtype=np.int64)
        here = [row for row in self.named if 0 <= row - batch.first < batch.size]
        for number, row in enumerate(here, start=1):
            alone[row - batch.first] = number
        # One number for each combination; before it grows too large the combinations are numbered afresh.
        codes = np.zeros(batch.size, dtype=np.int64)
        tables: list[NDArray[Any]] = [*fits, *likes, alone, *(column.codes for column in columns)]
        for table in tables:
            codes = codes * (int(table.max(initial=0)) + 1) + table
            if int(codes.max(initial=0)) >= 1 << 31:
                codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        _, firsts, codes = np.unique(codes, return_index=True, return_inverse=True)
        groups = [
            _Group(
                [load for load, fit in zip(self.machines.loads, fits, strict=True) if fit[first]],
                {level: _text(column, first) for level, column in zip(self.levels, columns, strict=True)},
                frozenset(name for name, mask in zip(self.likes, likes, strict=True) if mask[first]),
                batch.first + first if alone[first] else None,
            )
            for first in firsts.tolist()
        ]
        return groups, codes

    def best(self, leaf: Sum, group: _Group) -> tuple[int, Best]:
        """Return the most that a leaf's prices give to what a machine may run, and the smallest loads that have it."""
        values = {load: self.value(leaf, load, group) for load in group.may}
        most = max(values.values())
        loads = [load for load, value in values.items() if value == most]
        return most, tuple(load for load in loads if not any(set(other) < set(load) for other in loads))

    def value(self, leaf: Sum, load: Load, group: _Group) -> int:
        """Return a leaf's prices of what a machine runs: anywhere, in its place, by splits, and on this very one."""
        value = leaf.value(load)
        for level, what, by_domain, other in leaf.placed:
            place = group.where[level]
            value += 0 if place is None else by_domain.get(place, other) * _copies(load, what)
        for split, price in leaf.counts:
            if dict(load) == Counter(split.runs) and (split.like is None or split.like in group.like):
                value += price
        for name, what, price in leaf.named:
            if self.rows[name] == group.row:
                value += price * _copies(load, what)
        return value

    def taking(self, leaf: Sum, batch: Batch, groups: Sequence[_Group], codes: NDArray[np.int64]) -> int:
        """Return what the machines of a batch add to the sum of a leaf: 0, or less."""
        gains = [self.best(leaf, group)[0] if group.may else None for group in groups]
        # Only below such a price does a machine of the group add anything, so that big numbers stay few.
        limits = [-1 if gain is None else -(-(gain - leaf.server) // leaf.price) for gain in gains]
        below = np.flatnonzero(batch.price < np.array([min(limit, EXACT) for limit in limits], dtype=np.int64)[codes])
        numbers = counts(self.problem, batch)[below].tolist()
        owners = [gains[code] or 0 for code in codes[below].tolist()]
        prices = batch.price[below].tolist()
        return sum(
            number * (price * leaf.price + leaf.server - gain)
            for number, price, gain in zip(numbers, prices, owners, strict=True)
        )

    def count(self, batch: Batch, groups: Sequence[_Group], codes: NDArray[np.int64]) -> None:
        """Add the machines of a batch to those of their kind."""
        numbers = counts(self.problem, batch)
        free = numbers.copy()
        for row, taken in self.taken.items():
            if 0 <= row - batch.first < batch.size:
                free[row - batch.first] -= taken
        cheapest = np.full(len(groups), EXACT)
        np.minimum.at(cheapest, codes[free > 0], batch.price[free > 0])
        members = np.bincount(codes, weights=numbers, minlength=len(groups))
        for number, group in enumerate(groups):
            if not group.may:
                continue
            best = [self.best(each, replace(group, row=None)) for each in self.sums]
            enough, leaf = max(
                (self.enough(each, gain, total), leaf)
                for leaf, (each, (gain, _), total) in enumerate(zip(self.sums, best, self.totals, strict=True))
            )
            key = (enough, best[leaf][1], tuple(sorted(group.where.items())))
            self.sizes[key] += int(members[number])
            if cheapest[number] < EXACT:
                self.left[key] = min(self.left.get(key, EXACT), int(cheapest[number]))


def _copies(load: Load, what: Counted) -> int:
    role, cap = what
    number = dict(load).get(role, 0)
    return number if cap is None else min(number, cap)


def _text(column: Column, index: int) -> str | None:
    value = column.values[column.codes[index]]
    return None if value is None else str(value)


def _one(leaf: Sum) -> int:
    """Return what stands for the smallest unit of money in a sum."""
    return leaf.scale << SHIFT

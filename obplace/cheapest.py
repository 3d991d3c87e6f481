"""Keep the cheapest machines of each class while the pool goes by: a fold in memory that its answer bounds."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from obplace.catalogue import Combine
from obplace.classes import Classes, Ints
from obplace.pool import Batch
from obplace.problem import Problem

WAITING = 20_000  # rows that may wait before the cheapest are chosen again
FAR = np.iinfo(np.int64).max
WHOLE = 10**6  # surplus counts in millionths of the pool's largest machine


@dataclass(frozen=True, order=True)
class Slot:
    """A row that a class may use: ``count`` equal machines; compared as they are taken."""

    price: int
    surplus: int
    name: str
    row: int
    count: int


def cheapest(problem: Problem, classes: Classes, limit: Callable[[int], int | None]) -> dict[int, list[Slot]]:
    """Return the machines that suffice of each class, by (price, surplus, name).

    ``limit`` says how many machines of a class suffice; None keeps all of them.
    """
    fold = _Fold(problem, classes, limit)
    for batch in problem.pool:
        fold.add(batch)
    return fold.slots()


class _Fold:
    """Rows that may still be among the cheapest, as columns: class, price, surplus, row, count."""

    def __init__(self, problem: Problem, classes: Classes, limit: Callable[[int], int | None]) -> None:
        self.problem = problem
        self.classes = classes
        self.limit = limit
        self.rows: list[Ints] = []
        self.waiting = 0
        self.limits = np.zeros(0, dtype=np.int64)
        self.price = np.zeros(0, dtype=np.int64)  # by class: dearer machines are out
        self.surplus = np.zeros(0, dtype=np.int64)  # and at that price, those with more surplus
        largest = problem.pool.largest
        self.summed = [
            resource.name
            for resource in problem.catalogue.resources.values()
            if resource.combine is Combine.SUM and largest.get(resource.name, 0) > 0
        ]

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch that could be among the cheapest."""
        number = self.classes.of(batch)
        self._grow()
        here = np.flatnonzero(number >= 0)
        number, price = number[here], batch.price[here]
        if "cost" not in self.problem.objectives:
            price = np.zeros_like(price)
        bound = self.price[number]
        near = price <= bound
        here, number, price, bound = here[near], number[near], price[near], bound[near]
        surplus = self._surplus(batch, here)
        near = (price < bound) | (surplus <= self.surplus[number])
        here, number, price, surplus = here[near], number[near], price[near], surplus[near]
        self.rows.append(np.stack([number, price, surplus, here + batch.first, self._count(batch, here)]))
        self.waiting += len(here)
        if self.waiting > WAITING:
            self._choose()

    def slots(self) -> dict[int, list[Slot]]:
        """Return the cheapest of each class, in order, no more machines than its limit."""
        self._choose()
        number, price, surplus, row, count = self.rows[0].tolist() if self.rows else [[], [], [], [], []]
        names = self.problem.pool.names(row)
        answer: dict[int, list[Slot]] = {}
        for which, *key in sorted(zip(number, price, surplus, names, row, count, strict=True)):
            taken = answer.setdefault(which, [])
            left = int(self.limits[which]) - sum(slot.count for slot in taken)
            if left > 0:
                slot = Slot(*key)
                taken.append(Slot(slot.price, slot.surplus, slot.name, slot.row, min(slot.count, left)))
        return answer

    def _grow(self) -> None:
        """Give new classes their limit, and no bound yet."""
        known, now = len(self.limits), len(self.classes.states)
        limits = [self.limit(number) for number in range(known, now)]
        self.limits = np.append(self.limits, [FAR if limit is None else limit for limit in limits])
        self.price = np.append(self.price, np.full(now - known, FAR))
        self.surplus = np.append(self.surplus, np.full(now - known, FAR))

    def _surplus(self, batch: Batch, here: Ints) -> Ints:
        """Return the surplus of some rows: per summed resource its share of the largest; what is unknown is 0."""
        total = np.zeros(len(here), dtype=np.int64)
        for name in self.summed:
            column = batch.column(name)
            largest = self.problem.pool.largest[name]
            shares = [0 if value is None else int(value) * WHOLE // largest for value in column.values]
            total += np.array(shares, dtype=np.int64)[column.codes[here]]
        return total

    def _count(self, batch: Batch, here: Ints) -> Ints:
        if "quantity" not in self.problem.pool.columns:
            return np.ones(len(here), dtype=np.int64)
        column = batch.column("quantity")
        numbers = [1 if value is None else int(value) for value in column.values]
        return np.array(numbers, dtype=np.int64)[column.codes[here]]

    def _choose(self) -> None:
        """Drop what is beyond the limit of its class even if every row there is one machine, and set the bounds."""
        if not self.rows:
            return
        rows = np.concatenate(self.rows, axis=1)
        number, price, surplus = rows[0], rows[1], rows[2]
        order = np.lexsort((surplus, price, number))
        rows = rows[:, order]
        number, price, surplus = rows[0], rows[1], rows[2]
        starts = np.flatnonzero(np.diff(number, prepend=-1))
        place = np.arange(len(number)) - np.repeat(starts, np.diff(np.append(starts, len(number))))
        last = np.flatnonzero(place == self.limits[number] - 1)
        self.price[number[last]], self.surplus[number[last]] = price[last], surplus[last]
        inside = (price < self.price[number]) | ((price == self.price[number]) & (surplus <= self.surplus[number]))
        rows, place = rows[:, inside], place[inside]
        if (place >= self.limits[rows[0]]).any():
            rows = rows[:, self._first_names(rows)]
        self.rows, self.waiting = [rows], rows.shape[1]

    def _first_names(self, rows: Ints) -> Sequence[int]:
        """Return which rows stay where a class has more equally good machines than it can use: the first names."""
        number, price, surplus, row, _ = rows
        tied = (price == self.price[number]) & (surplus == self.surplus[number])
        names = self.problem.pool.names(row[tied])
        groups: dict[int, list[tuple[str, int]]] = {}
        for which, name, place in zip(number[tied].tolist(), names, np.flatnonzero(tied).tolist(), strict=True):
            groups.setdefault(which, []).append((name, place))
        stay = np.flatnonzero(~tied).tolist()
        for which, group in groups.items():
            stay += [place for _, place in heapq.nsmallest(int(self.limits[which]), group)]
        return sorted(stay)

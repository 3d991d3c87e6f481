"""What prices make of a kernel: the exact sum over its machines, and which of them would lower a bound."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.blocks import Array
from obplace.certificate import Sum
from obplace.claims import SERVER, Counted
from obplace.kernel import Kernel
from obplace.pool import Column

JOINING = 200  # machines that join a program at once, those that lower the bound most


class Priced:
    """The machines of a kernel in arrays, one entry for each slot.

    Attributes
    ----------
    owner, price, count
        Of each slot: its class, what a machine costs, and how many there are.
    runs
        Of each pattern: the roles, once for each copy.
    marks
        Of each class: a number, equal for classes that no rule can tell apart.
    first
        Of each mark: the name of a machine.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        slots = [(c, slot) for c, each in enumerate(kernel.classes) for slot in each.slots]
        self.owner = [c for c, _ in slots]
        self.price = [slot.price for _, slot in slots]
        self.count = [slot.count for _, slot in slots]
        self.names = [slot.name for _, slot in slots]
        self.runs = [
            tuple(role for role, copies in pattern.roles for _ in range(copies)) for pattern in kernel.patterns
        ]
        loads = {runs: number for number, runs in enumerate(dict.fromkeys(self.runs))}
        self.loads = list(loads)
        self.sets = [tuple((role, runs.count(role)) for role in dict.fromkeys(runs)) for runs in self.loads]
        self.load_of = [loads[runs] for runs in self.runs]
        self.able = np.zeros((len(loads), len(kernel.classes)), dtype=np.bool_)
        numbers: dict[object, int] = {}
        self.marks = []
        self.first: list[str] = []
        for c, each in enumerate(kernel.classes):
            running = frozenset(self.load_of[p] for p in each.patterns)
            self.able[list(running), c] = True
            mark = running, tuple(sorted(each.domains.items()))
            if mark not in numbers:
                numbers[mark] = len(numbers)
                self.first.append(each.slots[0].name)
            self.marks.append(numbers[mark])
        self.named: dict[str, list[int]] = {}
        for c, each in enumerate(kernel.classes):
            if each.named is not None:
                self.named.setdefault(each.named, []).append(c)
        self.owners = np.array(self.owner, dtype=np.int64)
        self.counts = np.array(self.count, dtype=np.int64)
        self.costs = np.array(self.price, dtype=np.int64)
        self.mark_array = np.array(self.marks, dtype=np.int64)
        self.places: dict[str, tuple[list[str], NDArray[np.int64]]] = {}

    def slots(self, names: set[str]) -> set[int]:
        """Return the slots of these machines."""
        return {number for number, name in enumerate(self.names) if name in names}

    def share(self, copies: Mapping[Counted, int], p: int) -> int:
        """Return what a machine with a pattern adds to a row with these factors."""
        return _share(copies, self.runs[p])

    def like(self, name: str) -> int:
        """Return the mark of a machine that is the first of one."""
        return self.first.index(name)

    def bound(self, sum_: Sum, active: set[int]) -> tuple[int, set[int], set[int]]:
        """Return the bound of a leaf with all machines, and slots outside of the active ones that make it lower.

        Those that do so by themselves come first, others like them may be missing in the kernel; then those in domains
        that do so as a whole.
        """
        fits = [able[self.owners] for able in self.able]
        free = sum_.add(self.column, fits, self.shares(sum_), self.counts)
        below = np.flatnonzero(free < 0)
        outside = [pair for pair in zip(free[below].tolist(), below.tolist(), strict=True) if pair[1] not in active]
        alone = {number for _, number in sorted(outside)[:JOINING]}
        bound = sum_.bound()
        if sum_.block is None:
            return bound, alone, set()
        column = self.column(sum_.block.level)
        names = set(sum_.within)
        chosen = [number for number, name in enumerate(column.values) if str(name) in names]
        slots = np.flatnonzero(np.isin(column.codes, chosen))
        order = np.argsort(self.costs[slots], kind="stable")
        return bound, alone, set([slot for slot in slots[order].tolist() if slot not in active][:JOINING])

    def shares(self, sum_: Sum) -> list[Array]:
        """Return what each slot adds to a sum with each load."""
        classes = len(self.kernel.classes)
        copies = max((len(runs) for runs in self.loads), default=1)
        largest = abs(sum_.server) + abs(sum_.price) * max(map(abs, self.price), default=0)
        largest += copies * sum(abs(price) for price in sum_.everywhere.values())
        largest += copies * sum(max(map(abs, (*table.values(), other))) for _, _, table, other in sum_.placed)
        largest += copies * sum(abs(price) for _, _, price in sum_.named) + sum(abs(price) for _, price in sum_.counts)
        kind = sum_.kind(largest * max(self.count, default=1))
        placed = [
            (what, np.array([table.get(name, other) for name in names] + [0], dtype=kind)[places])
            for level, what, table, other in sum_.placed
            for names, places in [self.lying(level)]
        ]
        likes = [
            (split.runs, price, None if split.like is None else self.mark_array == self.like(split.like))
            for split, price in sum_.counts
        ]
        named: dict[Counted, NDArray[Any]] = {}
        for name, what, price in sum_.named:
            named.setdefault(what, np.zeros(classes, dtype=kind))[self.named.get(name, [])] += price
        own = self.costs.astype(kind) * sum_.price + sum_.server
        shares = []
        for runs in self.loads:
            value = np.full(classes, sum(price * _copies(what, runs) for what, price in sum_.everywhere.items()), kind)
            for what, table in placed:
                if copies := _copies(what, runs):
                    value += copies * table
            for split, price, like in likes:
                if split == runs:
                    value += price if like is None else price * like.astype(kind)
            for what, prices in named.items():
                value += _copies(what, runs) * prices
            shares.append(own - value[self.owners])
        return shares

    def column(self, level: str) -> Column:
        """Return the domain of each slot."""
        names, places = self.lying(level)
        return Column(places[self.owners].astype(np.int32), (*names, None))

    def lying(self, level: str) -> tuple[list[str], NDArray[np.int64]]:
        """Return the domains of a level, and of each class the number of its own; the last stands for none."""
        if level not in self.places:
            domains = [each.domains.get(level) for each in self.kernel.classes]
            names = sorted({domain for domain in domains if domain is not None})
            numbers = {name: number for number, name in enumerate(names)}
            places = [len(names) if domain is None else numbers[domain] for domain in domains]
            self.places[level] = names, np.array(places, dtype=np.int64)
        return self.places[level]


def _copies(what: Counted, runs: tuple[str, ...]) -> int:
    role, cap = what
    if what == SERVER:
        return 1
    return runs.count(role) if cap is None else min(runs.count(role), cap)


def _share(copies: Mapping[Counted, int], runs: tuple[str, ...]) -> int:
    return sum(factor * _copies(what, runs) for what, factor in copies.items())

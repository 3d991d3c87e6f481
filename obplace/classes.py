"""Fold a pool into classes of machines that no rule can tell apart.

A machine's class is found by walking its attributes one after the other: a state is the set of patterns that
are still possible and the domains read so far, and each attribute's value leads from state to state. Few states
exist, whatever the pool, so a batch costs one table look-up per attribute and machine.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from obplace.disks import usable_data
from obplace.patterns import Pattern
from obplace.pool import Batch, Column, combine
from obplace.problem import Problem
from obplace.rules import Alike, Ban, Pin, Same, Where
from obplace.surplus import COARSE, of_rows

Ints = NDArray[np.int64]

# What objectives may read of a machine besides its price. No column, level or resource has such a name.
SURPLUS = "its surplus"
RUNS = "what it runs"
PRICE = "its price"

DENSE = 1 << 22  # entries of a look-up table that is still small; beyond, only the values that occur are kept


@dataclass(frozen=True)
class State:
    """What is known of a machine.

    Attributes
    ----------
    patterns
        Bit i says that it can run pattern i.
    domains
        (level, domain) for each level that a rule reads for one of these patterns, and (column or resource, value)
        where machines that run the same role have to agree in it; and so for what an objective reads.
    named
        The machine, when a rule names it: it is a class of its own.
    """

    patterns: int
    domains: tuple[tuple[str, str], ...] = ()
    named: str | None = None


@dataclass(frozen=True)
class Taken:
    """Of the rows from ``first`` on, which are classes of their own, by their names, and which are left out."""

    first: int
    named: Mapping[int, str]
    dropped: NDArray[np.bool_]


class Classes:
    """The classes met so far, and the way to them.

    ``states`` grows while batches are read; a class is its index there. ``told`` are those of `SURPLUS`, `RUNS` and
    `PRICE` in which the machines of a class have to be equal too.
    """

    def __init__(
        self,
        problem: Problem,
        patterns: Sequence[Pattern],
        taken: Taken | None = None,
        told: Collection[str] = (),
    ) -> None:
        self.problem = problem
        self.taken = taken or Taken(len(problem.pool), {}, np.zeros(0, dtype=np.bool_))
        self.states = [State((1 << len(patterns)) - 1)]
        self._numbers = {self.states[0]: 0}
        self._steps = [
            step
            for index, name in enumerate(problem.catalogue.resources)
            if (step := self._resource(name, [pattern.least[index] for pattern in patterns]))
        ]
        self._steps += [self._where(rule, patterns) for rule in problem.rules if isinstance(rule, Where)]
        if any(pattern.disk for pattern in patterns):
            self._steps.append(self._disk(patterns))
        self._steps += [self._attribute(name, roles, patterns) for name, roles in _attributes(problem).items()]
        self._steps += [self._level(level, patterns) for level in problem.domains]
        self._steps += [self._told(name) for name in (SURPLUS, RUNS, PRICE) if name in told]
        banned = [rule.machine for rule in problem.rules if isinstance(rule, Ban)]
        pinned = [rule.machine for rule in problem.rules if isinstance(rule, Pin)]
        rows = problem.pool.find(banned + pinned) if banned or pinned else {}
        self._banned = {rows[name] for name in banned}
        self._pinned = {**self.taken.named, **{rows[name]: name for name in pinned}}

    def of(self, batch: Batch) -> Ints:
        """Return the class of each row, shape (rows,); -1 where the machine runs nothing."""
        if not batch.usable.any():
            return np.full(batch.size, -1, dtype=np.int64)  # one side of pool and offers is often left out whole
        states = np.zeros(batch.size, dtype=np.int64)
        for step in self._steps:
            states = step.walk(batch, states)
        for row, name in self._pinned.items():
            here = row - batch.first
            if 0 <= here < batch.size:
                states[here] = self.number(replace(self.states[states[here]], named=name))
        start = max(0, self.taken.first - batch.first)
        dropped = self.taken.dropped[max(0, batch.first - self.taken.first) :][: batch.size - start]
        states[start : start + len(dropped)][dropped] = -1
        dead = np.array([state.patterns == 0 for state in self.states])
        states[dead[states] | ~usable(self.problem, batch)] = -1
        for row in self._banned:
            if 0 <= row - batch.first < batch.size:
                states[row - batch.first] = -1
        return states

    def number(self, state: State) -> int:
        """Return the index of a state, which becomes known if it was not."""
        if state not in self._numbers:
            self._numbers[state] = len(self.states)
            self.states.append(state)
        return self._numbers[state]

    def _resource(self, name: str, least: Sequence[int]) -> "_Step | None":
        """A capacity: what counts is how many of the patterns' thresholds it reaches."""
        steps = sorted({amount for amount in least if amount > 0})
        if not steps:
            return None
        able = [sum(1 << p for p, amount in enumerate(least) if amount <= reached) for reached in [0, *steps]]

        def ranks(batch: Batch) -> Ints:
            column = batch.column(name)
            values = np.array([-1 if value is None else value for value in column.values], dtype=np.int64)
            return np.searchsorted(np.array(steps), values, side="right")[column.codes]

        def after(state: State, rank: int) -> State:
            return replace(state, patterns=state.patterns & able[rank])

        return _Step(self, lambda: len(able), ranks, after)

    def _where(self, rule: Where, patterns: Sequence[Pattern]) -> "_Step":
        """A label: where it is not as the rule wants it, patterns with its role are out."""
        barred = ~_running({rule.role}, patterns)

        def ranks(batch: Batch) -> Ints:
            column = batch.column(rule.column)
            return np.array([_labelled(rule, value) for value in column.values], dtype=np.int64)[column.codes]

        def after(state: State, rank: int) -> State:
            return state if rank else replace(state, patterns=state.patterns & barred)

        return _Step(self, lambda: 2, ranks, after)

    def _disk(self, patterns: Sequence[Pattern]) -> "_Step":
        """Storage and memory together: what they leave for data decides which patterns with a data disk are left."""
        asking = [(1 << p, pattern.disk) for p, pattern in enumerate(patterns) if pattern.disk]
        able = [-1]  # by rank: the patterns that are still possible
        known = {-1: 0}

        def rank(storage: int | str | None, memory: int | str | None) -> int:
            bits = -1
            for bit, disk in asking:
                left = None
                if storage is not None and memory is not None:
                    left = usable_data(self.problem.catalogue, int(storage) - disk.storage, int(memory) - disk.memory)
                if left is None or left < disk.data:
                    bits &= ~bit
            if bits not in known:
                known[bits] = len(able)
                able.append(bits)
            return known[bits]

        def ranks(batch: Batch) -> Ints:
            storage, memory = batch.column("storage"), batch.column("memory")
            codes, pairs = combine(storage, memory)
            return np.array([rank(storage.values[s], memory.values[m]) for s, m in pairs], dtype=np.int64)[codes]

        def after(state: State, rank: int) -> State:
            return replace(state, patterns=state.patterns & able[rank])

        return _Step(self, lambda: len(able), ranks, after)

    def _attribute(self, name: str, roles: set[str], patterns: Sequence[Pattern]) -> "_Step":
        """A column in which machines of a role have to agree: it counts like a domain; unknown, it bars the role."""
        reading = _running(roles, patterns)
        values: list[str] = []
        known: dict[str, int] = {}

        def rank(value: int | str | None) -> int:
            if value is None:
                return 0
            if str(value) not in known:
                values.append(str(value))
                known[str(value)] = len(values)
            return known[str(value)]

        def ranks(batch: Batch) -> Ints:
            column = batch.column(name)
            return np.array([rank(value) for value in column.values], dtype=np.int64)[column.codes]

        def after(state: State, rank: int) -> State:
            return _in_domain(state, reading, name, values[rank - 1] if rank else None)

        return _Step(self, lambda: len(values) + 1, ranks, after)

    def _level(self, level: str, patterns: Sequence[Pattern]) -> "_Step":
        """A domain: it counts where a pattern holds a role for which a rule reads it; unknown, it bars them."""
        if level == "zone" and self.problem.zoned:
            return self._zone(patterns)
        reading = _running(self.problem.readers(level), patterns)
        names = self.problem.domains[level]
        ranks_of = {name: rank for rank, name in enumerate(names, start=1)}

        def ranks(batch: Batch) -> Ints:
            if level not in self.problem.pool.levels:
                return np.zeros(batch.size, dtype=np.int64)
            column = batch.domain(level)
            return np.array([ranks_of.get(str(value), 0) for value in column.values], dtype=np.int64)[column.codes]

        def after(state: State, rank: int) -> State:
            return _in_domain(state, reading, level, names[rank - 1] if rank else None)

        return _Step(self, lambda: len(names) + 1, ranks, after)

    def _told(self, name: str) -> "_Step":
        """Whatever an objective reads: machines that differ in it are of different classes."""
        values: list[str] = []
        known: dict[str, int] = {}

        def rank(value: str) -> int:
            if value not in known:
                known[value] = len(values)
                values.append(value)
            return known[value]

        def ranks(batch: Batch) -> Ints:
            if name == RUNS:
                column = batch.column("runs")
                return np.array([rank(str(value or "")) for value in column.values], dtype=np.int64)[column.codes]
            everything = np.arange(batch.size)
            amounts = of_rows(self.problem, batch, everything, COARSE) if name == SURPLUS else batch.price
            distinct, places = np.unique(amounts, return_inverse=True)
            return np.array([rank(str(amount)) for amount in distinct.tolist()], dtype=np.int64)[places]

        def after(state: State, rank: int) -> State:
            return _in_domain(state, -1, name, values[rank])

        return _Step(self, lambda: len(values), ranks, after)

    def _zone(self, patterns: Sequence[Pattern]) -> "_Step":
        """A zone that the plan may give: patterns carry it; a machine has those of its own zone, or of all it may."""
        problem = self.problem
        able: list[int] = []  # by rank
        known: dict[tuple[str, ...], int] = {}

        def rank(zone: int | str | None, home: int | str | None) -> int:
            zones = problem.zones_for(None if home is None else str(home)) if zone is None else (str(zone),)
            if zones not in known:
                known[zones] = len(able)
                able.append(sum(1 << p for p, pattern in enumerate(patterns) if pattern.zone in (None, *zones)))
            return known[zones]

        def ranks(batch: Batch) -> Ints:
            zones = batch.column("zone")
            homes = batch.domain(problem.around) if problem.around is not None else zones
            codes, pairs = combine(zones, homes)
            return np.array([rank(zones.values[z], homes.values[h]) for z, h in pairs], dtype=np.int64)[codes]

        def after(state: State, rank: int) -> State:
            return replace(state, patterns=state.patterns & able[rank])

        return _Step(self, lambda: len(able), ranks, after)


def _attributes(problem: Problem) -> dict[str, set[str]]:
    """Return each column or resource in which the machines of some roles have to agree, and these roles."""
    found: dict[str, set[str]] = {}
    for rule in problem.rules:
        match rule:
            case Same(role, name) | Alike(role, name):
                found.setdefault(name, set()).add(role)
            case _:
                pass
    return found


def _running(roles: Collection[str], patterns: Sequence[Pattern]) -> int:
    """Return the patterns that hold one of the roles, as bits."""
    return sum(1 << p for p, pattern in enumerate(patterns) if any(role in roles for role, _ in pattern.roles))


def _in_domain(state: State, reading: int, level: str, name: str | None) -> State:
    if name is None:
        return replace(state, patterns=state.patterns & ~reading)
    if state.patterns & reading:
        return replace(state, domains=(*state.domains, (level, name)))
    return state


def _labelled(rule: Where, value: int | str | None) -> bool:
    """Is a cell as the rule wants it? Several tags stand in one cell, with commas between them."""
    if value is None:
        return not rule.allowed
    held = str(value).split(",") if rule.column == "tags" else [str(value)]
    return any(each in rule.values for each in held) == rule.allowed


class _Step:
    """One attribute of a machine: its rank, from 0 to ``width()`` - 1, leads from state to state.

    The width may grow with each batch, as values become known; what the table holds is then found again.
    """

    def __init__(
        self,
        classes: Classes,
        width: Callable[[], int],
        ranks: Callable[[Batch], Ints],
        after: Callable[[State, int], State],
    ) -> None:
        self.classes = classes
        self.width = width
        self.ranks = ranks
        self.after = after
        self.known = 0  # the width by which the table is laid out
        self.table = np.full(0, -1, dtype=np.int64)

    def walk(self, batch: Batch, states: Ints) -> Ints:
        """Return the state of each row after this attribute, shape (rows,)."""
        ranks = self.ranks(batch)
        if self.known != self.width():
            self.known = self.width()
            self.table = np.full(0, -1, dtype=np.int64)
        keys = states * self.known + ranks
        size = len(self.classes.states) * self.known
        if size > DENSE:
            distinct, places = np.unique(keys, return_inverse=True)
            return np.array([self._next(key) for key in distinct.tolist()], dtype=np.int64)[places]
        if size > len(self.table):
            self.table = np.concatenate([self.table, np.full(size - len(self.table), -1, dtype=np.int64)])
        found: Ints = self.table[keys]
        if (new := found < 0).any():
            for key in np.unique(keys[new]).tolist():
                self.table[key] = self._next(key)
            found = self.table[keys]
        return found

    def _next(self, key: int) -> int:
        state, rank = divmod(key, self.known)
        return self.classes.number(self.after(self.classes.states[state], rank))


def usable(problem: Problem, batch: Batch) -> NDArray[np.bool_]:
    """Return which rows may be used at all, shape (rows,): available, free or reused, priced where that counts."""
    mask = batch.usable.copy()
    if not problem.deployment.reuse and "runs" in problem.pool.columns:
        mask &= _where(batch.column("runs"), lambda value: not value)
    if "quantity" in problem.pool.columns:
        mask &= _where(batch.column("quantity"), lambda value: value is None or int(value) > 0)
    if "cost" in problem.objectives:
        mask &= batch.priced
    return mask


def _where(column: Column, test: Callable[[int | str | None], bool]) -> NDArray[np.bool_]:
    return np.array([test(value) for value in column.values], dtype=np.bool_)[column.codes]

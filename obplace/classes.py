"""Fold a pool into classes of machines that no rule can tell apart.

A machine's class is found by walking its attributes one after the other: a state is the set of patterns that
are still possible and the domains read so far, and each attribute's value leads from state to state. Few states
exist, whatever the pool, so a batch costs one table look-up per attribute and machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from obplace.patterns import Pattern
from obplace.pool import Batch, Column
from obplace.problem import Problem
from obplace.rules import Ban, Pin, Spread

Ints = NDArray[np.int64]

DENSE = 1 << 22  # entries of a look-up table that is still small; beyond, only the values that occur are kept


@dataclass(frozen=True)
class State:
    """What is known of a machine.

    Attributes
    ----------
    patterns
        Bit i says that it can run pattern i.
    domains
        (level, domain) for each level that a rule reads for one of these patterns.
    named
        The machine, when a rule names it: it is a class of its own.
    """

    patterns: int
    domains: tuple[tuple[str, str], ...] = ()
    named: str | None = None


class Classes:
    """The classes met so far, and the way to them.

    ``states`` grows while batches are read; a class is its index there.
    """

    def __init__(self, problem: Problem, patterns: Sequence[Pattern]) -> None:
        self.problem = problem
        self.states = [State((1 << len(patterns)) - 1)]
        self._numbers = {self.states[0]: 0}
        self._steps = [
            step
            for index, name in enumerate(problem.catalogue.resources)
            if (step := self._resource(name, [pattern.least[index] for pattern in patterns]))
        ] + [self._level(level, patterns) for level in problem.domains]
        banned = [rule.machine for rule in problem.rules if isinstance(rule, Ban)]
        pinned = [rule.machine for rule in problem.rules if isinstance(rule, Pin)]
        rows = problem.pool.find(banned + pinned) if banned or pinned else {}
        self._banned = {rows[name] for name in banned}
        self._pinned = {rows[name]: name for name in pinned}

    def of(self, batch: Batch) -> Ints:
        """Return the class of each row, shape (rows,); -1 where the machine runs nothing."""
        states = np.zeros(batch.size, dtype=np.int64)
        for step in self._steps:
            states = step.walk(batch, states)
        for row, name in self._pinned.items():
            here = row - batch.first
            if 0 <= here < batch.size:
                states[here] = self.number(replace(self.states[states[here]], named=name))
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

        return _Step(self, len(able), ranks, lambda state, rank: replace(state, patterns=state.patterns & able[rank]))

    def _level(self, level: str, patterns: Sequence[Pattern]) -> "_Step":
        """A domain: it counts where a pattern holds a role that is spread over this level; unknown, it bars them."""
        spread = {rule.role for rule in self.problem.rules if isinstance(rule, Spread) and rule.level == level}
        reading = sum(1 << p for p, pattern in enumerate(patterns) if any(role in spread for role, _ in pattern.roles))
        names = self.problem.domains[level]
        ranks_of = {name: rank for rank, name in enumerate(names, start=1)}

        def ranks(batch: Batch) -> Ints:
            column = batch.domain(level)
            return np.array([ranks_of.get(str(value), 0) for value in column.values], dtype=np.int64)[column.codes]

        def after(state: State, rank: int) -> State:
            if rank == 0:
                return replace(state, patterns=state.patterns & ~reading)
            if state.patterns & reading:
                return replace(state, domains=(*state.domains, (level, names[rank - 1])))
            return state

        return _Step(self, len(names) + 1, ranks, after)


class _Step:
    """One attribute of a machine: its rank, from 0 to ``width`` - 1, leads from state to state."""

    def __init__(
        self,
        classes: Classes,
        width: int,
        ranks: Callable[[Batch], Ints],
        after: Callable[[State, int], State],
    ) -> None:
        self.classes = classes
        self.width = width
        self.ranks = ranks
        self.after = after
        self.table = np.full(0, -1, dtype=np.int64)

    def walk(self, batch: Batch, states: Ints) -> Ints:
        """Return the state of each row after this attribute, shape (rows,)."""
        keys = states * self.width + self.ranks(batch)
        size = len(self.classes.states) * self.width
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
        state, rank = divmod(key, self.width)
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

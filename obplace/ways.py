"""The ways in which machines can come to run what they lack something of: what `amended` chooses from.

Of machines in the same domains, for one pattern and one set of near misses, those are left out that U others match or
beat in money and, where a budget counts it, in price: U bounds the servers of a plan, so one of the others is always
free. Where each domain of a level holds one copy at most of the roles for which it is read, a machine is also left out
that machines in U of them match or beat: no server lies in one of these. It does nothing for machines that a rule
names, nor where a role has no upper bound.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heappush, heapreplace
from itertools import combinations
from math import ceil

import numpy as np
from numpy.typing import NDArray

from obplace.candidates import Slot
from obplace.classes import Classes, State
from obplace.kernel import share
from obplace.patterns import Pattern
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.quantity import LIMIT, Kind
from obplace.rules import Alike, Budget, Same

UNIT = {Kind.CPU: 1000, Kind.MEMORY: 2**30, Kind.STORAGE: 10**9, Kind.NIC: 10**9, Kind.COUNT: 1}


@dataclass(frozen=True)
class Allowance:
    """What may be granted to machines.

    Attributes
    ----------
    near
        Share of a threshold by which a machine may fall short and still be accepted.
    prices
        By resource: the price of one unit of it, in 10**-decimals of the currency.
    decimals
        As many as the pool's prices have, or more.
    """

    near: Fraction
    prices: Mapping[str, int]
    decimals: int


@dataclass(frozen=True)
class Grant:
    """A machine counts as having ``amount`` of a resource instead of ``has``; for ``money``, or as a near miss."""

    machine: str
    resource: str
    has: int
    amount: int
    money: int | None


@dataclass(frozen=True)
class Way:
    """One machine that runs one pattern by these grants."""

    domains: tuple[tuple[str, str], ...]
    pattern: int
    named: str | None
    slot: Slot
    grants: tuple[Grant, ...]

    @property
    def near(self) -> int:
        """How many near misses are accepted."""
        return sum(each.money is None for each in self.grants)

    @property
    def money(self) -> int:
        """What the upgrades cost."""
        return sum(each.money or 0 for each in self.grants)


def room(problem: Problem, allowance: Allowance) -> Mapping[str, int]:
    """Return the largest capacities that any machine could come to count as having."""
    largest = dict(problem.pool.largest)
    for name, resource in problem.catalogue.resources.items():
        if name in allowance.prices:
            largest[name] = LIMIT
        elif resource.kind is not Kind.CLASS and name in largest:
            largest[name] = int(largest[name] / (1 - allowance.near))
    return largest


class Ways:
    """The ways in which machines of a pool can run patterns that they lack something of."""

    def __init__(self, problem: Problem, pats: Sequence[Pattern], allowance: Allowance) -> None:
        self.problem = problem
        self.allowance = allowance
        self.names = list(problem.catalogue.resources)
        self.able = {
            index: name
            for index, name in enumerate(self.names)
            if name in problem.pool.columns and (name in allowance.prices or (allowance.near and self.measured(name)))
        }
        self.patterns = pats
        # What can be granted does not keep a machine from a pattern; all else does, as ever.
        loose = [
            replace(each, least=tuple(0 if index in self.able else amount for index, amount in enumerate(each.least)))
            for each in pats
        ]
        self.classes = Classes(problem, loose)
        bounded = problem.counts.keys() <= problem.most.keys()
        self.enough = sum(problem.most.values()) if bounded else None
        self.dear = any(isinstance(rule, Budget) for rule in problem.rules)
        self.alike = {(rule.role, rule.resource) for rule in problem.rules if isinstance(rule, Alike)}
        self.read = [self.reads(pattern) for pattern in pats]
        # Where a domain holds one copy at most, a machine that runs it moves to any domain in which no server lies.
        spread = [level for level in problem.domains if not (level == "zone" and problem.zoned)]
        spread = [level for level in spread if bounded and not self.dear and share(problem, level) == 1]
        self.apart = max(spread, key=lambda level: len(problem.domains[level]), default=None)

    def found(self) -> list[Way]:
        """Return the ways that suffice, the same for every order of the rows."""
        groups: dict[tuple[object, ...], list[Way]] = {}
        for batch in self.problem.pool:
            for way in self.of(batch):
                nearly = tuple(each.resource for each in way.grants if each.money is None)
                places = tuple(pair for pair in way.domains if pair[0] in self.read[way.pattern] - {self.apart})
                groups.setdefault((places, way.pattern, way.named, nearly), []).append(way)
        ordered = sorted(groups.items(), key=lambda item: repr(item[0]))
        return [way for _, ways in ordered for way in self.kept(ways)]

    def kept(self, ways: Sequence[Way]) -> Iterator[Way]:
        """Leave out each way that enough others match or beat in money and, where it counts, in price."""
        best: list[int] = []  # the lowest prices so far, negative, so that the highest of them comes first
        here: Counter[tuple[str, str]] = Counter()
        for way in sorted(ways, key=lambda each: (each.money, each.slot.price, each.slot.name)):
            domain = next((pair for pair in way.domains if pair[0] == self.apart), None)
            price = way.slot.price if self.dear else 0
            if self.enough is None or way.named is not None:
                pass
            elif domain is not None and self.apart in self.read[way.pattern]:
                if len(here) >= self.enough or here[domain] >= self.enough:
                    continue
                here[domain] += 1
            elif len(best) < self.enough:
                heappush(best, -price)
            elif price < -best[0]:
                heapreplace(best, -price)
            else:
                continue
            yield way

    def of(self, batch: Batch) -> Iterator[Way]:
        """Yield the ways of a batch."""
        kinds = self.classes.of(batch)
        single = np.ones(batch.size, dtype=np.bool_)
        if "quantity" in self.problem.pool.columns:
            column = batch.column("quantity")
            single = np.array([value is None or value == 1 for value in column.values], dtype=np.bool_)[column.codes]
        capacity = {index: _amounts(batch, name) for index, name in self.able.items()}
        for kind in np.unique(kinds[(kinds >= 0) & single]).tolist():
            rows = np.flatnonzero((kinds == kind) & single)
            state = self.classes.states[kind]
            has = {index: column[rows] for index, column in capacity.items()}
            for p, pattern in enumerate(self.patterns):
                if state.patterns >> p & 1 and pattern.disk is None:
                    yield from self.running(batch, rows, state, p, has)

    def running(
        self, batch: Batch, rows: NDArray[np.int64], state: State, p: int, has: Mapping[int, NDArray[np.int64]]
    ) -> Iterator[Way]:
        """Yield the ways in which machines of one kind come to run a pattern."""
        least = self.patterns[p].least
        lack = {index: np.maximum(0, least[index] - column) for index, column in has.items() if least[index]}
        known = np.ones(len(rows), dtype=np.bool_)
        for index in lack:
            known &= has[index] >= 0
        lacking = known & np.any(list(lack.values()), axis=0) if lack else np.zeros(len(rows), dtype=np.bool_)
        # At a threshold t a near miss has at least t (1 - near), rounded up: what is short beyond that is no near miss.
        close = {
            index: (short > 0) & (has[index] >= ceil(least[index] * (1 - self.allowance.near)))
            for index, short in lack.items()
            if self.allowance.near and self.measured(self.names[index])
        }
        for number in range(len(close) + 1):
            for near in combinations(close, number):
                mask = lacking.copy()
                for index, short in lack.items():
                    if index in near:
                        mask &= close[index]
                    elif self.names[index] not in self.allowance.prices:
                        mask &= short == 0
                yield from self.granted(batch, rows[mask], state, p, near)

    def granted(
        self, batch: Batch, rows: NDArray[np.int64], state: State, p: int, near: Sequence[int]
    ) -> Iterator[Way]:
        """Yield the way of each of these rows, with these near misses and all else bought."""
        pattern = self.patterns[p]
        for row in self.first(batch, rows, p, near):
            grants = []
            for index, name in self.able.items():
                amount, column = pattern.least[index], batch.column(name)
                value = column.values[column.codes[row]]
                if not amount or value is None or int(value) >= amount:
                    continue
                money = None
                if index not in near:
                    unit = UNIT[self.problem.catalogue.resources[name].kind]
                    units = -(-(amount - int(value)) // unit)
                    amount, money = int(value) + units * unit, units * self.allowance.prices[name]
                grants.append(Grant(batch.names[row].as_py(), name, int(value), amount, money))
            domains = dict(state.domains)
            domains |= {
                each.resource: str(each.amount)
                for each in grants
                if any((role, each.resource) in self.alike for role, _ in pattern.roles)
            }
            price = int(batch.price[row]) if "cost" in self.problem.objectives else 0
            slot = Slot(price, 0, batch.names[row].as_py(), batch.first + row, 1)
            yield Way(tuple(sorted(domains.items())), p, state.named, slot, tuple(grants))

    def first(self, batch: Batch, rows: NDArray[np.int64], p: int, near: Sequence[int]) -> list[int]:
        """Return those of the rows that could suffice: the cheapest to upgrade, then the first by name."""
        if self.dear or self.enough is None or len(rows) <= self.enough:
            return [int(row) for row in rows.tolist()]
        money = np.zeros(len(rows), dtype=np.int64)
        for index, name in self.able.items():
            if index not in near and (least := self.patterns[p].least[index]):
                unit = UNIT[self.problem.catalogue.resources[name].kind]
                short = np.maximum(0, least - _amounts(batch, name)[rows])
                money += -(-short // unit) * self.allowance.prices.get(name, 0)
        near_enough = money <= np.partition(money, self.enough - 1)[self.enough - 1]
        named = [
            (amount, batch.names[row].as_py(), row)
            for amount, row in zip(money[near_enough].tolist(), rows[near_enough].tolist(), strict=True)
        ]
        return [row for _, _, row in sorted(named)[: self.enough]]

    def measured(self, name: str) -> bool:
        """Can a machine have a little less of the resource than another?"""
        return self.problem.catalogue.resources[name].kind is not Kind.CLASS

    def reads(self, pattern: Pattern) -> set[str]:
        """Return the levels, columns and resources that rules want to know of a machine that runs a pattern."""
        roles = {role for role, _ in pattern.roles}
        found = {level for level in self.problem.domains if not self.problem.readers(level).isdisjoint(roles)}
        for rule in self.problem.rules:
            match rule:
                case Same(role, name) | Alike(role, name) if role in roles:
                    found.add(name)
                case _:
                    pass
        return found


def _amounts(batch: Batch, name: str) -> NDArray[np.int64]:
    """Return a capacity of each row, shape (rows,); -1 where it is unknown."""
    column = batch.column(name)
    values = np.array([-1 if value is None else int(value) for value in column.values], dtype=np.int64)
    return values[column.codes]

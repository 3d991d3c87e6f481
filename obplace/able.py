"""What each machine may run, decided for a certificate: from the catalogue and the rules that are filters alone.

It shares no code with `patterns`, `classes` or `verify`; tests compare what they answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.catalogue import Combine
from obplace.pool import Batch, Column
from obplace.problem import Need, Problem
from obplace.rules import Alike, Apart, Ban, Beside, PerMachine, Same, Where

LOADS = 5000  # sets of roles on one machine; a catalogue that allows more has no certificate here

Load = tuple[tuple[str, int], ...]  # (role, copies)
Mark = tuple[list[bool], dict[str, Any]]  # what a rule can tell of a machine: what it may run, and where it is
Bools = NDArray[np.bool_]


class Machines:
    """What each machine may run, decided from the catalogue and the rules that are filters.

    It is looked at for all sets of roles, or for some ``loads``.
    """

    def __init__(self, problem: Problem, loads: Sequence[Load] | None = None) -> None:
        self.problem = problem
        self.loads = list(_loads(problem) if loads is None else loads)
        self.needs = [_needs(problem, load) for load in self.loads]
        self.read = [
            level for level in problem.domains if not (level == "zone" and problem.zoned) and problem.readers(level)
        ]
        self.known: list[tuple[str, str]] = [(role, level) for level in self.read for role in problem.readers(level)]
        for rule in problem.rules:
            if isinstance(rule, Same):
                self.known.append((rule.role, rule.column))
            elif isinstance(rule, Alike):
                self.known.append((rule.role, rule.resource))
        banned = [rule.machine for rule in problem.rules if isinstance(rule, Ban)]
        self.banned = problem.pool.find(banned).values() if banned else ()

    def fits(self, batch: Batch) -> list[Bools]:
        """Return for each load which machines may run it, shape (machines,)."""
        usable = _usable(self.problem, batch)
        for row in self.banned:
            if 0 <= row - batch.first < batch.size:
                usable[row - batch.first] = False
        able: dict[str, Bools] = {}
        for role, column in self.known:
            able[role] = able.get(role, usable) & _where(domain(batch, column), lambda value: value is not None)
        for rule in self.problem.rules:
            if isinstance(rule, Where):
                fine = _where(batch.column(rule.column), lambda value, rule=rule: _as_wanted(rule, value))
                able[rule.role] = able.get(rule.role, usable) & fine
        answer = []
        for load, hosts in zip(self.loads, self.needs, strict=True):
            enough = np.zeros(batch.size, dtype=np.bool_)
            for needs in hosts:
                one = usable
                for name, least in needs.items():
                    one = one & _where(batch.column(name), lambda value, n=least: value is not None and int(value) >= n)
                enough = enough | one
            for role, _ in load:
                enough = enough & able.get(role, usable)
            answer.append(enough)
        return answer

    def signatures(self, names: set[str]) -> dict[str, Mark]:
        """Return what a rule can tell of some machines: what they may run, and where, as far as that reads it."""
        rows = self.problem.pool.find(names) if names else {}
        if missing := sorted(names - rows.keys()):
            raise ValueError(f"no machine {missing[0]}")
        found = {}
        for batch in self.problem.pool if names else ():
            here = {name: row - batch.first for name, row in rows.items() if 0 <= row - batch.first < batch.size}
            fits = self.fits(batch) if here else []
            for name, index in here.items():
                may = [bool(fit[index]) for fit in fits]
                runs = {role for load, able in zip(self.loads, may, strict=True) if able for role, _ in load}
                columns = {column: domain(batch, column) for role, column in self.known if role in runs}
                found[name] = (may, {name: each.values[each.codes[index]] for name, each in columns.items()})
        return found

    def like(self, batch: Batch, fits: Sequence[Bools], mark: Mark) -> Bools:
        """Return which machines have this signature, shape (machines,)."""
        same = np.ones(batch.size, dtype=np.bool_)
        for fit, wanted in zip(fits, mark[0], strict=True):
            same &= fit == wanted
        for column, value in mark[1].items():
            same &= _where(domain(batch, column), lambda each, value=value: each == value)
        return same


def _loads(problem: Problem) -> Iterator[Load]:
    """Yield every set of roles that may share a machine, with their copies, by the catalogue and the filters."""
    most = {
        role: min(problem.catalogue.roles[role].max_per_machine, problem.bounds(role)[1]) for role in problem.counts
    }
    for number, copies in enumerate(product(*(range(each + 1) for each in most.values()))):
        if number > LOADS:
            raise ValueError(f"more than {LOADS:,} sets of roles to look at on one machine")
        load = tuple((role, n) for role, n in zip(most, copies, strict=True) if n)
        if load and _hosts(problem, load) and all(_keeps(rule, dict(load)) for rule in problem.rules):
            yield load


def _hosts(problem: Problem, load: Load) -> list[str | None]:
    """Return the roles whose guests all others may be; None where any roles share."""
    if problem.catalogue.free:
        return [None]
    pairs = problem.included | problem.added
    return [host for host, _ in load if all(guest == host or (guest, host) in pairs for guest, _ in load)]


def _keeps(rule: object, running: Mapping[str, int]) -> bool:
    match rule:
        case Apart(first, second, None):
            return not (first in running and second in running)
        case PerMachine(roles, copies):
            return sum(running.get(role, 0) for role in roles) <= copies
        case Beside(role, other):
            return other in running or (role is not None and role not in running)
        case _:
            return True


def _needs(problem: Problem, load: Load) -> list[dict[str, int]]:
    """Return, for each possible host, the least capacity of each resource that a load asks for."""
    answer = []
    for host in _hosts(problem, load):
        least = {}
        for name, resource in problem.catalogue.resources.items():
            need = {role: problem.needs[role].get(name, Need(0)) for role, _ in load}
            if resource.combine is Combine.MAX:
                amount = Fraction(max(each.base + each.raised for each in need.values()))
            else:
                held = [role for role, _ in load if role == host or (role, host) in problem.included]
                base = max((need[role].base * copies for role, copies in load if role in held), default=0)
                base += sum(need[role].base * copies for role, copies in load if role not in held)
                amount = (base + sum(need[role].raised * copies for role, copies in load)) / (1 - problem.headroom)
            amount *= 1 - problem.tolerance.get(name, Fraction(0))
            if amount > 0:
                least[name] = ceil(amount)
        answer.append(least)
    return answer


def _usable(problem: Problem, batch: Batch) -> Bools:
    mask = batch.usable.copy()
    if "runs" in problem.pool.columns and not problem.deployment.reuse:
        mask &= _where(batch.column("runs"), lambda value: not value)
    return mask & batch.priced if "cost" in problem.objectives else mask


def counts(problem: Problem, batch: Batch) -> NDArray[np.int64]:
    """Return how many machines each row stands for, shape (machines,); of what is on sale no more than a plan uses."""
    if "quantity" not in problem.pool.columns:
        return np.ones(batch.size, dtype=np.int64)
    column = batch.column("quantity")
    numbers = [1 if value is None else int(value) for value in column.values]
    if problem.sales is not None and batch.first >= problem.sales.first:
        numbers = [min(number, problem.enough) for number in numbers]
    return np.array(numbers, dtype=np.int64)[column.codes]


def _as_wanted(rule: Where, value: int | str | None) -> bool:
    if value is None:
        return not rule.allowed
    held = set(str(value).split(",")) if rule.column == "tags" else {str(value)}
    return bool(held & set(rule.values)) == rule.allowed


def domain(batch: Batch, level: str) -> Column:
    """Return the domain of each row at a level, or its value in a column."""
    return batch.domain(level) if level in ("region", "idc", "zone", "rack") else batch.column(level)


def _where(column: Column, test: Any) -> Bools:
    return np.array([test(value) for value in column.values], dtype=np.bool_)[column.codes]

"""The obvious model: one Boolean for each machine and role, one for each machine that is open.

It is written from the problem's own words, without anything of the kernel, and helped where a fair rival would be: a
role that a machine cannot run has no Boolean, each Boolean has its own row to the open machine, hosts that exclude
each other share one, capacities are divided by their common factor, and there is a plan to start from. Of obplace's
objectives it minimises the first alone, the cost.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from obplace.catalogue import Combine
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.rules import AtLeast, AtMost, Spread

Terms = dict[int, int]  # Boolean to coefficient


@dataclass
class Obvious:
    """Booleans, rows low <= sum of terms <= high (None is no bound), the cost, and a plan to start from."""

    problem: Problem
    machines: Sequence[Machine]
    runs: dict[tuple[int, str], int] = field(default_factory=dict)
    open: list[int] = field(default_factory=list)
    cost: Terms = field(default_factory=dict)
    rows: list[tuple[Terms, int | None, int | None]] = field(default_factory=list)
    size: int = 0

    def boolean(self) -> int:
        """Add a Boolean and return its number."""
        self.size += 1
        return self.size - 1

    def placement(self, values: Sequence[float]) -> dict[str, list[str]]:
        """Return the roles by machine name."""
        placed: dict[str, list[str]] = {}
        for (m, role), number in self.runs.items():
            if values[number] > 0.5:
                placed.setdefault(self.machines[m].name, []).append(role)
        return placed

    def price(self, values: Sequence[float]) -> int:
        """Return what the open machines cost, exactly."""
        return sum(price for number, price in self.cost.items() if values[number] > 0.5)


def obvious(problem: Problem) -> Obvious:
    """Return the obvious model of a problem with the rules that this benchmark asks for."""
    model = Obvious(problem, problem.pool.take(range(len(problem.pool))))
    free = _inside(problem)
    scale = {name: math.gcd(*(each.capacity[name] or 0 for each in model.machines),
                            *(needs[name].base for needs in problem.needs.values() if name in needs))
             for name in problem.catalogue.resources}  # fmt: skip
    for m, machine in enumerate(model.machines):
        able = [role for role in problem.counts if _fits(problem, machine, role)]
        here = {role: model.boolean() for role in able}
        model.runs |= {(m, role): number for role, number in here.items()}
        model.open.append(model.boolean())
        model.cost[model.open[m]] = machine.price or 0
        for number in here.values():
            model.rows.append(({number: 1, model.open[m]: -1}, None, 0))
        _together(model, here, model.open[m])
        for name, resource in problem.catalogue.resources.items():
            if resource.combine is Combine.SUM:
                terms = {here[role]: problem.needs[role][name].base // scale[name]
                         for role in able if role not in free and name in problem.needs[role]}  # fmt: skip
                capacity = (machine.capacity[name] or 0) // scale[name]
                if sum(terms.values()) > capacity:
                    model.rows.append((terms | {model.open[m]: -capacity}, None, 0))
    _counts(model)
    return model


def _fits(problem: Problem, machine: Machine, role: str) -> bool:
    return all((machine.capacity[name] or 0) >= need.base for name, need in problem.needs[role].items())


def _inside(problem: Problem) -> set[str]:
    """Return the roles that take nothing beside their host: its minimum holds theirs."""
    for guest, host in problem.included:
        for name, need in problem.needs.get(guest, {}).items():
            assert need.base <= problem.needs[host][name].base
    return {guest for guest, _ in problem.included}


def _together(model: Obvious, here: Mapping[str, int], opened: int) -> None:
    """Add what excludes each other on a machine: roles that are no guests, and guests without a common host."""
    sharing = model.problem.included | model.problem.added
    guests = {guest for guest, _ in sharing}
    hosts = {here[role]: 1 for role in here if role not in guests}
    if len(hosts) > 1:
        model.rows.append((hosts | {opened: -1}, None, 0))
    for a, b in combinations(here, 2):
        if (a, b) in sharing or (b, a) in sharing or not {a, b} & guests:
            continue
        common = {here[host]: -1 for host in here if {(a, host), (b, host)} <= sharing}
        model.rows.append(({here[a]: 1, here[b]: 1} | common, None, 1))


def _counts(model: Obvious) -> None:
    for rule in model.problem.rules:
        copies = {number: 1 for (_, role), number in model.runs.items() if role == getattr(rule, "role", None)}
        match rule:
            case AtLeast(_, least):
                model.rows.append((copies, least, None))
            case AtMost(_, most):
                model.rows.append((copies, None, most))
            case Spread(role, level, domains):
                names = model.problem.domains[level]
                assert len(names) == domains, "the benchmark's pools have as many zones as are asked for"
                share, larger = divmod(model.problem.counts[role], domains)
                for name in names:
                    inside = {number: 1 for (m, other), number in model.runs.items()
                              if other == role and model.machines[m].domains[level] == name}  # fmt: skip
                    model.rows.append((inside, share, share + (larger > 0)))
            case _:
                raise ValueError(f"the benchmark asks for no rule such as {rule}")


def first_plan(model: Obvious) -> list[int]:
    """Return a plan to start from: each role in turn where it costs least, guests on open hosts where they may."""
    problem = model.problem
    values = [0] * model.size
    placed: dict[int, list[str]] = {}
    spread = {rule.role: rule for rule in problem.rules if isinstance(rule, Spread)}
    hosts_first = sorted(problem.counts, key=lambda role: role in {guest for guest, _ in problem.included})
    for role in hosts_first:
        used: list[str | None] = []
        for _ in range(problem.counts[role]):
            level = spread[role].level if role in spread else None
            options = [
                (0 if m in placed else model.cost[model.open[m]], m)
                for (m, other) in model.runs
                if other == role
                and role not in placed.get(m, [])
                and all((role, host) in problem.included for host in placed.get(m, []))
                and (level is None or model.machines[m].domains[level] not in used)
            ]
            _, m = min(options)
            placed.setdefault(m, []).append(role)
            used.append(model.machines[m].domains[level] if level else None)
            values[model.runs[m, role]] = values[model.open[m]] = 1
    return values

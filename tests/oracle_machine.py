"""What one machine may run, decided from the catalogue, the needs and those rules that look at one machine alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import assert_never

from obplace.catalogue import Combine
from obplace.disks import usable_data
from obplace.pool import Machine
from obplace.problem import Need, Problem
from obplace.rules import (
    Across,
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Beside,
    Budget,
    Either,
    Graded,
    Layout,
    Limit,
    Majority,
    PerMachine,
    Pin,
    Ratio,
    Rule,
    Same,
    Spread,
    Step,
    Survive,
    Where,
    Within,
    levels,
)

Load = tuple[tuple[str, int], ...]  # what one machine runs: (role, copies), no role twice
Grades = Mapping[str, Step]  # by role: the step of its graded needs that is taken


@dataclass(frozen=True, eq=False)
class Variant:
    """A problem in which one step is taken for each role whose needs are graded."""

    problem: Problem
    grades: Grades

    @cached_property
    def reads(self) -> Mapping[str, tuple[str, ...]]:
        """By role, what rules want to know of a machine that runs it: levels, columns and resources, sorted."""
        found: dict[str, set[str]] = {role: set() for role in self.problem.counts}
        for rule in self.problem.rules:
            for role, level in levels(rule):
                found[role].add(level)
            match rule:
                case Same(role, name, _) | Alike(role, name, _):
                    found[role].add(name)
        return {role: tuple(sorted(names)) for role, names in found.items()}


def fact(machine: Machine, name: str) -> str | int | None:
    """Return what a machine has under one of the names that rules read; None where that is unknown."""
    if name in ("arch", "os"):
        return getattr(machine, name)
    return machine.capacity[name] if name in machine.capacity else machine.domains.get(name)


def usable(problem: Problem, machine: Machine) -> bool:
    """Tell whether a machine may be used at all."""
    if not machine.available or machine.quantity == 0 or Ban(machine.name) in problem.rules:
        return False
    if machine.runs and not problem.deployment.reuse:
        return False
    priced = "cost" in problem.objectives or any(isinstance(rule, Budget) for rule in problem.rules)
    return machine.price is not None or not priced


def may_run(variant: Variant, machine: Machine, load: Load) -> bool:
    """Tell whether a machine can run all of this at once: known where rules look, allowed together, large enough."""
    problem, roles = variant.problem, dict(load)
    if any(copies > problem.catalogue.roles[role].max_per_machine for role, copies in load):
        return False
    if any(fact(machine, name) is None for role in roles for name in variant.reads[role]):
        return False
    if not all(_allows(rule, machine, roles) for rule in problem.rules):
        return False
    if problem.catalogue.free:
        return _large_enough(variant, machine, load, ())
    for host in roles:
        guests = [role for role in roles if role != host]
        if all((guest, host) in problem.included or (guest, host) in problem.added for guest in guests):
            inside = [host, *(guest for guest in guests if (guest, host) in problem.included)]
            if _large_enough(variant, machine, load, inside):
                return True
    return False


def _allows(rule: Rule, machine: Machine, roles: Mapping[str, int]) -> bool:
    """Tell whether the rule lets one machine run these roles, whatever the others do."""
    match rule:
        case Apart(first, second, None):
            return first not in roles or second not in roles
        case PerMachine(among, most):
            return sum(copies for role, copies in roles.items() if role in among) <= most
        case Beside(role, other):
            return other in roles or (role is not None and role not in roles)
        case Where(role, column, values, allowed):
            held = set(machine.tags) if column == "tags" else {fact(machine, column)}
            return role not in roles or bool(held & set(values)) == allowed
        case AtLeast() | AtMost() | Ratio() | Survive() | Spread() | Limit() | Across() | Layout() | Within():
            return True
        case Majority() | Apart() | Same() | Alike() | Graded() | Either() | Budget() | Pin() | Ban():
            return True
        case _:
            assert_never(rule)


def _large_enough(variant: Variant, machine: Machine, load: Load, inside: Sequence[str]) -> bool:
    problem = variant.problem
    for name, resource in problem.catalogue.resources.items():
        usable_share = 1 - problem.headroom if resource.combine is Combine.SUM else Fraction(1)
        asked = _together(variant, load, inside, name) * (1 - problem.tolerance.get(name, Fraction(0)))
        capacity = machine.capacity.get(name)
        if asked > 0 and (capacity is None or capacity * usable_share < asked):
            return False
    return all(_holds_data(variant, machine, load, inside, role) for role, _ in load)


def _together(variant: Variant, load: Load, inside: Sequence[str], name: str) -> int:
    """Return what a load needs; of the catalogue's needs of the roles ``inside`` only the largest counts."""
    needs = [(role, copies, _need(variant, role, name)) for role, copies in load]
    if variant.problem.catalogue.resources[name].combine is Combine.MAX:
        return max(need.base + need.raised for _, _, need in needs)
    held = [copies * need.base for role, copies, need in needs if role in inside]
    return sum(copies * (need.base + need.raised) for _, copies, need in needs) - sum(held) + max(held, default=0)


def _need(variant: Variant, role: str, name: str) -> Need:
    need = variant.problem.needs[role].get(name, Need(0))
    amount = dict(variant.grades[role].needs).get(name, 0) if role in variant.grades else 0
    return Need(need.base, max(need.raised, amount - need.base))


def _holds_data(variant: Variant, machine: Machine, load: Load, inside: Sequence[str], role: str) -> bool:
    """Tell whether the machine has the data disk that the step of a role asks for, beside what the others need."""
    if role not in variant.grades or not variant.grades[role].data:
        return True
    left = {}
    for name in ("storage", "memory"):
        capacity = machine.capacity[name]
        if capacity is None:
            return False
        alone = _together(variant, ((role, dict(load)[role]),), inside, name)
        left[name] = capacity - max(0, _together(variant, load, inside, name) - alone)
    data = usable_data(variant.problem.catalogue, left["storage"], left["memory"])
    return data is not None and data >= variant.grades[role].data

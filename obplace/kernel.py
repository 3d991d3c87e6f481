"""Shrink a pool to the machines that an optimal plan could need, and bring a solution back to the pool.

Machines are grouped into classes: the patterns they can run, and the domain of every level that a rule reads
for one of these patterns. No rule can tell two machines of a class apart, except by price, so the model counts
machines of a class. What is then removed, and why:

``CHEAPEST``: the U cheapest of a class suffice.
    Each server runs at least one copy, so the largest counts of the roles that the class can run, added up,
    bound the servers that a plan uses of it; U is that sum. A plan that uses a machine m beyond the U cheapest
    uses at most U - 1 others of the class, so one of the U cheapest is free, and m's pattern moves there. No
    count, domain or number of servers changes and no objective grows, because "cheap" is the one key (price,
    surplus, name) in which whatever follows the number of servers is compared.
    It does nothing for a class with a role that has no upper bound, nor for a machine that a rule names, which
    is a class of its own.

``DOMINATED``: a machine goes when U machines that can do at least as much are at least as cheap.
    Here U is the bound over all roles, and "can do as much" means every pattern of m, in the same domain of
    every level that a rule reads for one of m's patterns. A plan uses at most U - 1 of these beside m, so one is
    free for m's pattern, as above. The key orders machines strictly, so such moves come to an end.
    It does nothing where a role has no upper bound, nor for a machine that a rule names, and never counts such
    a machine among the U.

``RACKS``: of the domains of a level over which roles are spread, those suffice that hold what they need most cheaply.
    The argument, and where it does nothing, stand in `racks`.

Each leaves a smaller pool with the same optimum, so one may follow the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from obplace.cheapest import Slot, cheapest
from obplace.classes import Classes, State
from obplace.patterns import Pattern, patterns, split
from obplace.plan import Assignment, Plan
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.racks import needed_racks
from obplace.rules import AtMost, Spread


class Reduction(StrEnum):
    """What can be switched off, to show that it does not change the optimum."""

    CHEAPEST = "cheapest"
    RACKS = "racks"
    DOMINATED = "dominated"


ALL = frozenset(Reduction)


@dataclass(frozen=True)
class MachineClass:
    """Machines that no rule can tell apart.

    Attributes
    ----------
    patterns
        Indices into the kernel's patterns, ascending.
    domains
        By level that a rule reads for one of these patterns.
    named
        The machine, when a rule names it.
    slots
        The rows that suffice, cheapest first.
    """

    patterns: tuple[int, ...]
    domains: Mapping[str, str]
    named: str | None
    slots: tuple[Slot, ...]

    @property
    def size(self) -> int:
        """How many machines its slots hold."""
        return sum(slot.count for slot in self.slots)


@dataclass(frozen=True)
class Kernel:
    """A smaller problem with the same optimum; equal for every order of the pool's rows."""

    problem: Problem
    patterns: tuple[Pattern, ...]
    classes: tuple[MachineClass, ...]


def reduce(problem: Problem, reductions: frozenset[Reduction] = ALL) -> Kernel:
    """Return the kernel of a problem; ``reductions`` are those that may be used."""
    pats = patterns(problem)
    classes = Classes(problem, pats)
    most = {rule.role: rule.copies for rule in problem.rules if isinstance(rule, AtMost)}

    def limit(number: int) -> int | None:
        if Reduction.CHEAPEST not in reductions:
            return None
        roles = {role for p in _members(classes.states[number]) for role, _ in pats[p].roles}
        return sum(most[role] for role in roles) if roles <= most.keys() else None

    found = [(classes.states[number], slots) for number, slots in cheapest(problem, classes, limit).items()]
    bounded = problem.counts.keys() <= most.keys()
    if bounded and Reduction.RACKS in reductions:
        for level in problem.domains:
            found = needed_racks(found, level, _share(problem, level), sum(most.values()))
    if bounded and Reduction.DOMINATED in reductions:
        found = _undominated(found, sum(most.values()))
    kept = [
        MachineClass(tuple(_members(state)), dict(state.domains), state.named, tuple(slots))
        for state, slots in found
        if slots
    ]
    kept.sort(key=lambda each: (sorted(each.domains.items()), each.patterns, each.named or ""))
    return Kernel(problem, pats, tuple(kept))


def _share(problem: Problem, level: str) -> int:
    """Return how many copies of the roles that are spread over a level one of its domains may hold."""
    spreads = [rule for rule in problem.rules if isinstance(rule, Spread) and rule.level == level]
    return sum(-(-problem.bounds(rule.role)[1] // rule.domains) for rule in spreads)


def _members(state: State) -> list[int]:
    return [p for p in range(state.patterns.bit_length()) if state.patterns >> p & 1]


def _undominated(found: Sequence[tuple[State, list[Slot]]], enough: int) -> list[tuple[State, list[Slot]]]:
    """Leave out each machine for which ``enough`` others can do as much and come first in the key."""
    answer = []
    for state, slots in found:
        if state.named is not None:
            answer.append((state, slots))
            continue
        able = [
            slot
            for other, theirs in found
            if other.named is None
            and state.patterns & ~other.patterns == 0
            and set(state.domains) <= set(other.domains)
            for slot in theirs
        ]
        ahead = 0
        cut: Slot | None = None
        for slot in sorted(able):
            if ahead >= enough:
                cut = slot
                break
            ahead += slot.count
        answer.append((state, [slot for slot in slots if cut is None or slot < cut]))
    return answer


def lift(kernel: Kernel, counts: Mapping[tuple[int, int], int]) -> Plan:
    """Return the plan in which ``counts[c, p]`` machines of class c run pattern p.

    Within a class machines are taken in the order of their slots and dealt to patterns in catalogue order.
    """
    problem = kernel.problem
    dealt: list[tuple[Slot, int, Pattern]] = []
    for c, each in enumerate(kernel.classes):
        units = [(slot, unit) for slot in each.slots for unit in range(slot.count)]
        running = [p for p in each.patterns for _ in range(counts.get((c, p), 0))]
        dealt += [(*unit, kernel.patterns[p]) for unit, p in zip(units, running, strict=False)]
    machines = problem.pool.take([slot.row for slot, _, _ in dealt])
    assignments = []
    for (slot, unit, pattern), machine in zip(dealt, machines, strict=True):
        name = f"{slot.name}#{unit + 1}" if machine.quantity > 1 else slot.name
        assignments.append(assign(problem, name, machine, pattern))
    return assembled(problem, assignments)


def assign(problem: Problem, name: str, machine: Machine, pattern: Pattern) -> Assignment:
    """Return the assignment of a pattern to a machine."""
    return Assignment(
        name=name,
        machine=machine,
        roles=tuple(role for role, copies in pattern.roles for _ in range(copies)),
        used=dict(zip(problem.catalogue.resources, pattern.needs, strict=True)),
        used_by=split(problem, pattern),
    )


def assembled(problem: Problem, assignments: Iterable[Assignment]) -> Plan:
    """Return the plan of these assignments, in its canonical order."""
    order = {role: index for index, role in enumerate(problem.catalogue.roles)}
    ordered = sorted(assignments, key=lambda each: ([order[role] for role in each.roles], each.name))
    return Plan(tuple(ordered), problem.catalogue, problem.pool.price_decimals, problem.pool.currency)

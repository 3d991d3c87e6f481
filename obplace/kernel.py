"""Shrink a pool to the machines that an optimal plan could need, and bring a solution back to the pool.

Machines are grouped into classes: the patterns they can run, and the domain of every level that a rule reads
for one of these patterns. No rule can tell two machines of a class apart, except by price, so the model counts
machines of a class. What is then removed, and why:

``CHEAPEST``: the U cheapest of a class suffice.
    Each server runs at least one copy, so the largest counts of the roles that the class can run, added up,
    bound the servers that a plan uses of it; U is that sum. A plan that uses a machine m beyond the U cheapest
    uses at most U - 1 others of the class, so one of the U cheapest is free, and m's pattern moves there. No
    count, domain or number of servers changes and no objective grows, because "cheap" is the one key (price,
    surplus, name) in which whatever follows the number of servers is compared. What machines of a role
    have to agree in (architecture, memory) tells classes apart like a domain; zone and step go with a pattern.
    It does nothing for a class with a role that has no upper bound, nor for a machine that a rule names, which
    is a class of its own.

``DOMINATED``: a machine goes when U machines that can do at least as much are at least as cheap.
    Here U is the bound over all roles, and "can do as much" means every pattern of m, in the same domain of
    every level that a rule reads for one of m's patterns. A plan uses at most U - 1 of these beside m, so one is
    free for m's pattern, as above. The key orders machines strictly, so such moves come to an end.
    It does nothing where a role has no upper bound, nor for a machine that a rule names, and never counts such
    a machine among the U.
    Where an objective reads the surplus too, the larger the better, a machine counts among the U only if it is
    both at least as large and at least as cheap. The key is then (price, largest first, name), and a move makes
    neither objective worse.

``RACKS``: of the domains of a level over which roles are spread, those suffice that hold what they need most cheaply.
    The argument, and where it does nothing, stand in `racks`.

``OFFERS``: of offers whose rows depend on one another those go that are dearer than what suffices.
    The argument, and where it does nothing, stand in `buying`.

``ALIKE``: clusters that nothing tells apart are one role.
    The argument, and where it does nothing, stand in `alike`; `solver` does it before all else.

Each leaves a smaller pool with the same optimum, so one may follow the other.

Several objectives in no order, as a frontier has them, need no other argument where each of them is a count of
servers, of patterns by class, or the cost: a move within a class, or to a machine that does as much in the same
domains, changes none but the cost, which does not grow. So whatever else an objective reads of a machine has to
tell classes apart (``told``), and then every trade-off of the pool is one of the kernel.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from obplace.bill import bill
from obplace.buying import needed
from obplace.candidates import Slot
from obplace.cheapest import cheapest
from obplace.classes import SURPLUS, State
from obplace.patterns import Pattern, patterns, split
from obplace.plan import Assignment, Plan
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.racks import Reach, needed_racks
from obplace.rules import Layout, Limit, Majority, Rule, Spread


class Reduction(StrEnum):
    """What can be switched off, to show that it does not change the optimum."""

    CHEAPEST = "cheapest"
    RACKS = "racks"
    DOMINATED = "dominated"
    OFFERS = "offers"
    ALIKE = "alike"


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

    def domain(self, c: int, p: int, level: str) -> str | None:
        """Return the domain of a level in which class c with pattern p lies; None where none counts."""
        zone = self.patterns[p].zone
        return zone if level == "zone" and zone is not None else self.classes[c].domains.get(level)


def reduce(
    problem: Problem,
    reductions: frozenset[Reduction] = ALL,
    beyond: int = 0,
    pats: tuple[Pattern, ...] | None = None,
    told: Collection[str] = (),
) -> Kernel:
    """Return the kernel of a problem.

    Parameters
    ----------
    reductions
        Those that may be used.
    beyond
        So many machines of each class are kept beyond those that suffice.
    pats
        The patterns of the problem, where there are more than those of the pool's largest machine.
    told
        What objectives read of a machine besides its price, as in `Classes`.
    """
    if pats is None:
        pats = patterns(problem)
    most = problem.most
    bounded = problem.counts.keys() <= most.keys()
    enough = sum(most.values())

    def limit(state: State) -> int | None:
        if Reduction.CHEAPEST not in reductions:
            return None
        roles = {role for p in _members(state) for role, _ in pats[p].roles}
        return sum(most[role] for role in roles) + beyond if roles <= most.keys() else None

    # Zones that the plan may give stand in the patterns, so no machine has to be left out for them. The level with
    # most domains comes first: while its racks are numbers, the classes of a million machines need no names.
    levels = [level for level in problem.domains if level != "zone" or not problem.zoned]
    levels.sort(key=lambda level: -len(problem.domains[level]))
    reaches = {level: _reach(problem, pats, level) for level in levels if bounded and Reduction.RACKS in reductions}
    taken = needed(problem, pats, enough + beyond if bounded and Reduction.OFFERS in reductions else None)
    shares = {level: reach.share for level, reach in reaches.items()}
    candidates = cheapest(problem, pats, limit, shares, enough, taken, told)
    for level, reach in reaches.items():
        candidates = needed_racks(candidates, level, reach, enough)
    found = candidates.slots()
    if bounded and Reduction.DOMINATED in reductions:
        found = _undominated(found, enough)
    kept = [
        MachineClass(tuple(_members(state)), dict(state.domains), state.named, tuple(slots))
        for state, slots in found
        if slots
    ]
    kept.sort(key=lambda each: (sorted(each.domains.items()), each.patterns, each.named or ""))
    return Kernel(problem, pats, tuple(kept))


def _reach(problem: Problem, pats: Sequence[Pattern], level: str) -> Reach:
    """Return what rules allow of the roles for which they read a level."""
    roles = problem.readers(level)
    free = sum(1 << p for p, pattern in enumerate(pats) if roles.isdisjoint(role for role, _ in pattern.roles))
    return Reach(share(problem, level), sum(problem.bounds(role)[1] for role in roles), free)


def share(problem: Problem, level: str) -> int:
    """Return how many copies of the roles for which a rule reads a level one of its domains may hold together."""
    return sum(min(_held(problem, rule, role, level) for rule in problem.rules) for role in problem.readers(level))


def _held(problem: Problem, rule: Rule, role: str, level: str) -> int:
    """Return how many copies of a role a rule allows in one domain of a level."""
    most = problem.bounds(role)[1]
    match rule:
        case Spread(one, there, domains) if (one, there) == (role, level):
            return -(-most // domains)
        case Limit(one, there, copies) if (one, there) == (role, level):
            return copies
        case Layout(one, there, zones) if (one, there) == (role, level):
            return max(zones) * problem.in_zone(role)
        case Majority(one, there, zones, arbiter) if (one, there) == (role, level):
            votes = (most if zones is None else zones) + (arbiter is not None)
            return (votes - 1) // 2 * (1 if zones is None else problem.in_zone(role))
        case _:
            return most


def _members(state: State) -> list[int]:
    return [p for p in range(state.patterns.bit_length()) if state.patterns >> p & 1]


def _undominated(found: Sequence[tuple[State, list[Slot]]], enough: int) -> list[tuple[State, list[Slot]]]:
    """Leave out each machine for which ``enough`` others can do as much and come first in the key."""
    keyed = [(state, [(_key(state, slot), slot) for slot in slots]) for state, slots in found]
    answer = []
    for state, slots in keyed:
        if state.named is None:
            able = [each for other, theirs in keyed if _does_as_much(other, state) for each in theirs]
            ahead = 0
            for key, slot in sorted(able):
                if ahead >= enough:
                    slots = [each for each in slots if each[0] < key]
                    break
                ahead += slot.count
        answer.append((state, [slot for _, slot in slots]))
    return answer


def _key(state: State, slot: Slot) -> tuple[int, int, int, str]:
    """Return what puts machines that can do as much in order: the cheapest first, and the largest where that counts."""
    return slot.price, -int(dict(state.domains).get(SURPLUS, 0)), slot.surplus, slot.name


def _does_as_much(other: State, state: State) -> bool:
    """Can each machine of one class take the place of any of another, whatever it runs?"""
    if other.named is not None or state.patterns & ~other.patterns:
        return False
    theirs, own = dict(other.domains), dict(state.domains)
    return int(own.pop(SURPLUS, 0)) <= int(theirs.pop(SURPLUS, 0)) and own.items() <= theirs.items()


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
        placed = in_zone(machine, pattern.zone) if problem.zoned else machine
        assignments.append(assign(problem, name, placed, pattern))
    return assembled(problem, _renamed(problem, assignments))


def in_zone(machine: Machine, zone: str | None) -> Machine:
    """Return the machine in the zone that a plan gives it; one to which it gives none stays in its own, if any."""
    return machine if zone is None else replace(machine, domains={**machine.domains, "zone": zone})


def _renamed(problem: Problem, assignments: Sequence[Assignment]) -> list[Assignment]:
    """Give the zones that the plan made up their names in the order of where they lie and of their first machine.

    No rule can tell these zones apart, so that their names would be chance.
    """
    fresh = problem.new_zones
    first: dict[str, tuple[list[str], str]] = {}
    for each in sorted(assignments, key=lambda each: each.name):
        zone = each.machine.domains.get("zone")
        if zone in fresh:
            place = [domain or "" for level, domain in each.machine.domains.items() if level != "zone"]
            first.setdefault(zone, (place, each.name))
    names = dict(zip(sorted(first, key=lambda zone: first[zone]), fresh, strict=False))
    if not names:
        return list(assignments)
    return [
        replace(each, machine=in_zone(each.machine, names.get(each.machine.domains.get("zone") or "")))
        for each in assignments
    ]


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
    bought = bill(problem.sales, [each.machine for each in ordered])
    return Plan(tuple(ordered), problem.catalogue, problem.pool.price_decimals, problem.pool.currency, bought)

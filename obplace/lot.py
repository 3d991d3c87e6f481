"""A problem as a fleet, and a packing as a plan: for catalogues in which anything may share a machine.

Machines of one stand can run the same roles, lie in the same domains and have the same capacities; headroom and
tolerance are in the capacities. What a count cannot say is refused by name.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import gcd

from obplace.catalogue import Combine
from obplace.classes import Classes
from obplace.errors import UsageError
from obplace.fleet import Fleet, Kind, Load, Stand
from obplace.kernel import assembled, assign
from obplace.loose import Loose
from obplace.parts import Part, barred, counts, limits, parts
from obplace.patterns import MOST, alone, most_copies, together
from obplace.plan import Assignment, Plan
from obplace.problem import Problem
from obplace.rules import (
    Apart,
    Beside,
    Graded,
    PerMachine,
)
from obplace.sayable import refused

FEW = 100  # stands: so few are soon searched as they are, and what ties copies together helps to prove
CELLS = 100_000  # sets of roles, by domain, up to which a model of them all is soon solved


@dataclass(frozen=True)
class Lot:
    """A fleet, and the rows of the pool behind it.

    Attributes
    ----------
    parts
        What each kind of the fleet is.
    limits
        By count: the place of its rule in the problem's list, and the domain.
    told
        The places of the rules by whose domains machines are told apart.
    rows
        By stand, cheapest first: row of the pool, and which of the machines that it stands for.
    """

    problem: Problem
    fleet: Fleet
    parts: tuple[Part, ...]
    limits: tuple[tuple[int, str], ...]
    told: tuple[int, ...]
    rows: tuple[tuple[tuple[int, int], ...], ...]


def lot(problem: Problem, few: int = FEW) -> Lot:
    """Return the fleet of a problem; with more than ``few`` stands copies are split by domain where that is fixed.

    Raises
    ------
    UsageError
        A rule or an objective cannot be told to it; each is named.
    """
    if wrong := tuple(refused(problem)):
        raise UsageError(
            [
                f"more roles may share a machine than can be listed, and then this is not possible: {each}"
                for each in wrong
            ]
        )
    roles = [role for role in problem.counts if problem.bounds(role)[0] > 0]
    names = _names(problem)
    crowds = _crowds(problem)
    needs = {role: _amounts(problem, role) for role in roles}
    units = [max(1, gcd(*(needs[role][r] for role in roles))) for r in range(len(names) + len(crowds))]
    groups = _groups(problem, roles, names, units)
    unit = 1 + sum(_second(problem, price) for machines in groups.values() for *_, price in machines)
    known = limits(problem, roles)
    found = parts(problem, roles, known if len(groups) > few else [])
    stands: list[Stand] = []
    rows: list[tuple[tuple[int, int], ...]] = []
    for (out, places, capacities), machines in sorted(
        groups.items(), key=lambda each: (each[0][2], sorted(each[0][1]), sorted(each[0][0]))
    ):
        machines.sort(key=lambda each: (_price(problem, unit, each[2]), each[:2]))
        prices: dict[int, int] = {}
        for *_, price in machines:
            prices[_price(problem, unit, price)] = prices.get(_price(problem, unit, price), 0) + 1
        may_not = barred(found, out, places)
        stands.append(Stand(f"stand {len(stands)}", capacities, tuple(sorted(prices.items())), places, may_not))
        rows.append(tuple((row, number) for row, number, _ in machines))
    kinds = tuple(
        Kind(
            part.name,
            part.copies,
            tuple(need // each for need, each in zip(needs[part.role], units, strict=True)),
            problem.catalogue.roles[part.role].max_per_machine,
        )
        for part in found
    )
    numbers: dict[str, list[int]] = {}
    for number, part in enumerate(found):
        numbers.setdefault(part.role, []).append(number)
    apart = frozenset(
        (min(pair), max(pair))
        for rule in problem.rules
        if isinstance(rule, Apart) and {rule.first, rule.second} <= numbers.keys()
        for pair in product(numbers[rule.first], numbers[rule.second])
    )
    counted = counts(problem, known, found, kinds, stands)
    resources = (*names, *(f"rule {problem.rules.index(rule)}" for rule in crowds))
    fleet = Fleet(resources, kinds, tuple(stands), apart, tuple(count for count, _, _ in counted), unit)
    return Lot(
        problem,
        fleet,
        tuple(found),
        tuple(each[1:] for each in counted),
        tuple(number for number, _ in known),
        tuple(rows),
    )


def without_counts(made: Lot, loose: Loose) -> Lot:
    """Return the lot of a loose fleet: what is proven of it is proven of its problem."""
    taken = [0] * len(made.rows)
    rows = []
    for stand in range(len(loose.fleet.stands)):
        machines = []
        for _, s in loose.machines(stand):
            machines.append(made.rows[s][taken[s]])
            taken[s] += 1
        rows.append(tuple(machines))
    limits = tuple(made.limits[c] for c in loose.kept)
    told = {number for number, _ in limits} | {part.rule for part in made.parts if part.rule is not None}
    return replace(made, fleet=loose.fleet, limits=limits, told=tuple(sorted(told)), rows=tuple(rows))


def countless(problem: Problem) -> bool:
    """Are there more sets of roles than can be listed? Counted quickly, where sharing is free.

    Where a rule reads domains, each set is listed for each of them, if need be: that soon is more than a model holds.
    """
    if not problem.catalogue.free or problem.zoned or any(isinstance(rule, Graded | Beside) for rule in problem.rules):
        return False
    rooms = (_room(problem, name, problem.pool.largest.get(name, 0)) for name in _names(problem))
    largest = (*rooms, *(rule.copies for rule in _crowds(problem)))
    roles = [(_amounts(problem, role), most) for role, most in most_copies(problem).items()]
    numbers = {role: index for index, role in enumerate(problem.counts)}
    apart = {
        frozenset((numbers[rule.first], numbers[rule.second]))
        for rule in problem.rules
        if isinstance(rule, Apart) and rule.level is None
    }
    domains = max((len(names) for names in problem.domains.values()), default=1)
    enough = MOST if domains * MOST <= CELLS or any(refused(problem)) else CELLS // domains
    found = 0
    waiting: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), largest)]
    while waiting and found <= enough:
        running, left = waiting.pop()
        for index in range(running[-1] + 1 if running else 0, len(roles)):
            need, most = roles[index]
            if any(frozenset((index, other)) in apart for other in running):
                continue
            rest = left
            for _ in range(most):
                rest = tuple(room - each for room, each in zip(rest, need, strict=True))
                if min(rest, default=0) < 0:
                    break
                found += 1
                waiting.append(((*running, index), rest))
    return found > enough


def _names(problem: Problem) -> list[str]:
    return [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]


def _crowds(problem: Problem) -> list[PerMachine]:
    """Return the rules on what a machine runs of some roles together: each is a resource of which a copy takes 1."""
    return [rule for rule in problem.rules if isinstance(rule, PerMachine)]


def _amounts(problem: Problem, role: str) -> tuple[int, ...]:
    """Return what a copy takes of each resource that adds up, and of what each rule lets a machine run."""
    needs = (problem.needs[role].get(name) for name in _names(problem))
    amounts = (0 if need is None else need.base + need.raised for need in needs)
    return (*amounts, *(int(role in rule.roles) for rule in _crowds(problem)))


def _second(problem: Problem, price: int) -> int:
    """Return what a machine adds to the second objective."""
    if len(problem.objectives) < 2:
        return 0
    return price if problem.objectives[1] == "cost" else 1


def _price(problem: Problem, unit: int, price: int) -> int:
    return (price if problem.objectives[0] == "cost" else 1) * unit + _second(problem, price)


Key = tuple[frozenset[str], frozenset[str], tuple[int, ...]]  # roles barred, places, capacities


def _groups(
    problem: Problem, roles: Sequence[str], names: Sequence[str], units: Sequence[int]
) -> dict[Key, list[tuple[int, int, int]]]:
    """Return machines that nothing but their price tells apart: row, number in it, price."""
    crowds = [rule.copies for rule in _crowds(problem)]
    classes = Classes(problem, [alone(problem, role) for role in roles])
    groups: dict[Key, list[tuple[int, int, int]]] = {}
    stands: dict[int, tuple[frozenset[str], frozenset[str]]] = {}  # by class: roles barred, places
    for batch in problem.pool:
        numbers = classes.of(batch)
        columns = [batch.column(name) for name in names]
        rooms = [
            [_room(problem, name, value) for value in column.values]
            for name, column in zip(names, columns, strict=True)
        ]
        quantity = batch.column("quantity")
        for row in (numbers >= 0).nonzero()[0].tolist():
            number = int(numbers[row])
            if number not in stands:
                state = classes.states[number]
                out = frozenset(role for k, role in enumerate(roles) if not state.patterns >> k & 1)
                stands[number] = out, frozenset(f"{level} {domain}" for level, domain in state.domains)
            here = [room[column.codes[row]] for room, column in zip(rooms, columns, strict=True)]
            capacities = tuple(room // unit for room, unit in zip((*here, *crowds), units, strict=True))
            key = *stands[number], capacities
            count = int(quantity.values[quantity.codes[row]] or 1)
            price = int(batch.price[row])
            groups.setdefault(key, []).extend((batch.first + row, each, price) for each in range(count))
    return groups


def _room(problem: Problem, resource: str, capacity: int | str | None) -> int:
    """Return what items may take of a capacity: less by the headroom, more by the tolerance; none where unknown."""
    tolerance = problem.tolerance.get(resource, Fraction(0))
    return int(int(capacity or 0) * (1 - problem.headroom) / (1 - tolerance))


def plan_of(made: Lot, packing: Sequence[Load]) -> Plan:
    """Return the plan of a packing: in each stand the cheapest machines, in the order of the pool where equal."""
    problem, fleet = made.problem, made.fleet
    taken = [0] * len(fleet.stands)
    dealt = []
    for load in sorted(packing, key=lambda each: (each.stand, *(-each.items).tolist())):
        dealt.append((*made.rows[load.stand][taken[load.stand]], load))
        taken[load.stand] += 1
    machines = problem.pool.take([row for row, _, _ in dealt])
    assignments: list[Assignment] = []
    for (_, number, load), machine in zip(dealt, machines, strict=True):
        name = f"{machine.name}#{number + 1}" if machine.quantity > 1 else machine.name
        copies: Counter[str] = Counter()
        for k in load.items.nonzero()[0].tolist():
            copies[made.parts[k].role] += int(load.items[k])
        assignments.append(assign(problem, name, machine, together(problem, copies)))
    return assembled(problem, assignments)

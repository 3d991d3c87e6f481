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
from obplace.fleet import EXACT, Fleet, Kind, Load, Stand
from obplace.kernel import assembled, assign
from obplace.loose import Loose
from obplace.parts import Part, barred, counts, limits, parts
from obplace.patterns import MOST, alone, most_copies, together
from obplace.plan import Assignment, Plan
from obplace.problem import Problem
from obplace.quantity import show
from obplace.rules import (
    Apart,
    Beside,
    Graded,
    PerMachine,
)
from obplace.sayable import refused

FEW = 100  # stands: so few are soon searched as they are, and what ties copies together helps to prove
CELLS = 10_000  # sets of roles, by domain, up to which a model of them all is soon solved
SETS = 200  # of roles: so few are soon solved in ten times as many


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
    units
        By resource of the fleet: how many base units, or copies, one of its units is.
    supply
        What there is before anything is left out.
    """

    problem: Problem
    fleet: Fleet
    parts: tuple[Part, ...]
    limits: tuple[tuple[int, str], ...]
    told: tuple[int, ...]
    rows: tuple[tuple[tuple[int, int], ...], ...]
    units: tuple[int, ...]
    supply: "Supply"


@dataclass(frozen=True)
class Supply:
    """The machines that can run any of the roles: how many, and by resource the room that they have, in base units.

    What is less than the least part in which all needs can be told is of no use to any of them, and left out.
    """

    machines: int
    room: tuple[int, ...]


def lot(problem: Problem, few: int = FEW) -> Lot:
    """Return the fleet of a problem; with more than ``few`` stands copies are split by domain where that is fixed.

    No plan uses more servers than copies run, and no machine runs more than all copies: of each stand the cheapest are
    kept, so many, and capacities count up to what all copies need.

    Raises
    ------
    UsageError
        A rule or an objective cannot be told to it; each is named. Or sums are too large to be exact.
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
    copies = {role: problem.bounds(role)[0] for role in roles}
    asked = tuple(sum(needs[role][r] * copies[role] for role in roles) for r in range(len(units)))
    groups, supply = _groups(problem, roles, names, asked, units)
    unit = 1 + sum(_second(problem, price) * number for machines in groups.values() for _, number, price in machines)
    known = limits(problem, roles)
    found = parts(problem, roles, known if len(groups) > few else [])
    stands: list[Stand] = []
    rows: list[tuple[tuple[int, int], ...]] = []
    for (out, places, capacities), machines in sorted(
        groups.items(), key=lambda each: (each[0][2], sorted(each[0][1]), sorted(each[0][0]))
    ):
        machines.sort(key=lambda each: (_price(problem, unit, each[2]), each[0]))
        prices: dict[int, int] = {}
        kept: list[tuple[int, int]] = []
        for row, number, price in machines:
            if taken := min(number, sum(copies.values()) - len(kept)):
                prices[_price(problem, unit, price)] = prices.get(_price(problem, unit, price), 0) + taken
                kept += ((row, which) for which in range(taken))
        may_not = barred(found, out, places)
        stands.append(Stand(f"stand {len(stands)}", capacities, tuple(sorted(prices.items())), places, may_not))
        rows.append(tuple(kept))
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
    _exact(problem, kinds, stands, resources, units)
    fleet = Fleet(resources, kinds, tuple(stands), apart, tuple(count for count, _, _ in counted), unit)
    return Lot(
        problem,
        fleet,
        tuple(found),
        tuple(each[1:] for each in counted),
        tuple(number for number, _ in known),
        tuple(rows),
        tuple(units),
        supply,
    )


def _exact(
    problem: Problem, kinds: Sequence[Kind], stands: Sequence[Stand], names: Sequence[str], units: Sequence[int]
) -> None:
    """Refuse what a fleet could not add up exactly, in the words of the problem."""
    wrong = []
    if sum(price * number for stand in stands for price, number in stand.prices) >= EXACT:
        wrong.append(
            f"{' and '.join(problem.objectives)} of all machines add up to more than 2^53 units; "
            "use prices with fewer digits, or a pool of fewer machines"
        )
    for r, (name, unit) in enumerate(zip(names, units, strict=True)):
        asked = sum(kind.needs[r] * kind.copies for kind in kinds)
        there = sum(stand.capacities[r] * stand.size for stand in stands)
        if max(asked, there) >= EXACT:
            part = show(unit, problem.catalogue.kinds[name])
            wrong.append(
                f"{name} of all {'copies' if asked >= EXACT else 'machines'} adds up to more than 2^53 parts of {part}"
                ", the largest that all needs are multiples of; ask for rounder or smaller amounts (--minimum)"
            )
    if wrong:
        raise UsageError(wrong)


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
    few = min(SETS, 10 * CELLS // domains)
    enough = MOST if any(refused(problem)) else min(MOST, max(CELLS // domains, few))
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


def only_listed(problem: Problem, what: str) -> None:
    """Refuse to say something of a fleet that takes all sets of roles, one by one.

    Raises
    ------
    UsageError
        With ``what`` is not said.
    """
    if countless(problem):
        raise UsageError(
            f"more roles may share a machine than can be listed, and then {what} is not told: "
            "obplace solve with the same flags says what is known"
        )


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
    problem: Problem, roles: Sequence[str], names: Sequence[str], asked: Sequence[int], units: Sequence[int]
) -> tuple[dict[Key, list[tuple[int, int, int]]], Supply]:
    """Return rows of the pool that nothing but their price tells apart: row, its machines, price; and what there is."""
    crowds = [rule.copies for rule in _crowds(problem)]
    classes = Classes(problem, [alone(problem, role) for role in roles])
    groups: dict[Key, list[tuple[int, int, int]]] = {}
    stands: dict[int, tuple[frozenset[str], frozenset[str]]] = {}  # by class: roles barred, places
    machines, totals = 0, [0] * len(units)
    for batch in problem.pool:
        numbers = classes.of(batch)
        columns = [batch.column(name) for name in names]
        rooms = [
            [_room(problem, name, value) for value in each.values] for name, each in zip(names, columns, strict=True)
        ]
        quantity = batch.column("quantity")
        for row in (numbers >= 0).nonzero()[0].tolist():
            number = int(numbers[row])
            if number not in stands:
                state = classes.states[number]
                out = frozenset(role for k, role in enumerate(roles) if not state.patterns >> k & 1)
                stands[number] = out, frozenset(f"{level} {domain}" for level, domain in state.domains)
            room = [*(each[column.codes[row]] for each, column in zip(rooms, columns, strict=True)), *crowds]
            capacities = tuple(min(has, most) // unit for has, most, unit in zip(room, asked, units, strict=True))
            count = int(quantity.values[quantity.codes[row]] or 1)
            groups.setdefault((*stands[number], capacities), []).append(
                (batch.first + row, count, int(batch.price[row]))
            )
            machines += count
            totals = [total + has // unit * unit * count for total, has, unit in zip(totals, room, units, strict=True)]
    return groups, Supply(machines, tuple(totals))


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

"""A problem as a fleet, and a packing as a plan: for catalogues in which anything may share a machine.

Machines of one stand can run the same roles, lie in the same domains and have the same capacities; headroom and
tolerance are in the capacities. What a count cannot say is refused by name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

import numpy as np

from obplace.catalogue import Combine
from obplace.classes import Classes
from obplace.errors import UsageError
from obplace.fingerprint import fingerprint
from obplace.fleet import EXACT, Count, Fleet, Kind, Load, Stand
from obplace.fleet_certificate import FleetCertificate, fleet_bound
from obplace.generate import Prices
from obplace.kernel import assembled, assign
from obplace.knapsack import STATES, grid
from obplace.labels import surrogates
from obplace.patterns import MOST, alone, most_copies, together
from obplace.plan import Assignment, Plan
from obplace.problem import Problem
from obplace.quantity import show
from obplace.rules import Apart, AtLeast, AtMost, Ban, Beside, Graded, Limit, Ratio, Rule, Where, sentence

SURROGATES = 200  # weights of resources that a certificate holds at most


@dataclass(frozen=True)
class Lot:
    """A fleet, and the rows of the pool behind it.

    Attributes
    ----------
    unit
        What the first objective is multiplied by in the fleet's prices; the second fills the rest.
    limits
        By count: the place of its rule in the problem's list, and the domain.
    rows
        By stand, cheapest first: row of the pool, and which of the machines that it stands for.
    units
        By resource of the fleet: how many base units one of its units is.
    supply
        What there is before anything is left out.
    """

    problem: Problem
    fleet: Fleet
    unit: int
    limits: tuple[tuple[int, str], ...]
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


def lot(problem: Problem) -> Lot:
    """Return the fleet of a problem.

    No plan uses more servers than copies run, and no machine runs more than all copies: of each stand the cheapest are
    kept, so many, and capacities count up to what all copies need.

    Raises
    ------
    UsageError
        A rule or an objective cannot be told to it; each is named. Or sums are too large to be exact.
    """
    if kept_out := refused(problem):
        raise UsageError(
            [
                f"more roles may share a machine than can be listed, and then this is not possible: {each}"
                for each in kept_out
            ]
        )
    roles = [role for role in problem.counts if problem.bounds(role)[0] > 0]
    names = [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]
    needs = {role: [_need(problem, role, name) for name in names] for role in roles}
    units = [max(1, gcd(*(needs[role][r] for role in roles))) for r in range(len(names))]
    copies = {role: problem.bounds(role)[0] for role in roles}
    asked = tuple(sum(needs[role][r] * copies[role] for role in roles) for r in range(len(names)))
    groups, supply = _groups(problem, roles, names, asked, units)
    unit = 1 + sum(_second(problem, price) * number for machines in groups.values() for _, number, price in machines)
    stands: list[Stand] = []
    rows: list[tuple[tuple[int, int], ...]] = []
    for (barred, places, capacities), machines in sorted(
        groups.items(), key=lambda each: (each[0][2], sorted(each[0][1]), sorted(each[0][0]))
    ):
        machines.sort(key=lambda each: (_price(problem, unit, each[2]), each[0]))
        prices: dict[int, int] = {}
        kept: list[tuple[int, int]] = []
        for row, number, price in machines:
            if few := min(number, sum(copies.values()) - len(kept)):
                prices[_price(problem, unit, price)] = prices.get(_price(problem, unit, price), 0) + few
                kept += ((row, which) for which in range(few))
        stands.append(Stand(f"stand {len(stands)}", capacities, tuple(sorted(prices.items())), places, barred))
        rows.append(tuple(kept))
    kinds = tuple(
        Kind(
            role,
            copies[role],
            tuple(need // each for need, each in zip(needs[role], units, strict=True)),
            problem.catalogue.roles[role].max_per_machine,
        )
        for role in roles
    )
    numbers = {role: number for number, role in enumerate(roles)}
    apart = frozenset(
        (min(pair), max(pair))
        for rule in problem.rules
        if isinstance(rule, Apart) and {rule.first, rule.second} <= numbers.keys()
        for pair in [(numbers[rule.first], numbers[rule.second])]
    )
    limits = [
        (rule, number, domain)
        for number, rule in enumerate(problem.rules)
        if isinstance(rule, Limit) and rule.role in numbers
        for domain in problem.domains[rule.level]
    ]
    counts = tuple(Count((numbers[rule.role],), f"{rule.level} {name}", rule.copies) for rule, _, name in limits)
    _exact(problem, kinds, stands, names, units)
    fleet = Fleet(tuple(names), kinds, tuple(stands), apart, counts)
    ruled = tuple((number, name) for _, number, name in limits)
    return Lot(problem, fleet, unit, ruled, tuple(rows), tuple(units), supply)


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


def countless(problem: Problem) -> bool:
    """Do more sets of roles fit on the largest machine than can be listed? Counted quickly, where sharing is free."""
    if not problem.catalogue.free or problem.zoned or any(isinstance(rule, Graded | Beside) for rule in problem.rules):
        return False
    names = [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]
    largest = tuple(_room(problem, name, problem.pool.largest.get(name, 0)) for name in names)
    roles = [(tuple(_need(problem, role, name) for name in names), most) for role, most in most_copies(problem).items()]
    numbers = {role: index for index, role in enumerate(problem.counts)}
    apart = {
        frozenset((numbers[rule.first], numbers[rule.second]))
        for rule in problem.rules
        if isinstance(rule, Apart) and rule.level is None
    }
    found = 0
    waiting: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), largest)]
    while waiting and found <= MOST:
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
    return found > MOST


def refused(problem: Problem) -> tuple[str, ...]:
    """Return what of a problem cannot be told to a fleet, a sentence each."""
    return tuple(_refused(problem))


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


def _refused(problem: Problem) -> Iterator[str]:
    if not problem.catalogue.free:
        yield "a catalogue that lists who may share with whom"
    if problem.zoned:
        yield "zones that the plan gives to machines"
    if set(problem.objectives) - {"servers", "cost"}:
        yield f"to minimise {', '.join(problem.objectives)}"
    least = {role: problem.bounds(role)[0] for role in problem.counts}
    yield from (sentence(rule) for rule in problem.rules if not _sayable(rule, least))


def _sayable(rule: Rule, least: dict[str, int]) -> bool:
    """Can a fleet keep the rule, or do the least numbers of copies keep it by themselves?"""
    match rule:
        case AtLeast(roles, copies):
            return sum(least[role] for role in roles) >= copies
        case AtMost(roles, copies):
            return sum(least[role] for role in roles) <= copies
        case Ratio(role, other, copies, per):
            return least[role] * per >= copies * least[other]
        case Apart(_, _, level):
            return level is None
        case Limit() | Where() | Ban():
            return True
        case _:
            return False


def _need(problem: Problem, role: str, resource: str) -> int:
    need = problem.needs[role].get(resource)
    return 0 if need is None else need.base + need.raised


def _second(problem: Problem, price: int) -> int:
    """Return what a machine adds to the second objective."""
    if len(problem.objectives) < 2:
        return 0
    return price if problem.objectives[1] == "cost" else 1


def _price(problem: Problem, unit: int, price: int) -> int:
    return (price if problem.objectives[0] == "cost" else 1) * unit + _second(problem, price)


Key = tuple[frozenset[int], frozenset[str], tuple[int, ...]]  # kinds barred, places, capacities


def _groups(
    problem: Problem, roles: Sequence[str], names: Sequence[str], asked: Sequence[int], units: Sequence[int]
) -> tuple[dict[Key, list[tuple[int, int, int]]], Supply]:
    """Return rows of the pool that nothing but their price tells apart: row, its machines, price; and what there is."""
    classes = Classes(problem, [alone(problem, role) for role in roles])
    groups: dict[Key, list[tuple[int, int, int]]] = {}
    machines, totals = 0, [0] * len(names)
    for batch in problem.pool:
        numbers = classes.of(batch)
        columns = [batch.column(name) for name in names]
        rooms = [
            [_room(problem, name, value) for value in each.values] for name, each in zip(names, columns, strict=True)
        ]
        quantity = batch.column("quantity")
        for row in (numbers >= 0).nonzero()[0].tolist():
            state = classes.states[int(numbers[row])]
            barred = frozenset(k for k in range(len(roles)) if not state.patterns >> k & 1)
            room = [each[column.codes[row]] for each, column in zip(rooms, columns, strict=True)]
            capacities = tuple(min(has, most) // unit for has, most, unit in zip(room, asked, units, strict=True))
            key = barred, frozenset(f"{level} {domain}" for level, domain in state.domains), capacities
            number = int(quantity.values[quantity.codes[row]] or 1)
            groups.setdefault(key, []).append((batch.first + row, number, int(batch.price[row])))
            machines += number
            totals = [total + has // unit * unit * number for total, has, unit in zip(totals, room, units, strict=True)]
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
        copies = {fleet.kinds[k].name: int(load.items[k]) for k in load.items.nonzero()[0].tolist()}
        assignments.append(assign(problem, name, machine, together(problem, copies)))
    return assembled(problem, assignments)


def certificate_of(made: Lot, prices: Prices) -> FleetCertificate:
    """Return the certificate of some prices, with the bound that its checker finds."""
    problem, fleet = made.problem, made.fleet
    tolls: dict[str, dict[str, int]] = {}
    for (number, domain), toll in zip(made.limits, prices.tolls, strict=True):
        if toll:
            tolls.setdefault(str(number), {})[domain] = toll
    weights: list[list[int]] = []
    if grid(fleet.needs, fleet.capacities, fleet.most).states > STATES:
        amounts = (fleet.needs, fleet.capacities, np.array(prices.worth), fleet.most)
        found = surrogates(*(each.astype(float) for each in amounts)).astype(np.int64)
        weights = np.unique(found, axis=0)[:SURROGATES].tolist()
    worth = {kind.name: price for kind, price in zip(fleet.kinds, prices.worth, strict=True)}
    certificate = FleetCertificate(fingerprint(problem), made.unit, prices.scale, 0, worth, tolls, weights)
    return replace(certificate, bound=fleet_bound(problem, certificate))

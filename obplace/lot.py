"""A problem as a fleet, and a packing as a plan: for catalogues in which anything may share a machine.

Machines of one stand can run the same roles, lie in the same domains and have the same capacities; headroom and
tolerance are in the capacities. What a count cannot say is refused by name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd

import numpy as np

from obplace import fleet_form
from obplace.catalogue import Combine
from obplace.classes import Classes
from obplace.covering import Covering, Leaf, Node, Row
from obplace.errors import UsageError
from obplace.fingerprint import fingerprint
from obplace.fleet import Count, Fleet, Kind, Load, Stand
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import CutRow, FleetCertificate, FleetRow, WorthRow
from obplace.kernel import assembled, assign
from obplace.knapsack import STATES, grid
from obplace.labels import surrogates
from obplace.patterns import MOST, alone, most_copies, together
from obplace.plan import Assignment, Plan
from obplace.problem import Problem
from obplace.rules import Apart, AtLeast, AtMost, Ban, Beside, Graded, Limit, Ratio, Rule, Where, sentence

SURROGATES = 200  # weights of resources that a certificate holds at most


@dataclass(frozen=True)
class Lot:
    """A fleet, and the rows of the pool behind it.

    Attributes
    ----------
    limits
        By count: the place of its rule in the problem's list, and the domain.
    rows
        By stand, cheapest first: row of the pool, and which of the machines that it stands for.
    """

    problem: Problem
    fleet: Fleet
    limits: tuple[tuple[int, str], ...]
    rows: tuple[tuple[tuple[int, int], ...], ...]


def lot(problem: Problem) -> Lot:
    """Return the fleet of a problem.

    Raises
    ------
    UsageError
        A rule or an objective cannot be told to it; each is named.
    """
    if refused := tuple(_refused(problem)):
        raise UsageError(
            [
                f"more roles may share a machine than can be listed, and then this is not possible: {each}"
                for each in refused
            ]
        )
    roles = [role for role in problem.counts if problem.bounds(role)[0] > 0]
    names = [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]
    needs = {role: [_need(problem, role, name) for name in names] for role in roles}
    units = [max(1, gcd(*(needs[role][r] for role in roles))) for r in range(len(names))]
    groups = _groups(problem, roles, names, units)
    unit = 1 + sum(_second(problem, price) for machines in groups.values() for *_, price in machines)
    stands: list[Stand] = []
    rows: list[tuple[tuple[int, int], ...]] = []
    for (barred, places, capacities), machines in sorted(
        groups.items(), key=lambda each: (each[0][2], sorted(each[0][1]), sorted(each[0][0]))
    ):
        machines.sort(key=lambda each: (_price(problem, unit, each[2]), each[:2]))
        prices: dict[int, int] = {}
        for *_, price in machines:
            prices[_price(problem, unit, price)] = prices.get(_price(problem, unit, price), 0) + 1
        stands.append(Stand(f"stand {len(stands)}", capacities, tuple(sorted(prices.items())), places, barred))
        rows.append(tuple((row, number) for row, number, _ in machines))
    kinds = tuple(
        Kind(
            role,
            problem.bounds(role)[0],
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
    fleet = Fleet(tuple(names), kinds, tuple(stands), apart, counts, unit)
    return Lot(problem, fleet, tuple((number, name) for _, number, name in limits), tuple(rows))


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
    problem: Problem, roles: Sequence[str], names: Sequence[str], units: Sequence[int]
) -> dict[Key, list[tuple[int, int, int]]]:
    """Return machines that nothing but their price tells apart: row, number in it, price."""
    classes = Classes(problem, [alone(problem, role) for role in roles])
    groups: dict[Key, list[tuple[int, int, int]]] = {}
    for batch in problem.pool:
        numbers = classes.of(batch)
        columns = [batch.column(name) for name in names]
        quantity = batch.column("quantity")
        for row in (numbers >= 0).nonzero()[0].tolist():
            state = classes.states[int(numbers[row])]
            barred = frozenset(k for k in range(len(roles)) if not state.patterns >> k & 1)
            capacities = tuple(
                _room(problem, name, column.values[column.codes[row]]) // unit
                for name, column, unit in zip(names, columns, units, strict=True)
            )
            key = barred, frozenset(f"{level} {domain}" for level, domain in state.domains), capacities
            count = int(quantity.values[quantity.codes[row]] or 1)
            price = int(batch.price[row])
            groups.setdefault(key, []).extend((batch.first + row, number, price) for number in range(count))
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
        copies = {fleet.kinds[k].name: int(load.items[k]) for k in load.items.nonzero()[0].tolist()}
        assignments.append(assign(problem, name, machine, together(problem, copies)))
    return assembled(problem, assignments)


def certificate_of(made: Lot, proof: Covering) -> FleetCertificate | None:
    """Return the certificate of a proof, with the bound that its checker finds; None where that finds nothing."""
    problem, fleet = made.problem, made.fleet
    weights: list[tuple[int, ...]] = []
    if grid(fleet.needs, fleet.capacities, fleet.most).states > STATES:
        for row in proof.rows:
            if row.worth is not None:
                amounts = (fleet.needs, fleet.capacities, np.array(row.worth), fleet.most)
                found = surrogates(*(each.astype(float) for each in amounts)).astype(np.int64)
                weights += map(tuple, np.unique(found, axis=0)[:SURROGATES].tolist())
    certificate = FleetCertificate(
        fingerprint(problem),
        made.fleet.unit,
        proof.bound,
        tuple(_row(made, row) for row in proof.rows),
        tuple(weights),
        _node(made, proof.tree),
    )
    bound = fleet_bound(problem, certificate)
    if (bound is None) != (proof.bound is None):
        return None
    return replace(certificate, bound=bound)


def _row(made: Lot, row: Row) -> FleetRow:
    fleet = made.fleet
    if row.worth is None:
        resource = None if row.resource is None else fleet.resources[row.resource]
        return CutRow(tuple(fleet.kinds[kind].name for kind in row.kinds), resource)
    tolls: dict[str, dict[str, int]] = {}
    for (number, domain), toll in zip(made.limits, row.tolls, strict=True):
        if toll:
            tolls.setdefault(str(number), {})[domain] = toll
    return WorthRow({kind.name: worth for kind, worth in zip(fleet.kinds, row.worth, strict=True) if worth}, tolls)


def _node(made: Lot, node: Node) -> fleet_form.Node:
    if isinstance(node, Leaf):
        return fleet_form.Leaf(node.scale, node.prices, node.whole)
    row, number = made.rows[node.stand][0]
    [machine] = made.problem.pool.take([row])
    name = f"{machine.name}#{number + 1}" if machine.quantity > 1 else machine.name
    return fleet_form.Fork(name, node.at, _node(made, node.low), _node(made, node.high))

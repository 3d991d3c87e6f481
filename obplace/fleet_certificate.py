"""Check what is proven of a fleet, where what one machine can run is too much to list: numpy and nothing above.

The form is that of `fleet_form`. A row says of every plan: the machines in use, each with the most that it can hold,
hold at least what is asked. Either copies at worths: a machine's most is what no set of copies on it is worth more
than, with what a rule "at most k in a domain" takes off there; asked is the sum of worth * copies + toll * k. Or copies
of some roles counted, or what they need of a resource, in units of the greatest common divisor of all roles' needs.
What a machine holds at most is found by `holding`, from its capacities and needs alone; the certificate has no say in
it. Which roles keep apart is used there; what is not told only makes plans dearer, so a bound holds without it.

Rows with prices, not negative, add up to one row: the machines in use have ``sum of value >= goal``. What machines cost
that do is the bound of a leaf, in one of two ways.

- By parts: whatever is in use costs at least ``goal + sum over all machines of min(0, scale * price - value)``, in
  1 / scale, rounded up.
- Whole: a dynamic programme over money. ``best[c]`` is the most value of machines that cost c together; where it is
  below the goal at all costs below n, no plan costs less than n.

Where all machines together have less value than the goal, there is no plan, whatever it may cost. A fork asks how many
machines are in use of those that are like one that it names: they may run the same roles, lie in the same domains as
far as a limit reads them that a row names, and have the same capacities, in the units above; so they have the same
value at any prices. At most k are in use, or k + 1 at least, and the cheapest of them cost least. The bound of a tree
is the least of its leaves. It is on ``u * first objective + second objective``, where u is more than the second can
ever be. A spread of n copies over d domains is a limit too, of n / d, rounded up. And "at most k of some roles on a
machine" is a resource, ``rule`` and its number: a machine has k of it, a copy takes 1. Those come last, in the order of
rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, prod

import numpy as np
from numpy.typing import NDArray

from obplace.able import Machines, counts
from obplace.catalogue import Combine
from obplace.fleet_form import CutRow, FleetCertificate, FleetRow, Leaf, Node, WorthRow, leaves
from obplace.holding import Claim, Group, Holding, Place
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.rules import Apart, Limit, PerMachine, Rule, Spread

CELLS = 10_000_000  # of a programme over money
WORK = 4_000_000_000  # cells times machines taken at once, for all leaves; beyond, parts of machines have to do
LEAVES = 1000
LARGE = 61  # bits of a goal in 64

Amounts = tuple[int, int]  # what a machine adds to the first objective and to the second


@dataclass(frozen=True)
class _Row:
    """Machines in use hold ``least`` together; ``most`` is what one of each group holds at most."""

    least: int
    most: Sequence[int]


@dataclass(frozen=True)
class _Stand:
    """Machines of one group that a plan uses: from ``low`` to ``high`` of them, the cheapest first."""

    offers: tuple[tuple[Amounts, int], ...]
    low: int
    high: int


def fleet_bound(problem: Problem, certificate: FleetCertificate) -> int | None:
    """Return what a certificate proves on the pool of the problem, in its units; None: that there is no plan.

    Raises
    ------
    ValueError
        It names what the problem does not have, or the unit is too small for the second objective.
    """
    return _Check(problem, certificate).bound()


class _Check:
    """The machines of a pool in groups, and a certificate that speaks of them."""

    def __init__(self, problem: Problem, certificate: FleetCertificate) -> None:
        if not problem.catalogue.free:
            raise ValueError("it is that of a fleet, and the catalogue lists who may share: then needs do not add up")
        if set(problem.objectives) - {"servers", "cost"}:
            raise ValueError(f"it is that of a fleet, and asked is {', '.join(problem.objectives)}")
        self.problem, self.certificate = problem, certificate
        self.work = WORK
        self.roles = [role for role in problem.counts if problem.bounds(role)[0] > 0]
        self.copies = [problem.bounds(role)[0] for role in self.roles]
        self.names = [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]
        # A rule "at most k of some roles on a machine" is a resource of which a machine has k and a copy takes 1.
        crowds = {f"rule {n}": rule for n, rule in enumerate(problem.rules) if isinstance(rule, PerMachine)}
        self.resources = [*self.names, *crowds]
        self.crowds = [rule.copies for rule in crowds.values()]
        takes = [
            [
                *(_need(problem, role, name) for name in self.names),
                *(int(role in rule.roles) for rule in crowds.values()),
            ]
            for role in self.roles
        ]
        needs = np.array(takes, dtype=object).reshape(len(self.roles), len(self.resources))
        # Every need is a multiple of their greatest common divisor, so a room may be rounded down to it.
        self.units = [gcd(*needs[:, r].tolist()) or 1 for r in range(len(self.resources))]
        needs //= np.array(self.units, dtype=object)
        # Those on which there is a toll, or could be: nothing that is proven reads the domains of the others.
        worths = [row for row in certificate.rows if isinstance(row, WorthRow)]
        told = {key for row in worths for key in row.tolls}
        limits = ((str(number), _limit(problem, rule)) for number, rule in enumerate(problem.rules))
        self.limits = {key: limit for key, limit in limits if limit and key in told and limit.role in self.roles}
        self.levels = sorted({limit.level for limit in self.limits.values()})
        names = {*_likes(certificate.tree), *(name for row in worths for name in row.holds)}
        named = problem.pool.find(sorted(names)) if names else {}
        self.groups: dict[Group, dict[Amounts, int]] = {}
        wanted: dict[int, Group | None] = dict.fromkeys(named.values())
        able = Machines(problem, [((role, 1),) for role in self.roles])
        for batch in problem.pool:
            marks = np.array(able.fits(batch), dtype=np.bool_).reshape(len(self.roles), batch.size)
            for row, group, amounts, number in self._machines(batch, marks):
                there = self.groups.setdefault(group, {})
                there[amounts] = there.get(amounts, 0) + number
                if row in wanted:
                    wanted[row] = group
        self.like = {name: found for name, row in named.items() if (found := wanted[row]) is not None}
        second = sum(pair[1] * number for each in self.groups.values() for pair, number in each.items())
        if certificate.bound is not None and certificate.unit <= second:
            raise ValueError(f"unit: {certificate.unit} is no more than {second}, which the second objective may reach")
        most = [min(problem.bounds(role)[1], problem.catalogue.roles[role].max_per_machine) for role in self.roles]
        apart = [
            (self.roles.index(rule.first), self.roles.index(rule.second))
            for rule in problem.rules
            if isinstance(rule, Apart) and rule.level is None and {rule.first, rule.second} <= set(self.roles)
        ]
        self.holding = Holding(list(self.groups), needs, most, apart)
        self.rows = [self._row(row) for row in certificate.rows]

    def _machines(self, batch: Batch, marks: NDArray[np.bool_]) -> Iterator[tuple[int, Group, Amounts, int]]:
        """Yield of each machine that may run a role its row, group, amounts, and how many machines it stands for.

        ``marks`` say which roles it may run, shape (roles, machines).
        """
        columns = [batch.column(name) for name in self.names]
        rooms = [
            [_room(self.problem, name, value) // unit for value in column.values]
            for name, column, unit in zip(self.names, columns, self.units, strict=False)
        ]
        units = self.units[len(self.names) :]
        crowds = tuple(most // unit for most, unit in zip(self.crowds, units, strict=True))
        domains = {level: batch.domain(level) for level in self.levels}
        numbers = counts(self.problem, batch).tolist()
        for row in np.flatnonzero(marks.any(axis=0)).tolist():
            able = tuple(marks[:, row].tolist())
            read = {limit.level for limit in self.limits.values() if able[self.roles.index(limit.role)]}
            places = tuple(
                str(domains[level].values[domains[level].codes[row]]) if level in read else None
                for level in self.levels
            )
            room = tuple(each[column.codes[row]] for each, column in zip(rooms, columns, strict=True)) + crowds
            amounts = {"servers": 1, "cost": int(batch.price[row])}
            first, second = [*(amounts[name] for name in self.problem.objectives), 0][:2]
            yield batch.first + row, Group(able, places, room), (first, second), numbers[row]

    def _row(self, row: FleetRow) -> _Row:
        match row:
            case WorthRow():
                return self._worth(row)
            case CutRow(roles, resource):
                some = [self._role(role) for role in roles]
                if resource is None:
                    return _Row(sum(self.copies[role] for role in some), self.holding.counted(some, None))
                if resource not in self.resources:
                    raise ValueError(f"rows: {resource} is no resource that adds up")
                r = self.resources.index(resource)
                least = sum(self.copies[role] * int(self.holding.needs[role, r]) for role in some)
                return _Row(least, self.holding.counted(some, r))

    def _worth(self, row: WorthRow) -> _Row:
        values = [0] * len(self.roles)
        for role, value in row.worth.items():
            values[self._role(role)] = value
        least = sum(value * number for value, number in zip(values, self.copies, strict=True))
        taken: dict[tuple[int, str, Place], int] = {}  # by role, level and domain
        for key, by_domain in row.tolls.items():
            limit = self.limits.get(key)
            if limit is None:
                raise ValueError(f"tolls: rule {key[:40]} is no limit in a domain")
            for domain, toll in by_domain.items():
                where = self._role(limit.role), limit.level, domain
                taken[where] = taken.get(where, 0) + toll
                least += toll * limit.copies
        here = []
        for group in self.groups:
            mine = [value if able else 0 for value, able in zip(values, group.able, strict=True)]
            for level, place in zip(self.levels, group.places, strict=True):
                for index in range(len(mine)) if place is not None and taken else ():
                    mine[index] += taken.get((index, level, place), 0)
            here.append(tuple(max(0, value) for value in mine))
        claims = {self._like(name, "rows"): Claim(hold.most, hold.surrogates) for name, hold in row.holds.items()}
        return _Row(least, self.holding.worth(here, claims))

    def _like(self, machine: str, where: str) -> Group:
        if machine not in self.like:
            raise ValueError(f"{where}: {machine} is no machine that may run a role")
        return self.like[machine]

    def _role(self, role: str) -> int:
        if role not in self.roles:
            raise ValueError(f"rows: {role} is no role here")
        return self.roles.index(role)

    def bound(self) -> int | None:
        """Return the least of what the leaves prove; None where none of them leaves anything possible."""
        stands = {
            group: _Stand(tuple(sorted(there.items())), 0, sum(there.values())) for group, there in self.groups.items()
        }
        if leaves(self.certificate.tree) > LEAVES:
            raise ValueError(f"tree: more than {LEAVES} leaves")
        return self._node(self.certificate.tree, stands)

    def _node(self, node: Node, stands: Mapping[Group, _Stand]) -> int | None:
        if isinstance(node, Leaf):
            return self._leaf(node, list(stands.values()))
        group = self._like(node.like, "tree")
        mine = stands[group]
        low = _Stand(mine.offers, mine.low, min(mine.high, node.at))
        high = _Stand(mine.offers, max(mine.low, node.at + 1), mine.high)
        found = [
            self._node(below, {**stands, group: here})
            for below, here in ((node.low, low), (node.high, high))
            if here.low <= here.high
        ]
        return min((bound for bound in found if bound is not None), default=None)

    def _leaf(self, leaf: Leaf, stands: Sequence[_Stand]) -> int | None:
        goal = sum(price * row.least for price, row in zip(leaf.prices, self.rows, strict=True))
        values = [0] * len(stands)
        for price, row in zip(leaf.prices, self.rows, strict=True):
            if price:
                values = [value + price * most for value, most in zip(values, row.most, strict=True)]
        if goal > sum(value * stand.high for value, stand in zip(values, stands, strict=True)):
            return None
        unit, asked = self.certificate.unit, self.certificate.bound
        parts = _by_parts(stands, values, goal, leaf.scale, unit)
        if not leaf.whole or asked is None or asked <= parts:
            return parts
        return asked if self._whole(stands, values, goal, *divmod(asked, unit)) else parts

    def _whole(self, stands: Sequence[_Stand], values: Sequence[int], goal: int, first: int, second: int) -> bool:
        """Do all machines that reach the goal have more than ``first``, or that and ``second`` at least?"""
        shift = max(0, goal.bit_length() - LARGE)  # values up, the goal down: the row only gets weaker
        goal, values = goal >> shift, [-(-value >> shift) for value in values]
        if first and self._reached(stands, values, goal, (first - 1,)):
            return False
        return not second or not self._reached(stands, values, goal, (first, second - 1))

    def _reached(self, stands: Sequence[_Stand], values: Sequence[int], goal: int, budgets: tuple[int, ...]) -> bool:
        """Do machines within these amounts reach the goal? Yes, too, where that would take too long to say."""
        axes = range(len(budgets))
        units = [gcd(*(amounts[axis] for stand in stands for amounts, _ in stand.offers)) or 1 for axis in axes]
        left = list(budgets)
        base = 0  # what is there in any case: machines that have to be used, and those that add to nothing
        parcels: list[tuple[list[int], int]] = []
        for stand, value in zip(stands, values, strict=True):
            taken = 0
            for amounts, number in stand.offers:
                forced = min(number, max(0, stand.low - taken))
                free = max(0, min(number, stand.high - taken) - forced)
                taken += number
                left = [room - forced * amounts[axis] for axis, room in zip(axes, left, strict=True)]
                base += forced * value
                steps = [amounts[axis] // unit for axis, unit in zip(axes, units, strict=True)]
                if not any(steps):
                    base += free * value
                    continue
                parcel = 1
                while free > 0 and value > 0:
                    take = min(parcel, free)
                    parcels.append(([step * take for step in steps], min(goal, value * take)))
                    free -= take
                    parcel *= 2
        if min(left) < 0:
            return False
        if base >= goal:
            return True
        box = [1 + room // unit for room, unit in zip(left, units, strict=True)]
        self.work -= prod(box) * len(parcels)
        if prod(box) > CELLS or self.work < 0:
            return True
        best = np.full(box, base, dtype=np.int64)
        for steps, value in parcels:
            if all(step < side for step, side in zip(steps, box, strict=True)):
                behind = tuple(slice(step, None) for step in steps)
                before = tuple(slice(0, side - step) for step, side in zip(steps, box, strict=True))
                best[behind] = np.minimum(goal, np.maximum(best[behind], best[before] + value))
        return bool(best[tuple(side - 1 for side in box)] >= goal)


def _by_parts(stands: Sequence[_Stand], values: Sequence[int], goal: int, scale: int, unit: int) -> int:
    """Return the bound of a leaf where parts of machines may be bought, in whole units of the objective."""
    total = goal
    for stand, value in zip(stands, values, strict=True):
        taken = 0
        for (first, second), number in stand.offers:
            saved = scale * (first * unit + second) - value
            forced = min(number, max(0, stand.low - taken))
            total += saved * forced + min(0, saved) * (max(0, min(number, stand.high - taken) - forced))
            taken += number
    return max(0, -(-total // scale))


def _likes(node: Node) -> list[str]:
    """Return the names of machines that forks speak of."""
    return [] if isinstance(node, Leaf) else sorted({node.like, *_likes(node.low), *_likes(node.high)})


def _limit(problem: Problem, rule: Rule) -> Limit | None:
    """Return what a rule says at most of a role in each domain of a level: a spread, its share rounded up."""
    match rule:
        case Limit():
            return rule
        case Spread(role, level, domains):
            return Limit(role, level, -(-problem.bounds(role)[1] // domains))
        case _:
            return None


def _need(problem: Problem, role: str, resource: str) -> int:
    need = problem.needs[role].get(resource)
    return 0 if need is None else need.base + need.raised


def _room(problem: Problem, resource: str, capacity: int | str | None) -> int:
    """Return what copies may take of a capacity: need * (1 - tolerance) <= capacity * (1 - headroom)."""
    tolerance = problem.tolerance.get(resource, Fraction(0))
    return int(int(capacity or 0) * (1 - problem.headroom) / (1 - tolerance))

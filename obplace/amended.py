"""Make a plan possible by what money can do, and by near misses: machines that count as having more, or are bought.

What may be granted. A machine with a row of its own that lacks something of a pattern (what its roles need together,
headroom and tolerance counted in) may run it if for each resource that it lacks one of these holds:

- it falls short of the threshold by at most the share ``near``, and the near miss is accepted: it counts as having just
  the threshold, and one near miss is conceded;
- the resource can be bought: it gets whole units (GB, cores) until the threshold is reached, for their price.

A capacity that is unknown, a class of disk, and the data disk of a role that keeps a disk budget cannot be granted.
Where money may be spent, a budget may be exceeded too, and what goes beyond it is money like the rest. So is what is
bought of the offers of a problem: all that is ordered, used or not, at the price that so many have. What is owned costs
nothing there. Each sum counts once: only what is owned can go beyond a budget, for what is bought is paid anyway; the
budget is then raised as far as both together take, and no further.

`cheapest` finds the least near misses, and with so many of them the least money, exactly: the model of the problem gets
for each such machine, pattern and way of granting a class of its own. A machine is linked to the slot that it has as it
is, so that it runs once. Which machines need not be looked at is argued in `ways`. What is owned and what can be bought
are made small apart, so that no class holds both: whatever the other side uses, a plan has U servers at most, and each
reduction takes a machine for a cheaper one, so that neither side costs more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, islice

from obplace.bill import Purchase, bill
from obplace.buyable import on_sale, owning
from obplace.engine import Answer, Effort, check_magnitudes, cpsat
from obplace.errors import InternalError
from obplace.kernel import ALL, Kernel, MachineClass, Reduction, reduce
from obplace.model import Row, Terms, value_of
from obplace.patterns import patterns
from obplace.possible import possible, trimmed
from obplace.problem import Problem
from obplace.rows import build
from obplace.rules import Budget
from obplace.ways import Allowance, Grant, Ways, room


@dataclass(frozen=True)
class Amended:
    """The least near misses, and the least money beside them, that make a plan possible; ``budget`` if it is raised.

    Money is in 10**-decimals of the currency, the budget in the pool's smallest unit. ``bought`` is what a plan needs
    that buys for the least money.
    """

    near: int
    money: int
    grants: tuple[Grant, ...] = ()
    budget: int | None = None
    bought: tuple[Purchase, ...] = ()


def cheapest(problem: Problem, allowance: Allowance, near: int | None, money: int | None) -> Amended | None:
    """Return the least near misses and money with which a plan is possible; None where these limits allow none."""
    if possible(owning(problem)) is not None:
        return Amended(0, 0)
    amending = _amending(problem, allowance, near, money)
    return None if amending is None else amending.run()


def feasible(problem: Problem, allowance: Allowance, near: int | None, money: int | None) -> bool:
    """Is a plan possible within these limits? What it takes stays open."""
    if possible(owning(problem)) is not None:
        return True
    amending = _amending(problem, allowance, near, money)
    if amending is None:
        return False
    # That a limit is too low is seen sooner by looking for the least than for anything below it.
    least = amending.near if money is None else amending.money
    return amending.solve(least, amending.limits).values is not None


def _amending(problem: Problem, allowance: Allowance, near: int | None, money: int | None) -> "_Amending | None":
    """Return the model of all that may be granted; None where nothing may."""
    if near == 0:
        allowance = replace(allowance, near=Fraction(0))
    if money == 0:
        allowance = replace(allowance, prices={})
        problem = owning(problem)
    raised = money != 0 and any(isinstance(rule, Budget) for rule in problem.rules)
    if not (allowance.near or allowance.prices or raised or problem.sales):
        return None
    return _Amending(trimmed(problem), allowance, near, money)


class _Amending:
    """The model of a problem with all that may be granted."""

    def __init__(self, problem: Problem, allowance: Allowance, near: int | None, money: int | None) -> None:
        self.problem = problem
        self.allowance = allowance
        self.budget = min((rule.amount for rule in problem.rules if isinstance(rule, Budget)), default=None)
        free = problem
        if self.budget is not None and money != 0:
            free = replace(problem, rules=tuple(rule for rule in problem.rules if not isinstance(rule, Budget)))
        else:
            self.budget = None
        pats = patterns(free, room(problem, allowance))
        # Machines that are granted more are used as well, so as many more have to be left of each class as a plan has
        # servers; and in a rack they may be those that its cheapest group needs.
        kernel = reduce(owning(free), ALL - {Reduction.RACKS}, beyond=sum(free.most.values()), pats=pats)
        self.ways = [
            way
            for way in Ways(owning(problem), pats, allowance).found()
            if _below(way.near, near) and _below(way.money, money)
        ]
        singles = [MachineClass((way.pattern,), dict(way.domains), way.named, (way.slot,)) for way in self.ways]
        offered = () if problem.sales is None else reduce(on_sale(free), pats=pats).classes
        first = len(kernel.classes)
        self.offered = dict(enumerate(offered, start=first + len(singles)))
        self.model = build(Kernel(free, pats, (*kernel.classes, *singles, *offered)))
        mine = {slot for c, slots in self.model.slots.items() if c not in self.offered for slot in slots}
        cost = self.model.objectives.get("cost", {})
        self.cost = {x: price for x, price in cost.items() if x in mine}
        self.bought = {x: price for x, price in cost.items() if x not in mine}
        self.finer = 10 ** (allowance.decimals - problem.pool.price_decimals)
        used = [self.model.running[first + index, way.pattern] for index, way in enumerate(self.ways)]
        self.used = dict(zip(used, self.ways, strict=True))
        self.link(kernel)
        self.near: Terms = {x: way.near for x, way in self.used.items() if way.near}
        self.money: Terms = {x: way.money for x, way in self.used.items() if way.money}
        self.money |= {x: price * self.finer for x, price in self.bought.items()}
        self.beyond: int | None = None
        if self.budget is not None:
            self.exceed(self.budget)
        self.model.objectives = {"near": self.near, "money": self.money}
        check_magnitudes(self.model)
        self.limits = [] if near is None else [Row(self.near, None, near)]
        self.limits += [] if money is None else [Row(self.money, None, money)]

    def link(self, kernel: Kernel) -> None:
        """Let each machine run once: as it is, or in one of its ways."""
        model = self.model
        slots = {
            slot.row: number
            for c, each in enumerate(kernel.classes)
            for number, (_, equal) in zip(
                model.slots[c], groupby(each.slots, key=lambda slot: (slot.price, slot.surplus)), strict=True
            )
            for slot in equal
        }
        by_row: dict[int, Terms] = {}
        by_slot: dict[int, Terms] = {}
        for x, way in self.used.items():
            by_row.setdefault(way.slot.row, {})[x] = 1
            if way.slot.row in slots:
                by_slot.setdefault(slots[way.slot.row], {})[x] = 1
        for terms in by_row.values():
            model.row(terms, high=1)
        for slot, terms in by_slot.items():
            model.row({slot: 1, **terms}, high=model.upper[slot])
        # Within a class the cheapest slots are not always free, so nothing may be said of which are taken.
        model.slots = {}

    def exceed(self, budget: int) -> None:
        """Let the servers cost more than the budget; what those that are owned cost beyond it is money."""
        extra = self.above(self.cost, budget)
        self.money[extra] = self.finer
        self.beyond = self.above(self.cost | self.bought, budget) if self.bought else extra

    def above(self, cost: Terms, budget: int) -> int:
        """Return a variable that is at least what goes beyond the budget."""
        most = sum(price * self.model.upper[x] for x, price in cost.items())
        extra = self.model.variable(0, max(0, most - budget))
        self.model.row(cost | {extra: -1}, high=budget)
        return extra

    def run(self) -> Amended | None:
        """Return the least near misses, with them the least money, and with that the lowest budget."""
        first = self.solve(self.near, self.limits)
        if first.values is None:
            return None
        near = value_of(self.near, first.values)
        fixed = [*self.limits, Row(self.near, near, near)]
        second = self.solve(self.money, fixed) if self.money else first
        values = second.values
        if values is not None and self.beyond is not None and self.bought and values[self.beyond]:
            money = value_of(self.money, values)
            values = self.solve({self.beyond: 1}, [*fixed, Row(self.money, money, money)]).values
        if values is None:
            raise AssertionError("what was possible is not any more")
        ways = [way for x, way in self.used.items() if values[x]]
        grants = sorted((grant for way in ways for grant in way.grants), key=lambda each: (each.machine, each.resource))
        beyond = 0 if self.beyond is None else values[self.beyond]
        budget = None if self.budget is None or not beyond else self.budget + beyond
        return Amended(near, value_of(self.money, values), tuple(grants), budget, self.purchases(values))

    def purchases(self, values: list[int]) -> tuple[Purchase, ...]:
        """Return what is bought; in a class of offers the cheapest comes first, as the least money has it."""
        rows: list[int] = []
        for c, each in self.offered.items():
            number = sum(values[self.model.running[c, p]] for p in each.patterns)
            rows += islice((slot.row for slot in each.slots for _ in range(slot.count)), number)
        found = bill(self.problem.sales, self.problem.pool.take(rows)) or ()
        if sum(each.total for each in found) != value_of(self.bought, values):
            raise InternalError(f"a bill of {found} is not what the model pays")
        return found

    def solve(self, objective: Terms, rows: Sequence[Row]) -> Answer:
        """Return what CP-SAT finds; on Ctrl-C nothing more is asked."""
        answer = cpsat(self.model, objective, rows, None, Effort())
        if answer.interrupted:
            raise KeyboardInterrupt
        return answer


def _below(amount: int, limit: int | None) -> bool:
    return limit is None or amount <= limit

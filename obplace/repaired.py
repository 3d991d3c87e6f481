"""A repair: what is changed, what that concedes and costs, and the plan that comes of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from obplace.amended import Amended
from obplace.bill import Purchase
from obplace.buyable import owning
from obplace.changes import Change, Kind
from obplace.deployment import Deployment
from obplace.plan import Plan
from obplace.possible import possible
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import Ban
from obplace.wish import MONEY, PREFER


@dataclass(frozen=True)
class Repair:
    """Changes that make a plan possible, and the plan that they make.

    Attributes
    ----------
    changes, amended
        Of the words; what is granted to machines under these.
    concession
        The weights of all steps and near misses together.
    money
        In the currency of the pool.
    deployment
        What to ask instead.
    result
        The answer to that, over the pool, and over the offers too where this is ``offered``.
    holds
        A plan is still possible whichever server of this one is lost, and nothing more bought; None where nobody asked.
    proven
        No repair of its kind concedes less, nor as much for less money.
    """

    changes: tuple[Change, ...]
    amended: Amended
    concession: int
    money: Decimal
    deployment: Deployment
    result: Result = field(repr=False)
    offered: bool
    holds: bool | None
    proven: bool

    @property
    def frugal(self) -> bool:
        """Does the plan buy for no more than it takes? It buys more where that costs less than what is owned does."""
        plan = self.result.plan
        return plan is None or paid_for(plan.bill) == paid_for(self.amended.bought)

    @property
    def bill(self) -> tuple[Purchase, ...]:
        """What is bought for this money: by the plan, or where it is not frugal, by one that is."""
        plan = self.result.plan
        return self.amended.bought if plan is None or not self.frugal else plan.bill or ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is given: money, and the kinds of what is conceded."""
        found = {change.kind.value for change in self.changes} | ({Kind.NEAR.value} if self.amended.near else set())
        return tuple(name for name in PREFER if name in found or (name == MONEY and self.money))


def outlives(result: Result) -> bool:
    """Is a plan possible whichever server of this one is lost, with nothing more to buy?"""
    plan = result.plan
    if plan is None:
        return False
    bought = _delivered(result.problem, plan)
    problem = owning(result.problem, bought)
    mine = [each.machine for each in plan.assignments if each.machine.row not in bought]
    names = sorted({machine.name for machine in mine if machine.quantity == 1})
    left = [replace(problem, rules=(*problem.rules, Ban(name))) for name in names]
    left += [owning(result.problem, {**bought, row: number - 1}) for row, number in sorted(bought.items())]
    return all(possible(each) is not None for each in left)


def _delivered(problem: Problem, plan: Plan) -> dict[int, int]:
    """Return how many machines a plan uses of each row that can be bought."""
    rows = Counter(each.machine.row for each in plan.assignments)
    return {row: number for row, number in rows.items() if problem.sales is not None and row >= problem.sales.first}


def paid_for(bill: Iterable[Purchase] | None) -> int:
    """Return what all that is bought costs."""
    return sum(each.total for each in bill or ())

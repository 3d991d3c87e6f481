"""What swings a plan: a copy more or less, a machine gone, a rule loosened; solved again, or proven to do nothing.

Where the prices of the certificate already prove that a rule, loosened, allows no better plan, no solve is needed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from obplace.carried import loosened, no_better, one_more
from obplace.errors import ObplaceError, UsageError
from obplace.lot import only_listed
from obplace.plan import Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import AtLeast, sentence
from obplace.solver import Solver
from obplace.whatif import Outcome
from obplace.why import Price, Why, why

if TYPE_CHECKING:
    import pandas as pd

MACHINES = 40  # of a plan that are looked at, the dearest; each takes a solve


class Kind(StrEnum):
    """What is changed."""

    COPIES = "copies"
    MACHINE = "machine"
    RULE = "rule"


@dataclass(frozen=True)
class Swing:
    """One thing changed, and what that does to servers and cost.

    Attributes
    ----------
    kind, name, change
        What is changed: of a role, machine or rule, and how, in words.
    servers, cost
        How many more, below 0 fewer; how much more, in the pool's smallest unit. None where there is no such plan or
        it is not told, and where nothing has a price.
    outcome
        The plan then; None where the prices of the proof say that nothing changes, or nothing is told.
    price
        Of a machine: the highest price at which the plan stays the best with it, or at which it enters.
    untold
        Why nothing is told.
    """

    kind: Kind
    name: str
    change: str
    servers: int | None
    cost: int | None
    outcome: Outcome | None = None
    price: Price | None = None
    untold: str | None = None

    @property
    def proof(self) -> str:
        """What the figures rest on: ``certificate``, ``solver``, ``unconfirmed`` or ``none``."""
        if self.outcome is None:
            return "none" if self.untold else "certificate"
        if self.outcome.result.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            return "none"
        return str(self.outcome.result.proof or "unconfirmed")


@dataclass(frozen=True)
class Sensitivity:
    """The swings of a result: copies, machines and rules; ``left`` says how many machines were not looked at."""

    result: Result
    swings: tuple[Swing, ...]
    left: int = 0

    def __repr__(self) -> str:
        return f"Sensitivity({len(self.swings)} swings of {self.result.plan!r})"

    def _repr_html_(self) -> str:
        from obplace.report.html import sensitivity_html

        return sensitivity_html(self)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a swing: kind, name, change, more_servers, more_cost, price, proof; money exact."""
        import pandas as pd

        plan = self.result.plan
        rows = []
        for each in self.swings:
            price = each.price.at if each.price else None
            rows.append(
                {
                    "kind": str(each.kind),
                    "name": each.name,
                    "change": each.change,
                    "more_servers": each.servers,
                    "more_cost": None if each.cost is None or plan is None else plan.money(each.cost),
                    "price": None if price is None or plan is None else plan.money(price),
                    "proof": each.proof,
                    "untold": each.untold,
                }
            )
        return pd.DataFrame(rows)


def sensitivity(result: Result, machines: Iterable[str] = (), *, solver: Solver | None = None) -> Sensitivity:
    """Say what swings a plan, and at which prices its machines leave and others enter.

    Parameters
    ----------
    result
        An optimal one.
    machines
        Machines beside those of the plan: at what price they enter.
    solver
        How to solve; as `Solver` does by default when None.

    Raises
    ------
    UsageError
        There is no proven plan, or no machine of such a name; or more sets of roles fit on one than can be listed.
    """
    only_listed(result.problem, "what swings a plan")
    if result.plan is None or result.status is not Status.OPTIMAL:
        raise UsageError("there is no plan proven optimal, so nothing can be said of what swings it")
    names = list(dict.fromkeys(machines))
    found = result.problem.pool.find(names)
    if missing := [name for name in names if name not in found]:
        raise UsageError([f"{result.problem.pool.source} has no machine {name!r}" for name in missing])
    return _Asked(result, solver or Solver()).answer(names)


class _Asked:
    """The questions about one result."""

    def __init__(self, result: Result, solver: Solver) -> None:
        self.result = result
        self.problem = result.problem
        self.solver = solver

    def answer(self, names: Sequence[str]) -> Sensitivity:
        used = {each.machine.row: each.machine for each in (self.result.plan.assignments if self.result.plan else ())}
        order = sorted(used.values(), key=lambda machine: (-(machine.price or 0), machine.name))
        mine = list(dict.fromkeys([*(each.name for each in order[:MACHINES]), *names]))
        swings = (*self.copies(), *map(self.machine, mine), *self.rules())
        return Sensitivity(self.result, swings, max(0, len(order) - MACHINES))

    def copies(self) -> Iterator[Swing]:
        for number, rule in enumerate(self.problem.rules):
            if not (isinstance(rule, AtLeast) and len(rule.roles) == 1 and rule.copies):
                continue
            role = rule.roles[0]
            try:
                yield self.swing(Kind.COPIES, role, "one more", one_more(self.problem, role))
            except ObplaceError as error:
                yield Swing(Kind.COPIES, role, "one more", None, None, untold=error.problems[0])
            fewer = loosened(self.problem, number)[0]
            yield self.idle(fewer, Kind.COPIES, role, "one fewer") or self.swing(Kind.COPIES, role, "one fewer", fewer)

    def rules(self) -> Iterator[Swing]:
        for number, rule in enumerate(self.problem.rules):
            if isinstance(rule, AtLeast) and len(rule.roles) == 1:
                continue
            problem, how = loosened(self.problem, number)
            yield self.idle(problem, Kind.RULE, sentence(rule), how) or self.swing(
                Kind.RULE, sentence(rule), how, problem
            )

    def machine(self, name: str) -> Swing:
        told = why(self.result, name, solver=self.solver)
        if told.taken and told.without is not None:
            swing = _swing(Kind.MACHINE, told.machine.name, "gone", told.without)
            return Swing(swing.kind, swing.name, swing.change, swing.servers, swing.cost, told.without, told.stays)
        return _entering(told)

    def swing(self, kind: Kind, name: str, change: str, problem: Problem) -> Swing:
        return _swing(kind, name, change, Outcome(f"{name}: {change}", self.result, self.solver.solve(problem)))

    def idle(self, problem: Problem, kind: Kind, name: str, change: str) -> Swing | None:
        """Return a swing of nothing where the prices of the proof allow no better plan of a looser problem."""
        if not no_better(problem, self.problem, self.result.stages):
            return None
        return Swing(kind, name, change, 0, 0 if "cost" in self.problem.objectives else None)


def _swing(kind: Kind, name: str, change: str, outcome: Outcome) -> Swing:
    servers, cost = outcome.difference("servers"), outcome.difference("cost")
    more = servers.plans if servers else None
    return Swing(kind, name, change, more, cost.plans if cost else None, outcome)


def _entering(told: Why) -> Swing:
    """Return what a machine that is not in the plan does at its price: nothing."""
    untold = told.untold
    if untold is None and told.freed is not None:
        return _swing(Kind.MACHINE, told.machine.name, "free for use", told.freed)
    priced = told.enters is not None
    nothing = None if untold else 0
    return Swing(
        Kind.MACHINE, told.machine.name, "not taken", nothing, nothing if priced else None, None, told.enters, untold
    )

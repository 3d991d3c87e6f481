"""Why a machine is in the plan or not, and what it would have to be: its price, or its size, by solving again.

One trick carries the prices. What a plan with the machine costs moves with the machine's price, and no plan without it
does. So the best plan with the machine at price 0 says at which price it enters: at whatever it saves there. The best
plan without it says in the same way how dear it may become. Where a price moves more than one machine, for a row may
stand for several, or a budget ends the plan sooner, the price that was found is tried and the next one looked for,
until a solve says that there is none.

Before a solve the prices in the plan's certificate are asked: they bound the plans of another pool as well, and mostly
prove that none is better.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from obplace.able import Machines
from obplace.carried import no_better
from obplace.errors import UsageError
from obplace.larger import Larger
from obplace.lot import only_listed
from obplace.patterns import alone
from obplace.plan import Assignment, Status
from obplace.pool import Machine, changed
from obplace.problem import Problem
from obplace.quantity import show
from obplace.result import Result
from obplace.rules import Ban, Budget
from obplace.solver import Solver
from obplace.whatif import Outcome

NEVER = 1 << 62  # worse than any value


@dataclass(frozen=True)
class Price:
    """The highest price at which something holds, in the pool's smallest unit.

    ``at`` is None where it holds at any price, or at none; ``ever`` tells the two apart.
    """

    at: int | None
    ever: bool = True


@dataclass(frozen=True)
class Lack:
    """A resource of which a machine has too little for a role: what it has, None where unknown, and what is needed."""

    role: str
    resource: str
    has: int | None
    needs: int


@dataclass(frozen=True)
class Why:
    """Why a machine, or the equal machines of a row, is in the plan or not.

    Attributes
    ----------
    taken
        How many of them are in the plan.
    runs
        The roles that they run there.
    able
        The roles that it may run, if it may be used at all.
    lacks
        What keeps it from the others, as far as it is size.
    barred
        Sentences on why it may not be used whatever it could run; prices and sizes are then those of it free for use.
    stays
        In the plan: the highest price of each at which the plan stays the best.
    without
        In the plan: the best plan that does without it.
    enters
        Not in the plan: the highest price at which it would be in every best plan.
    level
        Not in the plan: a plan with it is as good as the one found.
    freed
        Barred: the best plan if it were free for use, at its price; None where that has none or it is no better.
    larger
        Not in the plan: by resource the least amount, the other resources as they are, at which it would be in every
        best plan at its price; with what comes of it.
    together
        Not in the plan, and no one resource is enough: amounts that are enough together, with what comes of it.
    unsized
        Resources of which nothing is told, because what is needed of them does not go by the roles alone.
    untold
        Why nothing more is told.
    """

    machine: Machine
    taken: int
    runs: tuple[str, ...]
    able: tuple[str, ...]
    lacks: tuple[Lack, ...]
    barred: tuple[str, ...] = ()
    stays: Price | None = None
    without: Outcome | None = None
    enters: Price | None = None
    level: bool = False
    freed: Outcome | None = None
    larger: tuple[tuple[str, int, Outcome], ...] = ()
    together: tuple[Mapping[str, int], Outcome] | None = None
    unsized: tuple[str, ...] = ()
    untold: str | None = None

    @property
    def sized(self) -> bool:
        """Whether larger sizes were tried: not in the plan, at a price that is known, and free use changes nothing."""
        known = self.enters is None or self.machine.price is not None
        return not self.taken and known and self.freed is None and self.untold is None


def why(result: Result, machine: str, *, solver: Solver | None = None) -> Why:
    """Say why a machine is in a plan or not, and what it would have to be: exactly, by solving again.

    Parameters
    ----------
    result
        An optimal one.
    machine
        Its name; the name of a row that stands for several machines is all of them.
    solver
        How to solve; as `Solver` does by default when None.

    Raises
    ------
    UsageError
        There is no plan, or no machine of that name; or more sets of roles fit on it than can be listed.
    """
    only_listed(result.problem, "why a machine is in the plan or not")
    if result.plan is None:
        raise UsageError("there is no plan that a machine could be in")
    rows = result.problem.pool.find([machine])
    if machine not in rows:
        raise UsageError(f"{result.problem.pool.source} has no machine {machine!r}")
    return _Asked(result, rows[machine], solver or Solver()).answer()


class _UntoldError(Exception):
    """A solve did not end with a proof."""


class _Asked:
    """The questions about one row of the pool."""

    def __init__(self, result: Result, row: int, solver: Solver) -> None:
        self.result = result
        self.row = row
        self.solver = solver
        self.problem = result.problem
        [self.machine] = self.problem.pool.take([row])
        self.here = self.taken(result)
        self.best = _vector(result)
        self.barred = tuple(_barred(self.problem, self.machine))
        if self.barred:  # from here on it is free for use
            rules = tuple(rule for rule in self.problem.rules if rule != Ban(self.machine.name))
            self.problem = replace(self.with_row(free=True), rules=rules)
        self.priced = "cost" in self.problem.objectives

    def answer(self) -> Why:
        able, lacks = self.abilities()
        runs = tuple(dict.fromkeys(role for each in self.here for role in each.roles))
        told = Why(self.machine, len(self.here), runs, able, lacks, self.barred)
        if self.result.status is not Status.OPTIMAL:
            return replace(told, untold="the plan is not proven optimal")
        try:
            return self.inside(told) if self.here else self.outside(told)
        except _UntoldError as error:
            return replace(told, untold=str(error))

    def abilities(self) -> tuple[tuple[str, ...], tuple[Lack, ...]]:
        """Return the roles that the machine may run in some company, and what it lacks for the others."""
        problem = self.at(0) if self.priced and self.machine.price is None else self.problem
        machines = Machines(problem)
        batch = next(each for each in problem.pool if 0 <= self.row - each.first < each.size)
        fits = zip(machines.loads, machines.fits(batch), strict=True)
        loads = [dict(load) for load, fit in fits if fit[self.row - batch.first]]
        able = tuple(role for role in problem.counts if any(role in load for load in loads))
        lacks = [
            Lack(role, name, has, least)
            for role in problem.counts
            if role not in able
            for name, least in zip(problem.catalogue.resources, alone(problem, role).least, strict=True)
            if least and ((has := self.machine.capacity.get(name)) is None or has < least)
        ]
        return able, tuple(lacks)

    # In the plan

    def inside(self, told: Why) -> Why:
        """Tell what the plan would be without the machine, and up to which price it stays."""
        without = self.solved(replace(self.problem, rules=(*self.problem.rules, Ban(self.machine.name))))
        outcome = Outcome(f"without {self.machine.name}", self.result, without)
        return replace(told, without=outcome, stays=self.stays(without) if self.priced else None)

    def stays(self, without: Result) -> Price:
        """Return the highest price at which no plan is better than the one there is.

        With more of these machines a plan rises faster, so only plans with fewer are in question.
        """
        price, taken = self.machine.price or 0, len(self.here)
        other = without if taken == 1 else self.solved(self.with_row(quantity=taken - 1))
        fixed = self.best.cost - taken * price
        known = (self.budget - fixed) // taken if self.budget is not None else None
        asked = price
        while True:
            if other.plan is not None:
                vector, fewer = _vector(other), len(self.taken(other))
                known = _least(known, _reach(self.best, fixed, taken, vector, vector.cost - fewer * asked, fewer))
            if known is None or self.machine.quantity == 1:
                return Price(known)
            asked = known
            other = self.solved(self.at(asked))
            if _vector(other) == self.best.at(fixed + taken * asked):
                return Price(known)

    # Not in the plan

    def outside(self, told: Why) -> Why:
        """Tell at which price the machine enters, whether it does when it is free for use, and of what size."""
        if self.priced:
            told = self.entering(told)
        if self.priced and self.machine.price is None:
            return told
        if self.barred and (result := self.improved(self.problem)) is not None:
            return replace(told, freed=Outcome(f"{self.machine.name} free for use", self.result, result))
        return self.sized(told)

    def entering(self, told: Why) -> Why:
        """Find the highest price at which every best plan has the machine."""
        asked = 0
        known = Price(None, ever=False)
        while (other := self.improved(self.at(asked))) is not None:
            vector, taken = _vector(other), len(self.taken(other))
            fixed = vector.cost - taken * asked
            if asked == 0 and self.machine.price is not None:
                told = replace(told, level=vector.at(fixed + taken * self.machine.price) == self.best)
            within = (self.budget - fixed) // taken if self.budget is not None else None
            better = _reach(vector, fixed, taken, self.best, self.best.cost, 0, tied=False)
            known = Price(_least(within, better))
            if known.at is None or (self.machine.quantity == 1 and known.at == better):
                break
            asked = known.at + 1
        return replace(told, enters=known)

    def sized(self, told: Why) -> Why:
        """Find the least amount of each resource with which every best plan has the machine, else of all together."""
        sizes = Larger(self.problem, self.row, self.improved)
        told = replace(told, unsized=sizes.unsized)
        if larger := sizes.alone():
            found = tuple((name, least, self.outcome({name: least}, sizes)) for name, least in larger)
            return replace(told, larger=found)
        together = sizes.together()
        return told if together is None else replace(told, together=(together, self.outcome(together, sizes)))

    def outcome(self, capacity: Mapping[str, int], sizes: Larger) -> Outcome:
        """Return what comes of it if the machine has so much."""
        kinds = self.problem.catalogue.resources
        texts = [f"{name} {show(amount, kinds[name].kind)}" for name, amount in capacity.items()]
        result = sizes.better(capacity)
        if result is None:
            raise AssertionError(f"{capacity} were enough before")
        return Outcome(f"{self.machine.name} with {', '.join(texts)}", self.result, result)

    # Solving

    @cached_property
    def budget(self) -> int | None:
        return min((rule.amount for rule in self.problem.rules if isinstance(rule, Budget)), default=None)

    def at(self, price: int) -> Problem:
        """Return the problem in which the machine has this price."""
        return self.with_row(price=price)

    def with_row(self, **changes: Any) -> Problem:
        return replace(self.problem, pool=changed(self.problem.pool, self.row, **changes))

    def taken(self, result: Result) -> list[Assignment]:
        """Return what a plan runs on the machines of the row."""
        return [each for each in (result.plan.assignments if result.plan else ()) if each.machine.row == self.row]

    def improved(self, problem: Problem) -> Result | None:
        """Return what comes of a problem if it is better than the plan; not solved where prices say that it is not."""
        if no_better(problem, self.result.problem, self.result.stages):
            return None
        result = self.solved(problem)
        return result if _vector(result) < self.best else None

    def solved(self, problem: Problem) -> Result:
        result = self.solver.solve(problem)
        if result.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            raise _UntoldError("a solve ended before its proof was complete")
        return result


@dataclass(frozen=True, order=True)
class _Vector:
    """The values of the objectives, those before cost and those after it; without prices the cost is 0."""

    before: tuple[int, ...]
    cost: int
    after: tuple[int, ...]

    def at(self, cost: int) -> "_Vector":
        """Return the same at another cost."""
        return replace(self, cost=cost)


def _vector(result: Result) -> _Vector:
    """Return what a plan is worth; what has no plan is worse than all that have one."""
    names = [each.name for each in result.objectives]
    values = [NEVER if each.value is None else each.value for each in result.objectives]
    at = names.index("cost") if "cost" in names else len(names)
    return _Vector(tuple(values[:at]), (values[at : at + 1] or [0])[0], tuple(values[at + 1 :]))


def _reach(
    one: _Vector, fixed: int, taken: int, other: _Vector, other_fixed: int, other_taken: int, *, tied: bool = True
) -> int | None:
    """Return the highest price at which a plan is no worse than one with fewer of the machines; None if at any.

    A plan costs what is fixed and the price of each that it takes. Where ``tied`` is false it has to be better.
    """
    if one.before != other.before:
        return None
    reach, rest = divmod(other_fixed - fixed, taken - other_taken)
    enough = one.after <= other.after if tied else one.after < other.after
    return reach if rest or enough else reach - 1


def _least(one: int | None, other: int | None) -> int | None:
    known = [each for each in (one, other) if each is not None]
    return min(known, default=None)


def _barred(problem: Problem, machine: Machine) -> Iterator[str]:
    if Ban(machine.name) in problem.rules:
        yield "it is banned"
    if not machine.available:
        yield "it is not available"
    if machine.runs and not problem.deployment.reuse:
        yield f"it runs {', '.join(machine.runs)} (--reuse takes it)"

"""Other plans that are as good or nearly so: the best few, or a few that differ as much as can be.

Two plans are the same when one becomes the other by putting a machine in the place of another of equal price that no
rule tells apart from it, by exchanging what two machines run that no rule tells apart, or by other names for zones that
the plan itself names.

The best few: after each plan a row forbids it and all that are the same, until there are enough or none is left.
Machines that no rule tells apart and of one price are a class here, and of those that only prices tell apart the
U + k - 1 cheapest classes suffice, U of each: a plan with a machine m of another class has at most U - 1 machines of
these, so k classes at least are not used up, and each gives another plan, no worse, with one of its machines for m.

A few that differ: how far two plans are apart is the number of servers of either that the other does not have, where
machines that no rule tells apart are the same, whatever they cost and run. Each plan is the one farthest from the
nearest of those before it, and the best of such; this is proven of each in turn, not of all of them together. The U
cheapest of such a class suffice, as a move within it changes no distance.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from obplace.classes import PRICE, Classes
from obplace.engine import check_magnitudes
from obplace.errors import UsageError
from obplace.kernel import Kernel, Reduction, reduce
from obplace.model import Row, Terms, value_of
from obplace.plan import Objective, Plan, Proof, Status, objective_values
from obplace.problem import Problem
from obplace.quantity import percent
from obplace.searching import Search, below
from obplace.shortage import shortages
from obplace.solver import Solver

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5  # substitutes that are named; the others are counted
MOST = 1000

Key = tuple[object, ...]


@dataclass(frozen=True)
class Substitutes:
    """Machines of equal price that no rule tells apart from one: how many are not in the plan, and the first few."""

    number: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Alternative:
    """One of several plans.

    Attributes
    ----------
    objectives
        In the order that matters; the bound is that of plans that are none of those before.
    proof
        A second solver agrees that no other plan is better than this, but for those before; None where it does not.
    substitutes
        By machine of the plan.
    distance
        How many servers at least it has not in common with each plan before it; None where nobody asked.
    """

    plan: Plan
    objectives: tuple[Objective, ...]
    proof: Proof | None
    substitutes: Mapping[str, Substitutes]
    distance: int | None = None

    @property
    def proven(self) -> bool:
        """Is it proven to be the next?"""
        return all(each.value == each.bound for each in self.objectives)


@dataclass(frozen=True)
class Alternatives:
    """Several plans, the best first.

    Attributes
    ----------
    asked
        How many were wanted.
    within
        The share by which the first objective may be worse, for plans that differ; None for the best.
    status
        Infeasible where it is proven that there is no plan, optimal where all are proven: so many, or all there are.
    """

    problem: Problem
    asked: int
    within: str | None
    status: Status
    plans: tuple[Alternative, ...]
    reasons: tuple[str, ...] = ()
    interrupted: bool = False
    seconds: float = field(default=0.0, compare=False)

    def __repr__(self) -> str:
        return f"Alternatives({self.status}, {len(self.plans)} plans)"

    def _repr_html_(self) -> str:
        from obplace.report.ranked_html import alternatives_html

        return alternatives_html(self)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row for each server of each plan: number of the plan, machine, roles, cost, substitutes."""
        import pandas as pd

        rows = []
        for number, each in enumerate(self.plans, start=1):
            frame = each.plan.to_frame()[["machine", "roles", "cost"]]
            frame.insert(0, "plan", number)
            rows.append(frame.assign(substitutes=[each.substitutes[name].number for name in frame["machine"]]))
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def alternatives(
    problem: Problem, number: int, within: str | None = None, solver: Solver | None = None
) -> Alternatives:
    """Return so many plans: the best, or some that differ and whose first objective is within a share of the best.

    Raises
    ------
    UsageError
        The number is not from 1 to `MOST`, or the share is none.
    """
    if not 1 <= number <= MOST:
        raise UsageError(f"{number} alternatives, expected from 1 to {MOST:,}")
    solver = solver or Solver()
    if within is None:
        return _Best(problem, number, solver).run(number, None)
    try:
        share = percent(within)
    except ValueError as error:
        raise UsageError(f"within is '{within}', {error}") from None
    return _Different(problem, share, solver).run(number, within)


class _Plans(Search, ABC):
    """Plans one after the other, each with what makes it another plan than those before."""

    def __init__(self, problem: Problem, kernel: Kernel, solver: Solver) -> None:
        super().__init__(problem, kernel, solver)
        check_magnitudes(self.model)
        told = (PRICE,) if "cost" in problem.objectives else ()
        self.classes = Classes(problem, kernel.patterns, told=told)
        self.class_of = [self.classes.of(batch) for batch in problem.pool]

    def run(self, number: int, said: str | None) -> Alternatives:
        plans: list[Alternative] = []
        status = Status.OPTIMAL
        while len(plans) < number:
            if self.over():
                status = Status.FEASIBLE
                break
            found, whole = self.next()
            if found is not None:
                plans.append(found)
            if not whole or (found is not None and not found.proven):
                status = Status.FEASIBLE
            if found is None:
                break
        reasons: tuple[str, ...] = ()
        if not plans:
            status = Status.INFEASIBLE if status is Status.OPTIMAL else Status.UNKNOWN
            late = f"{'interrupted' if self.interrupted else 'the time limit was reached'} before a plan was found"
            reasons = shortages(self.problem) if status is Status.INFEASIBLE else (late,)
        return Alternatives(self.problem, number, said, status, tuple(plans), reasons, self.interrupted, self.took())

    @abstractmethod
    def next(self) -> tuple[Alternative | None, bool]:
        """Return the next plan, and where there is none, whether that is proven."""

    def best(self, rows: Sequence[Row]) -> tuple[Alternative | None, list[int] | None, bool]:
        """Return the best plan that keeps the rows, its values, and where there is none, whether that is proven."""
        variables: list[int] | None = None
        proof: Proof | None = Proof.SOLVER
        bounds: dict[str, int] = {}
        for name in self.problem.objectives:
            terms = self.model.objectives[name]
            found, bounds[name], nothing = self.minimise(terms, rows, variables)
            if found is None:
                return None, None, nothing and self.agrees(rows)
            variables = found
            value = value_of(terms, variables)
            if bounds[name] != value or not self.agrees([*rows, Row(terms, None, below(value))]):
                proof = None
            rows = [*rows, Row(terms, None, value)]
        if variables is None:
            raise AssertionError("a problem without objectives")
        plan = self.plan(variables)
        values = objective_values(self.problem, plan)
        units = self.model.units
        objectives = tuple(Objective(name, values[name], bound * units.get(name, 1)) for name, bound in bounds.items())
        return Alternative(plan, objectives, proof, self.substitutes(plan)), variables, True

    def substitutes(self, plan: Plan) -> dict[str, Substitutes]:
        """Return by machine what could stand in its place, whatever it runs, at the same price."""
        rows: dict[int, int] = {}  # machines of a row that the plan uses
        for each in plan.assignments:
            rows[each.machine.row] = rows.get(each.machine.row, 0) + 1
        answer = {}
        known: dict[int, Substitutes] = {}
        firsts = [batch.first for batch in self.problem.pool]
        for each in plan.assignments:
            part = int(np.searchsorted(firsts, each.machine.row, side="right")) - 1
            number = int(self.class_of[part][each.machine.row - firsts[part]])
            if number not in known:
                known[number] = self._others(number, rows)
            answer[each.name] = known[number]
        return answer

    def _others(self, number: int, rows: Mapping[int, int]) -> Substitutes:
        pool = self.problem.pool
        total = 0
        left: list[int] = []
        for batch, classes in zip(pool, self.class_of, strict=True):
            here = np.flatnonzero(classes == number)
            column = batch.column("quantity")
            quantities = [1 if value is None else int(value) for value in column.values]  # noqa: PD011  no frame
            many = np.array(quantities, dtype=np.int64)[column.codes[here]]
            free = many - [rows.get(row, 0) for row in (here + batch.first).tolist()]
            total += int(free.sum())
            left += (here[free > 0] + batch.first).tolist()
        return Substitutes(total, tuple(sorted(pool.names(left))[:NAMED]))


class _Best(_Plans):
    """The best plans, each another one than those before."""

    def __init__(self, problem: Problem, number: int, solver: Solver) -> None:
        told = (PRICE,) if "cost" in problem.objectives else ()
        kernel = reduce(problem, solver.reductions & {Reduction.CHEAPEST}, told=told)
        super().__init__(problem, _cheap(kernel, number) if solver.reductions else kernel, solver)
        # What makes a plan: how many machines of each class it uses, and how often classes that only prices tell
        # apart run a pattern.
        counts: dict[Key, Terms] = {}
        for (c, p), x in self.model.running.items():
            counts.setdefault((c,), {})[x] = 1
            counts.setdefault((_but_price(self.kernel, c), self.pattern(p)), {})[x] = 1
        self.counts = list(counts.values())

    def pattern(self, p: int) -> Key:
        """Return what a pattern runs, and in which zone if that has a name of its own."""
        pattern = self.kernel.patterns[p]
        zone = None if pattern.zone in self.problem.new_zones else pattern.zone
        return pattern.roles, pattern.needs, pattern.grades, zone

    def next(self) -> tuple[Alternative | None, bool]:
        found, variables, whole = self.best(())
        if variables is not None:
            self.forbid(variables)
        return found, whole

    def forbid(self, variables: list[int]) -> None:
        """Let some count be more or fewer than it is."""
        model = self.model
        nowhere: Terms = {}
        differs: Terms = {}
        for terms in self.counts:
            number = value_of(terms, variables)
            if not number:
                nowhere |= dict.fromkeys(terms, 1)
                continue
            most = sum(model.upper[x] for x in terms)
            differs |= {(fewer := model.variable(0, 1)): 1, (more := model.variable(0, 1)): 1}
            model.row(terms | {fewer: most - number + 1}, high=most)
            model.row(terms | {more: -number - 1}, low=0)
        differs[other := model.variable(0, 1)] = 1
        model.row(nowhere | {other: -1}, low=0)
        model.row(differs, low=1)


def _but_price(kernel: Kernel, c: int) -> Key:
    each = kernel.classes[c]
    return each.patterns, each.named, *sorted(pair for pair in each.domains.items() if pair[0] != PRICE)


def _cheap(kernel: Kernel, number: int) -> Kernel:
    """Leave out the classes whose machines are too dear to be in one of the best plans."""
    if not kernel.problem.counts.keys() <= kernel.problem.most.keys():
        return kernel
    limit = sum(kernel.problem.most.values()) + number - 1
    alike: dict[Key, list[int]] = {}
    for c in range(len(kernel.classes)):
        alike.setdefault(_but_price(kernel, c), []).append(c)
    kept = {c for classes in alike.values() for c in sorted(classes, key=lambda c: kernel.classes[c].slots[0])[:limit]}
    return Kernel(kernel.problem, kernel.patterns, tuple(kernel.classes[c] for c in sorted(kept)))


class _Different(_Plans):
    """Plans that are good enough and far from those before."""

    def __init__(self, problem: Problem, within: Fraction, solver: Solver) -> None:
        super().__init__(problem, reduce(problem, solver.reductions & {Reduction.CHEAPEST}), solver)
        self.within = within
        self.rows: list[Row] = []
        self.servers: Terms = dict.fromkeys(self.model.running.values(), 1)
        most = sum(self.model.upper[x] for x in self.servers)
        self.near = self.model.variable(0, 2 * most)  # servers not in common with the nearest plan before

    def next(self) -> tuple[Alternative | None, bool]:
        if not self.rows:
            found, variables, whole = self.best(())
            if found is not None and variables is not None:
                first = self.problem.objectives[0]
                least = value_of(self.model.objectives[first], variables)
                self.rows = [Row(self.model.objectives[first], None, least + int(abs(least) * self.within))]
                self.away(variables)
            return found, whole
        farthest, bound, nothing = self.minimise({self.near: -1}, self.rows, None)
        if farthest is None:
            return None, nothing and self.agrees(self.rows)
        distance = farthest[self.near]
        proven = bound == -distance
        if not distance:
            return None, proven
        found, variables, whole = self.best([*self.rows, Row({self.near: 1}, distance, None)])
        if found is None or variables is None:
            return None, whole
        self.away(variables)
        objectives = found.objectives if proven else tuple(Objective(e.name, e.value, None) for e in found.objectives)
        return Alternative(found.plan, objectives, found.proof, found.substitutes, distance), True

    def away(self, variables: list[int]) -> None:
        """Let `near` be no more than the servers that a plan has not in common with this one."""
        model = self.model
        common: Terms = {}
        for c in range(len(self.kernel.classes)):
            terms = {x: 1 for (other, _), x in model.running.items() if other == c}
            here = value_of(terms, variables)
            if not here:
                continue
            shared, full = model.variable(0, here), model.variable(0, 1)
            common[shared] = 2
            most = sum(model.upper[x] for x in terms)
            model.row({shared: 1, full: most} | dict.fromkeys(terms, -1), low=0)  # all of them, unless it is full
            model.row({shared: 1, full: -here}, low=0)
        model.row({self.near: 1} | common | dict.fromkeys(self.servers, -1), high=value_of(self.servers, variables))

"""What if: the best plan when something is different, beside the best plan as it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from obplace.ask import deployment_of
from obplace.errors import ObplaceError, UsageError
from obplace.plan import Objective, Status
from obplace.pose import asking, pose_again
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Difference:
    """By how much an objective is higher than it was, below 0 where it is lower; integers as objectives have them.

    Attributes
    ----------
    plans
        Between the two plans; None where there is no other plan.
    least, most
        Between the two optima, as far as it is proven; None where nothing is. All three are equal where both plans
        are proven optimal.
    """

    plans: int | None
    least: int | None
    most: int | None


@dataclass(frozen=True)
class Outcome:
    """What became of the plan when something is different.

    Attributes
    ----------
    name
        What is different, in words.
    base, result
        What came of the problem as it is, and of the one that differs.
    """

    name: str
    base: Result
    result: Result

    def difference(self, objective: str) -> Difference | None:
        """Return by how much an objective differs; None where one of the problems does not have it."""
        before, after = _objective(self.base, objective), _objective(self.result, objective)
        if before is None or after is None:
            return None
        plans = None if after.value is None or before.value is None else after.value - before.value
        # A value is one of the optimum only where all that comes before it, and so its own bound, is proven.
        known = None not in (before.bound, after.bound, before.value)
        least = after.bound - before.value if known else None  # type: ignore[operator]  # none of them is None
        most = after.value - before.bound if known and after.value is not None else None  # type: ignore[operator]
        return Difference(plans, least, most)

    @property
    def proven(self) -> bool:
        """Whether both answers are proven: each an optimal plan, or that there is none."""
        return all(
            each.status in (Status.OPTIMAL, Status.INFEASIBLE) and each.proof is not None
            for each in (self.base, self.result)
        )

    @property
    def came(self) -> tuple[str, ...]:
        """The machines that are only in the other plan."""
        return _only_in(self.result, self.base)

    @property
    def went(self) -> tuple[str, ...]:
        """The machines that are only in the plan as it is; none where there is no other plan."""
        return _only_in(self.base, self.result) if self.result.plan is not None else ()


@dataclass(frozen=True)
class WhatIf:
    """Outcomes beside the result as it is; ``left`` names those that an interrupt kept from being looked at."""

    base: Result
    outcomes: tuple[Outcome, ...]
    left: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"WhatIf({len(self.outcomes)} scenarios beside {self.base.plan!r})"

    def _repr_html_(self) -> str:
        from obplace.report.html import what_if_html

        return what_if_html(self)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row an outcome: status, servers and cost with their differences, proof, machines that change."""
        import pandas as pd

        return pd.DataFrame([_row(each) for each in self.outcomes])


def what_if(result: Result, scenarios: Mapping[str, Mapping[str, Any]], *, solver: Solver | None = None) -> WhatIf:
    """Solve again with something different, for each scenario, and compare.

    Parameters
    ----------
    result
        Of the problem as it is; with a plan.
    scenarios
        By name the fields of a `Deployment` that differ, as `solve` takes them: ``{"without a": {"ban": "a"}}``. They
        go before what was asked; names in lists add up.
    solver
        How to solve; as `Solver` does by default when None.

    Raises
    ------
    UsageError
        There is no plan to compare with, or a scenario asks for what does not exist; every fault is listed.
    """
    if result.plan is None:
        raise UsageError("there is no plan to compare with")
    problems, wrong = {}, []
    for name, words in scenarios.items():
        try:
            problems[name] = _posed(result.problem, words)
        except ObplaceError as error:
            wrong += [f"{name}: {text}" for text in error.problems]
    if wrong:
        raise UsageError(wrong)
    outcomes = tuple(compared(result, problems, solver or Solver()))
    return WhatIf(result, outcomes, tuple(problems)[len(outcomes) :])


def compared(base: Result, problems: Mapping[str, Problem], solver: Solver) -> Iterator[Outcome]:
    """Solve each problem and yield it beside the base; an interrupt ends it with what was found until then."""
    for name, problem in problems.items():
        outcome = Outcome(name, base, solver.solve(problem))
        yield outcome
        if outcome.result.interrupted:
            return


def without(machines: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Return the scenario in which some machines are gone."""
    names = tuple(machines)
    return f"without {', '.join(names)}", {"ban": names}


def _posed(problem: Problem, words: Mapping[str, Any]) -> Problem:
    if words.get("minimize"):
        raise UsageError("minimize differs: plans are compared by one order of objectives")
    said = deployment_of(words)
    other = replace(said, roles={}).over(problem.deployment)
    return pose_again(problem, asking(other, said.roles))


def _objective(result: Result, name: str) -> Objective | None:
    return next((each for each in result.objectives if each.name == name), None)


def _only_in(one: Result, other: Result) -> tuple[str, ...]:
    names = [{each.name for each in result.plan.assignments} if result.plan else set() for result in (one, other)]
    return tuple(sorted(names[0] - names[1]))


def _row(outcome: Outcome) -> dict[str, object]:
    base, plan = outcome.base.plan, outcome.result.plan
    servers, cost = outcome.difference("servers"), outcome.difference("cost")
    row: dict[str, object] = {"scenario": outcome.name, "status": str(outcome.result.status)}
    row |= {"servers": plan.servers if plan else None, "more_servers": servers.plans if servers else None}
    if base is not None and cost is not None:
        row |= {"cost": plan.cost if plan else None}
        row |= {"more_cost": None if cost.plans is None else base.money(cost.plans)}
        row |= {"more_cost_least": None if cost.least is None else base.money(cost.least)}
        row |= {"more_cost_most": None if cost.most is None else base.money(cost.most)}
    return row | {"proven": outcome.proven, "came": list(outcome.came), "went": list(outcome.went)}

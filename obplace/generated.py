"""A problem with more sets of roles than can be listed: solved by column generation, from its words to its result."""

import time
from collections.abc import Callable

from obplace.columns import Columns, Known, Outcome
from obplace.errors import InternalError
from obplace.lot import Lot, certificate_of, crowded, lot, plan_of
from obplace.plan import Objective, Plan, Proof, Status, objective_values
from obplace.problem import Problem
from obplace.result import Progress, Result
from obplace.shortage import shortages
from obplace.verify import verify


def generated(
    problem: Problem,
    *,
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int = 2,
    seed: int = 0,
    watch: Callable[[Progress], None] | None = None,
) -> Result:
    """Return what column generation finds, where patterns cannot be listed: the plan and its bounds."""
    start = time.monotonic()
    made = lot(problem)

    def told(known: Known) -> None:
        if watch is not None:
            value = None if known.cost is None else known.cost // made.fleet.unit
            watch(Progress(problem.objectives[0], value, known.bound // made.fleet.unit, known.seconds))

    nothing = tuple(Objective(name, None, None) for name in problem.objectives)
    if short := crowded(made):
        return Result(problem, Status.INFEASIBLE, None, nothing, short)
    found = Columns(made.fleet, time_limit, gap, threads, seed, told).run()
    seconds = {"columns": time.monotonic() - start}
    if found.packing is None:
        if found.infeasible:
            return Result(problem, Status.INFEASIBLE, None, nothing, shortages(problem), seconds=seconds)
        reason = "interrupted before a plan was found" if found.interrupted else "no plan was found in the time given"
        return Result(problem, Status.UNKNOWN, None, nothing, (reason,), interrupted=found.interrupted, seconds=seconds)
    plan = plan_of(made, found.packing)
    if violations := verify(problem, {each.name: each.roles for each in plan.assignments}, {}):
        raise InternalError([f"the plan breaks a rule: {violation}" for violation in violations])
    objectives = _objectives(made, plan, found)
    optimal = all(each.value == each.bound for each in objectives)
    status = Status.OPTIMAL if optimal else Status.FEASIBLE
    certificate = None if found.proof is None else certificate_of(made, found.proof)
    seconds["certify"] = time.monotonic() - start - seconds["columns"]
    # Beyond the prices a bound rests on CP-SAT alone, and no second solver has been asked.
    certified = optimal and certificate is not None and (certificate.bound or 0) >= found.bound
    proof = Proof.CERTIFICATE if certified else None
    return Result(
        problem, status, plan, objectives, (), proof, certificate, interrupted=found.interrupted, seconds=seconds
    )


def _objectives(made: Lot, plan: Plan, found: Outcome) -> tuple[Objective, ...]:
    """Return the objectives with their bounds: that of the second counts where the first is proven."""
    values = objective_values(made.problem, plan)
    left: int | None = found.bound
    objectives = []
    for name, unit in zip(made.problem.objectives, (made.fleet.unit, 1), strict=False):
        bound = None if left is None else max(0, left // unit)
        objectives.append(Objective(name, values[name], bound))
        left = left - values[name] * unit if left is not None and bound == values[name] else None
    return tuple(objectives)

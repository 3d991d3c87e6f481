"""A problem with more sets of roles than can be listed: solved by column generation, from its words to its result."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from obplace.attested import certificate_of
from obplace.columns import Columns, Known, Outcome
from obplace.covering import impossible
from obplace.loose import loosened, searched
from obplace.lot import FEW, Lot, lot, plan_of, without_counts
from obplace.overfull import overfull
from obplace.plan import Objective, Plan, Proof, Status, objective_values
from obplace.problem import Problem
from obplace.result import Progress, Result
from obplace.shortage import shortages, why_not
from obplace.verify import check_plan

SHORT = 2.0  # seconds for a certificate of what counting shows


def generated(
    problem: Problem,
    *,
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int = 2,
    seed: int = 0,
    watch: Callable[[Progress], None] | None = None,
    few: int = FEW,
) -> Result:
    """Return what column generation finds, where patterns cannot be listed: the plan and its bounds.

    So many stands are ``few``: with more of them what hardly binds is left out at first, and what is fixed is split.
    """
    start = time.monotonic()
    made = lot(problem, few)

    def told(known: Known) -> None:
        if watch is not None:
            value = None if known.cost is None else known.cost // made.fleet.unit
            watch(Progress(problem.objectives[0], value, known.bound // made.fleet.unit, known.seconds))

    if next(overfull(made), None) is not None:
        # Counting shows it at once; where that is no certificate, a short search often finds one.
        proof = impossible(made.fleet)
        short = Outcome(infeasible=True, proof=proof) if proof else Columns(made.fleet, SHORT, gap, threads, seed).run()
        return _none(made, short if short.infeasible else Outcome(infeasible=True))
    how = (gap, threads, seed, told)
    loose = loosened(made.fleet) if len(made.fleet.stands) > few else None
    found = None if loose is None else searched(loose, time_limit, *how)
    proven = made if loose is None or found is None else without_counts(made, loose)
    if found is None:
        left = None if time_limit is None else max(0.0, start + time_limit - time.monotonic())
        found = Columns(made.fleet, left, *how).run()
    seconds = {"columns": time.monotonic() - start}
    if found.packing is None:
        if found.infeasible:
            return replace(_none(proven, found), seconds=seconds)
        reason = "interrupted before a plan was found" if found.interrupted else "no plan was found in the time given"
        nothing = _nothing(problem)
        return Result(problem, Status.UNKNOWN, None, nothing, (reason,), interrupted=found.interrupted, seconds=seconds)
    plan = plan_of(made, found.packing)
    check_plan(problem, plan)
    try:
        certificate = None if found.proof is None else certificate_of(proven, found.proof)
    except KeyboardInterrupt:  # the plan is there, and its bound is true without a certificate
        certificate, found.interrupted = None, True
    shown = 0 if certificate is None or certificate.bound is None else certificate.bound
    objectives = _objectives(made, plan, max(found.bound, shown), shown)  # its checker may find more
    optimal = all(each.value == each.bound for each in objectives)
    seconds["certify"] = time.monotonic() - start - seconds["columns"]
    return Result(
        problem,
        Status.OPTIMAL if optimal else Status.FEASIBLE,
        plan,
        objectives,
        (),
        Proof.CERTIFICATE if all(each.certified is None for each in objectives) else Proof.SOLVER,
        certificate,
        fleet=True,
        interrupted=found.interrupted,
        seconds=seconds,
    )


def _none(made: Lot, found: Outcome) -> Result:
    """Return the result where there is no plan: shown by a certificate, or a solver says so."""
    certificate = None if found.proof is None else certificate_of(made, replace(found.proof, bound=None))
    proof = Proof.SOLVER if certificate is None else Proof.CERTIFICATE
    problem, reasons = made.problem, why_not(made.problem, shortages(made.problem))
    return Result(problem, Status.INFEASIBLE, None, _nothing(problem), reasons, proof, certificate, fleet=True)


def _nothing(problem: Problem) -> tuple[Objective, ...]:
    return tuple(Objective(name, None, None) for name in problem.objectives)


def _objectives(made: Lot, plan: Plan, bound: int, shown: int) -> tuple[Objective, ...]:
    """Return the objectives with their bounds: that of the second counts where the first is proven.

    ``shown`` is what the certificate proves.
    """
    values = objective_values(made.problem, plan)
    said, proven = (_parts(made, values, each) for each in (bound, shown))
    return tuple(
        Objective(name, values[name], said[name], None if proven[name] == said[name] else proven[name] or 0)
        for name in made.problem.objectives
    )


def _parts(made: Lot, values: Mapping[str, int], bound: int) -> dict[str, int | None]:
    """Return what a bound on both objectives says of each."""
    found: dict[str, int | None] = dict.fromkeys(made.problem.objectives)
    for name, unit in zip(made.problem.objectives, (made.fleet.unit, 1), strict=False):
        found[name] = max(0, bound // unit)
        if found[name] != values[name]:
            break
        bound -= values[name] * unit
    return found

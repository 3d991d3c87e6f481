"""Two good solvers on the obvious model; each is imported only where it is used, they do not share a process."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.booleans import Obvious, first_plan


@dataclass(frozen=True)
class Outcome:
    """What a solver says: value and bound in the pool's smallest unit, and the roles by machine name.

    The seconds, of wall time and of CPU, are those of the search: the making of the model is not counted.
    """

    status: str
    value: int | None
    bound: int | None
    seconds: float
    cpu_seconds: float
    placement: Mapping[str, list[str]]


Rival = Callable[[Obvious, float], Outcome]  # the model, and the limit in seconds


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what came of the work, and its seconds of wall time and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return answer, time.perf_counter() - wall, time.process_time() - cpu


def cpsat(model: Obvious, limit: float, workers: int) -> Outcome:
    """Solve with CP-SAT: symmetry detection, the first plan as a complete hint."""
    from ortools.sat.python import cp_model

    sat = cp_model.CpModel()
    booleans = [sat.new_bool_var(f"b{number}") for number in range(model.size)]
    for terms, low, high in model.rows:
        total = cp_model.LinearExpr.weighted_sum([booleans[number] for number in terms], list(terms.values()))
        far = sum(abs(factor) for factor in terms.values())
        sat.add_linear_constraint(total, -far if low is None else low, far if high is None else high)
    sat.minimize(cp_model.LinearExpr.weighted_sum([booleans[n] for n in model.cost], list(model.cost.values())))
    for boolean, value in zip(booleans, first_plan(model), strict=True):
        sat.add_hint(boolean, value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.symmetry_level = 2
    solver.parameters.max_time_in_seconds = limit
    status, seconds, cpu_seconds = timed(lambda: solver.solve(sat))
    said = solver.status_name(status).lower()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Outcome(said, None, None, seconds, cpu_seconds, {})
    values = [solver.value(boolean) for boolean in booleans]
    bound = math.ceil(solver.best_objective_bound - 1e-6)
    return Outcome(said, model.price(values), bound, seconds, cpu_seconds, model.placement(values))


def highs(model: Obvious, limit: float) -> Outcome:
    """Solve with HiGHS, to a gap of nothing, from the first plan."""
    import highspy
    import numpy as np

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.size, len(model.rows)
    lp.col_cost_ = np.array([model.cost.get(number, 0) for number in range(model.size)], dtype=float)
    lp.col_lower_, lp.col_upper_ = np.zeros(model.size), np.ones(model.size)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * model.size
    lp.row_lower_ = np.array([-highspy.kHighsInf if low is None else low for _, low, _ in model.rows], dtype=float)
    lp.row_upper_ = np.array([highspy.kHighsInf if high is None else high for _, _, high in model.rows], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(terms) for terms, _, _ in model.rows)])
    lp.a_matrix_.index_ = np.array([number for terms, _, _ in model.rows for number in terms])
    lp.a_matrix_.value_ = np.array([factor for terms, _, _ in model.rows for factor in terms.values()], dtype=float)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("time_limit", float(limit))
    solver.passModel(lp)
    start = highspy.HighsSolution()
    start.col_value = [float(value) for value in first_plan(model)]
    solver.setSolution(start)
    _, seconds, cpu_seconds = timed(solver.run)
    info = solver.getInfo()
    bound = math.ceil(info.mip_dual_bound - 1e-3) if math.isfinite(info.mip_dual_bound) else None
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Outcome("unknown", None, bound, seconds, cpu_seconds, {})
    values = list(solver.getSolution().col_value)
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    said = "optimal" if optimal else "feasible"
    return Outcome(said, model.price(values), bound, seconds, cpu_seconds, model.placement(values))

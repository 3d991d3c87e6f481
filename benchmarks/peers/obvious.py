"""The obvious model: how many copies of each kind each machine runs, whether it is used; for CP-SAT, SCIP and HiGHS.

Rules "at most k in a place" are rows; which kinds keep apart is not told.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from obplace.fleet import Fleet, Load


def machines(fleet: Fleet) -> list[tuple[int, int]]:
    """Return stand and price of each machine."""
    return [(s, price) for s, prices in enumerate(fleet.slots) for price in prices]


def cpsat(fleet: Fleet, seconds: float) -> tuple[list[Load] | None, float | None]:
    """Return a packing and a bound from CP-SAT with two workers."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x, used = {}, []
    everything = machines(fleet)
    for m, (s, _) in enumerate(everything):
        used.append(model.new_bool_var(""))
        for kind in np.flatnonzero(fleet.able[s]).tolist():
            x[m, kind] = model.new_int_var(0, int(fleet.most[kind]), "")
        for r, capacity in enumerate(fleet.stands[s].capacities):
            load = sum(x[m, k] * fleet.kinds[k].needs[r] for k in range(len(fleet.kinds)) if (m, k) in x)
            model.add(load <= capacity * used[m])
    for kind, each in enumerate(fleet.kinds):
        model.add(sum(x[m, kind] for m in range(len(everything)) if (m, kind) in x) == each.copies)
    for terms, most in counted(fleet, everything, x):
        model.add(sum(terms) <= most)
    model.minimize(sum(price * used[m] for m, (_, price) in enumerate(everything)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, None
    values = {key: solver.value(variable) for key, variable in x.items()}
    return loads(fleet, everything, values), solver.best_objective_bound


def mip(fleet: Fleet, seconds: float, name: str) -> tuple[list[Load] | None, float | None]:
    """Return a packing and a bound from SCIP, or from the HiGHS that OR-Tools holds."""
    from ortools.linear_solver.python import model_builder

    model = model_builder.Model()
    everything = machines(fleet)
    used = [model.new_bool_var("") for _ in everything]
    x = {}
    for m, (s, _) in enumerate(everything):
        for kind in np.flatnonzero(fleet.able[s]).tolist():
            x[m, kind] = model.new_int_var(0, int(fleet.most[kind]), "")
        here = [kind for kind in range(len(fleet.kinds)) if (m, kind) in x]
        for r, capacity in enumerate(fleet.stands[s].capacities):
            load = model_builder.LinearExpr.weighted_sum(
                [*(x[m, k] for k in here), used[m]], [*(fleet.kinds[k].needs[r] for k in here), -capacity]
            )
            model.add(load <= 0)
    for kind, each in enumerate(fleet.kinds):
        there = [x[m, kind] for m in range(len(everything)) if (m, kind) in x]
        model.add(model_builder.LinearExpr.sum(there) == each.copies)
    for terms, most in counted(fleet, everything, x):
        model.add(model_builder.LinearExpr.sum(terms) <= most)
    model.minimize(model_builder.LinearExpr.weighted_sum(used, [price for _, price in everything]))
    solver = model_builder.Solver(name)
    solver.set_time_limit_in_seconds(seconds)
    status = solver.solve(model)
    if status not in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE):
        return None, None
    values = {key: round(solver.value(variable)) for key, variable in x.items()}
    return loads(fleet, everything, values), solver.best_objective_bound


def counted(
    fleet: Fleet, everything: list[tuple[int, int]], x: dict[tuple[int, int], Any]
) -> Iterator[tuple[list[Any], int]]:
    """Yield the variables of each count, and how many copies there may be."""
    for c, count in enumerate(fleet.counts):
        there = [m for m, (s, _) in enumerate(everything) if c in fleet.counted[s]]
        yield [x[m, kind] for m in there for kind in count.kinds if (m, kind) in x], count.most


def loads(fleet: Fleet, everything: list[tuple[int, int]], values: dict[tuple[int, int], int]) -> list[Load]:
    """Return the packing of these values."""
    runs = np.zeros((len(everything), len(fleet.kinds)), dtype=np.int64)
    for (m, kind), copies in values.items():
        runs[m, kind] = copies
    return [Load(everything[m][0], runs[m]) for m in np.flatnonzero(runs.any(axis=1)).tolist()]

"""The master program of column generation: which sets of items how many machines run, as far as sets are known.

A linear program that grows and shrinks in place and goes on from its last basis, so it is kept alive in GLOP; the
other room that loads OR-Tools.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np

from obplace.errors import InternalError
from obplace.fleet import Bools, Fleet, Load, Reals
from obplace.rest import Task
from obplace.sets import Sets


@dataclass(frozen=True)
class Optimum:
    """The linear program solved.

    Attributes
    ----------
    value
        Of the objective.
    missing, beyond
        Copies of each kind that no set places, and that sets place beyond those asked, shape (kinds,): the box of
        worths is to be blamed.
    running
        How many machines run each set, in the order in which sets were added, shape (sets,).
    worth
        Price of one copy of each kind, shape (kinds,), not negative.
    rent
        Price of one machine more of each stand, shape (stands,), not negative.
    tolls
        Price of each count, shape (counts,), not positive.
    """

    value: float
    missing: Reals
    beyond: Reals
    running: Reals
    worth: Reals
    rent: Reals
    tolls: Reals


class Master:
    """Rows for the copies of each kind, the machines of each stand and counts; a column for each known set."""

    def __init__(self, fleet: Fleet) -> None:
        from ortools.glop import parameters_pb2
        from ortools.math_opt.python import mathopt

        self.fleet = fleet
        self.sets = Sets(len(fleet.kinds))
        self._model = mathopt.Model()
        self._model.objective.is_maximize = False
        self._demand = [self._model.add_linear_constraint(lb=float(kind.copies)) for kind in fleet.kinds]
        self._stands = [self._model.add_linear_constraint(ub=0.0) for _ in fleet.stands]
        self._counts = [self._model.add_linear_constraint(ub=float(count.most)) for count in fleet.counts]
        self._columns: list[mathopt.Variable] = []
        self._barred: list[mathopt.Variable] = []
        self._missing = [self._model.add_variable(lb=0.0) for _ in fleet.kinds]
        self._beyond = [self._model.add_variable(lb=0.0) for _ in fleet.kinds]
        for row, missing, beyond in zip(self._demand, self._missing, self._beyond, strict=True):
            row.set_coefficient(missing, 1.0)
            row.set_coefficient(beyond, -1.0)
        self._slots = []
        for stand, row in zip(fleet.stands, self._stands, strict=True):
            slots = []
            for price, number in stand.prices:
                slot = self._model.add_variable(lb=0.0, ub=float(number))
                self._model.objective.set_linear_coefficient(slot, float(price))
                row.set_coefficient(slot, -1.0)
                slots.append(slot)
            self._slots.append(slots)
        self._fresh = partial(mathopt.IncrementalSolver, self._model, mathopt.SolverType.GLOP)
        self._solver = self._fresh()
        self._parameters = mathopt.SolveParameters(
            presolve=mathopt.Emphasis.OFF, glop=parameters_pb2.GlopParameters(change_status_to_imprecise=False)
        )
        self._asked = mathopt.ModelSolveParameters(  # reading what is 0 takes longer than solving
            variable_values_filter=mathopt.VariableFilter(skip_zero_values=True),
            dual_values_filter=mathopt.LinearConstraintFilter(skip_zero_values=True),
            reduced_costs_filter=mathopt.VariableFilter(filtered_items=()),
        )
        self._optimal = mathopt.TerminationReason.OPTIMAL
        reasons = mathopt.TerminationReason
        self._no_end = (reasons.NO_SOLUTION_FOUND, reasons.FEASIBLE)
        self._basic, self._at_zero = mathopt.BasisStatus.BASIC, mathopt.BasisStatus.AT_LOWER_BOUND
        self._basis: mathopt.Basis | None = None

    def box(self, least: Reals, most: Reals) -> None:
        """Keep the worth of a copy of each kind between these, at the cost of copies too few or too many."""
        for missing, beyond, low, high in zip(self._missing, self._beyond, least.tolist(), most.tolist(), strict=True):
            self._model.objective.set_linear_coefficient(missing, high)
            self._model.objective.set_linear_coefficient(beyond, -low)

    def add(self, load: Load) -> bool:
        """Let machines of a stand run a set of items; say whether it was new."""
        if not self.sets.add(load):
            return False
        stand, items = load
        x = self._model.add_variable(lb=0.0)
        for kind in np.flatnonzero(items).tolist():
            self._demand[kind].set_coefficient(x, float(items[kind]))
        self._stands[stand].set_coefficient(x, 1.0)
        for c in self.fleet.counted[stand]:
            if number := int(items @ self.fleet.tally[c]):
                self._counts[c].set_coefficient(x, float(number))
        self._columns.append(x)
        return True

    def keep(self, mask: Bools) -> None:
        """Give up the sets outside a mask; the next solve goes on from the last basis all the same."""
        basis = self._basis
        if basis is None or mask.all():
            return
        statuses = basis.variable_status
        given_up = [x for x, kept in zip(self._columns, mask.tolist(), strict=True) if not kept]
        self._columns = [x for x, kept in zip(self._columns, mask.tolist(), strict=True) if kept]
        self.sets.keep(mask)
        # One that is in the basis runs nowhere any more; it goes when it has left the basis.
        in_basis = [x for x in [*given_up, *self._barred] if statuses.get(x) == self._basic]
        staying = set(in_basis)
        for x in [*given_up, *self._barred]:
            if x in staying:
                x.upper_bound = 0.0
            else:
                statuses.pop(x, None)
                self._model.delete_variable(x)
        self._barred = in_basis
        self._asked.initial_basis = basis

    def shrink(self, task: Task) -> None:
        """Leave that much to do: copies of each kind, the dearest machines of each stand, room in counts."""
        for row, number in zip(self._demand, task.left.tolist(), strict=True):
            if row.lower_bound != number:
                row.lower_bound = float(number)
        for row, number in zip(self._counts, task.room.tolist(), strict=True):
            row.upper_bound = float(number)
        taken = (self.fleet.sizes - task.free).tolist()
        for slots, stand, left in zip(self._slots, self.fleet.stands, taken, strict=True):
            for slot, (_, number) in zip(slots, stand.prices, strict=True):
                slot.upper_bound = float(number - min(left, number))
                left -= min(left, number)

    def solve(self, seconds: float) -> Optimum | None:
        """Solve the program over the sets that are known; None where time does not allow."""
        if seconds <= 0:
            return None
        if (basis := self._asked.initial_basis) is not None:
            for x in self._columns:
                basis.variable_status.setdefault(x, self._at_zero)
        if math.isfinite(seconds):
            self._parameters.time_limit = timedelta(seconds=seconds)
        result = self._solver.solve(params=self._parameters, model_params=self._asked)
        if result.termination.reason not in (self._optimal, *self._no_end):
            # A basis may have become too bad to go on from: begin anew.
            self._solver, self._asked.initial_basis = self._fresh(), None
            result = self._solver.solve(params=self._parameters, model_params=self._asked)
        if result.termination.reason in self._no_end:
            return None
        if result.termination.reason != self._optimal:
            raise InternalError(f"the master program has no optimum: {result.termination}")
        values, duals = result.variable_values(), result.dual_values()
        self._basis, self._asked.initial_basis = result.solutions[0].basis, None

        def amounts(variables: list) -> Reals:  # type: ignore[type-arg]  # of mathopt's own
            return np.array([values.get(x, 0.0) for x in variables], dtype=np.float64)

        def prices(rows: list) -> Reals:  # type: ignore[type-arg]
            return np.array([duals.get(row, 0.0) for row in rows], dtype=np.float64)

        return Optimum(
            result.objective_value(),
            amounts(self._missing),
            amounts(self._beyond),
            amounts(self._columns),
            np.maximum(prices(self._demand), 0.0),
            np.maximum(-prices(self._stands), 0.0),
            np.minimum(prices(self._counts), 0.0),
        )

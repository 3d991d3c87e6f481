"""CP-SAT, and SCIP as a second opinion: the only rooms that load OR-Tools, and only its parts that are quick to load.

What is known to go wrong in CP-SAT 9.15 is kept out here: a default solve leaves Ctrl-C dead for the rest of the
process, so signals stay with Python and the search runs in a thread of its own; ``objective_value`` is a double,
so objectives are counted again in integers; 0.0 stands for "no bound" in some statuses, so bounds are read only
where they mean something; more than 8 workers and repaired hints have given wrong answers, so neither is used.
"""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from obplace.errors import InternalError, UsageError
from obplace.interrupts import halt, held
from obplace.model import Model, Row, Terms, value_of

EXACT = 2**53  # up to here a double holds every integer
FAR = 2**62  # stands for no bound
MOST_WORKERS = 8
POLL = 0.1  # seconds between looks whether somebody has asked to stop

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What an engine knows at its end.

    Attributes
    ----------
    values
        Of all variables, a solution that was checked in exact integers; None where there is none.
    bound
        No solution has a smaller objective; None where nothing is known.
    infeasible
        The engine says that there is no solution.
    interrupted
        Somebody asked to stop.
    """

    values: list[int] | None = None
    bound: int | None = None
    infeasible: bool = False
    interrupted: bool = False


@dataclass(frozen=True)
class Effort:
    """How hard to try.

    Attributes
    ----------
    seconds
        None: until proven.
    workers, seed
        Of the search.
    gap
        Share of the value by which the bound may be lower at the end.
    deterministic
        Limit in the solver's own time, which is the same on every machine.
    watch
        Told value and bound as they improve, from other threads.
    """

    seconds: float | None = None
    workers: int = 1
    seed: int = 0
    gap: float = 0.0
    deterministic: float | None = None
    watch: Callable[[int | None, int | None], None] | None = None


def check_magnitudes(model: Model) -> None:
    """Raise `UsageError` where an objective could grow beyond what the engines add up exactly."""
    for name, terms in model.objectives.items():
        if sum(abs(factor) * model.upper[number] for number, factor in terms.items()) >= EXACT:
            raise UsageError(f"the {name} of the machines add up to more than 2^53 units; use prices with fewer digits")


def cpsat(model: Model, objective: Terms, extra: Sequence[Row], hint: list[int] | None, effort: Effort) -> Answer:
    """Minimise the objective over the model and the extra rows with CP-SAT."""
    from ortools.sat.python import cp_model_helper as helper

    proto = helper.CpModelProto()
    for low, high in zip(model.lower, model.upper, strict=True):
        proto.variables.add().domain.extend([low, high])
    for row in (*model.rows, *extra):
        linear = proto.constraints.add().linear
        linear.vars.extend(list(row.terms))
        linear.coeffs.extend(list(row.terms.values()))
        linear.domain.extend([-FAR if row.low is None else row.low, FAR if row.high is None else row.high])
    proto.objective.vars.extend(list(objective))
    proto.objective.coeffs.extend(list(objective.values()))
    if hint is not None:
        proto.solution_hint.vars.extend(range(len(hint)))
        proto.solution_hint.values.extend(hint)
    wrapper = helper.SolveWrapper()
    wrapper.set_parameters(_parameters(helper.SatParameters(), effort))
    callback = None if effort.watch is None else _watch(helper, wrapper, effort.watch)
    response, interrupted = _run(partial(wrapper.solve, proto), wrapper.stop_search)
    del callback  # the native search calls it without keeping it alive: freed before the end, it ends the process
    return _read(helper, response, model, objective, extra, interrupted)


def _parameters(parameters: Any, effort: Effort) -> Any:
    parameters.catch_sigint_signal = False
    parameters.log_to_stdout = False
    parameters.num_workers = min(effort.workers, MOST_WORKERS)
    parameters.random_seed = effort.seed
    parameters.relative_gap_limit = effort.gap
    if effort.seconds is not None:
        parameters.max_time_in_seconds = max(effort.seconds, 0.001)
    if effort.deterministic is not None:
        parameters.max_deterministic_time = effort.deterministic
    return parameters


def _read(
    helper: Any, response: Any, model: Model, objective: Terms, extra: Sequence[Row], interrupted: bool
) -> Answer:
    status = helper.CpSolverStatus
    if response.status == status.MODEL_INVALID:
        raise InternalError(f"CP-SAT refuses the model: {response.solution_info}")
    if response.status == status.INFEASIBLE:
        return Answer(infeasible=True, interrupted=interrupted)
    bound = None
    if math.isfinite(response.best_objective_bound):
        bound = math.ceil(response.best_objective_bound - 1e-6) if objective else 0
    if response.status not in (status.OPTIMAL, status.FEASIBLE):
        return Answer(bound=bound if response.best_objective_bound else None, interrupted=interrupted)
    values = model.settle(list(response.solution))
    if not model.holds(values) or not all(row.holds(values) for row in extra):
        raise InternalError("CP-SAT returned a solution that breaks a row of its model")
    if response.status == status.FEASIBLE and bound is not None:
        bound = min(bound, value_of(objective, values))
    return Answer(values, bound, interrupted=interrupted)


def _watch(helper: Any, wrapper: Any, watch: Callable[[int | None, int | None], None]) -> Any:
    """Tell the watcher of each solution and bound; return what has to live as long as the search."""

    class Solutions(helper.SolutionCallback):  # type: ignore[misc]  # a class of the native module
        def OnSolutionCallback(self) -> None:  # noqa: N802  # the native module calls it by this name
            watch(round(self.ObjectiveValue()), None)

    solutions = Solutions()
    wrapper.add_solution_callback(solutions)
    wrapper.add_best_bound_callback(lambda bound: watch(None, math.ceil(bound - 1e-6)))
    return solutions


def scip(model: Model, objective: Terms, extra: Sequence[Row], seconds: float) -> Answer:
    """Minimise the objective over the model and the extra rows with SCIP."""
    from ortools.linear_solver.python import model_builder_helper as helper

    built = helper.ModelBuilderHelper()
    for low, high in zip(model.lower, model.upper, strict=True):
        number = built.add_var()
        built.set_var_lower_bound(number, low)
        built.set_var_upper_bound(number, high)
        built.set_var_integrality(number, True)
    for number, factor in objective.items():
        built.set_var_objective_coefficient(number, factor)
    for row in (*model.rows, *extra):
        constraint = built.add_linear_constraint()
        built.set_constraint_lower_bound(constraint, -math.inf if row.low is None else row.low)
        built.set_constraint_upper_bound(constraint, math.inf if row.high is None else row.high)
        for number, factor in row.terms.items():
            built.add_term_to_constraint(constraint, number, factor)
    solver = helper.ModelSolverHelper("scip")
    solver.enable_output(False)
    # Ctrl-C is ours, and so is standard output. By default a row may be broken by a millionth of its bound, which of
    # an amount of money is more than its smallest unit.
    solver.set_solver_specific_parameters("misc/catchctrlc = FALSE\nnumerics/feastol = 1e-09")
    solver.set_time_limit_in_seconds(seconds)
    _, interrupted = _run(partial(solver.solve, built), solver.interrupt_solve)
    status = helper.SolveStatus
    if solver.status() == status.INFEASIBLE:
        return Answer(infeasible=True, interrupted=interrupted)
    if solver.status() != status.OPTIMAL:
        return Answer(interrupted=interrupted)
    return Answer(bound=round(solver.objective_value()), interrupted=interrupted)


@dataclass(frozen=True)
class Linear:
    """A solved linear program: its value, the variables, the price of each row, the reduced cost of each variable."""

    value: float
    values: list[float]
    prices: list[float]
    costs: list[float]


def linear(lower: Sequence[int], upper: Sequence[int], objective: Terms, rows: Sequence[Row]) -> Linear | None:
    """Minimise the objective over variables that need not be whole; None where no values keep all rows."""
    from ortools.linear_solver.python import model_builder_helper as helper

    built = helper.ModelBuilderHelper()
    for low, high in zip(lower, upper, strict=True):
        number = built.add_var()
        built.set_var_lower_bound(number, low)
        built.set_var_upper_bound(number, math.inf if high >= FAR else high)
    for number, factor in objective.items():
        built.set_var_objective_coefficient(number, factor)
    for row in rows:
        constraint = built.add_linear_constraint()
        built.set_constraint_lower_bound(constraint, -math.inf if row.low is None else row.low)
        built.set_constraint_upper_bound(constraint, math.inf if row.high is None else row.high)
        for number, factor in row.terms.items():
            built.add_term_to_constraint(constraint, number, factor)
    solver = helper.ModelSolverHelper("glop")
    solver.enable_output(False)
    solver.solve(built)
    if solver.status() != helper.SolveStatus.OPTIMAL:
        return None
    prices, costs = list(solver.dual_values()), list(solver.reduced_costs())
    return Linear(solver.objective_value(), list(solver.variable_values()), prices, costs)


def _run(solve: Callable[[], Any], stop: Callable[[], Any]) -> tuple[Any, bool]:
    """Run a native solve in a thread; on Ctrl-C ask it to stop until it does, and return what it has then.

    A join that is interrupted takes the thread for ended, so the end is an event; and a request to stop before
    the search has begun is lost, so it is repeated. A search that is left to itself ends the process when Python does.
    """
    ended = threading.Event()
    result: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(solve())
        except BaseException as error:  # handed to the caller's thread below
            failure.append(error)
        finally:
            ended.set()

    main = threading.current_thread() is threading.main_thread()
    interrupted = False
    with held() if main else nullcontext():
        threading.Thread(target=work, daemon=True).start()
        while not ended.is_set():
            try:
                interrupted = interrupted or (main and halt.is_set())
                if interrupted:
                    stop()
                ended.wait(POLL)
            except KeyboardInterrupt:  # of a handler that is not ours
                interrupted = True
        interrupted = interrupted or (main and halt.is_set())
    if failure:
        raise failure[0]
    return result[0], interrupted

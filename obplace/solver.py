"""The one door: ``Solver(...).solve(problem)`` reduces, solves in stages, confirms, lifts and verifies."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import takewhile

from obplace.alike import Merged, merged
from obplace.certificate_form import Certificate, Stage
from obplace.dealing import dealt
from obplace.engine import Effort, check_magnitudes, cpsat, scip
from obplace.errors import InternalError
from obplace.fingerprint import fingerprint
from obplace.generated import generated
from obplace.greedy import greedy
from obplace.kernel import ALL, Kernel, Reduction, lift, reduce
from obplace.lot import countless
from obplace.model import Model, Row, Terms, value_of
from obplace.patterns import TooManyError
from obplace.plan import Objective, Plan, Proof, Status, objective_values
from obplace.problem import Problem
from obplace.prove import certify
from obplace.result import Progress, Result
from obplace.rows import build
from obplace.rules import Budget
from obplace.shortage import TOGETHER, shortages, why_not
from obplace.started import joined, lowered, started
from obplace.tighten import Relaxed, relaxed
from obplace.verify import check_plan

QUICK = 5.0  # deterministic seconds for one worker alone; what it proves is the same on every machine
OPINION = 60.0  # seconds that the second opinion may take

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Solver:
    """How to solve; a solve with the defaults runs until the proof is complete.

    Attributes
    ----------
    time_limit
        Seconds after which the best plan so far is the answer; CP-SAT looks at the clock between its steps, so a
        hard problem may take some seconds more.
    gap
        Share of the first objective by which the plan may be worse than the bound, for example 0.01.
    threads, seed
        Of the search for hard problems; they change how fast a proof is found, never the plan.
    watch
        Called with a `Progress` as value and bound improve, from another thread.
    reductions
        Which reductions of the kernel may be used.
    """

    time_limit: float | None = None
    gap: float = 0.0
    threads: int = 2
    seed: int = 0
    watch: Callable[[Progress], None] | None = None
    reductions: frozenset[Reduction] = ALL

    def solve(self, problem: Problem) -> Result:
        """Return the best plan and what is proven about it; every plan has passed `verify`."""
        start = time.monotonic()
        same = merged(problem) if Reduction.ALIKE in self.reductions else None
        if same is None:
            return self._solve(problem)
        spent = time.monotonic() - start
        return _told_apart(same, self._solve(same.problem), {"alike": spent})

    def _solve(self, problem: Problem) -> Result:
        if not countless(problem):
            with suppress(TooManyError):
                return self._told(_Solve(self, problem).run())
        return generated(
            problem,
            time_limit=self.time_limit,
            gap=self.gap,
            threads=self.threads,
            seed=self.seed,
            watch=self.watch,
        )

    def _told(self, result: Result) -> Result:
        """Where a budget stands in the way, tell what the cheapest plan costs: that is found by solving again."""
        problem = result.problem
        budgets = [rule for rule in problem.rules if isinstance(rule, Budget)]
        if result.status is not Status.INFEASIBLE or result.reasons != (TOGETHER,) or not budgets:
            return result
        left = None if self.time_limit is None else self.time_limit - sum(result.seconds.values())
        if left is not None and left <= 0:
            return result
        rules = tuple(rule for rule in problem.rules if rule not in budgets)
        # Without the budget there may be no plan either, or one of which it is not known that it is the cheapest.
        cheapest = replace(self, time_limit=left).solve(replace(problem, rules=rules, objectives=("cost",)))
        return result if cheapest.plan is None else replace(result, cheapest=cheapest.objectives[0])


def _told_apart(same: Merged, result: Result, seconds: dict[str, float]) -> Result:
    """Return the result for the clusters one by one, from that in which those that are alike are one role."""
    start = time.monotonic()
    plan = None if result.plan is None else dealt(same, result.plan)
    if plan is not None:
        check_plan(same.whole, plan)
    seconds["deal"] = time.monotonic() - start
    reasons = result.reasons
    if result.status is Status.INFEASIBLE:
        reasons = shortages(same.whole)
        reasons = why_not(same.whole, reasons) if result.fleet else reasons
    return replace(
        result,
        problem=same.whole,
        plan=plan,
        reasons=reasons,
        alike=None if result.certificate is None else same.problem,
        seconds={**result.seconds, **seconds},
    )


class _Solve:
    """One solve: the best values so far, and what is proven about them."""

    def __init__(self, solver: Solver, problem: Problem) -> None:
        self.solver = solver
        self.problem = problem
        self.start = time.monotonic()
        self.seconds: dict[str, float] = {}
        self.values: list[int] | None = None
        self.narrow = Model()  # the model with the bounds that all solutions as good as the known one keep
        self.repeatable = True
        self.interrupted = False
        self.disputed = False  # the second solver knows something better than what the first calls the best

    def run(self) -> Result:
        with self._clock("reduce"):
            kernel = reduce(self.problem, self.solver.reductions)
        with self._clock("model"):
            model = build(kernel)
            check_magnitudes(model)
            self.values = greedy(kernel, model)
            self.narrow = model
        first = self._started(kernel, model) if self.values is None else None
        if first is None:
            return self._searched(kernel, model)
        known = first if first.status is Status.INFEASIBLE else joined(first, self._searched(kernel, model))
        return replace(known, interrupted=self.interrupted, seconds=self.seconds)

    def _searched(self, kernel: Kernel, model: Model) -> Result:
        bounds: dict[str, int] = {}
        proven: list[Row] = []
        for name in self.problem.objectives:
            if self.interrupted:
                break
            bound, infeasible = self._stage(model, name, proven)
            if infeasible:
                return self._infeasible(kernel, model, name, proven)
            if bound is not None:
                bounds[name] = bound
            if self.values is None or bound != value_of(model.objectives[name], self.values):
                break
            proven.append(Row(model.objectives[name], None, bound))
        if self.values is None:
            return self._without(Status.UNKNOWN)
        # A certificate ends where an objective comes that has no prices, or just behind what is proven.
        priced = takewhile(lambda name: name != "alike", list(bounds)[: len(proven) + 1])
        targets = {name: value_of(model.objectives[name], self.values) for name in priced}
        short = len(targets) > len(proven)
        stages = self._certified(kernel, targets, short=short)
        proof: Proof | None = Proof.CERTIFICATE
        for number, name in enumerate(list(bounds)[len(stages) : len(proven)], start=len(stages)):
            opinion = self._agrees(model, name, proven[:number], bounds[name])
            proof = None if proof is None else opinion
            if self.disputed:
                bounds = dict(list(bounds.items())[:number])
                del proven[number:]
                break
        optimal = len(proven) == len(self.problem.objectives)
        if short := short and len(stages) == len(targets):
            # What is said of a plan that may not be the best is what its certificate proves.
            bounds[list(targets)[-1]] = stages[-1].bound
        settled = optimal and self._settle(model, proven)
        plan = lift(kernel, model.counts(self.values))
        bounds = {name: bound * model.units.get(name, 1) for name, bound in bounds.items()}
        return self._found(plan, bounds, optimal, proof if optimal or short else None, stages, settled)

    def _started(self, kernel: Kernel, model: Model) -> Result | None:
        """Take a first plan from column generation, where that is quicker at it; return what else that knows."""
        how = self.solver
        with self._clock("columns"):
            first = started(kernel, self._left(), gap=how.gap, threads=how.threads, seed=how.seed, watch=how.watch)
            if first is not None and first.plan is not None and (counts := lowered(kernel, first.plan)) is not None:
                self.values = model.complete(counts)
        self.interrupted = first is not None and first.interrupted
        self.repeatable = first is None
        return first

    def _infeasible(self, kernel: Kernel, model: Model, name: str, proven: list[Row]) -> Result:
        stages = self._certified(kernel, None)
        proof = Proof.CERTIFICATE if stages else self._agrees(model, name, proven, None)
        return self._without(Status.INFEASIBLE, proof, stages)

    def _certified(self, kernel: Kernel, targets: dict[str, int] | None, *, short: bool = False) -> tuple[Stage, ...]:
        """Return the stages of a certificate for these optima, as many as there is a proof of; in short, a bound."""
        if self.interrupted or targets == {} or (self._out_of_time() and not short):
            return ()
        with self._clock("certify"):
            try:
                return certify(kernel, targets, self._out_of_time, short=short)
            except KeyboardInterrupt:
                self.interrupted = True
                return ()

    def _stage(self, model: Model, name: str, proven: list[Row]) -> tuple[int | None, bool]:
        """Improve the values in one objective; return its bound, and whether nothing is possible at all.

        What the linear relaxation proves comes first, and often it is all. Then one worker alone: what it finds is the
        same everywhere. Only where its time is not enough, all workers go on from there.
        """
        objective = model.objectives[name]
        gap = self.solver.gap if not proven else 0.0
        with self._clock(name):
            known = self._relaxed(objective, proven)
        bound = None if known is None else known.bound
        alone = Effort(deterministic=QUICK)
        for effort in (alone, Effort(workers=self.solver.threads, seed=self.solver.seed)):
            if self._enough(objective, bound, gap):
                break
            self.repeatable = self.repeatable and effort is alone
            self._narrow(objective, known)
            no_worse = [] if self.values is None else [Row(objective, None, value_of(objective, self.values))]
            effort = replace(effort, gap=gap, seconds=self._left(), watch=self._watch(name))
            with self._clock(name):
                answer = cpsat(self.narrow, objective, [*proven, *no_worse], self.values, effort)
            self.interrupted = self.interrupted or answer.interrupted
            if answer.infeasible:
                if self.values is None:
                    return None, True
                log.warning("CP-SAT finds no solution where one is known; nothing is proven about %s", name)
                return None, False
            if answer.bound is not None:
                bound = answer.bound if bound is None else max(bound, answer.bound)
            if answer.values is not None and (
                self.values is None or value_of(objective, answer.values) < value_of(objective, self.values)
            ):
                self.values = answer.values
        self._narrow(objective, known)
        return bound, False

    def _relaxed(self, objective: Terms, proven: list[Row]) -> Relaxed | None:
        """Return what the linear relaxation says of an objective; an interrupt ends it and all that comes after."""
        try:
            return relaxed(self.narrow, objective, proven)
        except KeyboardInterrupt:
            self.interrupted = True
            return None

    def _narrow(self, objective: Terms, known: Relaxed | None) -> None:
        """Leave out what no solution has that is as good as the known one."""
        if known is not None and self.values is not None:
            self.narrow = known.within(value_of(objective, self.values))

    def _enough(self, objective: Terms, bound: int | None, gap: float) -> bool:
        left = self._left()
        if self.interrupted or (left is not None and left <= 0):
            return True
        if self.values is None or bound is None:
            return False
        value = value_of(objective, self.values)
        return value - bound <= gap * value

    def _settle(self, model: Model, proven: list[Row]) -> bool:
        """Choose among plans that are equally good: least surplus, then what one worker finds without a hint."""
        if self.interrupted or self._out_of_time():
            return False
        bound, _ = self._stage(model, "surplus", proven)
        if self.values is None or bound != value_of(model.objectives["surplus"], self.values):
            return False
        if self.repeatable:
            return True
        fixed = [*proven, Row(model.objectives["surplus"], None, bound)]
        with self._clock("settle"):
            answer = cpsat(self.narrow, {}, fixed, None, Effort(seconds=self._left()))
        self.interrupted = self.interrupted or answer.interrupted
        self.values = answer.values or self.values
        return answer.values is not None

    def _agrees(self, model: Model, name: str, proven: list[Row], value: int | None) -> Proof | None:
        """Ask SCIP whether it finds nothing better either; where there is no value, nothing at all.

        The value itself needs no opinion: the plan that has it was verified. To find that nothing lies below it is
        much less work than to find the optimum again.
        """
        if self.interrupted or self._out_of_time():
            return None
        objective = model.objectives[name]
        # Beyond nine digits SCIP's doubles round; what it then confirms is the value up to its rounding.
        better = [] if value is None else [Row(objective, None, value - 1 - value // 10**9)]
        with self._clock("confirm"):
            opinion = scip(model, objective, [*proven, *better], min(OPINION, self._left() or OPINION))
        self.interrupted = self.interrupted or opinion.interrupted
        if value is None and opinion.bound is not None:
            raise InternalError(f"CP-SAT finds no plan, and SCIP one with {opinion.bound} for {name}")
        if value is None or opinion.bound is None:
            return Proof.SOLVER if opinion.infeasible else None
        if abs(opinion.bound - value) <= value // 10**9:  # to its doubles that kept the row
            return Proof.SOLVER
        if opinion.bound < value:
            log.warning("CP-SAT proves %d for %s, and SCIP finds %d", value, name, opinion.bound)
            self.disputed = True
        return None

    def _left(self) -> float | None:
        if self.solver.time_limit is None:
            return None
        return max(0.0, self.start + self.solver.time_limit - time.monotonic())

    def _out_of_time(self) -> bool:
        return self._left() == 0.0

    @contextmanager
    def _clock(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start

    def _watch(self, name: str) -> Callable[[int | None, int | None], None] | None:
        watch = self.solver.watch
        if watch is None:
            return None
        return lambda value, bound: watch(Progress(name, value, bound, time.monotonic() - self.start))

    def _without(self, status: Status, proof: Proof | None = None, stages: tuple[Stage, ...] = ()) -> Result:
        if status is Status.INFEASIBLE:
            reasons = shortages(self.problem)
        elif self.interrupted:
            reasons = ("interrupted before a plan was found",)
        else:
            reasons = ("the time limit was reached before a plan was found",)
        nothing = tuple(Objective(name, None, None) for name in self.problem.objectives)
        return self._result(status, None, nothing, reasons, proof, stages)

    def _found(
        self,
        plan: Plan,
        bounds: dict[str, int],
        optimal: bool,
        proof: Proof | None,
        stages: tuple[Stage, ...],
        settled: bool,
    ) -> Result:
        check_plan(self.problem, plan)
        values = objective_values(self.problem, plan)
        objectives = tuple(Objective(name, values[name], bounds.get(name)) for name in self.problem.objectives)
        if optimal and any(each.value != each.bound for each in objectives):
            raise InternalError(f"the plan is not what was proven: {objectives}")
        status = Status.OPTIMAL if optimal else Status.FEASIBLE
        return self._result(status, plan, objectives, (), proof, stages, settled)

    def _result(
        self,
        status: Status,
        plan: Plan | None,
        objectives: tuple[Objective, ...],
        reasons: tuple[str, ...],
        proof: Proof | None,
        stages: tuple[Stage, ...],
        settled: bool = False,
    ) -> Result:
        certificate = None
        if stages:
            with self._clock("certify"):
                certificate = Certificate(fingerprint(self.problem), stages)
        return Result(
            self.problem,
            status,
            plan,
            objectives,
            reasons,
            proof,
            certificate,
            settled,
            self.interrupted,
            self.seconds,
        )

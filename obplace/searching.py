"""One kernel and one model that are solved again and again, with rows that come and go, each answer asked twice."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from obplace.engine import Effort, cpsat, scip
from obplace.errors import InternalError
from obplace.kernel import Kernel, lift
from obplace.model import Row, Terms, value_of
from obplace.plan import Plan
from obplace.problem import Problem
from obplace.rows import build
from obplace.solver import QUICK, Solver
from obplace.verify import verify

TIES = 0.5  # deterministic seconds to choose among plans that are equal in all that is traded
AGREE = 10.0  # seconds for the opinion of the second solver on one point

log = logging.getLogger(__name__)


class Search:
    """A model, how much time is left for it, and whether somebody asked to stop."""

    def __init__(self, problem: Problem, kernel: Kernel, solver: Solver) -> None:
        self.problem, self.kernel, self.solver = problem, kernel, solver
        self.model = build(kernel)
        self.interrupted = False
        self.start = time.monotonic()

    def minimise(
        self, terms: Terms, rows: Sequence[Row], known: list[int] | None, *, ties: bool = False
    ) -> tuple[list[int] | None, int, bool]:
        """Return the best values there are, the bound of the terms, and whether nothing is possible at all.

        ``known`` are values of a neighbour: they guide the search, and are an answer where they keep all rows.
        Ties are worth a moment only.
        """
        best = known if known is not None and all(row.holds(known) for row in rows) else None
        bound = self.floor(terms)
        if best is not None and value_of(terms, best) == bound:
            return best, bound, False
        hard = Effort(workers=self.solver.threads, seed=self.solver.seed)
        for effort in (Effort(deterministic=TIES),) if ties else (Effort(deterministic=QUICK), hard):
            answer = cpsat(
                self.model, terms, rows, known if best is None else best, replace(effort, seconds=self.left())
            )
            self.interrupted = self.interrupted or answer.interrupted
            if answer.infeasible:
                if best is None:
                    return None, bound, True
                log.warning("CP-SAT finds no solution where one is known; nothing is proven")
                return best, self.floor(terms), False
            if answer.bound is not None:
                bound = max(bound, answer.bound)
            if answer.values is not None:
                # What follows from the placement may be better than what the search had to say of it.
                whole = self.model.complete(self.model.counts(answer.values))
                found = [answer.values]
                if whole is not None and all(row.holds(whole) for row in rows):
                    found.append(whole)
                best = min([*found, *([best] if best is not None else [])], key=partial(value_of, terms))
            if self.over() or (best is not None and bound == value_of(terms, best)):
                break
        return best, bound, False

    def agrees(self, rows: Sequence[Row]) -> bool:
        """Does the second solver say too that nothing keeps these rows?"""
        if self.over():
            return False
        opinion = scip(self.model, {}, rows, min(AGREE, self.left() or AGREE))
        self.interrupted = self.interrupted or opinion.interrupted
        if opinion.bound is not None:
            log.warning("CP-SAT finds nothing where SCIP finds a plan")
        return opinion.infeasible

    def floor(self, terms: Terms) -> int:
        """Return what the terms come to at least, by the bounds of their variables alone."""
        lower, upper = self.model.lower, self.model.upper
        return sum(factor * (lower if factor > 0 else upper)[x] for x, factor in terms.items())

    def left(self) -> float | None:
        """Return the seconds that are left; None where there is no limit."""
        limit = self.solver.time_limit
        return None if limit is None else max(0.0, self.start + limit - time.monotonic())

    def over(self) -> bool:
        """Is it time to stop?"""
        return self.interrupted or self.left() == 0.0

    def took(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.start

    def plan(self, variables: list[int]) -> Plan:
        """Return the plan of some values, which has passed `verify`."""
        plan = lift(self.kernel, self.model.counts(variables))
        zones = {each.name: zone for each in plan.assignments if (zone := each.machine.domains.get("zone")) is not None}
        wrong = verify(self.problem, {each.name: each.roles for each in plan.assignments}, zones)
        if wrong:
            raise InternalError([f"a plan breaks a rule: {violation}" for violation in wrong])
        return plan


def below(value: int) -> int:
    """Return what is less than a value, beyond the rounding of a second solver that counts in doubles."""
    return value - 1 - abs(value) // 10**9

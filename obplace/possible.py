"""Is there any plan at all? The question alone, without an objective; what is found has passed `verify`."""

from dataclasses import replace

from obplace.engine import Effort, check_magnitudes, cpsat
from obplace.errors import InternalError
from obplace.greedy import greedy
from obplace.kernel import lift, reduce
from obplace.members import named
from obplace.plan import Plan
from obplace.problem import Problem
from obplace.rows import build
from obplace.rules import Alike, Apart, AtMost, Ban, Budget, Limit, Same, Where, Within
from obplace.verify import verify
from obplace.verify_rules import Violation


def possible(problem: Problem) -> Plan | None:
    """Return some plan of a problem, the same for every order of the pool's rows; None where there is none.

    That a plan exists is shown by the plan. That none does rests on one solver: who needs more asks `Solver`.

    Raises
    ------
    KeyboardInterrupt
        Somebody asked to stop.
    """
    kernel = reduce(trimmed(problem))
    model = build(kernel)
    check_magnitudes(model)
    values = greedy(kernel, model)
    if values is None:
        # Where money is short, the search for the cheapest plan sees that sooner than the search for any.
        money = any(isinstance(rule, Budget) for rule in problem.rules)
        answer = cpsat(model, model.objectives["cost"] if money else {}, [], None, Effort())
        if answer.interrupted:
            raise KeyboardInterrupt
        values = answer.values
    if values is None:
        return None
    plan = lift(kernel, model.counts(values))
    if violations := broken_by(problem, plan):
        raise InternalError([f"the plan breaks a rule: {violation}" for violation in violations])
    return plan


def trimmed(problem: Problem) -> Problem:
    """Return the problem without the roles that need not run: it has a plan if and only if this one has.

    The copies of a role can be taken out of any plan if all rules that speak of it only forbid something, and if what
    is left on its server may still be there together and needs no more: so it is where any roles may share a machine,
    where at most one other can be its guest, and where of any of its guests one can be the host of the others and at
    most one is included in it. It does nothing for a role in a bound on several roles.
    """
    roles = set(problem.counts)
    for rule in problem.rules:
        match rule:
            case AtMost((_,)) | Limit() | Within() | Where() | Same() | Apart() | Alike() | Budget() | Ban():
                pass
            case _:
                roles.difference_update(named(rule))
    roles = {role for role in roles if problem.catalogue.free or _is_no_host(problem, role)}
    if not roles or roles == set(problem.counts):
        return problem
    return replace(
        problem,
        counts={role: copies for role, copies in problem.counts.items() if role not in roles},
        needs={role: needs for role, needs in problem.needs.items() if role not in roles},
        rules=tuple(rule for rule in problem.rules if roles.isdisjoint(named(rule))),
    )


def _is_no_host(problem: Problem, role: str) -> bool:
    """May what shares a server with a role stay there without it?"""
    pairs = problem.included | problem.added
    guests = {guest for guest, host in pairs if host == role and guest in problem.counts}
    inside = {guest for guest in guests if (guest, role) in problem.included}
    left = set(guests) if len(guests) > 1 else set()
    while left:
        host = next((each for each in sorted(left) if all((other, each) in pairs for other in left - {each})), None)
        if host is None:
            return False
        left.remove(host)
    return len(guests) <= 1 or len(inside) <= 1


def broken_by(problem: Problem, plan: Plan) -> list[Violation]:
    """Return what is wrong with a plan as one of this problem, which need not be the one it was made for."""
    placement = {each.name: each.roles for each in plan.assignments}
    zones = {each.name: zone for each in plan.assignments if (zone := each.machine.domains.get("zone")) is not None}
    return verify(problem, placement, zones)

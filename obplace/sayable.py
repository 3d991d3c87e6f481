"""What a fleet can keep of a problem: numbers of copies, in domains too, and what one machine may run."""

from collections.abc import Iterator

from obplace.forced import as_limit, settled
from obplace.problem import Problem
from obplace.rules import (
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Limit,
    PerMachine,
    Ratio,
    Rule,
    Same,
    Spread,
    Where,
    Within,
    sentence,
)


def refused(problem: Problem) -> Iterator[str]:
    """Yield what a problem asks that a fleet cannot keep."""
    if not problem.catalogue.free:
        yield "a catalogue that lists who may share with whom"
    if problem.zoned:
        yield "zones that the plan gives to machines"
    if set(problem.objectives) - {"servers", "cost"}:
        yield f"to minimise {', '.join(problem.objectives)}"
    least = {role: problem.bounds(role)[0] for role in problem.counts}
    yield from (sentence(rule) for rule in problem.rules if not _sayable(problem, rule, least))


def _sayable(problem: Problem, rule: Rule, least: dict[str, int]) -> bool:
    """Can a fleet keep the rule, or do the least numbers of copies keep it by themselves?"""
    match rule:
        case AtLeast(roles, copies):
            return sum(least[role] for role in roles) >= copies
        case AtMost(roles, copies):
            return sum(least[role] for role in roles) <= copies
        case Ratio(role, other, copies, per):
            return least[role] * per >= copies * least[other]
        case Apart(_, _, level):
            return level is None
        case Spread():
            return as_limit(problem, rule) is not None
        case Within() | Same():
            return settled(problem, rule)
        case Limit() | Where() | Ban() | PerMachine():
            return True
        case _:
            return False

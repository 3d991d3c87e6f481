"""Judge tiny problems by going through every placement: what `solve` and `verify` are compared with.

It shares no code with them and decides for itself, from the catalogue and the deployment, what a machine may run
(`tests.oracle_machine`), what machines may run together (`tests.oracle_search`) and whether the rules hold
(`tests.oracle_rules`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from obplace.problem import Problem
from obplace.rules import Graded, Step
from tests.oracle_machine import Grades, Variant, may_run
from tests.oracle_rules import Seen, alike, keeps
from tests.oracle_search import Best, Search, Share, by_role, groups, in_zone, kept_pins, may_be_given, spent_on


def best(problem: Problem) -> Best | None:
    """Return the best objectives of all placements that keep every rule; None when there are none.

    Machines are gone through one after the other. Of the placements so far that no rule can tell apart only the
    best counts, and one that has more copies of a role than allowed goes no further. Where needs go by the number
    of copies, that is done for each combination of steps.
    """
    answer = None
    for grades in _all_grades(problem):
        search = Search(Variant(problem, grades))
        for group in groups(problem):
            search.go_through(group)
        for (tally, pins, spent), found in search.reached.items():
            seen = Seen(dict(zip(problem.counts, tally, strict=True)), pins, spent)
            if keeps(problem, seen, grades):
                answer = _with_alike(problem, seen, found).beside(answer)
    return answer


def holds(problem: Problem, placement: Mapping[str, Sequence[str]], zones: Mapping[str, str] | None = None) -> bool:
    """Tell whether a placement, roles by machine name with a role once for each copy, keeps every rule.

    ``zones`` has the zones that the plan gives, by machine name.
    """
    home = {name: group.machine for group in groups(problem) for name in group.names}
    if not set(placement) <= set(home) or not set(zones or {}) <= set(placement):
        return False
    shares: list[Share] = []
    for name, roles in placement.items():
        machine = home[name]
        if not roles or not set(roles) <= set(problem.counts):
            return False
        given = (zones or {}).get(name)
        if given not in (None, machine.domains.get("zone")) and not may_be_given(problem, machine, given):
            return False
        placed = machine if given is None else in_zone(machine, given)
        shares.append((placed, tuple(Counter(roles).items())))
    copies = Counter(role for roles in placement.values() for role in roles)
    grades = _grades_of(problem, copies)
    if grades is None:
        return False
    variant = Variant(problem, grades)
    if not all(may_run(variant, machine, load) for machine, load in shares):
        return False
    where = dict(zip(problem.counts, by_role(variant, shares), strict=True))
    return keeps(problem, Seen(where, kept_pins(problem, shares), spent_on(problem, shares)), grades)


def _all_grades(problem: Problem) -> Iterator[Grades]:
    """Yield every combination of one step for each role whose needs are graded."""
    rules = [rule for rule in problem.rules if isinstance(rule, Graded)]
    for steps in product(*(rule.steps for rule in rules)):
        yield {rule.role: step for rule, step in zip(rules, steps, strict=True)}


def _grades_of(problem: Problem, copies: Mapping[str, int]) -> Grades | None:
    """Return the steps that so many copies lead to; None where a rule has no such step."""
    grades: dict[str, Step] = {}
    for rule in problem.rules:
        if isinstance(rule, Graded):
            step = next((step for step in rule.steps if step.low <= copies.get(rule.by, 0) <= step.high), None)
            if step is None:
                return None
            grades[rule.role] = step
    return grades


def _with_alike(problem: Problem, seen: Seen, found: Best) -> Best:
    pairs = zip(problem.objectives, found.objectives, strict=True)
    return replace(found, objectives=tuple(alike(problem, seen) if name == "alike" else value for name, value in pairs))

"""Choices in which the pool leaves no choice: a spread that is a limit, zones that lie in one IDC by themselves.

`alike` and `lot` count copies and know no choices; what stands here they can keep nevertheless.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from obplace.pool import combine
from obplace.problem import Problem
from obplace.rules import Limit, Same, Spread, Within


def as_limit(problem: Problem, rule: Limit | Spread) -> Limit | None:
    """Return the limit that says the same of a known number of copies; None where a spread leaves a choice.

    With n copies over n domains each domain holds one at most. Over all D domains that there are, where D divides n,
    none holds more than n / D; and then, as all n run, none holds less.
    """
    if isinstance(rule, Limit):
        return rule
    least, most = problem.bounds(rule.role)
    everywhere = not (rule.level == "zone" and problem.zoned) and len(problem.domains[rule.level]) == rule.domains
    if least != most or not (rule.domains == most or (everywhere and most % rule.domains == 0)):
        return None
    return Limit(rule.role, rule.level, most // rule.domains)


def settled(problem: Problem, rule: Within | Same) -> bool:
    """Does every placement on machines of which it is known keep the rule?"""
    match rule:
        case Within(_, level):
            return not problem.zoned and nested(problem, (level, "zone"))
        case Same(role, column, _):
            if (role, column) in problem.labelled:
                return True
            return len({value for batch in problem.pool for value in batch.column(column).values} - {None}) <= 1


def nested(problem: Problem, levels: Sequence[str]) -> bool:
    """Does each domain of a level lie in one domain of the level before it, as far as both are known?"""
    return all(
        len({inner for inner, _ in pairs}) == len(pairs)
        for outer, level in pairwise(levels)
        for pairs in [set(_pairs(problem, level, outer))]
    )


def _pairs(problem: Problem, level: str, outer: str) -> Iterator[tuple[object, object]]:
    """Yield each domain of a level with one of another in which it has a machine."""
    for batch in problem.pool:
        first, second = batch.domain(level), batch.domain(outer)
        for i, j in combine(first, second)[1]:
            if first.values[i] is not None and second.values[j] is not None:
                yield first.values[i], second.values[j]

"""A problem over pool and offers, seen from either side: with what is owned alone, or with what can be bought alone.

All rows stay where they are, so that a row id means the same machine on either side; what is left out cannot be used.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from obplace.pool import holding
from obplace.problem import Problem
from obplace.rules import Buy

NOTHING: Mapping[int, int] = {}


def owning(problem: Problem, bought: Mapping[int, int] = NOTHING) -> Problem:
    """Return the problem over what is owned, once so many machines of these rows were bought; nothing is on sale."""
    sales = problem.sales
    if sales is None:
        return problem
    batches = [each if each.first < sales.first else holding(each, bought) for each in problem.pool]
    rules = tuple(rule for rule in problem.rules if not isinstance(rule, Buy))
    return replace(problem, pool=replace(problem.pool, batches=tuple(batches)), rules=rules, sales=None)


def on_sale(problem: Problem) -> Problem:
    """Return the problem over what can be bought alone."""
    first = len(problem.pool) if problem.sales is None else problem.sales.first
    batches = [
        replace(each, usable=np.zeros(each.size, np.bool_)) if each.first < first else each for each in problem.pool
    ]
    return replace(problem, pool=replace(problem.pool, batches=tuple(batches)))

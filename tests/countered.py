"""Prices and sizes that bring a machine into the plan or out of it, and outcomes, judged by exhaustive search."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

from obplace.plan import Status
from obplace.pool import changed
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import Ban
from obplace.solver import Solver
from obplace.why import Why, why
from tests.drawn import Drawn
from tests.mixed import mixed
from tests.oracle import best
from tests.problems import draw

Case = dict[str, str | int | float]
Values = tuple[int, ...] | None
DEAR = 10**7  # a price above all that a plan of a small pool costs


def judged(seed: int) -> Case:
    """Ask of one machine in the plan and of one that is not, and hold the answers against the oracle."""
    drawn: Drawn = draw(seed // 2) if seed % 2 else mixed(seed // 2)
    problem = drawn.pose()
    solver = Solver(threads=1)
    result = solver.solve(problem)
    facts: Case = {"machines": len(drawn.rows), "kinds": " ".join(drawn.kinds), "status": str(result.status)}
    if result.plan is None:
        return facts | {"told": "", "outcome": "same"}
    told, wrong = [], []
    for name in _chosen(problem, result, Random(seed)):
        answer = why(result, name, solver=solver)
        for what, fault in _checked(problem, result, answer):
            told.append(what)
            wrong += [f"{name}: {what}: {fault}"] if fault else []
    return facts | {"told": " ".join(told), "outcome": "; ".join(wrong) or "same"}


def _chosen(problem: Problem, result: Result, rng: Random) -> list[str]:
    """Return a machine of each sort, of which there are some."""
    used = {each.machine.row for each in (result.plan.assignments if result.plan else ())}
    rows = range(len(problem.pool))
    sorts = ([row for row in rows if row in used], [row for row in rows if row not in used])
    return problem.pool.names([rng.choice(sort) for sort in sorts if sort])


def _checked(problem: Problem, result: Result, told: Why) -> Iterator[tuple[str, str]]:
    """Yield what was told and, where the oracle knows better, how."""
    if told.untold is not None:
        yield "untold", told.untold
        return
    row, name = told.machine.row, told.machine.name
    own = tuple(each.value or 0 for each in result.objectives)
    free = problem
    if told.barred:
        rules = tuple(rule for rule in problem.rules if rule != Ban(name))
        free = replace(problem, pool=changed(problem.pool, row, free=True), rules=rules)
    cost = problem.objectives.index("cost") if "cost" in problem.objectives else None

    def at(price: int) -> Values:
        return _best(replace(free, pool=changed(free.pool, row, price=price)))

    def sized(capacity: Mapping[str, int]) -> Values:
        return _best(replace(free, pool=changed(free.pool, row, capacity=capacity)))

    if told.stays is not None and cost is not None:

        def plan_at(price: int) -> Values:
            moved = own[cost] + told.taken * (price - (told.machine.price or 0))
            return (*own[:cost], moved, *own[cost + 1 :])

        yield "stays", _turns(told.stays.at, lambda price: at(price) == plan_at(price), DEAR)
    if told.without is not None:
        without = _best(replace(problem, rules=(*problem.rules, Ban(name))))
        yield "without", "" if without == _values(told.without.result) else f"{without} without it"
    if told.enters is not None:
        if told.enters.ever:
            yield "enters", _turns(told.enters.at, lambda price: _below(at(price), own), DEAR)
        else:
            yield "never", "it does at 0" if _below(at(0), own) else ""
        if told.level:
            yield "level", "" if at(told.machine.price or 0) == own else "it is not"
    if told.freed is not None:
        yield "freed", "" if _below(_best(free), own) else "it is no better"
    for resource, least, outcome in told.larger:
        found = sized({resource: least})
        yield (
            "larger",
            "" if found == _values(outcome.result) and _below(found, own) else f"{resource} {least}: {found}",
        )
        if _below(sized({resource: least - 1}), own):
            yield "larger", f"{resource} {least} and less"
    if told.together is not None:
        amounts, outcome = told.together
        found = sized(amounts)
        yield "together", "" if found == _values(outcome.result) and _below(found, own) else f"{amounts}: {found}"
        for resource, least in amounts.items():
            if _below(sized({**amounts, resource: least - 1}), own):
                yield "together", f"{resource} {least} and less"
    asks = told.enters is not None and (told.freed is None) and (cost is None or told.machine.price is not None)
    if asks and not told.larger and told.together is None:
        huge = {name: 10**16 for name in problem.catalogue.resources if name not in told.unsized}
        yield "small", "it could be larger" if _below(sized(huge), own) else ""


def _turns(last: int | None, holds: Callable[[int], bool], dear: int) -> str:
    """Say what is wrong with the last price at which something holds; it holds at any price where that is None."""
    if last is None:
        return "" if holds(dear) else "not at every price"
    return f"not at {last}" if not holds(last) else f"still at {last + 1}" if holds(last + 1) else ""


def _below(one: Values, other: Values) -> bool:
    return one is not None and (other is None or one < other)


def _best(problem: Problem) -> Values:
    found = best(problem)
    return found.objectives if found else None


def _values(result: Result) -> Values:
    if result.status is Status.INFEASIBLE:
        return None
    return tuple(each.value or 0 for each in result.objectives)

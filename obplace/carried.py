"""Carry the prices of a certificate to a problem that differs a little: they bound it too, for any prices do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from obplace.certificate import bounds
from obplace.certificate_form import ChoiceSplit, Fork, Node, Stage
from obplace.claims import Claim, claims
from obplace.errors import UsageError
from obplace.pose import asking, pose_again
from obplace.problem import COPIES, Problem
from obplace.rules import Across, AtLeast, AtMost, Limit, Rule

Price = TypeVar("Price")


def one_more(problem: Problem, role: str) -> Problem:
    """Return the problem that asks for one copy of a role more, as the user would put it.

    Raises
    ------
    UsageError
        Something else that is said fixes the number.
    """
    least, most = problem.bounds(role)
    number: int | str = least + 1
    if most != least:
        number = f"{least + 1}.." if most >= COPIES else f"{least + 1}..{max(most, least + 1)}"
    posed = pose_again(problem, asking(problem.deployment, {role: number}))
    if posed.bounds(role)[0] != least + 1:
        raise UsageError(f"the number of {role} goes by what else is asked")
    return posed


def loosened(problem: Problem, number: int) -> tuple[Problem, str]:
    """Return the problem with one rule loosened by one where it counts, else left out; and how that reads."""
    rule = problem.rules[number]
    match rule:
        case AtLeast() if rule.copies > 0:
            other: tuple[Rule, ...] = (replace(rule, copies=rule.copies - 1),)
            how = "one fewer"
        case AtMost() | Limit():
            other, how = (replace(rule, copies=rule.copies + 1),), "one more"
        case Across() if rule.domains > 1:
            other, how = (replace(rule, domains=rule.domains - 1),), f"one {rule.level} fewer"
        case _:
            other, how = (), "without it"
    return replace(problem, rules=(*problem.rules[:number], *other, *problem.rules[number + 1 :])), how


def bound_of(problem: Problem, source: Problem, stages: Sequence[Stage]) -> int:
    """Return what the prices of stages that were made for ``source`` prove of the last one's objective here.

    Prices of rules that are not here are left out. A split on their choices goes with them, for either half then
    holds for all plans: the better is taken.
    """
    known = claims(problem)
    numbers = _numbers(source.rules, problem.rules)
    halves = [
        [replace(stage, tree=_moved(stage.tree, numbers, known, high, ())) for stage in stages]
        for high in (False, True)
    ]
    return max(bounds(problem, half)[-1] for half in (halves if halves[0] != halves[1] else halves[:1]))


def no_better(problem: Problem, source: Problem, stages: Sequence[Stage]) -> bool:
    """Tell whether the prices of a certificate for ``source`` prove that no plan of another problem is better.

    Objective by objective: nothing goes below the optimum of the first, nor below that of the next among what keeps it.
    """
    if len(stages) != len(source.objectives):
        return False  # the certificate ends before the objectives do, or there is none
    return all(
        bound_of(problem, source, stages[:number]) >= stage.bound for number, stage in enumerate(stages, start=1)
    )


def _numbers(before: Sequence[Rule], after: Sequence[Rule]) -> dict[int, int]:
    """Return the new number of each rule that is still there, whatever its amounts are."""
    places: defaultdict[object, list[int]] = defaultdict(list)
    for number, rule in enumerate(after):
        places[_shape(rule)].append(number)
    return {number: places[shape].pop(0) for number, rule in enumerate(before) if places[shape := _shape(rule)]}


def _shape(rule: Rule) -> tuple[object, ...]:
    values = (getattr(rule, field.name) for field in fields(rule))
    return (type(rule), *(None if isinstance(value, int) else value for value in values))


def _moved(
    node: Node, numbers: Mapping[int, int], known: Mapping[int, Claim], high: bool, kept: tuple[bool, ...]
) -> Node:
    """Return a tree for the rules of another problem."""
    if isinstance(node, Fork):
        split = node.split
        if isinstance(split, ChoiceSplit):
            number = numbers.get(split.rule, -1)
            if number not in known or split.choice not in known[number].choices:
                return _moved(node.high if high else node.low, numbers, known, high, (*kept, False))
            split = replace(split, rule=number)
        low, top = (_moved(half, numbers, known, high, (*kept, True)) for half in (node.low, node.high))
        return Fork(split, node.at, low, top)
    here = {rule: number for rule, number in numbers.items() if number in known}
    # Domains are reckoned as a whole by the level of the first rule; without that one no more.
    whole = [here[rule] for rule in node.blocks if rule in here] if here.keys() >= set(node.blocks[:1]) else []
    return replace(
        node,
        prices={here[rule]: _parts(parts, known[here[rule]]) for rule, parts in node.prices.items() if rule in here},
        others={here[rule]: _parts(parts, known[here[rule]]) for rule, parts in node.others.items() if rule in here},
        splits=tuple(price for price, keep in zip(node.splits, kept, strict=True) if keep) if node.splits else (),
        blocks=tuple(whole),
    )


def _parts(parts: Mapping[str, Price], claim: Claim) -> dict[str, Price]:
    return {name: price for name, price in parts.items() if name in claim.parts}

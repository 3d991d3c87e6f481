"""Alternatives in words and in each form."""

import json
import textwrap
from collections.abc import Iterator

from obplace.document import assignment
from obplace.markdown import escaped, table
from obplace.plan import Assignment, Proof, Status
from obplace.ranked import Alternative, Alternatives, Substitutes
from obplace.worded import Sheet, laid_out, room
from obplace.words import plain, runs, size

SCHEMA = "obplace.alternatives/1"


def headline(found: Alternatives) -> str:
    """Return how many there are, and what is proven about them."""
    number = len(found.plans)
    if not number:
        return "no plan exists" if found.status is Status.INFEASIBLE else "no plan found"
    what = "the best plan" if number == 1 else f"the {number} best plans"
    if found.within is not None:
        what = f"{number} plan{'' if number == 1 else 's'} within {found.within} that differ as much as they can"
    if found.status is not Status.OPTIMAL:
        return f"{what}, as far as is known"
    agreed = all(each.proof is Proof.SOLVER for each in found.plans)
    less = "; there are no more" if number < found.asked else ""
    return f"{what}{less}; proven, {'confirmed by a second solver' if agreed else 'unconfirmed'}"


def title(found: Alternatives, number: int) -> str:
    """Return what a plan costs, and how it differs."""
    each = found.plans[number - 1]
    apart = f"; servers not in common with the nearest before: {each.distance}" if each.distance is not None else ""
    return f"{number}. {size(each.plan)}{_dearer(found, each)}{apart}"


def _dearer(found: Alternatives, each: Alternative) -> str:
    cost, best = each.plan.cost, found.plans[0].plan.cost
    if cost is None or best is None or each is found.plans[0]:
        return ""
    return f" ({cost - best:+,})"


def sheet(found: Alternatives, number: int) -> Sheet:
    """Return the servers of one plan, with what could stand in their place."""
    plan = found.plans[number - 1]
    priced = plan.plan.cost is not None
    rows = tuple(
        (
            each.name,
            runs(each),
            *([f"{plan.plan.money(each.machine.price or 0):,}"] if priced else []),
            serving(plan.substitutes[each.name]),
        )
        for each in plan.plan.assignments
    )
    cost, number_column = (("cost",), (True,)) if priced else ((), ())
    return Sheet(
        title(found, number), ("machine", "roles", *cost, "serves as well"), (False, False, *number_column, False), rows
    )


def serving(found: Substitutes) -> str:
    """Return which machines serve as well as one."""
    if not found.number:
        return "no other"
    names = ", ".join(found.names)
    return names if found.number == len(found.names) else f"any of {found.number:,}: {names}, ..."


def remarks(found: Alternatives) -> Iterator[str]:
    """Say why there is no plan, and when two plans are the same."""
    yield from found.reasons
    if found.plans and found.within is None:
        yield (
            "plans are one where they differ only by machines of equal price that no rule tells apart, or by which of "
            "such machines runs what"
        )
    if found.plans and found.within is not None:
        yield (
            "servers that no rule tells apart are the same, whatever they cost; each plan is as far as it can be from "
            "those before it"
        )


def written(found: Alternatives, form: str, to_file: bool) -> str:
    """Return all of it in a form: table, json or markdown."""
    match form:
        case "json":
            return to_json(found)
        case "markdown":
            return as_markdown(found)
        case _:
            return as_text(found, room(to_file))


def as_text(found: Alternatives, columns: int) -> str:
    """Return all of it for people, in so many columns."""
    lines = textwrap.wrap(plain(headline(found)), columns)
    for number in range(1, len(found.plans) + 1):
        each = sheet(found, number)
        lines += ["", *textwrap.wrap(plain(each.title), columns), *laid_out(each, columns)]
    lines += [""] if found.plans else []
    for remark in remarks(found):
        lines += textwrap.wrap(plain(remark), columns, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def as_markdown(found: Alternatives) -> str:
    """Return all of it for a ticket."""
    lines = [f"**{escaped(headline(found))}**", ""]
    for number in range(1, len(found.plans) + 1):
        each = sheet(found, number)
        lines += [escaped(each.title), "", *table(each.header, each.rows, each.numbers), ""]
    return "\n".join([*lines, *(f"- {escaped(remark)}" for remark in remarks(found))]) + "\n"


def to_json(found: Alternatives) -> str:
    """Return all of it as one document; money is text, exact."""
    document = {
        "schema": SCHEMA,
        "status": found.status.value,
        "within": found.within,
        "currency": found.problem.pool.currency,
        "reasons": list(found.reasons),
        "deployment": found.problem.deployment.said(),
        "plans": [
            {
                "servers": each.plan.servers,
                "cost": None if each.plan.cost is None else str(each.plan.cost),
                "proven": each.proven,
                "proof": None if each.proof is None else each.proof.value,
                "distance": each.distance,
                "assignments": [_assignment(each, one) for one in each.plan.assignments],
            }
            for each in found.plans
        ],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _assignment(each: Alternative, one: Assignment) -> dict[str, object]:
    found = each.substitutes[one.name]
    return assignment(each.plan, one) | {"substitutes": found.number, "such_as": list(found.names)}

"""A frontier in words and in each form: for people, programs, sheets and tickets."""

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal

from obplace.document import assignment
from obplace.markdown import escaped, table
from obplace.pareto import Amount, Between, Frontier, Point
from obplace.plan import Proof, Status
from obplace.worded import Sheet, laid_out, room
from obplace.words import listed, plain, runs

SCHEMA = "obplace.frontier/1"


def headline(frontier: Frontier) -> str:
    """Return what was found, and what is proven about it, in one line."""
    between = listed(frontier.objectives)
    number = len(frontier.points)
    match frontier.status:
        case Status.INFEASIBLE:
            return "no plan exists"
        case Status.UNKNOWN:
            return "no plan found"
        case Status.OPTIMAL:
            agreed = all(point.proof is Proof.SOLVER for point in frontier.points)
            proof = "confirmed by a second solver" if agreed else "unconfirmed"
            trade = "one plan is best in" if number == 1 else f"{number} plans that no other beats in"
            return f"{trade} {between}: all there are; proven, {proof}"
        case _:
            return f"{number} plan{'' if number == 1 else 's'} of those that no other beats in {between}"


def sheet(frontier: Frontier) -> Sheet:
    """Return one row a point: the objectives, and what is proven."""
    header = ("plan", *frontier.objectives, "proven", "machines")
    rows = tuple(
        (
            str(number),
            *(text(value) for value in point.values.values()),
            _proven(frontier, point),
            ", ".join(f"{each.name} ({runs(each)})" for each in point.plan.assignments),
        )
        for number, point in enumerate(frontier.points, start=1)
    )
    return Sheet("", header, (True, *[True] * len(frontier.axes), False, False), rows)


def remarks(frontier: Frontier) -> Iterator[str]:
    """Say what the objectives count, why there is no plan, and where plans may lie that are not on the list."""
    yield from frontier.reasons
    if not frontier.points:
        return
    for axis in frontier.axes:
        yield f"{axis.name}: {axis.meaning}; {'more' if axis.more else 'less'} is better"
    for place in frontier.between:
        yield _between(frontier, place)
    if frontier.interrupted:
        yield "interrupted before all was looked at"


def text(value: Amount) -> str:
    """Return an amount for people."""
    return f"{value:,}"


def written(frontier: Frontier, form: str, to_file: bool) -> str:
    """Return all of it in a form: table, json, csv or markdown; nothing is a CSV without a plan."""
    match form:
        case "json":
            return to_json(frontier)
        case "csv":
            return as_csv(frontier) if frontier.points else ""
        case "markdown":
            return as_markdown(frontier)
        case _:
            return as_text(frontier, room(to_file))


def as_text(frontier: Frontier, columns: int) -> str:
    """Return all of it for people, in so many columns."""
    lines = textwrap.wrap(plain(headline(frontier)), columns)
    if frontier.points:
        lines += ["", *laid_out(sheet(frontier), columns), ""]
    for remark in remarks(frontier):
        lines += textwrap.wrap(plain(remark), columns, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def as_markdown(frontier: Frontier) -> str:
    """Return all of it for a ticket."""
    lines = [f"**{escaped(headline(frontier))}**", ""]
    if frontier.points:
        each = sheet(frontier)
        lines += [*table(each.header, each.rows, each.numbers), ""]
    return "\n".join([*lines, *(f"- {escaped(remark)}" for remark in remarks(frontier))]) + "\n"


def as_csv(frontier: Frontier) -> str:
    """Return one row a point: exact amounts with their bounds, and the servers as a JSON list of names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*frontier.objectives, "proven", *(f"{name}_bound" for name in frontier.objectives), "machines"])
    for point in frontier.points:
        names = json.dumps([each.name for each in point.plan.assignments], ensure_ascii=False)
        writer.writerow([*point.values.values(), str(point.proven).lower(), *point.bounds.values(), names])
    return out.getvalue()


def to_json(frontier: Frontier) -> str:
    """Return all of it as one document; money and shares are text, exact."""
    document = {
        "schema": SCHEMA,
        "status": frontier.status.value,
        "objectives": [
            {"name": axis.name, "better": "more" if axis.more else "less", "meaning": axis.meaning}
            for axis in frontier.axes
        ],
        "currency": frontier.problem.pool.currency,
        "reasons": list(frontier.reasons),
        "deployment": frontier.problem.deployment.said(),
        "points": [
            {
                "values": _amounts(point.values),
                "bounds": _amounts(point.bounds),
                "proven": point.proven,
                "proof": None if point.proof is None else point.proof.value,
                "assignments": [assignment(point.plan, each) for each in point.plan.assignments],
            }
            for point in frontier.points
        ],
        "between": [{"best": _amounts(place.best), "worst": _amounts(place.worst)} for place in frontier.between],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _amounts(amounts: Mapping[str, Amount | None]) -> dict[str, int | str | None]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in amounts.items()}


def _proven(frontier: Frontier, point: Point) -> str:
    if point.proven:
        return "yes" if point.proof is not None else "unconfirmed"
    parts = []
    for axis in frontier.axes:
        bound = point.bounds[axis.name]
        if bound != point.values[axis.name]:
            side = "most" if axis.more else "least"
            parts.append(f"{axis.name} unknown" if bound is None else f"{axis.name} at {side} {text(bound)}")
    return "; ".join(parts)


def _between(frontier: Frontier, place: Between) -> str:
    """Return what is known of the plans that may lie in one place."""
    parts = []
    for axis in frontier.axes:
        best, worst = place.best[axis.name], place.worst[axis.name]
        above, below = ("above", "at most") if axis.more else ("below", "at least")
        said = [f"{below} {text(best)}"] if best is not None else []
        said += [f"{above} {text(worst)}"] if worst is not None else []
        if said:
            parts.append(f"{axis.name} {' and '.join(said)}")
    return f"there may be more plans with {listed(parts)}" if parts else "there may be more plans"

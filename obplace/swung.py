"""What swings a plan, in words: the next copy, the rule that costs most, and a table of all that was changed."""

import json
import textwrap
from collections.abc import Iterator

from obplace.markdown import escaped, table
from obplace.swings import MACHINES, Kind, Sensitivity, Swing
from obplace.worded import Sheet, laid_out, room
from obplace.words import headline, plain

SCHEMA = "obplace.sensitivity/1"


def summary(found: Sensitivity) -> Iterator[str]:
    """Say what the next copy of each role costs, and which rule costs most."""
    for each in found.swings:
        if each.kind is Kind.COPIES and each.change == "one more":
            yield f"one more {each.name}: {_told(found, each)}"
    rules = [each for each in found.swings if each.kind is Kind.RULE]
    saving = [each for each in rules if (each.servers or 0, each.cost or 0) < (0, 0) or (each.cost or 0) < 0]
    if saving:
        best = min(saving, key=lambda each: weight(found, each))
        yield f"the rule that costs most: {best.name}; {best.change}: {_told(found, best)}"
    elif rules:
        yield "no rule costs anything: to loosen one of them alone changes nothing"


def sheet(found: Sensitivity) -> Sheet:
    """Return a row for each swing that does something, the largest of each kind first, and for each machine."""
    priced = _priced(found)
    header = ("what", "change", "servers", *(("cost",) if priced else ()), *(("price",) if priced else ()), "proof")
    shown = [each for each in found.swings if each.kind is not Kind.RULE or each.servers or each.cost or each.untold]
    order = {kind: number for number, kind in enumerate(Kind)}
    shown.sort(key=lambda each: order[each.kind])
    rows = tuple(_row(found, each, priced) for each in shown)
    return Sheet("", header, (False, False, True, *([True, False] if priced else ()), False), rows)


def remarks(found: Sensitivity) -> Iterator[str]:
    """Say what the figures are, what does nothing, and what is not told."""
    yield "servers and cost are what the change adds to those of the plan; below 0 it saves"
    idle = [each for each in found.swings if each.kind is Kind.RULE and not (each.servers or each.cost or each.untold)]
    if idle and len(idle) < sum(each.kind is Kind.RULE for each in found.swings):
        texts = "; ".join(f"{each.name} ({each.change})" for each in idle)
        yield f"to loosen one of these alone changes nothing: {texts}"
    yield from (f"{each.name}, {each.change}: not told: {each.untold}" for each in found.swings if each.untold)
    if found.left:
        yield f"only the {MACHINES} dearest machines of the plan were looked at, {found.left:,} more were not"


def weight(found: Sensitivity, swing: Swing) -> tuple[int, int]:
    """Return what a swing adds in the order of the objectives, so that swings can be compared."""
    names = found.result.problem.objectives
    servers, cost = swing.servers or 0, swing.cost or 0
    cost_first = "cost" in names and names.index("cost") < names.index("servers")
    return (cost, servers) if cost_first else (servers, cost)


def written(found: Sensitivity, form: str, to_file: bool) -> str:
    """Return all of it in a form: table, json or markdown."""
    if form == "json":
        return to_json(found)
    return as_markdown(found) if form == "markdown" else as_text(found, room(to_file))


def as_text(found: Sensitivity, columns: int) -> str:
    """Return all of it for people, in so many columns."""

    def items(texts: Iterator[str]) -> list[str]:
        wrapped = [textwrap.wrap(plain(text), columns, initial_indent="- ", subsequent_indent="  ") for text in texts]
        return ["", *(line for lines in wrapped for line in lines)]

    lines = textwrap.wrap(plain(headline(found.result)), columns)
    lines += [*items(summary(found)), "", *laid_out(sheet(found), columns), *items(remarks(found))]
    return "\n".join(lines) + "\n"


def as_markdown(found: Sensitivity) -> str:
    """Return all of it for a ticket."""
    shown = sheet(found)
    lines = [f"**{escaped(headline(found.result))}**", "", *(f"- {escaped(text)}" for text in summary(found)), ""]
    lines += [*table(shown.header, shown.rows, shown.numbers), ""]
    return "\n".join([*lines, *(f"- {escaped(text)}" for text in remarks(found))]) + "\n"


def to_json(found: Sensitivity) -> str:
    """Return all of it as one document; amounts of money are text, exact."""
    plan = found.result.plan
    swings = []
    for each in found.swings:
        price = each.price.at if each.price else None
        swings.append(
            {
                "kind": str(each.kind),
                "name": each.name,
                "change": each.change,
                "status": "optimal" if each.outcome is None else str(each.outcome.result.status),
                "more_servers": each.servers,
                "more_cost": None if each.cost is None or plan is None else str(plan.money(each.cost)),
                "price": None
                if each.price is None
                else {
                    "ever": each.price.ever,
                    "up_to": None if price is None or plan is None else str(plan.money(price)),
                },
                "proof": each.proof,
                "untold": each.untold,
            }
        )
    document = {
        "schema": SCHEMA,
        "summary": headline(found.result),
        "currency": plan.currency if plan else None,
        "servers": plan and plan.servers,
        "cost": None if plan is None or plan.cost is None else str(plan.cost),
        "swings": swings,
        "machines_left": found.left,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _priced(found: Sensitivity) -> bool:
    return "cost" in found.result.problem.objectives


def _money(found: Sensitivity, units: int, sign: str = "") -> str:
    if found.result.plan is None:
        raise AssertionError("without a plan there is no currency")
    return f"{found.result.plan.money(units):{sign},}"


def _told(found: Sensitivity, swing: Swing) -> str:
    if swing.untold is not None:
        return "not told"
    if swing.servers is None:
        return "no plan"
    parts = []
    if swing.servers or not _priced(found):
        parts.append(
            f"{swing.servers:+} server{'' if abs(swing.servers) == 1 else 's'}" if swing.servers else "nothing"
        )
    if swing.cost is not None:
        currency = found.result.plan.currency if found.result.plan else None
        parts.append(f"{_money(found, swing.cost, '+' if swing.cost else '')}{f' {currency}' if currency else ''}")
    return ", ".join(parts)


def _row(found: Sensitivity, swing: Swing, priced: bool) -> tuple[str, ...]:
    none = "-" if swing.untold else "no plan"
    cells = [swing.name, swing.change]
    cells.append(none if swing.servers is None else f"{swing.servers:+}" if swing.servers else "0")
    if priced:
        cells.append("-" if swing.cost is None else _money(found, swing.cost, "+" if swing.cost else ""))
        cells.append(_price(found, swing))
    return (*cells, swing.proof)


def _price(found: Sensitivity, swing: Swing) -> str:
    if swing.price is None:
        return "-"
    verb = "stays" if swing.change == "gone" else "enters"
    if swing.price.at is None:
        return f"{verb} at any" if swing.price.ever else "never enters"
    return f"{verb} up to {_money(found, swing.price.at)}"

"""What prices say in words: sentences, sheets, and forms for people, programs and tickets."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from obplace.markdown import escaped, table
from obplace.rules import sentence
from obplace.valued import Kind, Place, Single
from obplace.words import headline, listed, plain, width
from obplace.worth import Copies, Worth

SCHEMA = "obplace.prices/1"
NAMED = 3  # places that stand in a cell before the rest is counted
SHOWN = 12  # kinds of machines for people; a program gets all
WIDE = 240  # columns where nobody looks: a file, a pipe
NARROW = 14  # columns below which no cell of text is folded
GAP = 2


@dataclass(frozen=True)
class Sheet:
    """A table: its title, the names of its columns, which of them are numbers, and its rows."""

    title: str
    header: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def summary(worth: Worth) -> str:
    """Return what the plan is, and whether prices are told."""
    if worth.untold is not None:
        return f"{headline(worth.result)}; what more or less would cost is not told: {worth.untold}"
    return headline(worth.result)


def sheets(worth: Worth) -> list[Sheet]:
    """Return what copies cost, what machines are worth, and which rules carry a price; none that is empty."""
    servers = ("with servers", "or with one server more") if _first(worth) else ()
    copies = Sheet(
        "Copies",
        ("role", "copies", "one more costs at least", *servers, "one fewer saves at most"),
        (False, *[True] * (3 + len(servers))),
        tuple(_copies(worth, each) for each in worth.copies),
    )
    kinds = Sheet(
        "Machines that it pays to add only below a price",
        ("best used for", "where", "machines", "cheapest not in the plan", "only below"),
        (False, False, True, True, True),
        tuple(_kind(worth, each) for each in worth.kinds[:SHOWN]),
    )
    rules = Sheet(
        "Rules",
        ("rule", "loosened", "saves at most"),
        (False, False, True),
        tuple((sentence(each.rule), each.how, _money(worth, each.saves)) for each in worth.rules if each.saves),
    )
    return [each for each in (copies, kinds, rules) if each.rows]


def asked(worth: Worth) -> list[str]:
    """Return a sentence for each machine that was asked for."""
    return [_single(worth, each) for each in worth.singles]


def remarks(worth: Worth) -> Iterator[str]:
    """Say how the figures are meant, and what they leave out."""
    if worth.untold is not None:
        return
    free = [f"{sentence(each.rule)} ({each.how})" for each in worth.rules if not each.saves]
    if free:
        yield f"to loosen one of these alone saves nothing: {'; '.join(free)}"
    for each in worth.copies:
        if each.why is not None:
            yield f"what one more {each.role} costs is not told: {each.why}"
    if len(worth.kinds) > SHOWN:
        yield f"{len(worth.kinds) - SHOWN} more kinds of machines, worth less, are in the JSON"
    if _first(worth) is not None:
        yield f"cost is compared among plans of at most {worth.plan.servers} servers, or of the number that is named"
    yield "each figure is a bound that holds for all plans; what it really costs may be more, what it saves less"
    if worth.leaves > 1:
        yield f"the proof is a tree of {worth.leaves:,} leaves: a figure is the weakest of what they say"


def written(worth: Worth, form: str, to_file: bool) -> str:
    """Return all of it in a form: table, json or markdown."""
    if form == "json":
        return to_json(worth)
    if form == "markdown":
        return as_markdown(worth)
    return as_text(worth, room(to_file))


def room(to_file: bool) -> int:
    """Return how many columns a text has where it goes."""
    watched = "COLUMNS" in os.environ or (not to_file and sys.stdout.isatty())
    return shutil.get_terminal_size().columns if watched else WIDE


def as_text(worth: Worth, columns: int) -> str:
    """Return all of it for people, in so many columns."""
    lines = textwrap.wrap(plain(summary(worth)), columns)
    for each in sheets(worth):
        lines += ["", *textwrap.wrap(each.title, columns), *laid_out(each, columns)]
    for texts in (asked(worth), list(remarks(worth))):
        lines += [""] if texts else []
        for text in texts:
            lines += textwrap.wrap(plain(text), columns, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def as_markdown(worth: Worth) -> str:
    """Return all of it for a ticket."""
    lines = [f"**{escaped(summary(worth))}**", ""]
    for each in sheets(worth):
        lines += [escaped(each.title), "", *table(each.header, each.rows, each.numbers), ""]
    return "\n".join([*lines, *(f"- {escaped(text)}" for text in (*asked(worth), *remarks(worth)))]) + "\n"


def to_json(worth: Worth) -> str:
    """Return all of it as one document; amounts are text, exact."""

    def money(units: int | None) -> str | None:
        return None if units is None else str(worth.plan.money(units))

    document = {
        "schema": SCHEMA,
        "summary": summary(worth),
        "remarks": list(remarks(worth)),
        "currency": worth.plan.currency,
        "servers": worth.plan.servers,
        "cost": str(worth.plan.cost),
        "servers_first": _first(worth) is not None,
        "leaves": worth.leaves,
        "untold": worth.untold,
        "copies": [
            {
                "role": each.role,
                "copies": each.asked,
                "servers": each.servers,
                "more": money(each.more),
                "with_one_server_more": money(each.beyond),
                "untold": each.why,
                "fewer": money(each.fewer),
            }
            for each in worth.copies
        ],
        "machines": [
            {
                "machine": each.name,
                "cost": money(each.price),
                "in_plan": each.taken,
                "able": each.able,
                "not_cheaper_at": money(each.enough),
                "stays_up_to": money(each.up_to),
                "plan_without_costs": money(each.without),
            }
            for each in worth.singles
        ],
        "kinds": [
            {
                "runs": [list(runs) for runs in each.runs],
                "places": [dict(place) for place in each.places],
                "machines": each.machines,
                "cheapest_left": money(each.left),
                "not_cheaper_at": money(each.enough),
            }
            for each in worth.kinds
        ],
        "rules": [
            {"rule": sentence(each.rule), "loosened": each.how, "saves": money(each.saves)} for each in worth.rules
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _first(worth: Worth) -> str | None:
    """Return the objective that comes before cost, if it is the number of servers."""
    names = worth.result.problem.objectives
    return "servers" if "servers" in names[: names.index("cost")] else None


def _money(worth: Worth, units: int) -> str:
    return f"{worth.plan.money(units):,}"


def _said(worth: Worth, units: int) -> str:
    """Return an amount with its currency."""
    return f"{_money(worth, units)}{f' {worth.plan.currency}' if worth.plan.currency else ''}"


def _copies(worth: Worth, copies: Copies) -> tuple[str, ...]:
    more = [_least(worth, copies.more)]
    if _first(worth):
        more += ["-" if copies.servers is None else str(copies.servers), _least(worth, copies.beyond)]
    return (copies.role, str(copies.asked), *more, _money(worth, copies.fewer))


def _least(worth: Worth, units: int | None) -> str:
    """Return what something adds to the cost; that it may take off so much at most is told to programs alone."""
    return "-" if units is None or units < 0 else _money(worth, units)


def _kind(worth: Worth, kind: Kind) -> tuple[str, ...]:
    left = "none" if kind.left is None else _money(worth, kind.left)
    only = _money(worth, kind.enough) if kind.enough else "never"
    runs = listed([" ".join(runs) for runs in kind.runs], "or")
    return (runs, _places(kind.places), f"{kind.machines:,}", left, only)


def _places(places: Sequence[Place]) -> str:
    if not places:
        return "anywhere"
    levels = {level for place in places for level, _ in place}
    lead = f"{min(levels)} " if len(levels) == 1 else ""
    texts = [
        ", ".join(f"{'' if lead else f'{level} '}{name or 'unknown'}" for level, name in place) for place in places
    ]
    if len(texts) <= NAMED + 1:
        return lead + listed(texts, "or")
    return f"{lead}{', '.join(texts[:NAMED])} or {len(texts) - NAMED:,} more"


def _single(worth: Worth, single: Single) -> str:
    if not single.able:
        return f"{single.name} may run nothing that is asked, at any price"
    price = "no price is known" if single.price is None else _said(worth, single.price)
    if single.enough is not None:
        least = f"at {_said(worth, single.enough)} or more" if single.enough else "at no price"
        cannot = "it cannot make the plan cheaper" if single.enough else "can it make the plan cheaper"
        return f"{single.name} ({price}) is not in the plan: {least} {cannot}"
    if single.up_to is None or single.without is None:
        raise AssertionError(f"nothing is told of {single.name}")
    many, each = (f", {single.taken} of it", " each") if single.taken > 1 else ("", "")
    up_to = f"up to {_said(worth, single.up_to)}{each} the plan stays the cheapest"
    text = f"{single.name} ({price}) is in the plan{many}: {up_to}"
    return f"{text}; a plan without it costs at least {_said(worth, single.without)}"


def laid_out(sheet: Sheet, columns: int) -> list[str]:
    """Return the lines of a table: the widest cells are folded until it fits."""
    rows = [tuple(plain(cell) for cell in row) for row in (sheet.header, *sheet.rows)]
    widths = [max(width(row[index]) for row in rows) for index in range(len(sheet.header))]
    while sum(widths) + GAP * (len(widths) - 1) > columns and max(widths) > NARROW:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in rows:
        cells = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = []
            for cell, wide, right in zip(cells, widths, sheet.numbers, strict=True):
                text = cell[number] if number < len(cell) else ""
                blank = " " * (wide - width(text))
                parts.append(blank + text if right else text + blank)
            lines.append((" " * GAP).join(parts).rstrip())
    return lines

"""Counterfactuals in words: why a machine is in the plan or not, and what else would have become of it."""

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from obplace.errors import UsageError
from obplace.markdown import escaped, table
from obplace.notes import why_none
from obplace.plan import Status
from obplace.quantity import show
from obplace.result import Result
from obplace.whatif import Difference, Outcome, WhatIf, what_if
from obplace.why import Lack, Price, Why, why
from obplace.worded import Sheet, laid_out, room
from obplace.words import headline, listed, plain

SCHEMA = "obplace.whatif/1"
NAMED = 3  # machines that stand in a cell before the rest is counted


@dataclass(frozen=True)
class Weighed:
    """What was asked of a result: machines one by one, and scenarios."""

    result: Result
    machines: tuple[Why, ...]
    scenarios: WhatIf

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All that was solved and compared: what machines would change, then the scenarios."""
        return (*(each for told in self.machines for each in _outcomes(told)), *self.scenarios.outcomes)


def weigh(result: Result, machines: Iterable[str], scenarios: Mapping[str, Mapping[str, Any]]) -> Weighed:
    """Ask of each machine why it is in the plan or not, and solve each scenario; faults are told before any solve."""
    names = tuple(dict.fromkeys(machines))
    pool = result.problem.pool
    if missing := [name for name in names if name not in pool.find(names)]:
        raise UsageError([f"{pool.source} has no machine {name!r}" for name in missing])
    compared = what_if(result, scenarios)
    return Weighed(result, tuple(why(result, name) for name in names), compared)


def sheet(weighed: Weighed) -> Sheet | None:
    """Return a row for each outcome, beside the plan as it is; None where nothing was compared."""
    if not weighed.outcomes:
        return None
    priced = "cost" in weighed.result.problem.objectives
    header = ("what if", "servers", "more", *(("cost", "more") if priced else ()), "comes in", "goes", "proof")
    rows = [_row(weighed.result, each, priced) for each in weighed.outcomes]
    return Sheet(
        "What would be different", header, (False, True, True, *([True] * (2 * priced)), *[False] * 3), tuple(rows)
    )


def sentences(weighed: Weighed) -> Iterator[str]:
    """Say of each machine why it is in the plan or not, and what it would have to be."""
    for told in weighed.machines:
        yield from _machine(weighed.result, told)


def remarks(weighed: Weighed) -> Iterator[str]:
    """Say why there is no plan where there is none, and what was not looked at."""
    for each in weighed.outcomes:
        yield from (f"{each.name}: {text}" for text in why_none(each.result))
    if any(each.result.plan is not None for each in weighed.outcomes):
        yield "more is by how much servers or cost are above those of the plan; below 0 they are lower"
    if weighed.scenarios.left:
        yield f"interrupted before these were solved: {'; '.join(weighed.scenarios.left)}"


def written(weighed: Weighed, form: str, to_file: bool) -> str:
    """Return all of it in a form: table, json or markdown."""
    if form == "json":
        return to_json(weighed)
    return as_markdown(weighed) if form == "markdown" else as_text(weighed, room(to_file))


def as_text(weighed: Weighed, columns: int) -> str:
    """Return all of it for people, in so many columns."""
    lines = textwrap.wrap(plain(headline(weighed.result)), columns)
    found = sheet(weighed)
    lines += _items(sentences(weighed), columns)
    lines += ["", *laid_out(found, columns)] if found is not None else []
    return "\n".join([*lines, *_items(remarks(weighed), columns)]) + "\n"


def _items(texts: Iterable[str], columns: int) -> list[str]:
    """Return lines with a dash before each text, after a blank one; nothing where there is no text."""
    wrapped = [textwrap.wrap(plain(text), columns, initial_indent="- ", subsequent_indent="  ") for text in texts]
    return ["", *(line for lines in wrapped for line in lines)] if wrapped else []


def as_markdown(weighed: Weighed) -> str:
    """Return all of it for a ticket."""
    lines = [f"**{escaped(headline(weighed.result))}**", ""]
    lines += [f"- {escaped(text)}" for text in sentences(weighed)]
    if (found := sheet(weighed)) is not None:
        lines += [*([""] if weighed.machines else []), *table(found.header, found.rows, found.numbers), ""]
    return "\n".join([*lines, *(f"- {escaped(text)}" for text in remarks(weighed))]) + "\n"


def to_json(weighed: Weighed) -> str:
    """Return all of it as one document; amounts of money are text, exact, other amounts base units."""
    plan = weighed.result.plan
    if plan is None:
        raise AssertionError("without a plan there is nothing to compare with")
    document = {
        "schema": SCHEMA,
        "summary": headline(weighed.result),
        "currency": plan.currency,
        "servers": plan.servers,
        "cost": None if plan.cost is None else str(plan.cost),
        "machines": [_document(weighed.result, each) for each in weighed.machines],
        "scenarios": [_outcome(weighed.result, each) for each in weighed.scenarios.outcomes],
        "left": list(weighed.scenarios.left),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _outcomes(told: Why) -> Iterator[Outcome]:
    yield from (each for each in (told.without, told.freed) if each is not None)
    yield from (outcome for _, _, outcome in told.larger)
    if told.together is not None:
        yield told.together[1]


def _money(result: Result, units: int, sign: str = "") -> str:
    if result.plan is None:
        raise AssertionError("without a plan there is no currency")
    return f"{result.plan.money(units):{sign},}"


def _said(result: Result, units: int) -> str:
    """Return an amount with its currency."""
    currency = result.plan.currency if result.plan else None
    return f"{_money(result, units)}{f' {currency}' if currency else ''}"


# The table


def _row(result: Result, outcome: Outcome, priced: bool) -> tuple[str, ...]:
    plan = outcome.result.plan
    cells = [outcome.name, str(plan.servers) if plan else "no plan"]
    cells.append(_more(outcome.difference("servers"), lambda units: f"{units:+}" if units else "0"))
    if priced:
        cells.append("-" if plan is None or plan.cost is None else f"{plan.cost:,}")
        cells.append(_more(outcome.difference("cost"), lambda units: _money(result, units, "+" if units else "")))
    return (*cells, _some(outcome.came), _some(outcome.went), _proof(outcome))


def _more(difference: Difference | None, said: Callable[[int], str]) -> str:
    """Return a difference between plans, and between the optima where that is not known to be the same."""
    if difference is None or difference.plans is None:
        return "-"
    text = said(difference.plans)
    if difference.least == difference.most == difference.plans:
        return text
    ends = [None if end is None else said(end) for end in (difference.least, difference.most)]
    if ends == [None, None]:
        return f"{text} (unproven)"
    return f"{text} (from {ends[0] or 'unknown'} to {ends[1] or 'unknown'})"


def _some(names: Sequence[str]) -> str:
    if len(names) <= NAMED + 1:
        return ", ".join(names) or "-"
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED:,} more"


def _proof(outcome: Outcome) -> str:
    if outcome.result.status in (Status.FEASIBLE, Status.UNKNOWN):
        return "no"
    return "unconfirmed" if outcome.result.proof is None else str(outcome.result.proof)


# The sentences


def _machine(result: Result, told: Why) -> Iterator[str]:
    name = told.machine.name
    price = "no price is known" if told.machine.price is None else _said(result, told.machine.price)
    lead = f"{name} ({price})" if "cost" in result.problem.objectives else name
    if told.taken:
        many = f", {told.taken} of {told.machine.quantity}," if told.machine.quantity > 1 else ""
        yield f"{lead} is in the plan{many} and runs {listed(told.runs)}{_stays(result, told)}"
    elif told.barred:
        yield f"{lead} is not in the plan: {listed(told.barred)}; {_freed(result, told)}"
    else:
        yield f"{lead} is not in the plan{_enters(result, told.enters)}"
    if not told.taken:
        yield from _abilities(result, told)
        yield from _sizes(result, told)
    if told.untold is not None:
        yield f"{name}: more is not told: {told.untold}"


def _stays(result: Result, told: Why) -> str:
    each = " each" if told.taken > 1 else ""
    text = ""
    if told.stays is not None and told.stays.at is not None:
        text = f": up to {_said(result, told.stays.at)}{each} the plan stays the best"
    elif told.stays is not None:
        text = ": at any price the plan stays the best"
    return text


def _freed(result: Result, told: Why) -> str:
    if told.freed is not None:
        return "free for use it would be in the plan"
    if told.untold is not None:
        return "what it would change if it were free is not told"
    return f"free for use it would not be in the plan either{_enters(result, told.enters)}"


def _enters(result: Result, price: Price | None) -> str:
    if price is None:
        return ""
    if not price.ever:
        return ": no price would bring it in"
    if price.at is None:
        return ": it would be at any price"
    return f": it would be at {_said(result, price.at)} or less"


def _abilities(result: Result, told: Why) -> Iterator[str]:
    name = told.machine.name
    roles = result.problem.counts
    others = [role for role in roles if role not in told.able]
    if told.level:
        yield f"{name}: there is an equally good plan with it"
    if not others:
        yield f"{name} can run every role that is asked"
        return
    parts = []
    for role in others:
        lacks = [_lack(result, each) for each in told.lacks if each.role == role]
        parts.append(f"{role} needs {listed(lacks)}" if lacks else f"{role} is kept off it by a rule")
    can = f"can run {listed(told.able)}" if told.able else "can run nothing that is asked"
    yield f"{name} {can}: {'; '.join(parts)}"


def _lack(result: Result, lack: Lack) -> str:
    kind = result.problem.catalogue.resources[lack.resource].kind
    has = "unknown" if lack.has is None else show(lack.has, kind)
    return f"{lack.resource} {show(lack.needs, kind)} (it has {has})"


def _sizes(result: Result, told: Why) -> Iterator[str]:
    if not told.sized:
        return
    name, kinds = told.machine.name, result.problem.catalogue.resources
    at = " at its price" if "cost" in result.problem.objectives else ""
    for resource, least, _ in told.larger:
        yield f"{name} would be in the plan{at} with {resource} {show(least, kinds[resource].kind)} or more"
    if told.together is not None:
        amounts = [f"{each} {show(least, kinds[each].kind)}" for each, least in told.together[0].items()]
        yield f"{name} would be in the plan{at} with {listed(amounts)} or more together; no one of them is enough"
    if not (told.larger or told.together or told.unsized):
        yield f"{name} would not be in the plan{at} however large it were"
    if told.unsized:
        odd = listed(told.unsized)
        yield f"{name}: other amounts of {odd} were not tried, for what is needed goes by other machines or resources"


# For programs


def _document(result: Result, told: Why) -> dict[str, object]:
    def money(units: int | None) -> str | None:
        return None if units is None or result.plan is None else str(result.plan.money(units))

    def price(found: Price | None) -> dict[str, object] | None:
        return None if found is None else {"ever": found.ever, "up_to": money(found.at)}

    return {
        "machine": told.machine.name,
        "cost": money(told.machine.price),
        "in_plan": told.taken,
        "runs": list(told.runs),
        "able": list(told.able),
        "lacks": [
            {"role": each.role, "resource": each.resource, "has": each.has, "needs": each.needs} for each in told.lacks
        ],
        "barred": list(told.barred),
        "stays": price(told.stays),
        "without": told.without and _outcome(result, told.without),
        "enters": price(told.enters),
        "equally_good_with_it": told.level,
        "free_for_use": told.freed and _outcome(result, told.freed),
        "larger": [
            {"resource": resource, "least": least, **_outcome(result, outcome)}
            for resource, least, outcome in told.larger
        ],
        "larger_together": told.together and {"least": dict(told.together[0]), **_outcome(result, told.together[1])},
        "sizes_tried": told.sized,
        "untold": told.untold,
    }


def _outcome(result: Result, outcome: Outcome) -> dict[str, object]:
    plan = outcome.result.plan

    def more(objective: str) -> dict[str, object] | None:
        found = outcome.difference(objective)
        if found is None or result.plan is None:
            return None
        said = result.plan.money if objective == "cost" else lambda units: units
        return {
            name: None if units is None else (str(said(units)) if objective == "cost" else units)
            for name, units in (("plans", found.plans), ("least", found.least), ("most", found.most))
        }

    return {
        "name": outcome.name,
        "status": str(outcome.result.status),
        "proof": outcome.result.proof and str(outcome.result.proof),
        "servers": plan and plan.servers,
        "more_servers": more("servers"),
        "cost": None if plan is None or plan.cost is None else str(plan.cost),
        "more_cost": more("cost"),
        "came": list(outcome.came),
        "went": list(outcome.went),
        "reasons": list(why_none(outcome.result)),
    }

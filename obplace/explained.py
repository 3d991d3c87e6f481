"""An explanation in words: what cannot hold together, the repairs with the commands that make them, in each form."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from html import escape
from math import ceil
from typing import Any

import numpy as np

from obplace.bill import Purchase
from obplace.billed import purchase
from obplace.catalogue import Combine
from obplace.changes import Edit
from obplace.classes import usable
from obplace.command_line import Files, command, flags
from obplace.conflict import Conflict
from obplace.explanation import Explanation
from obplace.markdown import escaped
from obplace.members import Added, Alone, Busy, Headroom, Member, Needs, Once
from obplace.plan import Proof, money
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.quantity import Kind, show
from obplace.repaired import Repair, paid_for
from obplace.rules import Across, Alike, AtLeast, AtMost, Limit, Spread, sentence
from obplace.ways import Grant
from obplace.words import listed, plain

SCHEMA = "obplace.conflict/1"
NAMED = 6  # domains that are named before the rest is counted
WIDE = 240  # columns where nobody looks: a file, a pipe
_RESTS_ON = {Proof.CERTIFICATE: "with a certificate", Proof.SOLVER: "confirmed by a second solver"}


def summary(told: Explanation) -> str:
    """Return in one line whether there is a plan, and what is told about that."""
    found = told.conflicts.found
    if not found:
        return "a plan exists: there is no conflict to explain"
    proof = found[0].proof
    rests = "unconfirmed" if proof is None else _RESTS_ON[proof]
    if not found[0].members:
        return f"no plan exists, {rests}: the machines that may be used leave nothing possible, whatever is asked"
    return f"no plan exists, {rests}"


def titled(told: Explanation) -> Iterator[tuple[str, list[str]]]:
    """Yield each conflict with its title and the sentences of its members."""
    found = [each for each in told.conflicts.found if each.members]
    for number, conflict in enumerate(found, start=1):
        which = f"Conflict {number} of {len(found)}" if len(found) > 1 else "These"
        together = ": these cannot" if len(found) > 1 else " cannot"
        yield f"{which}{together} hold together; without any one of them a plan exists", sentences(conflict)


def sentences(conflict: Conflict) -> list[str]:
    """Return each member as a person would say it, with the numbers of the pool that make it hard."""
    problem = conflict.problem
    texts = [member_text(problem, each) for each in conflict.members]
    needs = [each for each in conflict.members if isinstance(each, Needs)]
    for number, member in enumerate(conflict.members):
        if isinstance(member, Needs):
            texts[number] += f"; {_have(problem, conflict, [member])}"
    for role in dict.fromkeys(each.role for each in needs):
        own = [each for each in needs if each.role == role]
        if len(own) > 1:
            last = max(number for number, each in enumerate(conflict.members) if each in own)
            texts[last] += f"; for {listed([each.resource for each in own])} together {_have(problem, conflict, own)}"
    return texts


def member_text(problem: Problem, member: Member) -> str:
    """Return one member as a person would say it."""
    kinds = problem.catalogue.kinds
    match member:
        case Needs(role, resource, amount, raised):
            who = f"the {problem.level} level asks each {role}"
            if raised or f"{role}.{resource}" in problem.deployment.minimum:
                who = f"you ask each {role}"
            some = f"{show(amount, kinds[resource])} of {resource}"
            return f"{who} for {f'{show(amount, Kind.CPU)} cores' if kinds[resource] is Kind.CPU else some}"
        case Alone(first, second):
            return f"{first} and {second} may not share a server"
        case Added(guest, host):
            return f"on one server the needs of {guest} add up with those of {host}"
        case Once(role, copies):
            return f"a machine runs at most {copies} {role}"
        case Headroom(share):
            return (
                f"{float(share):.4g} of each capacity stays free" if share * 100 % 1 else f"{share * 100}% stays free"
            )
        case Busy():
            return "machines that run something now are not free"
        case AtLeast(roles, copies):
            return f"{copies} {' and '.join(roles)} have to run"
        case AtMost(roles, copies):
            return f"no more than {copies} {' and '.join(roles)} may run"
        case Alike(role, resource, int(most)):
            return f"the {resource} of the servers of {role} differs by at most {show(most, kinds[resource])}"
        case _:
            return sentence(member)


def _have(problem: Problem, conflict: Conflict, needs: list[Needs]) -> str:
    """Return how many machines have what is needed, by domain where the conflict speaks of domains of the role."""
    level = next(
        (
            each.level
            for each in conflict.members
            if isinstance(each, Spread | Limit | Across)
            and each.role == needs[0].role
            and each.level in problem.pool.levels
        ),
        None,
    )
    total, able = 0, 0
    by_domain = dict.fromkeys(problem.domains.get(level, ()) if level else (), 0)
    for batch in problem.pool:
        mask = usable(problem, batch)
        numbers = _numbers(problem, batch)
        total += int(numbers[mask].sum())
        for need in needs:
            column = batch.column(need.resource)
            least = _least(problem, need)
            has = np.array([value is not None and int(value) >= least for value in column.values], dtype=np.bool_)
            mask &= has[column.codes]
        able += int(numbers[mask].sum())
        if level is not None:
            column = batch.domain(level)
            for code in np.unique(column.codes[mask]).tolist():
                name = column.values[code]
                if name is not None:
                    by_domain[str(name)] = by_domain.get(str(name), 0) + int(
                        numbers[mask & (column.codes == code)].sum()
                    )
    it = "it" if len(needs) == 1 else "them"
    text = f"{able or 'none'} of {total} machines {'has' if able == 1 else 'have'} {it}"
    if level is None:
        return text
    if len(by_domain) <= NAMED:
        return f"{text} ({', '.join(f'{name} {number}' for name, number in sorted(by_domain.items()))})"
    return f"{text}, in {sum(1 for number in by_domain.values() if number)} of {len(by_domain)} {level}s"


def _least(problem: Problem, need: Needs) -> int:
    """Return the smallest capacity that will do for one copy alone."""
    resource = problem.catalogue.resources[need.resource]
    shortened = need.amount * (1 - problem.tolerance.get(need.resource, Fraction(0)))
    return ceil(shortened / (1 - problem.headroom)) if resource.combine is Combine.SUM else ceil(shortened)


def _numbers(problem: Problem, batch: Batch) -> Any:
    if "quantity" not in problem.pool.columns:
        return np.ones(batch.size, dtype=np.int64)
    column = batch.column("quantity")
    return np.array([1 if value is None else int(value) for value in column.values], dtype=np.int64)[column.codes]


def steps(told: Explanation, repair: Repair) -> list[str]:
    """Return what a repair does, a sentence each."""
    texts = [change.said for change in repair.changes]
    texts += [_grant(told.problem, grant) for grant in repair.amended.grants]
    if repair.deployment.budget is not None and repair.amended.budget is not None:
        texts.append(f"a budget of {Decimal(repair.deployment.budget):,}")
    return [*texts, *(_purchase(told.problem, each) for each in repair.bill)]


def _purchase(problem: Problem, each: Purchase) -> str:
    decimals = problem.pool.price_decimals
    one, total = money(each.price, decimals), money(each.total, decimals)
    what = "" if each.unit == "machines" else f"{each.unit} from "
    unused = f", {each.bought - each.used:,} of them not used" if each.bought > each.used else ""
    return f"buy {each.bought:,} {what}{each.offer} at {one:,} each, {total:,} in all{unused}"


def _grant(problem: Problem, grant: Grant) -> str:
    kind = problem.catalogue.resources[grant.resource].kind
    if grant.money is None:
        lacks = show(grant.amount - grant.has, kind)
        return f"{grant.machine} accepted, which lacks {lacks} of {show(grant.amount, kind)} {grant.resource}"
    added = show(grant.amount - grant.has, kind)
    return f"{added} of {grant.resource} more for {grant.machine}, {show(grant.amount, kind)} in all"


def price(told: Explanation, repair: Repair) -> str:
    """Return what a repair concedes and costs, and the plan that it makes."""
    parts = []
    if repair.money:
        currency = f" {told.problem.pool.currency}" if told.problem.pool.currency else ""
        parts.append(f"takes {repair.money:,}{currency}")
    if repair.concession:
        conceded = [kind for kind in repair.kinds if kind != "money"]
        parts.append(f"concedes {repair.concession:,} ({listed(conceded)})")
    plan = repair.result.plan
    if plan is not None:
        cost = "" if plan.cost is None else f", cost {plan.cost:,}"
        parts.append(f"then {plan.servers} server{'' if plan.servers == 1 else 's'}{cost}")
    if plan is not None and not repair.frugal:
        spent = money(paid_for(plan.bill), plan.price_decimals)
        parts.append(f"what is owned has its price in that plan, so it buys for {spent:,} instead")
    if repair.holds is not None:
        parts.append(
            "a plan is left after the loss of any one server" if repair.holds else "the loss of a server ends it"
        )
    if not repair.proven:
        parts.append("not proven cheapest")
    return "; ".join(parts)


def asked_again(files: Files, repair: Repair) -> str | None:
    """Return the command that solves a repair, with the offers where it needs them."""
    return command(files if repair.offered else replace(files, offers=None), repair.deployment)


def suggested(told: Explanation, repair: Repair) -> list[str]:
    """Return the flags that make a repair; for words that are left out, which."""
    edits = [edit for change in repair.changes for edit in change.edits]
    edits += [Edit("grant", key, value) for key, value in repair.deployment.grant.items()]
    if repair.amended.budget is not None:
        edits.append(Edit("budget", None, repair.deployment.budget))
    if repair.deployment.minimize != told.problem.deployment.minimize:
        edits.append(Edit("minimize", None, repair.deployment.minimize))
    given = [flags(each.field, each.key, each.value) for each in edits if each.value is not None]
    out = [f"without {flags(each.field, each.key, '')}".rstrip("'=") for each in edits if each.value is None]
    return [*given, *out]


def remarks(told: Explanation) -> Iterator[str]:
    """Say what the answer leaves open."""
    if not told.conflicts.found:
        yield "--machine M says why a machine is in the plan or not; --without M and --with-role ROLE=N, what if"
        yield "--sensitivity says what each machine and rule does; --prices, what more costs and less saves"
        return
    if not told.conflicts.whole:
        yield "there may be other conflicts: --conflicts N looks for so many"
    if not told.repairs:
        yield "no repair was found: what would help is not among the changes that are tried"


def written(told: Explanation, form: str, files: Files, to_file: bool) -> str:
    """Return all of it in a form: table, json or markdown; ``pool`` and ``catalogue`` are named as the user does."""
    if form == "json":
        return to_json(told, files)
    if form == "markdown":
        return as_markdown(told, files)
    watched = "COLUMNS" in os.environ or (not to_file and sys.stdout.isatty())
    return as_text(told, files, shutil.get_terminal_size().columns if watched else WIDE)


def as_text(told: Explanation, files: Files, columns: int) -> str:
    """Return all of it for people; a command stands in one line, to be copied."""

    def wrapped(text: str, lead: str = "", rest: str = "") -> list[str]:
        return textwrap.wrap(plain(text), columns, initial_indent=lead, subsequent_indent=rest, break_on_hyphens=False)

    lines = wrapped(summary(told))
    for title, texts in titled(told):
        lines += ["", *wrapped(f"{title}:")]
        for text in texts:
            lines += wrapped(text, "- ", "  ")
    if told.repairs:
        lines += ["", *wrapped("Repairs, as preferred; each was solved again:")]
    for number, repair in enumerate(told.repairs, start=1):
        lines += ["", *wrapped("; ".join(steps(told, repair)), f"{number}. ", "   ")]
        lines += wrapped(price(told, repair), "   ", "   ")
        asked = asked_again(files, repair)
        lines.append(f"   {plain(asked)}" if asked else f"   --save-deployment FILE --repair {number}")
    lines += ["", *(line for text in remarks(told) for line in wrapped(text, "- ", "  "))]
    return "\n".join(lines).rstrip("\n") + "\n"


def as_markdown(told: Explanation, files: Files) -> str:
    """Return all of it for a ticket."""
    lines = [f"**{escaped(summary(told))}**", ""]
    for title, texts in titled(told):
        lines += [f"{escaped(title)}:", "", *(f"- {escaped(text)}" for text in texts), ""]
    for number, repair in enumerate(told.repairs, start=1):
        lines.append(f"{number}. {escaped('; '.join(steps(told, repair)))}: {escaped(price(told, repair))}")
        asked = asked_again(files, repair)
        if asked:
            lines += ["", f"       {plain(asked)}", ""]
    return "\n".join([*lines, "", *(f"- {escaped(text)}" for text in remarks(told))]).rstrip("\n") + "\n"


def as_html(told: Explanation) -> str:
    """Return all of it for a notebook, escaped."""
    parts = [f"<p><strong>{_html(summary(told))}</strong></p>"]
    for title, texts in titled(told):
        parts.append(f"<p>{_html(title)}:</p><ul>{''.join(f'<li>{_html(text)}</li>' for text in texts)}</ul>")
    items = [
        f"<li>{_html('; '.join(steps(told, each)))}<br>{_html(price(told, each))}"
        f"{''.join(f'<br><code>{_html(flag)}</code>' for flag in suggested(told, each))}</li>"
        for each in told.repairs
    ]
    parts += [f"<p>Repairs:</p><ol>{''.join(items)}</ol>"] if items else []
    parts += [f"<p>{_html(text)}</p>" for text in remarks(told)]
    return f"<div>{''.join(parts)}</div>"


def _html(text: str) -> str:
    return escape(plain(text))


def to_json(told: Explanation, files: Files) -> str:
    """Return all of it as one document of the form in `conflict_form`; amounts of money are text, exact."""
    document = {
        "schema": SCHEMA,
        "status": "infeasible" if told.conflicts.found else "feasible",
        "summary": summary(told),
        "remarks": list(remarks(told)),
        "whole": told.conflicts.whole,
        "currency": told.problem.pool.currency,
        "conflicts": [_conflict(each) for each in told.conflicts.found],
        "repairs": [_repair(told, each, files) for each in told.repairs],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _conflict(conflict: Conflict) -> dict[str, object]:
    texts = sentences(conflict)
    return {
        "proof": None if conflict.proof is None else conflict.proof.value,
        "members": [
            {"kind": type(member).__name__, "text": text} for member, text in zip(conflict.members, texts, strict=True)
        ],
    }


def _repair(told: Explanation, repair: Repair, files: Files) -> dict[str, object]:
    plan = repair.result.plan
    decimals = told.problem.pool.price_decimals
    return {
        "kinds": list(repair.kinds),
        "concession": repair.concession,
        "money": f"{repair.money:f}",
        "changes": [
            {"kind": each.kind.value, "word": each.lever[0], "steps": each.steps, "text": each.said}
            for each in repair.changes
        ],
        "grants": [
            {
                "machine": each.machine,
                "resource": each.resource,
                "has": each.has,
                "counts_as": each.amount,
                "near_miss": each.money is None,
            }
            for each in repair.amended.grants
        ],
        "budget": None if repair.amended.budget is None else f"{Decimal(repair.amended.budget).scaleb(-decimals):f}",
        "bill": [purchase(each, decimals) for each in repair.bill],
        "frugal": repair.frugal,
        "servers": None if plan is None else plan.servers,
        "cost": None if plan is None or plan.cost is None else str(plan.cost),
        "holds_after_a_loss": repair.holds,
        "proven": repair.proven,
        "flags": suggested(told, repair),
        "command": asked_again(files, repair),
        "deployment": repair.deployment.said(),
    }

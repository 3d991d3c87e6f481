"""What a plan has to say besides who runs where: how roles share, what one loss leaves, what was assumed.

A result without a plan has notes too: what is known besides the reasons.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from obplace.billed import bought
from obplace.budget import idle, sentences
from obplace.catalogue import kind_of
from obplace.drill import Verdict, drill
from obplace.near import near_misses
from obplace.plan import Objective, Plan, Status, money
from obplace.quantity import show
from obplace.rules import Alike, AtLeast, AtMost, Budget, Graded, Rule, sentence
from obplace.words import listed

if TYPE_CHECKING:
    from obplace.result import Result

MANY = 4  # clusters of which the same is said in one sentence
SOME = 12  # sentences on single clusters that are told
ROLES = ("role", "other", "first", "second", "arbiter")  # fields of rules that name one


def notes(result: "Result") -> tuple[str, ...]:
    """Return the sentences that belong to a plan, in a fixed order; without one, what is known besides the reasons."""
    if result.plan is None:
        return tuple(_money(result))
    said = (
        *_sharing(result),
        *_survival(result),
        *result.problem.advice,
        *_disks(result),
        *result.problem.beyond,
        *bought(result.problem, result.plan),
        *_reused(result.plan),
        *_unknown(result),
        *_near(result),
        *_standing(result),
    )
    return tuple(_briefly(result, said))


def why_none(result: "Result") -> tuple[str, ...]:
    """Return all that is said of why there is no plan; nothing where there is one."""
    return (*result.reasons, *notes(result)) if result.plan is None else ()


def kept(result: "Result") -> str | None:
    """Return in one line the rules of a plan beside those on numbers of copies; None where there are none.

    What is said of several clusters in the same words is said once.
    """
    if result.plan is None:
        return None
    texts: dict[str, list[str]] = {}
    for rule in result.problem.rules:
        match rule:
            case AtLeast() | AtMost() | Alike(_, _, None) | Graded(_, _, (_,)):
                continue  # beside numbers of copies, those that leave nothing to choose
            case _:
                texts.setdefault(_told(result, _of_any(rule)), []).append(_told(result, rule))
    said = [
        f"{text} (each of {len(each)} clusters)" if len(each) >= MANY and text not in each else "; ".join(each)
        for text, each in texts.items()
    ]
    return f"it keeps these rules: {'; '.join(said)}" if said else None


def _money(result: "Result") -> Iterator[str]:
    """Say what the cheapest plan costs where a budget is below that: no reason, for the pool alone does not tell."""
    if result.cheapest is None or result.cheapest.bound is None:
        return
    [budget, *_] = [rule for rule in result.problem.rules if isinstance(rule, Budget)]
    costs = "costs" if result.cheapest.bound == result.cheapest.value else "costs at least"
    least = money(result.cheapest.bound, result.problem.pool.price_decimals)
    yield f"{sentence(budget)}, and the cheapest plan {costs} {least:,}"


def _briefly(result: "Result", texts: Iterable[str]) -> Iterator[str]:
    """Yield sentences: one for all clusters of which the same is said, and of those on few clusters only some."""
    counts = result.problem.counts

    def kind(found: "re.Match[str]") -> str:
        return kind_of(found[0]) if found[0] in counts else found[0]

    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(re.sub(r"[^\s@:,;]+@\w+", kind, text), []).append(text)
    single = [text for masked, each in groups.items() if len(each) < MANY and masked != each[0] for text in each]
    hidden = frozenset(single[SOME:])
    for masked, each in groups.items():
        if len(each) < MANY:
            yield from (text for text in each if text not in hidden)
        else:
            yield f"{masked} (each of {len(each)} clusters)"
    if hidden:
        yield f"left out: what is said of a single cluster {len(hidden):,} times more"


def _of_any(rule: Rule) -> Rule:
    """Return a rule with what roles are, whichever the cluster, in the place of roles."""
    kinds = {name: kind_of(each) for name, each in vars(rule).items() if name in ROLES and each}
    changed: Rule = replace(rule, **kinds)  # type: ignore[arg-type]  # each kind of rule has some of these fields
    return changed


def _told(result: "Result", rule: Rule) -> str:
    """Return a rule as a person would say it, an amount with its unit."""
    match rule:
        case Alike(role, resource, int(most)):
            amount = show(most, result.problem.catalogue.resources[resource].kind)
            return f"the {resource} of the servers of {role} differs by at most {amount}"
        case _:
            return sentence(rule)


def _sharing(result: "Result") -> Iterator[str]:
    """Say of each pair that shares a server whether the needs add up."""
    problem, plan = result.problem, result.plan
    together = {frozenset(each.roles) for each in plan.assignments} if plan else set()
    for how, pairs in (("included in", problem.included), ("added to", problem.added)):
        for guest, host in sorted(pairs):
            if any({guest, host} <= roles for roles in together):
                yield f"{guest} shares a server with {host}: its needs are {how} those of {host}"


def _survival(result: "Result") -> Iterator[str]:
    """Say in how many domains a role with a majority lies, and whether the loss of one leaves the majority."""
    if result.plan is None:
        return
    found = drill(result.plan)
    for role in found.roles:
        keeps = []
        for level in found.unknown if role.quorum and role.number > 1 else ():
            nowhere = role.copies.keys() & set(found.unknown[level])
            worst = found.worst(level, role.role)
            domains = sum(not role.copies.keys().isdisjoint(each.machines) for each in found.at(level))
            number = f"{domains} {level}{'s' if domains > 1 else ''}"
            if nowhere:
                yield f"{role.role}: the {level} of {len(nowhere)} of {len(role.copies)} is not known"
            elif worst is None or found.survives(level, [role.role]):
                keeps.append(number)
            elif found.verdict(level, [role.role]) is Verdict.UNKNOWN:
                yield f"{role.role} lies in {number}: where {role.arbiter} lies is not known, nor what one of them ends"
            else:
                loss, left = worst
                holds = f"{loss.name}, which holds {role.number - left.copies}"
                if role.arbiter and not role.votes[-1].isdisjoint(loss.machines):
                    holds += f" and {role.arbiter}"
                yield f"{role.role} lies in {number}: the loss of {holds}, ends its majority"
        if keeps:
            yield f"{role.role} lies in {listed(keeps)}: the loss of any one leaves its majority"


def _disks(result: "Result") -> tuple[str, ...]:
    """Say how each cluster's memory limit and disks come out, where that was asked; what lies idle in any case."""
    said = result.problem.deployment
    if result.plan is None:
        return ()
    if not (said.disks or said.observers_for):
        return tuple(idle(result.plan))
    return sentences(result.plan, said.disks or "same")


def _reused(plan: Plan) -> Iterator[str]:
    for each in plan.assignments:
        if each.machine.runs:
            yield f"{each.name} runs {', '.join(each.machine.runs)} today and is used as if it were free"


def _unknown(result: "Result") -> Iterator[str]:
    """Count the rows whose blanks keep them out."""
    pool, sales = result.problem.pool, result.problem.sales
    owned = pool if sales is None else replace(pool, batches=pool.batches[:-1])  # what is on offer comes last
    needed = {resource for needs in result.problem.needs.values() for resource in needs}
    for column, rows in owned.blanks.items():
        machines = f"{rows} machine{'s' if rows > 1 else ''}"
        if rows and column == "cost" and "cost" in result.problem.objectives:
            yield f"{machines} without a price could not be used"
        elif rows and column in needed:
            yield f"{machines} of unknown {column} could run nothing that needs it"
    if pool.skipped:
        faults = f"{len(pool.skipped)} fault{'s' if len(pool.skipped) > 1 else ''}"
        yield f"{faults} in {pool.source}: the rows that have them are left out"


def _near(result: "Result") -> Iterator[str]:
    """Name the machines that narrowly fail a role."""
    kinds = result.problem.catalogue.kinds
    for each in near_misses(result.problem):
        texts = []
        for miss in each.nearest:
            lacks = [
                f"{show(short, kinds[name])} of {show(least, kinds[name])} {name}" for name, short, least in miss.lacks
            ]
            texts.append(f"{miss.machine} lacks {listed(lacks)}")
        more = each.machines - len(each.nearest)
        if more > 0:
            texts.append(f"{more:,} more")
        yield f"near misses for {each.role}: {listed(texts)}"


def _standing(result: "Result") -> Iterator[str]:
    """Say what the status rests on."""
    if result.status is Status.OPTIMAL and result.proof is None:
        alone = "no certificate was found, nor did a second solver get to the same"
        yield f"unconfirmed: one solver proved the optimum; {alone}"
    for each in [one for one in result.objectives if one.certified is not None][:1]:
        gap = "" if each.certified_gap is None else f", a gap of {each.certified_gap:.2%}"
        rests = f"the bound on {each.name} rests on CP-SAT alone"
        yield f"{rests}: the certificate proves {_amount(result, each)} at least{gap}"
    if result.status is Status.OPTIMAL and not result.settled:
        yield "other plans are as good: which of them is shown may change from run to run"
    if result.interrupted:
        yield "the search was interrupted: this is the best plan it had"


def _amount(result: "Result", objective: Objective) -> str:
    """Return what the certificate proves of an objective."""
    least = objective.certified or 0
    return f"{money(least, result.problem.pool.price_decimals):,}" if objective.name == "cost" else f"{least:,}"

"""Make one role of clusters that nothing tells apart, so that hundreds of them in a few sizes stay a small problem.

Roles of clusters are alike that need the same, may share with the same roles, and of which every rule says the same.
N of them become one role: as many copies as all have together, at most N times as many in a domain, on a machine N
times as many; what a filter says of each, it says of the one. Nobody loses by it, and nobody gains:

*Every plan is a plan of the smaller problem*, on the same machines: sums of rules that hold for each hold for all. So
no bound on the smaller problem is above any plan; a certificate rests on this half alone.

*Every plan of the smaller problem can be dealt out* to the clusters, on the same machines (`dealing`): write down the
copies domain by domain, rack within zone, machine by machine, and give them to the N clusters in turn. Of any s copies
in a row each cluster gets s / N, rounded up or down. A machine, a rack, a zone and the whole are each such a row, so
that a bound of N * k on the row, from below or above, leaves each cluster within its own k.

It does nothing
- for roles that are no cluster's, and for one that no other is like;
- where the domains that the rules read do not lie one in another, such as a rack that reaches into two zones;
- where a rule leaves each cluster a choice of its own: a spread that `forced` cannot say as a limit, an architecture
  of which there are several, a majority, a pin, copies that may fail, steps of a size, a ratio to another role;
- where the plan gives zones to machines;
- where who shares is listed, for a role that is a guest or of which several copies may share a machine.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from obplace.catalogue import kind_of
from obplace.forced import as_limit, nested, settled
from obplace.problem import Problem
from obplace.rules import (
    Across,
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Beside,
    Budget,
    Buy,
    Either,
    Graded,
    Layout,
    Limit,
    Majority,
    PerMachine,
    Pin,
    Ratio,
    Rule,
    Same,
    Spread,
    Survive,
    Where,
    Within,
)

SCHEMA = "obplace.alike-certificate/1"
LEVELS = ("region", "idc", "zone", "rack")  # each lies in the one before it, as pools mostly have them

Mark = tuple[Hashable, ...]


@dataclass(frozen=True)
class Merged:
    """A problem in which clusters that are alike are one role.

    Attributes
    ----------
    members
        By role of ``problem`` that stands for several: these, in the order of the catalogue.
    levels
        By the same: the levels that rules read of it, each within the one before.
    """

    whole: Problem
    problem: Problem
    members: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, tuple[str, ...]]


def merged(problem: Problem) -> Merged | None:
    """Return the problem with one role for clusters that are alike; None where there are none."""
    if problem.zoned:
        return None
    marks = _marks(problem)
    groups: dict[Hashable, list[str]] = {}
    for role in problem.counts:
        if role in marks:
            groups.setdefault(_key(problem, role, marks[role]), []).append(role)
    members, levels = {}, {}
    for roles in groups.values():
        read = _levels(marks[roles[0]])
        if len(roles) > 1 and nested(problem, read):
            members[roles[0]], levels[roles[0]] = tuple(roles), read
    return Merged(problem, _smaller(problem, members), members, levels) if members else None


def wrapped(certificate: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a certificate that speaks of the smaller problem."""
    return {"schema": SCHEMA, "fingerprint": certificate["fingerprint"], "certificate": certificate}


def unwrapped(document: Mapping[str, Any]) -> Any:
    """Return the certificate in such a document.

    Raises
    ------
    ValueError
        It is none.
    """
    keys = {"schema", "fingerprint", "certificate"}
    if document.keys() != keys or not isinstance(document["certificate"], dict):
        raise ValueError(f"expected {SCHEMA} with the keys {', '.join(sorted(keys))}")
    if document["certificate"].get("fingerprint") != document["fingerprint"]:
        raise ValueError("fingerprint: it is not that of the certificate within")
    return document["certificate"]


def _marks(problem: Problem) -> dict[str, frozenset[Mark]]:
    """Return what rules say of each role of a cluster, itself left out; none for one that has to stay alone."""
    found: dict[str, set[Mark]] = {role: set() for role in problem.counts if kind_of(role) != role}
    for number, rule in enumerate(problem.rules):
        for role, mark in _said(problem, number, rule):
            if mark is None:
                found.pop(role, None)
            elif role in found:
                found[role].add(mark)
    if not problem.catalogue.free:
        pairs = problem.included | problem.added
        guests = {guest for guest, _ in pairs}
        for role in list(found):
            if role in guests or problem.catalogue.roles[role].max_per_machine > 1:
                del found[role]
        for guest, host in pairs:
            if host in found:
                found[host].add(("guest", guest, (guest, host) in problem.included))
    return {role: frozenset(marks) for role, marks in found.items()}


def _said(problem: Problem, number: int, rule: Rule) -> Iterator[tuple[str, Mark | None]]:
    """Yield what a rule says of each role; None where what it asks of several is more than their sum."""
    match rule:
        case AtLeast((role,), copies) | AtMost((role,), copies):
            yield role, (type(rule).__name__, copies)
        case AtLeast(roles) | AtMost(roles) | PerMachine(roles):
            yield from ((role, ("among", number)) for role in roles)
        case Limit(role) | Spread(role):
            limit = as_limit(problem, rule)
            yield role, None if limit is None else ("limit", limit.level, limit.copies)
        case Within(role, level):
            yield role, ("within", level) if settled(problem, rule) else None
        case Same(role, column, level):
            yield role, ("same", column, level) if settled(problem, rule) else None
        case Where(role, column, values, allowed):
            yield role, ("where", column, values, allowed)
        case Apart(first, second, None):
            yield first, ("apart", second)
            yield second, ("apart", first)
        case Beside(role, other):
            if role is not None:
                yield role, ("beside", other)
            yield other, None
        case Ratio(role, other) | Graded(role, other) | Apart(role, other):
            yield role, None
            yield other, None
        case Majority(role, _, _, arbiter):
            yield role, None
            yield arbiter or role, None
        case Survive(role) | Across(role) | Layout(role) | Alike(role) | Pin(role):
            yield role, None
        case Either(options):
            yield from ((role, None) for role, _ in options)
        case Budget() | Ban() | Buy():
            pass
        case _:
            assert_never(rule)


def _key(problem: Problem, role: str, marks: frozenset[Mark]) -> Hashable:
    """Return what has to be equal for two roles to be alike."""
    needs = tuple((name, each.base, each.raised) for name, each in sorted(problem.needs[role].items()))
    most = problem.catalogue.roles[role].max_per_machine
    return kind_of(role), most, problem.counts[role], needs, marks


def _levels(marks: frozenset[Mark]) -> tuple[str, ...]:
    """Return the levels in which copies are counted, the widest first."""
    read = {mark[1] for mark in marks if mark[0] in ("limit", "within")}
    read |= {mark[2] for mark in marks if mark[0] == "same"}
    return tuple(level for level in LEVELS if level in read)


def _smaller(problem: Problem, members: Mapping[str, tuple[str, ...]]) -> Problem:
    """Return the problem with the first member of each group in the place of all, and bounds as for all together."""
    first = {role: one for one, roles in members.items() for role in roles}
    catalogue = problem.catalogue

    def stays(role: str) -> bool:
        return first.get(role, role) == role

    def times(role: str) -> int:
        return len(members.get(role, (role,)))

    roles = {
        role: replace(each, max_per_machine=each.max_per_machine * (times(role) if catalogue.free else 1))
        for role, each in catalogue.roles.items()
        if stays(role)
    }

    def pairs(of: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        return frozenset((guest, host) for guest, host in of if stays(guest) and stays(host))

    return replace(
        problem,
        catalogue=replace(catalogue, roles=roles),
        counts={role: copies * times(role) for role, copies in problem.counts.items() if stays(role)},
        needs={role: each for role, each in problem.needs.items() if stays(role)},
        included=pairs(problem.included),
        added=pairs(problem.added),
        rules=tuple(dict.fromkeys(_summed(problem, rule, first, members) for rule in problem.rules)),
    )


def _summed(problem: Problem, rule: Rule, first: Mapping[str, str], members: Mapping[str, tuple[str, ...]]) -> Rule:
    """Return a rule for the clusters of a group together; rules that say the same of each come out equal."""

    def one(role: str) -> str:
        return first.get(role, role)

    match rule:
        case AtLeast((role,), copies) | AtMost((role,), copies) if role in first:
            return replace(rule, roles=(one(role),), copies=copies * len(members[one(role)]))
        case AtLeast(roles) | AtMost(roles) | PerMachine(roles):
            return replace(rule, roles=tuple(dict.fromkeys(map(one, roles))))
        case Limit(role) | Spread(role) if role in first:
            limit = as_limit(problem, rule)
            assert limit is not None, "the roles of a group have no other spread"
            return Limit(one(role), limit.level, limit.copies * len(members[one(role)]))
        case Within(role) | Same(role) | Where(role) | Beside(str(role)):
            return replace(rule, role=one(role))
        case Apart(left, right):
            return replace(rule, first=one(left), second=one(right))
        case _:
            return rule

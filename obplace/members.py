"""What a problem asks, member by member: each can be dropped alone, and a problem with fewer of them is never harder.

A member is a rule, or something that the catalogue and the words ask of one machine: what a role needs of a resource,
that two roles share no server, that their needs add up, that copies of a role take different machines, headroom, and
that machines which run something are not free. What the pool has is no member: it is a fact, and stays.

Dropping is exact:

- a rule no longer holds; of a number of copies the least and the most are two rules;
- a role needs nothing of that resource, in any step of its size either;
- two roles may share a server, their needs added up; needs that add up are included in the host's instead;
- as many copies of a role may run on one machine as were asked for at most;
- nothing has to stay free; machines that run something count as free.

Where any roles may share a machine, what no longer has a bound could fill a machine in more ways than can be listed.
So who may share, and how many copies a machine may run, are members only while these ways are few (`FEW`).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product
from math import prod
from typing import assert_never

from obplace.catalogue import Combine
from obplace.patterns import most_copies
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

FEW = 1_000  # ways to fill one machine with copies of all roles, up to which they are gone through


@dataclass(frozen=True)
class Needs:
    """One copy of ``role`` needs ``amount`` of ``resource``, base units, ``raised`` of them by the user or its size."""

    role: str
    resource: str
    amount: int
    raised: int


@dataclass(frozen=True)
class Alone:
    """Two roles that may not share a server."""

    first: str
    second: str


@dataclass(frozen=True)
class Added:
    """The needs of ``guest`` add up with those of ``host`` on its server."""

    guest: str
    host: str


@dataclass(frozen=True)
class Once:
    """At most ``copies`` copies of ``role`` run on one machine."""

    role: str
    copies: int


@dataclass(frozen=True)
class Headroom:
    """A share of each capacity that adds up stays free."""

    share: Fraction


@dataclass(frozen=True)
class Busy:
    """Machines that run something now are not free."""


Member = Rule | Needs | Alone | Added | Once | Headroom | Busy


def members(problem: Problem) -> tuple[Member, ...]:
    """Return all members of a problem: role by role what is asked of it, then what is asked of all, in fixed order."""
    rules = list(dict.fromkeys(rule for rule in problem.rules if not _idle(rule)))
    found: list[Member] = []
    for role in problem.counts:
        own = [rule for rule in rules if role_of(rule) == role]
        found += [rule for rule in own if isinstance(rule, AtLeast)]
        for resource in problem.catalogue.resources:
            if (need := problem.needs[role].get(resource)) is not None:
                found.append(Needs(role, resource, need.base + need.raised, need.raised))
        found += [rule for rule in own if not isinstance(rule, AtLeast | AtMost)]
    found += [rule for rule in rules if role_of(rule) is None]
    if problem.headroom and any(each.combine is Combine.SUM for each in problem.catalogue.resources.values()):
        found.append(Headroom(problem.headroom))
    if not problem.deployment.reuse and "runs" in problem.pool.columns:
        found.append(Busy())
    found += [Added(*pair) for pair in _in_order(problem, problem.added) if not problem.catalogue.free]
    if _few(problem):
        found += _apart(problem)
        found += [
            Once(role, problem.catalogue.roles[role].max_per_machine)
            for role in problem.counts
            if problem.bounds(role)[1] > problem.catalogue.roles[role].max_per_machine
        ]
    return (*found, *(rule for rule in rules if isinstance(rule, AtMost) and role_of(rule) is not None))


def without(problem: Problem, dropped: Collection[Member]) -> Problem:
    """Return the problem without some of its members."""
    gone = set(dropped)
    waived = {(each.role, each.resource) for each in gone if isinstance(each, Needs)}
    rules = tuple(_eased(rule, waived) for rule in problem.rules if rule not in gone)
    needs = {
        role: {resource: need for resource, need in each.items() if (role, resource) not in waived}
        for role, each in problem.needs.items()
    }
    included, added = set(problem.included), set(problem.added)
    roles = dict(problem.catalogue.roles)
    headroom, deployment = problem.headroom, problem.deployment
    for each in gone:
        match each:
            case Alone(first, second):
                added |= {(first, second), (second, first)} - included
            case Added(guest, host):
                added.discard((guest, host))
                included.add((guest, host))
            case Once(role, copies):
                most = max(copies, problem.bounds(role)[1])
                roles[role] = replace(roles[role], max_per_machine=most)
            case Headroom():
                headroom = Fraction(0)
            case Busy():
                deployment = replace(deployment, reuse=True)
            case _:
                pass
    alike = any(isinstance(rule, Alike) for rule in rules)
    return replace(
        problem,
        catalogue=replace(problem.catalogue, roles=roles),
        deployment=deployment,
        needs=needs,
        included=frozenset(included),
        added=frozenset(added),
        rules=rules,
        objectives=tuple(name for name in problem.objectives if alike or name != "alike"),
        headroom=headroom,
    )


def only(problem: Problem, kept: Collection[Member]) -> Problem:
    """Return the problem with these of its members alone."""
    stay = set(kept)
    return without(problem, [each for each in members(problem) if each not in stay])


def named(member: Member) -> tuple[str, ...]:
    """Return the roles of which a member speaks."""
    match member:
        case AtLeast(roles) | AtMost(roles) | PerMachine(roles):
            return roles
        case Survive(role) | Spread(role) | Limit(role) | Across(role) | Layout(role) | Within(role) | Where(role):
            return (role,)
        case Same(role) | Alike(role) | Pin(role) | Needs(role) | Once(role):
            return (role,)
        case Ratio(role, other) | Graded(role, other) | Apart(role, other) | Alone(role, other) | Added(role, other):
            return (role, other)
        case Beside(role, other):
            return (other,) if role is None else (role, other)
        case Majority(role, _, _, arbiter):
            return (role,) if arbiter is None else (role, arbiter)
        case Either(options):
            return tuple(role for role, _ in options)
        case Budget() | Ban() | Headroom() | Busy() | Buy():
            return ()
        case _:
            assert_never(member)


def role_of(member: Member) -> str | None:
    """Return the role of which a member speaks alone, or first; None where it speaks of several alike, or of none."""
    if isinstance(member, Apart | Alone | Added | Beside | Either):
        return None
    roles = named(member)
    return roles[0] if len(roles) == 1 or isinstance(member, Ratio | Graded | Majority) else None


def _idle(rule: Rule) -> bool:
    """Does the rule ask for nothing?"""
    return isinstance(rule, Survive) and not rule.copies


def _eased(rule: Rule, waived: Collection[tuple[str, str]]) -> Rule:
    """Return a rule of steps without what is waived of a resource in each of them."""
    if not isinstance(rule, Graded):
        return rule
    steps = tuple(
        replace(step, needs=tuple(need for need in step.needs if (rule.role, need[0]) not in waived))
        for step in rule.steps
    )
    return replace(rule, steps=steps)


def _few(problem: Problem) -> bool:
    most = most_copies(problem)
    return prod(max(most[role], problem.bounds(role)[1]) + 1 for role in problem.counts) <= FEW


def _apart(problem: Problem) -> Iterator[Alone]:
    """Yield the pairs of roles of which neither may be the guest of the other."""
    pairs = problem.included | problem.added
    if not problem.catalogue.free:
        for first, second in combinations(problem.counts, 2):
            if (first, second) not in pairs and (second, first) not in pairs:
                yield Alone(first, second)


def _in_order(problem: Problem, pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of roles that are asked for, in catalogue order."""
    return [(guest, host) for guest, host in product(problem.counts, repeat=2) if (guest, host) in pairs]

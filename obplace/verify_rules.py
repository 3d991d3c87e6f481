"""Which rules a placement breaks: each rule is read from its own definition, and something named shows the breach."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from obplace.plan import money
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.quantity import show
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
    Step,
    Survive,
    Where,
    Within,
    levels,
    sentence,
)
from obplace.verify_bought import bought_wrongly, unused


@dataclass(frozen=True)
class Violation:
    """A rule that the placement breaks, and the machine, role or domain that shows it."""

    rule: str
    witness: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.witness}"


@dataclass(frozen=True)
class Server:
    """A machine that a placement uses.

    Attributes
    ----------
    name
        As the placement calls it; NAME#k for the k-th of a row that stands for several.
    machine
        Its row in the pool.
    roles
        What it runs, a role once for each copy.
    zone
        The pool's where the pool names it, otherwise the one that the plan gives.
    """

    name: str
    machine: Machine
    roles: tuple[str, ...]
    zone: str | None

    def domain(self, level: str) -> str | None:
        """Return the domain of a level in which it stands; None where that is not known."""
        return self.zone if level == "zone" else self.machine.domains.get(level)


Servers = Sequence[Server]


def broken(problem: Problem, servers: Servers) -> Iterator[Violation]:
    """Check every rule that was asked for."""
    running: dict[str, list[Server]] = {}
    for server in servers:
        for role in dict.fromkeys(server.roles):
            running.setdefault(role, []).append(server)
    for rule in problem.rules:
        only = _alone(rule)
        among = servers if only is None else running.get(only, [])
        witnesses = [*_nowhere(rule, among), *_witnesses(problem, rule, among)]
        yield from (Violation(sentence(rule), witness) for witness in dict.fromkeys(witnesses))


def _alone(rule: Rule) -> str | None:
    """Return the role of a rule to which it is all one what runs where that role does not; None for other rules."""
    match rule:
        case AtLeast((role,)) | AtMost((role,)):
            return role
        case Spread(role) | Limit(role) | Across(role) | Layout(role) | Within(role) | Where(role) | Same(role):
            return role
        case _:
            return None


def step_of(rule: Graded, servers: Servers) -> Step | None:
    """Return the step that holds for the copies that run; None where there is none for so many."""
    copies = _number(servers, rule.by)
    return next((step for step in rule.steps if step.low <= copies <= step.high), None)


def _nowhere(rule: Rule, servers: Servers) -> Iterator[str]:
    """A role whose domains a rule reads runs only where they are known."""
    for role, level in levels(rule):
        for server in _running(servers, role):
            if server.domain(level) is None:
                yield f"the {level} of {server.name} is not known"


def _witnesses(problem: Problem, rule: Rule, servers: Servers) -> Iterator[str]:
    """Yield what shows that a rule is broken: nothing where it is kept. What is nowhere counts in no domain."""
    match rule:
        case AtLeast(roles, copies):
            if _number(servers, *roles) < copies:
                yield _counted(servers, roles)
        case AtMost(roles, copies):
            if _number(servers, *roles) > copies:
                yield _counted(servers, roles)
        case Ratio(role, other, copies, per):
            if per * _number(servers, role) < copies * _number(servers, other):
                yield f"{_number(servers, role)} {role} and {_number(servers, other)} {other} run"
        case Survive(role, copies, failures):
            loads = sorted((server.roles.count(role) for server in servers), reverse=True)
            if sum(loads[failures:]) < copies:
                yield f"{sum(loads[failures:])} are left"
        case Spread():
            yield from _spread(rule, servers)
        case Limit(role, level, copies):
            for domain, number in _copies_by_domain(servers, role, level).items():
                if number > copies:
                    yield f"{domain} holds {number}"
        case Across(role, level, domains):
            there = _by_domain(servers, role, level)
            if len(there) < domains:
                yield _runs_in(there)
        case Layout(role, level, zones):
            lie = _zones_by_domain(servers, role, level)
            if sorted(map(len, lie.values())) != sorted(zones):
                yield "; ".join(f"{domain} has {', '.join(names)}" for domain, names in lie.items()) or _runs_in(())
        case Within(role, level):
            for zone, members in _by_domain(servers, role, "zone").items():
                lies = {home for server in members if (home := server.domain(level)) is not None}
                if len(lies) > 1:
                    yield f"{zone} lies in {' and '.join(sorted(lies))}"
        case Majority():
            yield from _majority(rule, servers)
        case Apart():
            yield from _apart(rule, servers)
        case PerMachine(roles, copies):
            for server in servers:
                if (number := sum(server.roles.count(role) for role in set(server.roles) & set(roles))) > copies:
                    yield f"{server.name} runs {number}"
        case Beside(role, other):
            for server in servers if role is None else _running(servers, role):
                if server.roles and other not in server.roles:
                    yield f"{server.name} runs {_runs(server)}"
        case Where():
            yield from _where(rule, servers)
        case Same():
            yield from _same(rule, servers)
        case Alike():
            yield from _alike(problem, rule, servers)
        case Graded(_, by, steps):
            if step_of(rule, servers) is None:
                known = ", ".join(f"{step.low} to {step.high}" for step in steps)
                yield f"{_number(servers, by)} {by} run, there are steps for {known}"
        case Either(options):
            numbers = {role: _number(servers, role) for role, _ in options}
            if [(role, number) for role, number in numbers.items() if number] not in [[option] for option in options]:
                yield f"{', '.join(f'{number} {role}' for role, number in numbers.items())} run"
        case Budget(amount, _):
            prices = [server.machine.price for server in servers]
            total = sum(price for price in prices if price is not None)
            total += unused(problem, [server.machine for server in servers])
            yield from (f"{server.name} has no price" for server in servers if server.machine.price is None)
            if total > amount:
                yield f"they cost {money(total, problem.pool.price_decimals):,}"
        case Pin(role, machine):
            here = [server for server in servers if server.machine.name == machine]
            if not _running(here, role):
                runs = dict.fromkeys(other for server in here for other in server.roles)
                yield f"{machine} runs {' and '.join(runs) or 'nothing'}"
        case Ban(machine):
            yield from (f"{each.name} runs {_runs(each)}" for each in servers if each.machine.name == machine)
        case Buy():
            yield from bought_wrongly(problem, [server.machine for server in servers])
        case _:
            assert_never(rule)


def _apart(rule: Apart, servers: Servers) -> Iterator[str]:
    if rule.level is None:
        for server in servers:
            if rule.first in server.roles and rule.second in server.roles:
                yield f"{server.name} runs both"
        return
    ones, others = (_by_domain(servers, role, rule.level) for role in (rule.first, rule.second))
    for domain in sorted(ones.keys() & others.keys()):
        yield f"{domain} has {rule.first} on {_names(ones[domain])}, {rule.second} on {_names(others[domain])}"


def _spread(rule: Spread, servers: Servers) -> Iterator[str]:
    """Exactly so many domains, and between any two of them a difference of one copy at most."""
    counts = _copies_by_domain(servers, rule.role, rule.level)
    if len(counts) != rule.domains:
        yield _runs_in(counts)
    ordered = sorted(counts, key=lambda domain: counts[domain])
    if counts and counts[ordered[-1]] - counts[ordered[0]] > 1:
        few, many = ordered[0], ordered[-1]
        yield f"{many} holds {counts[many]}, {few} holds {counts[few]}"


def _majority(rule: Majority, servers: Servers) -> Iterator[str]:
    """Of all votes, those that lie in any one domain are less than half."""
    if rule.zones is None:
        votes = _number(servers, rule.role)
        lost = _copies_by_domain(servers, rule.role, rule.level)
    else:
        # A zone is a vote, and lost with any of its servers: it counts in every domain in which it has one.
        votes = rule.zones
        zones = _zones_by_domain(servers, rule.role, rule.level)
        lost = Counter({domain: len(names) for domain, names in zones.items()})
    if rule.arbiter is not None and votes % 2 == 0 and _number(servers, rule.arbiter):
        votes += 1
        lost.update(_by_domain(servers, rule.arbiter, rule.level).keys())  # one vote, however many arbiters
    for domain, number in sorted(lost.items()):
        if 2 * number >= votes:
            yield f"{domain} holds {number} of {votes} votes"


def _where(rule: Where, servers: Servers) -> Iterator[str]:
    """The cell holds one of the values, or none of them; one that is blank holds none."""
    for server in _running(servers, rule.role):
        labels = _labels(server.machine, rule.column)
        if any(label in rule.values for label in labels) is not rule.allowed:
            verb = "are" if rule.column == "tags" else "is"
            yield f"the {rule.column} of {server.name} {verb} {', '.join(labels) or 'not known'}"


def _same(rule: Same, servers: Servers) -> Iterator[str]:
    """Every server of the role has a label, and there is one label over all, or in each domain."""
    everywhere = {"": _running(servers, rule.role)}
    groups = everywhere if rule.level is None else _by_domain(servers, rule.role, rule.level)
    for domain, members in groups.items():
        found: dict[str, str] = {}
        for server in members:
            labels = _labels(server.machine, rule.column)
            if not labels:
                yield f"the {rule.column} of {server.name} is not known"
            for label in labels:
                found.setdefault(label, server.name)
        if len(found) > 1:
            place = f"in {domain} " if domain else ""
            yield place + ", ".join(f"{name} is {label}" for label, name in found.items())


def _alike(problem: Problem, rule: Alike, servers: Servers) -> Iterator[str]:
    """Every server of the role has a known capacity, and the largest is not too far from the smallest."""
    known = []
    for server in _running(servers, rule.role):
        capacity = server.machine.capacity.get(rule.resource)
        if capacity is None:
            yield f"the {rule.resource} of {server.name} is not known"
        else:
            known.append((capacity, server.name))
    if known and rule.most is not None and max(known)[0] - min(known)[0] > rule.most:
        kind = problem.catalogue.resources[rule.resource].kind
        yield ", ".join(f"{name} has {show(capacity, kind)}" for capacity, name in (min(known), max(known)))


def _labels(machine: Machine, column: str) -> tuple[str, ...]:
    """Return what a cell says: any number of tags, one architecture or system; nothing where it is blank."""
    if column == "tags":
        return machine.tags
    label = {"arch": machine.arch, "os": machine.os}[column]
    return () if label is None else (label,)


def _running(servers: Servers, role: str) -> list[Server]:
    return [server for server in servers if role in server.roles]


def _number(servers: Servers, *roles: str) -> int:
    return sum(server.roles.count(role) for server in servers for role in roles)


def _by_domain(servers: Servers, role: str, level: str) -> dict[str, list[Server]]:
    """Return the servers that run a role by their domain, in the order of its names."""
    found: dict[str, list[Server]] = {}
    for server in _running(servers, role):
        domain = server.domain(level)
        if domain is not None:
            found.setdefault(domain, []).append(server)
    return dict(sorted(found.items()))


def _copies_by_domain(servers: Servers, role: str, level: str) -> Counter[str]:
    return Counter({domain: _number(members, role) for domain, members in _by_domain(servers, role, level).items()})


def _zones_by_domain(servers: Servers, role: str, level: str) -> dict[str, list[str]]:
    """Return the zones that have a server of the role in each domain."""
    there = _by_domain(servers, role, level)
    found = {domain: list(_by_domain(members, role, "zone")) for domain, members in there.items()}
    return {domain: zones for domain, zones in found.items() if zones}


def _counted(servers: Servers, roles: Sequence[str]) -> str:
    each = ", ".join(f"{_number(servers, role)} {role}" for role in roles)
    return f"{_number(servers, *roles)} run" + (f": {each}" if len(roles) > 1 else "")


def _runs_in(domains: Sequence[str] | dict[str, list[Server]] | Counter[str]) -> str:
    return f"it runs in {len(domains)}: {', '.join(domains) or 'none'}"


def _names(servers: Servers) -> str:
    return ", ".join(server.name for server in servers)


def _runs(server: Server) -> str:
    return " and ".join(server.roles)

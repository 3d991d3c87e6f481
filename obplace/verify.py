"""The contract in plain Python: does this placement keep every rule, on the original pool?

It shares no code with patterns, kernel or model, and decides for itself what one machine may run. Read it
top to bottom to know what a plan has to be.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import assert_never

from obplace.catalogue import Combine
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.quantity import show
from obplace.rules import AtLeast, AtMost, Ban, Pin, Spread, Survive, sentence


@dataclass(frozen=True)
class Violation:
    """A rule that the placement breaks, and the machine, role or domain that shows it."""

    rule: str
    witness: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.witness}"


def verify(problem: Problem, placement: Mapping[str, Sequence[str]]) -> list[Violation]:
    """Return all that is wrong with a placement; an empty list says that it is a plan.

    Parameters
    ----------
    placement
        The roles that run on each machine, by machine name (NAME#k for the k-th of a row with a quantity),
        a role once for each copy.
    """
    machines, violations = _machines(problem, placement)
    for name, roles in placement.items():
        if name in machines:
            violations += _one_machine(problem, name, machines[name], roles)
    known = {name: list(roles) for name, roles in placement.items() if name in machines}
    violations += _rules(problem, known, machines)
    return violations


def _machines(problem: Problem, placement: Mapping[str, Sequence[str]]) -> tuple[dict[str, Machine], list[Violation]]:
    """Find the row of each machine; one of several equal ones must say which, as NAME#k."""
    found = problem.pool.find(placement)
    rows = dict(zip(found, problem.pool.take(list(found.values())), strict=True))
    machines, violations = {}, []
    for name in placement:
        if name not in rows:
            violations.append(Violation("machines of the pool", f"there is no {name}"))
        elif rows[name].quantity > 1 and rows[name].name == name:
            said = f"{name} is {rows[name].quantity} machines, say {name}#1"
            violations.append(Violation("one name, one machine", said))
        else:
            machines[name] = rows[name]
    return machines, violations


def _one_machine(problem: Problem, name: str, machine: Machine, roles: Sequence[str]) -> Iterator[Violation]:
    """Check what one machine may run: it is there for use, its roles may share it, and it is large enough."""
    if not roles:
        yield Violation("a server runs something", f"{name} runs nothing")
        return
    if not machine.available or machine.quantity < 1:
        yield Violation("available machines only", f"{name} is not available")
    if machine.runs and not problem.deployment.reuse:
        yield Violation("free machines only", f"{name} runs {', '.join(machine.runs)}")
    if "cost" in problem.objectives and machine.price is None:
        yield Violation("priced machines only", f"{name} has no price")
    copies = Counter(roles)
    strangers = [role for role in copies if role not in problem.counts]
    if strangers:
        yield Violation("roles that are asked for", f"{name} runs {', '.join(strangers)}")
        return
    for role, number in copies.items():
        most = problem.catalogue.roles[role].max_per_machine
        if number > most:
            yield Violation(f"at most {most} {role} on a machine", f"{name} runs {number}")
    hosts = _hosts(problem, copies)
    if not hosts:
        yield Violation("roles that may share a server", f"{name} runs {' and '.join(copies)}")
        return
    # Where more than one role could be the host of the others, the machine must be large enough for one case.
    yield from min((list(_lacks(problem, name, machine, copies, host)) for host in hosts), key=len)


def _hosts(problem: Problem, copies: Mapping[str, int]) -> list[str | None]:
    """Return the roles of the machine that all others may be guests of; None where sharing is free."""
    if problem.catalogue.free:
        return [None]
    allowed = problem.included | problem.added
    return [host for host in copies if all(guest == host or (guest, host) in allowed for guest in copies)]


def _lacks(
    problem: Problem, name: str, machine: Machine, copies: Mapping[str, int], host: str | None
) -> Iterator[Violation]:
    """Compare what the roles need together, one of them the host of the others, with what the machine has."""
    for resource in problem.catalogue.resources.values():
        needs = {role: need for role in copies if (need := problem.needs[role].get(resource.name))}
        usable = Fraction(1)
        if resource.combine is Combine.MAX:
            needed = max((need.base + need.raised for need in needs.values()), default=0)
        else:
            usable -= problem.headroom
            held = {role for role in needs if role == host or (role, host) in problem.included}
            needed = max((needs[role].base * copies[role] for role in held), default=0)
            needed += sum(needs[role].base * copies[role] for role in needs.keys() - held)
            needed += sum(need.raised * copies[role] for role, need in needs.items())
        enough = needed * (1 - problem.tolerance.get(resource.name, Fraction(0)))
        capacity = machine.capacity.get(resource.name)
        if needed and (capacity is None or capacity * usable < enough):
            has = "an unknown amount" if capacity is None else show(capacity, resource.kind)
            wanted = f"{' and '.join(copies)}: {show(needed, resource.kind)} of {resource.name}"
            yield Violation(wanted, f"{name} has {has}")


def _rules(
    problem: Problem, placement: Mapping[str, Sequence[str]], machines: Mapping[str, Machine]
) -> Iterator[Violation]:
    """Check every rule that was asked for, each from its own definition."""
    for rule in problem.rules:
        said = sentence(rule)
        match rule:
            case AtLeast(role, copies):
                number = _number(placement, role)
                if number < copies:
                    yield Violation(said, f"{number} run")
            case AtMost(role, copies):
                number = _number(placement, role)
                if number > copies:
                    yield Violation(said, f"{number} run")
            case Survive(role, copies, failures):
                loads = sorted((list(roles).count(role) for roles in placement.values()), reverse=True)
                left = sum(loads[failures:])
                if left < copies:
                    yield Violation(said, f"{left} are left")
            case Spread():
                yield from _spread(rule, placement, machines)
            case Pin(role, machine):
                there = [roles for name, roles in placement.items() if machines[name].name == machine]
                if not any(role in roles for roles in there):
                    others = " and ".join(dict.fromkeys(other for roles in there for other in roles))
                    yield Violation(said, f"{machine} runs {others or 'nothing'}")
            case Ban(machine):
                for name, roles in placement.items():
                    if machines[name].name == machine:
                        yield Violation(said, f"{name} runs {' and '.join(roles)}")
            case _:
                assert_never(rule)


def _number(placement: Mapping[str, Sequence[str]], role: str) -> int:
    return sum(list(roles).count(role) for roles in placement.values())


def _spread(
    rule: Spread, placement: Mapping[str, Sequence[str]], machines: Mapping[str, Machine]
) -> Iterator[Violation]:
    counts: Counter[str] = Counter()
    for name, roles in placement.items():
        if rule.role not in roles:
            continue
        domain = machines[name].domains.get(rule.level)
        if domain is None:
            yield Violation(sentence(rule), f"the {rule.level} of {name} is not known")
        else:
            counts[domain] += list(roles).count(rule.role)
    if len(counts) != rule.domains:
        yield Violation(sentence(rule), f"it runs in {len(counts)}: {', '.join(sorted(counts)) or 'none'}")
    for (one, few), (other, many) in combinations(sorted(counts.items(), key=lambda item: item[1]), 2):
        if many - few > 1:
            yield Violation(sentence(rule), f"{other} holds {many}, {one} holds {few}")
            return

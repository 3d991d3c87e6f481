"""Which roles one machine can run together, and how large it must be for that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from obplace.catalogue import Combine
from obplace.errors import UsageError
from obplace.problem import Need, Problem
from obplace.rules import AtMost

MOST = 20_000


@dataclass(frozen=True, order=True)
class Pattern:
    """What one machine runs at once.

    Attributes
    ----------
    roles
        (role, copies) in catalogue order, copies at least one.
    needs
        By resource, in catalogue order: what the roles need together, base units.
    least
        By resource, in catalogue order: the smallest capacity that will do, tolerance and headroom counted;
        0 where any machine will do, also one whose capacity is unknown.
    host
        The role whose guests the others are; None where sharing is free.
    """

    roles: tuple[tuple[str, int], ...]
    needs: tuple[int, ...]
    least: tuple[int, ...]
    host: str | None = field(default=None, compare=False)

    def copies(self, role: str) -> int:
        """Return how many copies of the role run in this pattern."""
        return dict(self.roles).get(role, 0)


def patterns(problem: Problem) -> tuple[Pattern, ...]:
    """Return every pattern that the largest machine of the pool could run, in catalogue order.

    A listed colocation allows a role alone, or a host with guests that it may share with; a free one anything.

    Raises
    ------
    UsageError
        There are more than `MOST` of them.
    """
    order = {role: index for index, role in enumerate(problem.counts)}
    found: dict[tuple[tuple[str, int], ...], list[Pattern]] = {}
    number = 0
    for pattern in _legal(problem):
        known = found.setdefault(pattern.roles, [])
        # The same roles on another host need something else; what needs no less can do nothing more.
        if any(_no_larger(other, pattern) for other in known):
            continue
        known[:] = [other for other in known if not _no_larger(pattern, other)]
        known.append(pattern)
        number += 1
        if number > MOST:
            raise UsageError(f"more than {MOST:,} sets of roles fit on one machine: allow less sharing")
    return tuple(
        sorted(
            (pattern for known in found.values() for pattern in known),
            key=lambda pattern: ([(order[role], copies) for role, copies in pattern.roles], pattern.needs),
        )
    )


def _no_larger(one: Pattern, other: Pattern) -> bool:
    """Will every machine that can run ``other`` do for ``one``?"""
    return all(a <= b for a, b in zip(one.least, other.least, strict=True))


def alone(problem: Problem, role: str) -> Pattern:
    """Return the pattern of one copy of a role and nothing else, whether or not any machine fits it."""
    return _measure(problem, role, {role: 1})


def split(problem: Problem, pattern: Pattern) -> dict[str, dict[str, int]]:
    """Return what each role takes of the resources that add up, by role and resource, in base units.

    The host takes its minimum; an included guest only that by which its own is larger, and what the user adds.
    """
    copies = dict(pattern.roles)
    taken: dict[str, dict[str, int]] = {role: {} for role in copies}
    for name, resource in problem.catalogue.resources.items():
        if resource.combine is Combine.MAX:
            continue
        held = 0
        for role in sorted(copies, key=lambda role: role != pattern.host):
            need = problem.needs[role].get(name, Need(0))
            base = need.base * copies[role]
            if role == pattern.host or (role, pattern.host) in problem.included:
                base, held = max(0, base - held), max(base, held)
            taken[role][name] = base + need.raised * copies[role]
    return taken


def most_copies(problem: Problem) -> dict[str, int]:
    """Return how many copies of each role one machine may run."""
    asked = {rule.role: rule.copies for rule in problem.rules if isinstance(rule, AtMost)}
    most = {}
    for role in problem.counts:
        per_machine = problem.catalogue.roles[role].max_per_machine
        most[role] = min(per_machine, asked.get(role, per_machine))
    return most


def _legal(problem: Problem) -> Iterator[Pattern]:
    """Yield the patterns that may be and that fit; the same roles may come once for each possible host."""
    most = most_copies(problem)
    order = list(problem.counts)
    if problem.catalogue.free:
        yield from _grown(problem, None, {}, order, most)
        return
    pairs = problem.included | problem.added
    for host in order:
        guests = [role for role in order if role != host and (role, host) in pairs]
        for copies in range(1, most[host] + 1):
            yield from _grown(problem, host, {host: copies}, guests, most)


def _grown(
    problem: Problem, host: str | None, copies: dict[str, int], guests: list[str], most: Mapping[str, int]
) -> Iterator[Pattern]:
    """Yield what runs already, and that with any guests; needs only grow, so what does not fit is not grown."""
    pattern = _measure(problem, host, copies)
    if not _fits_largest(problem, pattern):
        return
    if copies:
        yield pattern
    for index, guest in enumerate(guests):
        for number in range(1, most[guest] + 1):
            yield from _grown(problem, host, {**copies, guest: number}, guests[index + 1 :], most)


def _measure(problem: Problem, host: str | None, copies: Mapping[str, int]) -> Pattern:
    needs, least = [], []
    for name, resource in problem.catalogue.resources.items():
        each = {role: problem.needs[role].get(name, Need(0)) for role in copies}
        if resource.combine is Combine.MAX:
            need = max((need.base + need.raised for need in each.values()), default=0)
        else:
            # The host's minimum holds its included guests': of their bases the larger counts, of others the sum.
            inside = [role for role in copies if role == host or (role, host) in problem.included]
            need = max((each[role].base * copies[role] for role in inside), default=0)
            need += sum(each[role].base * copies[role] for role in copies if role not in inside)
            need += sum(each[role].raised * copies[role] for role in copies)
        needs.append(need)
        shortened = need * (1 - problem.tolerance.get(name, Fraction(0)))
        if resource.combine is Combine.SUM:
            shortened /= 1 - problem.headroom
        least.append(ceil(shortened))
    roles = tuple((role, copies[role]) for role in problem.counts if role in copies)
    return Pattern(roles, tuple(needs), tuple(least), host)


def _fits_largest(problem: Problem, pattern: Pattern) -> bool:
    """Could the largest machine of the pool run it? A need of 0 fits even where the capacity is unknown."""
    return all(
        least <= problem.pool.largest.get(name, 0)
        for name, least in zip(problem.catalogue.resources, pattern.least, strict=True)
    )

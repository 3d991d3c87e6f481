"""Which roles one machine can run together, and how large it must be for that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from math import ceil

from obplace.catalogue import Combine
from obplace.errors import UsageError
from obplace.problem import Need, Problem
from obplace.rules import Apart, Beside, Graded, PerMachine, Step

MOST = 20_000

Needs = Mapping[str, Mapping[str, Need]]  # by role and resource


class TooManyError(UsageError):
    """Patterns are more than can be listed."""


@dataclass(frozen=True)
class Disk:
    """The data disk that a role must have: bytes for data, and what the other roles take of storage and memory."""

    role: str
    data: int
    storage: int
    memory: int


@dataclass(frozen=True)
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
    zone
        The zone that the machine has or is given, where the plan may give one and a role of the pattern asks for it.
    grades
        (role, step) for each role whose needs go by the number of copies of another one: the step they are of.
    disk
        What must be left for data, where a role asks for it.
    """

    roles: tuple[tuple[str, int], ...]
    needs: tuple[int, ...]
    least: tuple[int, ...]
    host: str | None = field(default=None, compare=False)
    zone: str | None = None
    grades: tuple[tuple[str, int], ...] = ()
    disk: Disk | None = None

    def copies(self, role: str) -> int:
        """Return how many copies of the role run in this pattern."""
        return dict(self.roles).get(role, 0)


def patterns(problem: Problem, largest: Mapping[str, int] | None = None) -> tuple[Pattern, ...]:
    """Return every pattern that the largest machine of the pool could run, in catalogue order.

    ``largest`` are capacities by resource that count instead of the pool's largest.

    A listed colocation allows a role alone, or a host with guests that it may share with; a free one anything.
    Where needs go by the number of copies of a role there is one pattern for each step, and where the plan gives
    zones one for each of them.

    Raises
    ------
    TooManyError
        There are more than `MOST` of them.
    """
    order = {role: index for index, role in enumerate(problem.counts)}
    zones = {zone: index for index, zone in enumerate(problem.domains.get("zone", ()))}
    found: dict[tuple[object, ...], list[Pattern]] = {}
    number = 0
    for pattern in _placed(problem, problem.pool.largest if largest is None else largest):
        known = found.setdefault((pattern.roles, pattern.grades, pattern.zone), [])
        # The same roles on another host need something else; what needs no less can do nothing more.
        if any(_no_larger(other, pattern) for other in known):
            continue
        known[:] = [other for other in known if not _no_larger(pattern, other)]
        known.append(pattern)
        number += 1
        if number > MOST:
            raise TooManyError(f"more than {MOST:,} sets of roles fit on one machine: allow less sharing")
    return tuple(
        sorted(
            (pattern for known in found.values() for pattern in known),
            key=lambda pattern: (
                [(order[role], copies) for role, copies in pattern.roles],
                [step for _, step in pattern.grades],
                zones.get(pattern.zone or "", -1),
                pattern.needs,
            ),
        )
    )


def _placed(problem: Problem, largest: Mapping[str, int]) -> Iterator[Pattern]:
    """Yield the legal patterns of every combination of steps, in each zone that a machine may be given."""
    zonal = problem.readers("zone") if problem.zoned else frozenset()
    steps = [rule for rule in problem.rules if isinstance(rule, Graded)]
    for numbers in product(*(range(len(rule.steps)) for rule in steps)):
        chosen = {rule.role: (number, rule.steps[number]) for rule, number in zip(steps, numbers, strict=True)}
        needs = _graded(problem, {role: step for role, (_, step) in chosen.items()})
        for pattern in _legal(problem, needs, largest):
            here = {role: chosen[role] for role, _ in pattern.roles if role in chosen}
            grades = tuple((role, number) for role, (number, _) in here.items())
            stepped = replace(pattern, grades=grades, disk=_disk(problem, needs, pattern, here))
            if zonal.isdisjoint(role for role, _ in pattern.roles):
                yield stepped
            else:
                yield from (replace(stepped, zone=zone) for zone in problem.domains["zone"])


def _graded(problem: Problem, steps: Mapping[str, Step]) -> Needs:
    """Return the needs of each role at these steps: what a step asks beyond the catalogue counts as raised."""
    needs = {role: dict(each) for role, each in problem.needs.items()}
    for role, step in steps.items():
        for resource, amount in step.needs:
            known = needs[role].get(resource, Need(0))
            needs[role][resource] = Need(known.base, max(known.raised, amount - known.base))
    return needs


def _disk(problem: Problem, needs: Needs, pattern: Pattern, steps: Mapping[str, tuple[int, Step]]) -> Disk | None:
    for role, (_, step) in steps.items():
        if step.data:
            own = _measure(problem, needs, role, {role: pattern.copies(role)})
            taken = dict(zip(problem.catalogue.resources, zip(pattern.needs, own.needs, strict=True), strict=True))
            others = {name: max(0, every - mine) for name, (every, mine) in taken.items()}
            return Disk(role, step.data, others.get("storage", 0), others.get("memory", 0))
    return None


def _no_larger(one: Pattern, other: Pattern) -> bool:
    """Will every machine that can run ``other`` do for ``one``?"""
    return all(a <= b for a, b in zip(one.least, other.least, strict=True))


def alone(problem: Problem, role: str) -> Pattern:
    """Return the pattern of one copy of a role and nothing else, whether or not any machine fits it."""
    first = {rule.role: rule.steps[0] for rule in problem.rules if isinstance(rule, Graded)}
    return _measure(problem, _graded(problem, first), role, {role: 1})


def together(problem: Problem, copies: Mapping[str, int]) -> Pattern:
    """Return the pattern of these copies where sharing is free, whether or not any machine fits it."""
    return _measure(problem, problem.needs, None, copies)


def split(problem: Problem, pattern: Pattern) -> dict[str, dict[str, int]]:
    """Return what each role takes of the resources that add up, by role and resource, in base units.

    The host takes its minimum; an included guest only that by which its own is larger, and what the user adds.
    """
    copies = dict(pattern.roles)
    steps = {rule.role: rule.steps for rule in problem.rules if isinstance(rule, Graded)}
    needs = _graded(problem, {role: steps[role][number] for role, number in pattern.grades})
    taken: dict[str, dict[str, int]] = {role: {} for role in copies}
    for name, resource in problem.catalogue.resources.items():
        if resource.combine is Combine.MAX:
            continue
        held = 0
        for role in sorted(copies, key=lambda role: role != pattern.host):
            need = needs[role].get(name, Need(0))
            base = need.base * copies[role]
            if role == pattern.host or (role, pattern.host) in problem.included:
                base, held = max(0, base - held), max(base, held)
            taken[role][name] = base + need.raised * copies[role]
    return taken


def most_copies(problem: Problem) -> dict[str, int]:
    """Return how many copies of each role one machine may run."""
    return {
        role: min(problem.catalogue.roles[role].max_per_machine, problem.bounds(role)[1]) for role in problem.counts
    }


def _legal(problem: Problem, needs: Needs, largest: Mapping[str, int]) -> Iterator[Pattern]:
    """Yield the patterns that may be and that fit; the same roles may come once for each possible host."""
    most = most_copies(problem)
    order = list(problem.counts)
    grow = _Growth(problem, needs, most, largest)
    if problem.catalogue.free:
        yield from grow.from_(None, {}, order)
        return
    pairs = problem.included | problem.added
    for host in order:
        guests = [role for role in order if role != host and (role, host) in pairs]
        for copies in range(1, most[host] + 1):
            yield from grow.from_(host, {host: copies}, guests)


class _Growth:
    """Sets of roles on one machine, made larger role by role as far as rules and the largest machine allow."""

    def __init__(self, problem: Problem, needs: Needs, most: Mapping[str, int], largest: Mapping[str, int]) -> None:
        self.problem = problem
        self.needs = needs
        self.most = most
        self.largest = largest
        apart = [rule for rule in problem.rules if isinstance(rule, Apart) and rule.level is None]
        self.apart = {frozenset((rule.first, rule.second)) for rule in apart}
        self.crowds = [(frozenset(rule.roles), rule.copies) for rule in problem.rules if isinstance(rule, PerMachine)]
        self.beside = [rule for rule in problem.rules if isinstance(rule, Beside)]

    def from_(self, host: str | None, copies: dict[str, int], guests: list[str]) -> Iterator[Pattern]:
        """Yield what runs already, and that with any guests; needs only grow, so what does not fit is not grown."""
        pattern = _measure(self.problem, self.needs, host, copies)
        if not _fits(self.problem, pattern, self.largest):
            return
        if any(sum(copies[role] for role in copies.keys() & roles) > most for roles, most in self.crowds):
            return
        if copies and all(self.keeps(rule, copies) for rule in self.beside):
            yield pattern
        for index, guest in enumerate(guests):
            if any(frozenset((guest, role)) in self.apart for role in copies):
                continue
            for number in range(1, self.most[guest] + 1):
                yield from self.from_(host, {**copies, guest: number}, guests[index + 1 :])

    @staticmethod
    def keeps(rule: Beside, copies: Mapping[str, int]) -> bool:
        """Does the other role run wherever the rule wants it?"""
        return rule.other in copies or (rule.role is not None and rule.role not in copies)


def _measure(problem: Problem, needs: Needs, host: str | None, copies: Mapping[str, int]) -> Pattern:
    amounts, least = [], []
    for name, resource in problem.catalogue.resources.items():
        each = {role: needs[role].get(name, Need(0)) for role in copies}
        if resource.combine is Combine.MAX:
            need = max((need.base + need.raised for need in each.values()), default=0)
        else:
            # The host's minimum holds its included guests': of their bases the larger counts, of others the sum.
            inside = [role for role in copies if role == host or (role, host) in problem.included]
            need = max((each[role].base * copies[role] for role in inside), default=0)
            need += sum(each[role].base * copies[role] for role in copies if role not in inside)
            need += sum(each[role].raised * copies[role] for role in copies)
        amounts.append(need)
        shortened = need * (1 - problem.tolerance.get(name, Fraction(0)))
        if resource.combine is Combine.SUM:
            shortened /= 1 - problem.headroom
        least.append(ceil(shortened))
    roles = tuple((role, copies[role]) for role in problem.counts if role in copies)
    return Pattern(roles, tuple(amounts), tuple(least), host)


def _fits(problem: Problem, pattern: Pattern, largest: Mapping[str, int]) -> bool:
    """Could a machine with these capacities run it? A need of 0 fits even where the capacity is unknown."""
    return all(
        least <= largest.get(name, 0) for name, least in zip(problem.catalogue.resources, pattern.least, strict=True)
    )

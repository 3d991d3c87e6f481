"""Whether each rule holds where the roles run: the rules' definitions over places, one after the other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import assert_never

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
from tests.oracle_machine import Grades

Place = tuple[tuple[str, str | int], ...]  # (name, value): all that rules read of a machine for one of its roles
Entries = Sequence[tuple[Place, int]]  # where a role runs, and how many copies there


@dataclass(frozen=True)
class Seen:
    """What the rules see of a placement.

    Attributes
    ----------
    where
        By role: (place, copies) for each machine, or added up where that makes no difference to any rule.
    pins
        The pins that are kept.
    spent
        What the servers cost together, in the pool's smallest unit; 0 where no budget asks.
    """

    where: Mapping[str, Entries]
    pins: AbstractSet[Pin]
    spent: int

    def copies(self, *roles: str) -> int:
        """How many copies of the roles run together."""
        return sum(number for role in roles for _, number in self.where.get(role, ()))

    def values(self, role: str, *names: str) -> set[tuple[str | int, ...]]:
        """The different values under these names of the machines that run the role."""
        return {tuple(dict(place)[name] for name in names) for place, _ in self.where.get(role, ())}

    def inside(self, role: str, level: str) -> Counter[str | int]:
        """Copies of the role by domain."""
        found: Counter[str | int] = Counter()
        for place, number in self.where.get(role, ()):
            found[dict(place)[level]] += number
        return found

    def zones(self, role: str, level: str) -> Counter[str | int]:
        """How many zones of the role have a machine in each domain that has any."""
        return Counter(domain for domain, _ in self.values(role, level, "zone"))

    def differs(self, role: str, resource: str) -> int:
        """By how much the machines of the role differ in a resource, in base units."""
        amounts = [int(amount) for (amount,) in self.values(role, resource)]
        return max(amounts, default=0) - min(amounts, default=0)


def keeps(problem: Problem, seen: Seen, grades: Grades) -> bool:
    """Tell whether every rule holds that looks at more than one machine."""
    return all(_kept(rule, seen, grades) for rule in problem.rules)


def alike(problem: Problem, seen: Seen) -> int:
    """Return the objective of that name."""
    return sum(seen.differs(rule.role, rule.resource) for rule in problem.rules if isinstance(rule, Alike))


def _kept(rule: Rule, seen: Seen, grades: Grades) -> bool:
    match rule:
        case AtLeast(roles, copies):
            return seen.copies(*roles) >= copies
        case AtMost(roles, copies):
            return seen.copies(*roles) <= copies
        case Ratio(role, other, copies, per):
            return per * seen.copies(role) >= copies * seen.copies(other)
        case Survive(role, copies, failures):
            fewest_first = sorted(number for _, number in seen.where[role])
            return sum(fewest_first[: max(0, len(fewest_first) - failures)]) >= copies
        case Spread(role, level, domains):
            inside = seen.inside(role, level).values()
            return len(inside) == domains and max(inside, default=0) <= min(inside, default=0) + 1
        case Limit(role, level, copies):
            return all(number <= copies for number in seen.inside(role, level).values())
        case Across(role, level, domains):
            return len(seen.inside(role, level)) >= domains
        case Layout(role, level, zones):
            return sorted(seen.zones(role, level).values()) == sorted(zones)
        case Within(role, level):
            return all(number == 1 for number in Counter(zone for zone, _ in seen.values(role, "zone", level)).values())
        case Majority():
            return _majority(rule, seen)
        case Apart(first, second, str(level)):
            return not seen.values(first, level) & seen.values(second, level)
        case Same(role, column, None):
            return len(seen.values(role, column)) <= 1
        case Same(role, column, str(level)):
            found = Counter(domain for domain, _ in seen.values(role, level, column))
            return all(number == 1 for number in found.values())
        case Alike(role, resource, most):
            return most is None or seen.differs(role, resource) <= most
        case Graded(role, by, _):
            return grades[role].low <= seen.copies(by) <= grades[role].high
        case Either(options):
            running = [(role, seen.copies(role)) for role, _ in options if seen.copies(role)]
            return len(running) == 1 and running[0] in options
        case Budget(amount, _):
            return seen.spent <= amount
        case Pin():
            return rule in seen.pins
        case Apart() | PerMachine() | Beside() | Where() | Ban():
            return True  # these look at one machine alone: no placement has such a one
        case _:
            assert_never(rule)


def _majority(rule: Majority, seen: Seen) -> bool:
    if rule.zones is None:
        votes, lost = seen.copies(rule.role), seen.inside(rule.role, rule.level)
    else:
        votes, lost = rule.zones, seen.zones(rule.role, rule.level)
    if rule.arbiter is not None and seen.copies(rule.arbiter) and votes % 2 == 0:
        votes += 1
        lost.update(seen.inside(rule.arbiter, rule.level).keys())
    return all(2 * number < votes for number in lost.values())

"""All trade-offs of tiny problems, by going through every placement: what `trade` is compared with.

An amount counts below zero where more of it is better, so that less is better everywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from obplace.catalogue import Combine
from obplace.pool import Machine
from obplace.problem import Problem
from tests.oracle import _all_grades
from tests.oracle_machine import Load, Variant, _large_enough, _together
from tests.oracle_rules import Seen, keeps
from tests.oracle_search import Choice, Group, Search, Share, by_role, groups, kept_pins, spent_on

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Front:
    """The amounts of some placements, without those that others beat."""

    vectors: frozenset[Vector]

    def and_also(self, other: "Front") -> "Front":
        """Return what each of these makes together with each of the others."""
        return Front(unbeaten(tuple(map(sum, zip(a, b, strict=True))) for a in self.vectors for b in other.vectors))

    def beside(self, other: "Front | None") -> "Front":
        """Return the best of both."""
        return self if other is None else Front(unbeaten(self.vectors | other.vectors))


def unbeaten(vectors: Iterable[Vector]) -> frozenset[Vector]:
    """Return the vectors that no other is at least as good as everywhere."""
    kept: list[Vector] = []
    for vector in sorted(set(vectors)):
        if not any(all(a <= b for a, b in zip(other, vector, strict=True)) for other in kept):
            kept.append(vector)
    return frozenset(kept)


def frontier(problem: Problem, names: Sequence[str]) -> frozenset[Vector]:
    """Return the amounts of all plans that no plan beats, in the order of the names."""
    found: set[Vector] = set()
    for grades in _all_grades(problem):
        search = _Trading(Variant(problem, grades), names)
        for group in groups(problem):
            search.go_through(group)
        for (tally, pins, spent), front in search.reached.items():
            seen = Seen(dict(zip(problem.counts, tally, strict=True)), pins, spent)
            if keeps(problem, seen, grades):
                lost = [_survived(seen, name) if "." in name else 0 for name in names]
                found |= {tuple(a - b for a, b in zip(vector, lost, strict=True)) for vector in front.vectors}
    return unbeaten(found)


def _survived(seen: Seen, name: str) -> int:
    role, _, level = name.rpartition(".")
    inside = seen.inside(role, level)
    return sum(2 * copies < inside.total() for copies in inside.values())


class _Trading(Search):
    """The search that keeps, of what no rule can tell apart, all that no other beats."""

    def __init__(self, variant: Variant, names: Sequence[str]) -> None:
        super().__init__(variant)
        self.names = names
        [nothing] = self.reached
        self.reached = {nothing: Front(frozenset({(0,) * len(names)}))}

    def choice(self, _group: Group, shares: Sequence[Share], _bulk: int) -> Choice:
        """Return what these shares of the group's machines add, and what they are worth."""
        zones = frozenset(zone for machine, _ in shares if (zone := machine.domains.get("zone")) in self.unnamed)
        worth = Front(frozenset({tuple(sum(self.amount_of(name, share) for share in shares) for name in self.names)}))
        pins, spent = kept_pins(self.problem, shares), spent_on(self.problem, shares)
        return Choice(by_role(self.variant, shares), pins, zones, spent, worth)

    def amount_of(self, name: str, share: Share) -> int:
        machine, load = share
        match name:
            case "servers":
                return 1
            case "cost":
                return machine.price or 0
            case "spare":
                return -self.spare(machine, load)
            case "moves":
                return sum(copies for role, copies in load if role not in machine.runs)
            case _:
                return 0

    def spare(self, machine: Machine, load: Load) -> int:
        """Return the most that can be left free of the resources that add up, in hundredths of the pool's largest."""
        if self.problem.catalogue.free:
            return self.left(machine, load, ())
        found = []
        for host in dict(load):
            guests = [role for role, _ in load if role != host]
            if {(guest, host) for guest in guests} <= self.problem.included | self.problem.added:
                inside = [host, *(guest for guest in guests if (guest, host) in self.problem.included)]
                if _large_enough(self.variant, machine, load, inside):
                    found.append(self.left(machine, load, inside))
        return max(found)

    def left(self, machine: Machine, load: Load, inside: Sequence[str]) -> int:
        """Return what a load leaves free, when the needs of the roles ``inside`` are one in the other."""
        total = 0
        for name, resource in self.problem.catalogue.resources.items():
            known = [each.capacity[name] or 0 for each in self.problem.pool.take(range(len(self.problem.pool)))]
            if resource.combine is Combine.SUM and max(known):
                total += (machine.capacity[name] or 0) * 100 // max(known)
                total -= _together(self.variant, load, inside, name) * 100 // max(known)
        return total

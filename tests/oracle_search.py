"""Go through all that tiny machines can run together, keeping the best of what no rule can tell apart."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from obplace.catalogue import Combine
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.rules import AtMost, Budget, Either, Graded, Pin, Survive
from tests.oracle_machine import Grades, Load, Variant, fact, may_run, usable
from tests.oracle_rules import Place

Entries = tuple[tuple[Place, int], ...]  # where a role runs, and how many copies there
Tally = tuple[Entries, ...]  # by role, sorted
State = tuple[Tally, frozenset[Pin], int]  # and the pins that are kept, and what was spent
Share = tuple[Machine, Load]  # one machine, in the zone that it has or is given, and what it runs


@dataclass(frozen=True)
class Best:
    """The best there is.

    Attributes
    ----------
    objectives
        In the problem's order: servers, cost in the pool's smallest unit, difference in base units.
    surplus
        The least surplus of all placements that are so good.
    ways
        How many placements are so good; equal machines of one row, and zones that only the plan names, are not told
        apart.
    """

    objectives: tuple[int, ...]
    surplus: int
    ways: int

    def beside(self, other: "Best | None") -> "Best":
        """Return the better of both; what is equally good counts together."""
        if other is None or self.objectives < other.objectives:
            return self
        if other.objectives < self.objectives:
            return other
        return Best(self.objectives, min(self.surplus, other.surplus), self.ways + other.ways)

    def and_also(self, other: "Best") -> "Best":
        """Return what this and one more machine's share make together."""
        objectives = tuple(a + b for a, b in zip(self.objectives, other.objectives, strict=True))
        return Best(objectives, self.surplus + other.surplus, self.ways)


@dataclass(frozen=True)
class Group:
    """The machines of one row, by the names that a placement has for them."""

    machine: Machine
    names: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What the machines of one group run together: what it adds to each role, and what it costs."""

    tally: Tally
    pins: frozenset[Pin]
    zones: frozenset[str]
    spent: int
    worth: Best


def groups(problem: Problem) -> Iterator[Group]:
    """Yield the machines that may be used at all, equal ones together."""
    for machine in problem.pool.take(range(len(problem.pool))):
        if usable(problem, machine):
            numbered = tuple(f"{machine.name}#{k}" for k in range(1, machine.quantity + 1))
            yield Group(machine, numbered if machine.quantity > 1 else (machine.name,))


def surplus(problem: Problem, machine: Machine) -> int:
    """Return what using this machine adds to the surplus: millionths of the pool's largest capacities."""
    total = 0
    for name, resource in problem.catalogue.resources.items():
        if resource.combine is Combine.SUM:
            known = [each.capacity[name] for each in problem.pool.take(range(len(problem.pool)))]
            largest = max((amount for amount in known if amount is not None), default=0)
            if largest:
                total += (machine.capacity[name] or 0) * 10**6 // largest
    return total


class Search:
    """All that the machines gone through can run together, and the best objectives for each."""

    def __init__(self, variant: Variant) -> None:
        problem = variant.problem
        self.problem = problem
        self.variant = variant
        nothing: State = (tuple(() for _ in problem.counts), frozenset(), 0)
        self.reached = {nothing: Best(tuple(0 for _ in problem.objectives), 0, 1)}
        self.counted = {rule.role for rule in problem.rules if isinstance(rule, Survive)}
        self.most = _most(problem, variant.grades)
        self.amount = min((rule.amount for rule in problem.rules if isinstance(rule, Budget)), default=0)
        self.groups = [rule for rule in problem.rules if isinstance(rule, AtMost) and len(rule.roles) > 1]
        named = {each.domains.get("zone") for each in problem.pool.take(range(len(problem.pool)))}
        self.unnamed = [zone for zone in problem.zoned if zone not in named]

    def go_through(self, group: Group) -> None:
        """Let each machine of the group run nothing or one of its loads."""
        shares = list(_shares(self.variant, group.machine))
        bulk = surplus(self.problem, group.machine)
        choices = [self.choice(group, chosen, bulk) for chosen in _choices(shares, len(group.names), self.most)]
        answer: dict[State, Best] = {}
        joined: dict[object, Entries | None] = {}  # few different ones, met again and again
        for (tally, kept, spent), found in self.reached.items():
            unused = self.unused(tally)
            for choice in choices:
                if spent + choice.spent > self.amount or not self.in_order(unused, choice):
                    continue
                entries: list[Entries] = []
                for role, before, more in zip(self.problem.counts, tally, choice.tally, strict=True):
                    key = (role, before, more)
                    if key not in joined:
                        joined[key] = self.join(role, before, more)
                    together = joined[key]
                    if together is None:
                        break
                    entries.append(together)
                else:
                    if self.too_many(entries):
                        continue
                    state = (tuple(entries), kept | choice.pins, spent + choice.spent)
                    answer[state] = found.and_also(choice.worth).beside(answer.get(state))
        self.reached = answer

    def choice(self, group: Group, shares: Sequence[Share], bulk: int) -> Choice:
        """Return what these shares of the group's machines add and cost."""
        price = group.machine.price or 0
        worth = {"servers": len(shares), "cost": len(shares) * price, "alike": 0}
        objectives = tuple(worth[name] for name in self.problem.objectives)
        zones = frozenset(zone for machine, _ in shares if (zone := machine.domains.get("zone")) in self.unnamed)
        return Choice(
            by_role(self.variant, shares),
            kept_pins(self.problem, shares),
            zones,
            spent_on(self.problem, shares),
            Best(objectives, len(shares) * bulk, 1),
        )

    def unused(self, tally: Tally) -> list[str]:
        """Return the zones that only a plan can name and none has named so far."""
        if not self.unnamed:
            return []
        used = {dict(place).get("zone") for entries in tally for place, _ in entries}
        return [zone for zone in self.unnamed if zone not in used]

    def in_order(self, unused: Sequence[str], choice: Choice) -> bool:
        """Tell whether zones are used in order: any other placement is one of these with its zones renamed."""
        new = choice.zones & set(unused)
        return new == set(unused[: len(new)])

    def too_many(self, tally: Sequence[Entries]) -> bool:
        """Tell whether some roles together have more copies than allowed."""
        if not self.groups:
            return False
        copies = {
            role: sum(number for _, number in entries) for role, entries in zip(self.problem.counts, tally, strict=True)
        }
        return any(sum(copies.get(role, 0) for role in rule.roles) > rule.copies for rule in self.groups)

    def join(self, role: str, before: Entries, more: Entries) -> Entries | None:
        """Return where a role runs when more of it does; None when that is more than allowed."""
        entries = [*before, *more]
        if role in self.most and sum(copies for _, copies in entries) > self.most[role]:
            return None
        if role in self.counted:
            return tuple(sorted(entries))
        # Which machine holds how many matters to nobody: add up what runs in the same places.
        places: Counter[Place] = Counter()
        for place, copies in entries:
            places[place] += copies
        return tuple(sorted(places.items()))


def _most(problem: Problem, grades: Grades) -> dict[str, int]:
    """Return the most copies of each role that has such a bound; what has more goes no further."""
    bounds: list[tuple[str, int]] = []
    for rule in problem.rules:
        match rule:
            case AtMost(roles, copies):
                bounds += [(role, copies) for role in roles]
            case Either(options):
                bounds += options
            case Graded(role, by, _):
                bounds.append((by, grades[role].high))
    return {role: min(most for other, most in bounds if other == role) for role, _ in bounds}


def _choices(shares: Sequence[Share], machines: int, most: Mapping[str, int]) -> Iterator[tuple[Share, ...]]:
    """Yield what some equal machines can run at once, whichever of them runs it, no role more often than allowed."""
    yield ()
    for index, share in enumerate(shares if machines else ()):
        load = dict(share[1])
        if all(copies <= most.get(role, copies) for role, copies in load.items()):
            left = {role: number - load.get(role, 0) for role, number in most.items()}
            for others in _choices(shares[index:], machines - 1, left):
                yield (share, *others)


def may_be_given(problem: Problem, machine: Machine, zone: str) -> bool:
    """Tell whether a plan may put a machine in a zone: it has none, and the zone is new or where the machine is."""
    if machine.domains.get("zone") is not None or zone not in problem.zoned:
        return False
    return zone not in problem.homes or problem.homes[zone] == machine.domains.get(problem.around or "")


def _shares(variant: Variant, machine: Machine) -> Iterator[Share]:
    """Yield what a machine can run, once for each zone that it can be given where that makes a difference."""
    problem = variant.problem
    ranges = [range(problem.catalogue.roles[role].max_per_machine + 1) for role in problem.counts]
    zoning = {role for role in problem.counts if "zone" in variant.reads[role]}
    given = [in_zone(machine, zone) for zone in problem.zoned if may_be_given(problem, machine, zone)]
    for numbers in product(*ranges):
        load = tuple((role, copies) for role, copies in zip(problem.counts, numbers, strict=True) if copies)
        for placed in given if given and zoning & set(dict(load)) else [machine]:
            if load and may_run(variant, placed, load):
                yield placed, load


def in_zone(machine: Machine, zone: str) -> Machine:
    """Return the machine as it is once a plan gave it a zone."""
    return replace(machine, domains={**machine.domains, "zone": zone})


def by_role(variant: Variant, shares: Sequence[Share]) -> Tally:
    """Return where each role runs, and with how many copies on each machine."""
    return tuple(
        tuple((_place(variant, machine, role), dict(load)[role]) for machine, load in shares if role in dict(load))
        for role in variant.problem.counts
    )


def _place(variant: Variant, machine: Machine, role: str) -> Place:
    return tuple((name, fact(machine, name)) for name in variant.reads[role])


def kept_pins(problem: Problem, shares: Sequence[Share]) -> frozenset[Pin]:
    """Return the pins whose role runs on the machine that they name."""
    ran = {(role, machine.name) for machine, load in shares for role, _ in load}
    return frozenset(rule for rule in problem.rules if isinstance(rule, Pin) and (rule.role, rule.machine) in ran)


def spent_on(problem: Problem, shares: Sequence[Share]) -> int:
    """Return what machines cost together, where a budget wants to know."""
    asked = any(isinstance(rule, Budget) for rule in problem.rules)
    return sum(machine.price or 0 for machine, _ in shares) if asked else 0

"""Judge tiny problems by going through every placement: what `solve` and `verify` are compared with.

It shares no code with them and decides for itself, from the catalogue and the deployment, what a machine may run.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import assert_never

from obplace.catalogue import Combine
from obplace.pool import Machine
from obplace.problem import Problem
from obplace.rules import AtLeast, AtMost, Ban, Pin, Spread, Survive

Load = tuple[tuple[str, int], ...]  # what one machine runs: (role, copies), no role twice
Place = tuple[str, ...]  # the domains in which a role runs, one for each of its spreads
Entries = tuple[tuple[Place, int], ...]  # where a role runs, and how many copies there
Tally = tuple[Entries, ...]  # by role, sorted
State = tuple[Tally, frozenset[Pin]]  # and the pins that are kept


@dataclass(frozen=True)
class Best:
    """The best there is.

    Attributes
    ----------
    objectives
        In the problem's order: servers, and cost in the pool's smallest unit.
    surplus
        The least surplus of all placements that are so good.
    ways
        How many placements are so good; equal machines of one row are not told apart.
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


def best(problem: Problem) -> Best | None:
    """Return the best objectives of all placements that keep every rule; None when there are none.

    Machines are gone through one after the other. Of the placements so far that no rule can tell apart only the
    best counts, and one that has more copies of a role than allowed goes no further.
    """
    search = _Search(problem)
    for group in groups(problem):
        search.go_through(group)
    answer = None
    for (tally, pins), found in search.reached.items():
        if keeps(problem, dict(zip(problem.counts, tally, strict=True)), pins):
            answer = found.beside(answer)
    return answer


def holds(problem: Problem, placement: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether a placement, roles by machine name with a role once for each copy, keeps every rule."""
    home = {name: group for group in groups(problem) for name in group.names}
    where: dict[str, list[tuple[Place, int]]] = {role: [] for role in problem.counts}
    pins: set[Pin] = set()
    for name, roles in placement.items():
        if name not in home or not roles or not set(roles) <= set(problem.counts):
            return False
        load = tuple(Counter(roles).items())
        if not may_run(problem, home[name].machine, load):
            return False
        for role, copies in load:
            where[role].append((_place(problem, home[name].machine, role), copies))
        pins |= _kept_pins(problem, home[name].machine, load)
    return keeps(problem, where, pins)


def groups(problem: Problem) -> Iterator[Group]:
    """Yield the machines that may be used at all, equal ones together."""
    banned = {rule.machine for rule in problem.rules if isinstance(rule, Ban)}
    for machine in problem.pool.take(range(len(problem.pool))):
        if _usable(problem, machine) and machine.name not in banned:
            numbered = tuple(f"{machine.name}#{k}" for k in range(1, machine.quantity + 1))
            yield Group(machine, numbered if machine.quantity > 1 else (machine.name,))


def may_run(problem: Problem, machine: Machine, load: Load) -> bool:
    """Tell whether a machine can run all of this at once: allowed together, large enough, in known domains."""
    if any(copies > problem.catalogue.roles[role].max_per_machine for role, copies in load):
        return False
    for rule in problem.rules:
        if isinstance(rule, Spread) and rule.role in dict(load) and machine.domains.get(rule.level) is None:
            return False
    if problem.catalogue.free:
        return _large_enough(problem, machine, load, ())
    for host, _ in load:
        guests = [role for role, _ in load if role != host]
        if all((guest, host) in problem.included or (guest, host) in problem.added for guest in guests):
            inside = [host, *(guest for guest in guests if (guest, host) in problem.included)]
            if _large_enough(problem, machine, load, inside):
                return True
    return False


def keeps(problem: Problem, where: Mapping[str, Sequence[tuple[Place, int]]], pins: AbstractSet[Pin]) -> bool:
    """Tell whether every rule holds where the roles run so: by role (place, copies) for each machine or place."""
    for rule in problem.rules:
        match rule:
            case AtLeast(role, copies):
                kept = sum(number for _, number in where[role]) >= copies
            case AtMost(role, copies):
                kept = sum(number for _, number in where[role]) <= copies
            case Survive(role, copies, failures):
                fewest_first = sorted(number for _, number in where[role])
                kept = sum(fewest_first[: max(0, len(fewest_first) - failures)]) >= copies
            case Spread(role, _, domains):
                index = _spreads(problem, role).index(rule)
                inside: Counter[str] = Counter()
                for place, number in where[role]:
                    inside[place[index]] += number
                kept = len(inside) == domains and max(inside.values()) <= min(inside.values()) + 1
            case Pin():
                kept = rule in pins
            case Ban():
                kept = True  # no placement has such a machine
            case _:
                assert_never(rule)
        if not kept:
            return False
    return True


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


def _usable(problem: Problem, machine: Machine) -> bool:
    if not machine.available or machine.quantity == 0:
        return False
    if machine.runs and not problem.deployment.reuse:
        return False
    return machine.price is not None or "cost" not in problem.objectives


def _large_enough(problem: Problem, machine: Machine, load: Load, inside: Sequence[str]) -> bool:
    """Tell whether the capacities suffice; of the catalogue's needs of the roles ``inside`` only the largest counts."""
    for name, resource in problem.catalogue.resources.items():
        needs = {role: problem.needs[role][name] for role, _ in load if name in problem.needs[role]}
        if resource.combine is Combine.MAX:
            total = max((need.base + need.raised for need in needs.values()), default=0)
            usable = Fraction(1)
        else:
            total = sum(copies * (needs[role].base + needs[role].raised) for role, copies in load if role in needs)
            bases = [copies * needs[role].base for role, copies in load if role in needs and role in inside]
            total -= sum(bases) - max(bases, default=0)
            usable = 1 - problem.headroom
        asked = total * (1 - problem.tolerance.get(name, Fraction(0)))
        capacity = machine.capacity.get(name)
        if asked > 0 and (capacity is None or capacity * usable < asked):
            return False
    return True


class _Search:
    """All that the machines gone through can run together, and the best objectives for each."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        nothing: State = (tuple(() for _ in problem.counts), frozenset())
        self.reached = {nothing: Best(tuple(0 for _ in problem.objectives), 0, 1)}
        self.counted = {rule.role for rule in problem.rules if isinstance(rule, Survive)}
        self.most: dict[str, int] = {}
        for rule in problem.rules:
            if isinstance(rule, AtMost):
                self.most[rule.role] = min(rule.copies, self.most.get(rule.role, rule.copies))

    def go_through(self, group: Group) -> None:
        """Let each machine of the group run nothing or one of its loads."""
        price, bulk = group.machine.price or 0, surplus(self.problem, group.machine)
        choices = []
        for choice in _choices(list(_loads(self.problem, group.machine)), len(group.names), self.most):
            worth = {"servers": len(choice), "cost": len(choice) * price}
            objectives = tuple(worth[name] for name in self.problem.objectives)
            pins = frozenset(pin for load in choice for pin in _kept_pins(self.problem, group.machine, load))
            choices.append((self.by_role(group.machine, choice), pins, Best(objectives, len(choice) * bulk, 1)))
        answer: dict[State, Best] = {}
        joined: dict[object, Entries | None] = {}  # few different ones, met again and again
        for (tally, kept), found in self.reached.items():
            for adding, pins, costs in choices:
                entries: list[Entries] = []
                for role, before, more in zip(self.problem.counts, tally, adding, strict=True):
                    key = (role, before, more)
                    if key not in joined:
                        joined[key] = self.join(role, before, more)
                    together = joined[key]
                    if together is None:
                        break
                    entries.append(together)
                else:
                    state = (tuple(entries), kept | pins)
                    answer[state] = found.and_also(costs).beside(answer.get(state))
        self.reached = answer

    def by_role(self, machine: Machine, choice: Sequence[Load]) -> Tally:
        """Return what the loads of some equal machines add to each role."""
        return tuple(
            tuple((_place(self.problem, machine, role), dict(load)[role]) for load in choice if role in dict(load))
            for role in self.problem.counts
        )

    def join(self, role: str, before: Entries, more: Entries) -> Entries | None:
        """Return where a role runs when more of it does; None when that is more than allowed."""
        entries = [*before, *more]
        if sum(copies for _, copies in entries) > self.most.get(role, len(entries) * 10**6):
            return None
        if role in self.counted:
            return tuple(sorted(entries))
        # Which machine holds how many matters to nobody: add up what runs in the same domains.
        places: Counter[Place] = Counter()
        for place, copies in entries:
            places[place] += copies
        return tuple(sorted(places.items()))


def _choices(loads: Sequence[Load], machines: int, most: Mapping[str, int]) -> Iterator[tuple[Load, ...]]:
    """Yield what some equal machines can run at once, whichever of them runs it, no role more often than allowed."""
    yield ()
    for index, load in enumerate(loads if machines else ()):
        if all(copies <= most.get(role, copies) for role, copies in load):
            left = {role: number - dict(load).get(role, 0) for role, number in most.items()}
            for others in _choices(loads[index:], machines - 1, left):
                yield (load, *others)


def _loads(problem: Problem, machine: Machine) -> Iterator[Load]:
    ranges = [range(problem.catalogue.roles[role].max_per_machine + 1) for role in problem.counts]
    for numbers in product(*ranges):
        load = tuple((role, copies) for role, copies in zip(problem.counts, numbers, strict=True) if copies)
        if load and may_run(problem, machine, load):
            yield load


def _kept_pins(problem: Problem, machine: Machine, load: Load) -> set[Pin]:
    pins = {rule for rule in problem.rules if isinstance(rule, Pin)}
    return {pin for pin in pins if pin.machine == machine.name and pin.role in dict(load)}


def _spreads(problem: Problem, role: str) -> list[Spread]:
    return [rule for rule in problem.rules if isinstance(rule, Spread) and rule.role == role]


def _place(problem: Problem, machine: Machine, role: str) -> Place:
    return tuple(str(machine.domains[rule.level]) for rule in _spreads(problem, role))

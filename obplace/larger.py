"""How large a machine would have to be for a better plan: the least amount of one resource, or of several together.

What it would have to have of a resource is one of finitely many amounts, the needs of the sets of roles that it could
run. With as much as any set needs one answer says whether size is in the way at all. The plan found there needs one of
the amounts, and still stands with no more than that; the lower ones are tried until they are no longer enough.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from obplace.patterns import Pattern, most_copies, patterns
from obplace.pool import changed
from obplace.problem import Need, Problem
from obplace.result import Result
from obplace.rules import Alike, Graded

Capacity = Mapping[str, int]  # by resource, base units; of others the machine has what it has


class Larger:
    """The sizes of one row of the pool.

    ``improved`` returns what comes of a problem if it is better than what there is, else None.
    """

    def __init__(self, problem: Problem, row: int, improved: Callable[[Problem], Result | None]) -> None:
        self.problem = problem
        self.row = row
        self.improved = improved
        [self.machine] = problem.pool.take([row])
        self.known: dict[tuple[tuple[str, int], ...], Result | None] = {}  # by capacity

    def alone(self) -> list[tuple[str, int]]:
        """Return the least amount of each resource that is enough if the others stay as they are."""
        if not self.most or self.better(self.most) is None:
            return []
        found = []
        for name, most in self.most.items():
            if (result := self.better({name: most})) is not None:
                found.append((name, self.lowest({}, name, self.needed(result, {name: most})[name])))
        return found

    def together(self) -> Capacity | None:
        """Return amounts that are enough together, none of which could be lower; None where nothing is enough."""
        if not self.most or (result := self.better(self.most)) is None:
            return None
        enough = self.needed(result, self.most)
        for name in tuple(enough):
            rest = {other: amount for other, amount in enough.items() if other != name}
            if (result := self.better(rest)) is not None:
                enough = self.needed(result, rest)
            elif name in enough:
                enough = {**rest, name: self.lowest(rest, name, enough[name])}
        return {name: enough[name] for name in self.most if name in enough}

    def lowest(self, rest: Capacity, name: str, enough: int) -> int:
        """Return the least amount that is enough beside the rest, where less of it than there is is not."""
        below = [amount for amount in self.amounts[name] if amount < enough]
        while below and (result := self.better(tried := {**rest, name: below[-1]})) is not None:
            enough = self.needed(result, tried)[name]
            below = [amount for amount in below if amount < enough]
        return enough

    def better(self, capacity: Capacity) -> Result | None:
        """Return the best plan if the machine has so much; None where it is no better."""
        key = tuple(sorted(capacity.items()))
        if key not in self.known:
            pool = changed(self.problem.pool, self.row, capacity=capacity)
            self.known[key] = self.improved(replace(self.problem, pool=pool))
        return self.known[key]

    def needed(self, result: Result, capacity: Capacity) -> Capacity:
        """Return how much of a capacity a plan needs beyond what the machine has: with that it still stands."""
        names = list(self.problem.catalogue.resources)
        most = [capacity.get(name, self.has(name)) for name in names]
        needed = dict.fromkeys(names, 0)
        for each in result.plan.assignments if result.plan else ():
            if each.machine.row != self.row:
                continue
            # The same roles may need one thing or another, by host and step: what covers all that fit is enough.
            for pattern in self.patterns:
                fits = all(least <= max(0, amount) for least, amount in zip(pattern.least, most, strict=True))
                if fits and dict(pattern.roles) == Counter(each.roles):
                    needed = {name: max(needed[name], least) for name, least in zip(names, pattern.least, strict=True)}
        return {name: needed[name] for name in capacity if needed[name] > max(0, self.has(name))}

    @cached_property
    def unsized(self) -> tuple[str, ...]:
        """The resources of which more is not always better, or what is needed goes by more than the roles."""
        odd = {rule.resource for rule in self.problem.rules if isinstance(rule, Alike)}
        if any(step.data for rule in self.problem.rules if isinstance(rule, Graded) for step in rule.steps):
            odd |= {"memory", "storage"}
        return tuple(name for name in self.problem.catalogue.resources if name in odd)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """All sets of roles that the machine could run if it were large enough."""
        sizes = {name: _most(self.problem, name) for name in self.problem.catalogue.resources}
        capacity = {name: max(most, self.has(name)) for name, most in sizes.items() if name not in self.unsized}
        return patterns(replace(self.problem, pool=changed(self.problem.pool, self.row, capacity=capacity)))

    @cached_property
    def amounts(self) -> Mapping[str, list[int]]:
        """The amounts above what the machine has that some set of roles needs, ascending, by resource."""
        return {
            name: sorted({each.least[index] for each in self.patterns if each.least[index] > max(0, self.has(name))})
            for index, name in enumerate(self.problem.catalogue.resources)
            if name not in self.unsized
        }

    @cached_property
    def most(self) -> Capacity:
        """As much as any set of roles needs of each resource of which the machine has less."""
        return {name: amounts[-1] for name, amounts in self.amounts.items() if amounts}

    def has(self, resource: str) -> int:
        """Return a capacity; what is not known is less than any need."""
        capacity = self.machine.capacity.get(resource)
        return -1 if capacity is None else capacity


def _most(problem: Problem, resource: str) -> int:
    """Return as much of a resource as any set of roles can need."""
    amount = 0
    for role, copies in most_copies(problem).items():
        need = problem.needs[role].get(resource, Need(0))
        steps = [
            step for rule in problem.rules if isinstance(rule, Graded) and rule.role == role for step in rule.steps
        ]
        stepped = max((dict(step.needs).get(resource, 0) for step in steps), default=0)
        amount += copies * max(need.base + need.raised, need.base + stepped)
    return -(-amount * problem.headroom.denominator // (problem.headroom.denominator - problem.headroom.numerator))

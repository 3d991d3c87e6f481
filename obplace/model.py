"""The kernel as integers: variables, rows and objectives, for any engine to solve.

``x[class, pattern]`` counts the machines of a class that run a pattern. The machines of a class are slots sorted
by price: the slots taken are as many as its x together, and they carry the objectives. Slots that are equal in
price and surplus are one variable. Within a class the cheapest are taken by any optimal solution, because the
cost of a class is a convex function of how many are taken; no row has to say so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import assert_never

from obplace.kernel import Kernel, MachineClass
from obplace.rules import AtLeast, AtMost, Ban, Pin, Spread, Survive

Terms = dict[int, int]  # variable to coefficient


@dataclass(frozen=True)
class Row:
    """low <= sum of terms <= high; None is no bound."""

    terms: Terms
    low: int | None
    high: int | None

    def holds(self, values: list[int]) -> bool:
        """Do these values of all variables keep the row? In exact integers."""
        total = value_of(self.terms, values)
        return (self.low is None or total >= self.low) and (self.high is None or total <= self.high)


@dataclass
class Model:
    """Integer variables with bounds, rows over them, and objectives to minimise, each by its name.

    ``running[c, p]`` is the variable that counts the machines of class c with pattern p; ``slots[c]`` are those
    of its slots, cheapest first. ``derived`` are the other variables, with what they are once those are known.
    """

    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    objectives: dict[str, Terms] = field(default_factory=dict)
    running: dict[tuple[int, int], int] = field(default_factory=dict)
    slots: dict[int, list[int]] = field(default_factory=dict)
    derived: list[tuple[int, Callable[[list[int]], int]]] = field(default_factory=list)

    def variable(self, lower: int, upper: int) -> int:
        """Add a variable and return its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def row(self, terms: Terms, low: int | None = None, high: int | None = None) -> None:
        """Add a row."""
        self.rows.append(Row(terms, low, high))

    def holds(self, values: list[int]) -> bool:
        """Do these values keep all bounds and rows? In exact integers."""
        inside = all(low <= value <= high for low, value, high in zip(self.lower, values, self.upper, strict=True))
        return inside and all(row.holds(values) for row in self.rows)

    def settle(self, values: list[int]) -> list[int]:
        """Return the values with the cheapest slots of each class taken: never worse, and what `lift` will do."""
        settled = list(values)
        for numbers in self.slots.values():
            left = sum(values[number] for number in numbers)
            for number in numbers:
                settled[number] = min(left, self.upper[number])
                left -= settled[number]
        return settled

    def complete(self, counts: Mapping[tuple[int, int], int]) -> list[int] | None:
        """Return the values of all variables for these counts by class and pattern; None where a rule is broken."""
        values = [0] * len(self.lower)
        for (c, p), number in counts.items():
            values[self.running[c, p]] = number
            values[self.slots[c][0]] += number
        values = self.settle(values)
        for variable, value in self.derived:
            values[variable] = value(values)
        return values if self.holds(values) else None

    def counts(self, values: list[int]) -> dict[tuple[int, int], int]:
        """Return how many machines of each class run each pattern, where any do."""
        return {pair: values[number] for pair, number in self.running.items() if values[number]}


def value_of(terms: Terms, values: list[int]) -> int:
    """Return the sum of the terms."""
    return sum(factor * values[number] for number, factor in terms.items())


def build(kernel: Kernel) -> Model:
    """Return the model of a kernel: every rule of its problem, and its objectives with the surplus behind them."""
    model = Model()
    objectives: dict[str, Terms] = {name: {} for name in (*kernel.problem.objectives, "surplus")}
    for c, each in enumerate(kernel.classes):
        _machines(model, objectives, c, each)
    model.objectives = objectives
    for rule in kernel.problem.rules:
        match rule:
            case AtLeast(role, copies):
                model.row(_copies(model, kernel, role), low=copies)
            case AtMost(role, copies):
                model.row(_copies(model, kernel, role), high=copies)
            case Survive():
                _survive(model, kernel, rule)
            case Spread():
                _spread(model, kernel, rule)
            case Pin(role, machine):
                named = [c for c, each in enumerate(kernel.classes) if each.named == machine]
                model.row(_copies(model, kernel, role, named), low=1)
            case Ban():
                pass  # a filter: the kernel has no such machine
            case _:
                assert_never(rule)
    return model


def _machines(model: Model, objectives: Mapping[str, Terms], c: int, each: MachineClass) -> None:
    balance: Terms = {}
    for p in each.patterns:
        model.running[c, p] = model.variable(0, each.size)
        balance[model.running[c, p]] = 1
    for (price, surplus), equal in groupby(each.slots, key=lambda slot: (slot.price, slot.surplus)):
        slot = model.variable(0, sum(one.count for one in equal))
        balance[slot] = -1
        model.slots.setdefault(c, []).append(slot)
        for name, amount in (("servers", 1), ("cost", price), ("surplus", surplus)):
            if name in objectives and amount:
                objectives[name][slot] = amount
    model.row(balance, 0, 0)


def _copies(model: Model, kernel: Kernel, role: str, classes: Iterable[int] | None = None) -> Terms:
    """Return the number of copies of a role, in some classes or in all."""
    chosen = range(len(kernel.classes)) if classes is None else classes
    return {
        model.running[c, p]: copies
        for c in chosen
        for p in kernel.classes[c].patterns
        if (copies := kernel.patterns[p].copies(role))
    }


def _survive(model: Model, kernel: Kernel, rule: Survive) -> None:
    """The copies that the fullest machines hold are lost, and enough of the others must be left.

    What f machines can take is at most f * t + the sum of max(0, load - t), for every t, and exactly that for
    one t. So enough is left if and only if for one t the sum of min(load, t) is at least copies + f * t.
    """
    most = max((pattern.copies(rule.role) for pattern in kernel.patterns), default=1)
    running = _copies(model, kernel, rule.role)
    chosen: Terms = {}
    for t in range(1, most + 1):
        capped = {x: min(copies, t) for x, copies in running.items()}
        enough = rule.copies + rule.failures * t
        z = model.variable(0, 1)
        chosen[z] = 1
        model.derived.append((z, partial(_reaches, capped, enough)))
        model.row(capped | {z: -enough}, low=0)
    model.row(chosen, low=1)


def _spread(model: Model, kernel: Kernel, rule: Spread) -> None:
    """Choose the domains; in each that is used as many copies as the even share, rounded down or up."""
    classes: dict[str, list[int]] = {}
    for c, each in enumerate(kernel.classes):
        if rule.level in each.domains:
            classes.setdefault(each.domains[rule.level], []).append(c)
    least, most = kernel.problem.bounds(rule.role)
    # With a fixed number of copies the even share is known; otherwise it is a variable.
    share = model.variable(least // rule.domains, most // rule.domains)
    everywhere: list[Terms] = []
    chosen: Terms = {}
    for domain in sorted(classes):
        running = _copies(model, kernel, rule.role, classes[domain])
        if not running:
            continue
        used = model.variable(0, 1)
        model.derived.append((used, partial(_is_used, running)))
        everywhere.append(running)
        chosen[used] = 1
        model.row(running | {used: -1}, low=0)
        model.row(running | {used: -most}, high=0)
        model.row(running | {share: -1, used: -most}, low=-most)
        model.row(running | {share: -1}, high=1)
    model.row(chosen, rule.domains, rule.domains)
    model.derived.append((share, partial(_smallest_share, everywhere)))


def _reaches(terms: Terms, amount: int, values: list[int]) -> int:
    return int(value_of(terms, values) >= amount)


def _is_used(running: Terms, values: list[int]) -> int:
    return int(value_of(running, values) > 0)


def _smallest_share(everywhere: list[Terms], values: list[int]) -> int:
    return min((share for terms in everywhere if (share := value_of(terms, values))), default=0)

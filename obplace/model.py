"""A linear model in integers: variables, rows and objectives, for any engine to solve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
    ``units`` are those of objectives that are not counted one by one.
    """

    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    objectives: dict[str, Terms] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
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

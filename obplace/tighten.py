"""Bounds that every good enough solution of a model keeps: reduced costs of its linear relaxation, in exact integers.

For any prices y of the rows, none negative where a row has no upper end and none positive where it has no lower one,

    objective = sum of y * row + sum of reduced cost * variable >= sum of y * (an end of the row) + sum over variables
    of the least that the reduced cost makes of it = bound

holds for every solution. So nothing lies below the bound, and a variable that would have to move further from its best
end than the difference between a target and the bound allows, at its reduced cost, cannot move that far in a solution
that reaches the target. The prices come from doubles and are rounded: whatever they are, both statements are true.
It does nothing where the relaxation has no solution that a linear solver finds, where it is far below the target, or
where the model is too large for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from obplace.engine import linear
from obplace.model import Model, Row, Terms

MOST = 200_000  # variables; of more the relaxation alone takes minutes
SHIFT = 20  # prices are whole in 2**-20 of the objective's unit


@dataclass(frozen=True)
class Relaxed:
    """What the linear relaxation of a model says of an objective.

    Attributes
    ----------
    bound
        No solution has less of the objective.
    least
        The same in 2**-20 of the unit, not rounded up.
    costs
        Reduced cost of each variable, in 2**-20 of the unit.
    """

    model: Model
    bound: int
    least: int
    costs: Sequence[int]

    def within(self, target: int) -> Model:
        """Return the model with the bounds that every solution keeps whose objective is at most the target."""
        spare = (target << SHIFT) - self.least
        lower, upper = list(self.model.lower), list(self.model.upper)
        for x, cost in enumerate(self.costs):
            if cost > 0:
                upper[x] = min(upper[x], lower[x] + max(0, spare // cost))
            elif cost < 0:
                lower[x] = max(lower[x], upper[x] - max(0, spare // -cost))
        return replace(self.model, lower=lower, upper=upper)


def relaxed(model: Model, objective: Terms, extra: Sequence[Row]) -> Relaxed | None:
    """Return what the linear relaxation with some more rows says of an objective; None where it has no answer."""
    if len(model.lower) > MOST:
        return None
    rows = [*model.rows, *extra]
    answer = linear(model.lower, model.upper, objective, rows)
    if answer is None:
        return None
    costs = [0] * len(model.lower)
    for x, factor in objective.items():
        costs[x] = factor << SHIFT
    least = 0
    for row, dual in zip(rows, answer.prices, strict=True):
        price = round(dual * (1 << SHIFT))
        end = row.low if price > 0 else row.high
        if price and end is not None:
            least += price * end
            for x, factor in row.terms.items():
                costs[x] -= price * factor
    least += sum(
        min(cost * low, cost * high) for cost, low, high in zip(costs, model.lower, model.upper, strict=True) if cost
    )
    return Relaxed(model, -(-least >> SHIFT), least, costs)

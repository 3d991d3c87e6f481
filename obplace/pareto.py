"""The plans that no other plan beats in two or three objectives, and what is proven about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from obplace.axes import Axis
from obplace.plan import Plan, Proof, Status
from obplace.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

Amount = int | Decimal


@dataclass(frozen=True)
class Point:
    """A plan of a frontier.

    Attributes
    ----------
    values
        By objective, in its order: a number, money, or so many of the largest machines.
    bounds
        By objective: no plan is better in it and as good in the others; None where nothing is known.
    proof
        A second solver agrees that nothing beats the plan; None where it was not asked or did not say so.
    """

    plan: Plan
    values: Mapping[str, Amount]
    bounds: Mapping[str, Amount | None]
    proof: Proof | None = None

    @property
    def proven(self) -> bool:
        """Is it proven that no plan beats this one?"""
        return all(self.values[name] == bound for name, bound in self.bounds.items())

    @property
    def gaps(self) -> Mapping[str, float | None]:
        """By objective, how far the value may be from its bound, as a share of the value; None where unknown."""
        return {name: _gap(value, self.bounds[name]) for name, value in self.values.items()}


def _gap(value: Amount, bound: Amount | None) -> float | None:
    if bound is None:
        return None
    return float(abs(Decimal(value) - bound) / abs(Decimal(value))) if value else 0.0


@dataclass(frozen=True)
class Between:
    """Where plans may lie that are not on the list: a plan there is no better than ``best`` in any objective.

    Attributes
    ----------
    best
        By objective; None where nothing is known.
    worst
        By objective: a plan that is not better than this has an equal on the list; None where nothing is said.
    """

    best: Mapping[str, Amount | None]
    worst: Mapping[str, Amount | None]


@dataclass(frozen=True)
class Frontier:
    """Plans that no other plan beats.

    Attributes
    ----------
    axes
        The objectives, in the order asked.
    status
        Infeasible where it is proven that there is no plan, optimal where every point is proven and none is missing.
    points
        Best in the first objective first.
    between
        Where more points may lie; empty when none is missing.
    reasons
        Sentences on why there is no plan.
    """

    problem: Problem
    axes: tuple[Axis, ...]
    status: Status
    points: tuple[Point, ...]
    between: tuple[Between, ...] = ()
    reasons: tuple[str, ...] = ()
    interrupted: bool = False
    seconds: float = field(default=0.0, compare=False)

    @property
    def objectives(self) -> tuple[str, ...]:
        """Their names, in the order asked."""
        return tuple(axis.name for axis in self.axes)

    @property
    def more(self) -> frozenset[str]:
        """The objectives of which more is better."""
        return frozenset(axis.name for axis in self.axes if axis.more)

    @property
    def complete(self) -> bool:
        """Is every point on the list, and proven?"""
        return self.status is Status.OPTIMAL

    def __repr__(self) -> str:
        return f"Frontier({self.status}, {len(self.points)} plans, {', '.join(self.objectives)})"

    def _repr_html_(self) -> str:
        from obplace.report.traded_html import frontier_html

        return frontier_html(self)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a point: objectives, ``proven``, servers by name, and the bound of each objective."""
        import pandas as pd

        return pd.DataFrame(
            {
                **point.values,  # noqa: PD011  a mapping, not a frame
                "proven": point.proven,
                "machines": [each.name for each in point.plan.assignments],
                **{f"{name}_bound": bound for name, bound in point.bounds.items()},
            }
            for point in self.points
        )

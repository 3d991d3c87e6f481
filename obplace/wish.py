"""How somebody wants a question repaired: what to give first, what a machine may lack, and what upgrades cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from obplace.changes import Kind
from obplace.deployment import Deployment
from obplace.errors import UsageError
from obplace.problem import Problem
from obplace.ways import UNIT, Allowance

MONEY = "money"
PREFER = (MONEY, *Kind)
APART = 100  # steps of one kind that weigh as much as one step of the next


@dataclass(frozen=True)
class Wish:
    """How to repair.

    Attributes
    ----------
    prefer
        Kinds in the order in which one would rather give them; money first or last.
    near
        Share of a need by which a machine may fall short and be accepted.
    upgrades
        By resource: the price of one GB, core, Gbit/s or piece.
    most
        Repairs at most, besides the best of each kind.
    slack
        Say of each repair whether a plan is possible after the loss of any one server, and put those first.
    """

    prefer: tuple[str, ...] = PREFER
    near: Fraction = Fraction(1, 20)
    upgrades: Mapping[str, Decimal] = field(default_factory=dict)
    most: int = 3
    slack: bool = False


def weights(wish: Wish, deployment: Deployment) -> dict[Kind, int]:
    """Return the weight of one step of each kind."""
    wrong = []
    if sorted(wish.prefer) != sorted(PREFER) or MONEY not in (wish.prefer[0], wish.prefer[-1]):
        wrong.append(f"prefer {','.join(wish.prefer)}, expected an order of {', '.join(PREFER)}, money first or last")
    for name, weight in deployment.repairs.items():
        place = deployment.places.get(f"repairs.{name}")
        start = f"{place}: " if place else ""
        if name not in set(Kind):
            wrong.append(f"{start}repairs {name}: no such kind, expected one of {', '.join(Kind)}")
        elif weight < 1:
            wrong.append(f"{start}repairs {name}: weight {weight}, expected a whole number from 1")
    if wrong:
        raise UsageError(wrong)
    order = [name for name in wish.prefer if name != MONEY]
    return {kind: deployment.repairs.get(kind, APART ** order.index(kind)) for kind in Kind}


def allowance(problem: Problem, wish: Wish) -> Allowance:
    """Return what may be granted, prices in whole units of the smallest of all."""
    wrong = []
    for name, price in wish.upgrades.items():
        known = [each.name for each in problem.catalogue.resources.values() if each.kind in UNIT]
        if name not in known:
            wrong.append(f"upgrade {name}: no such resource can be bought, expected one of {', '.join(known)}")
        elif not price.is_finite() or price < 0:
            wrong.append(f"upgrade {name}: {price} for one, expected a price from 0")
    if not 0 <= wish.near < 1:
        wrong.append("near: expected a percentage from 0% to below 100%")
    if wrong:
        raise UsageError(wrong)
    exponents = [-int(price.as_tuple().exponent) for price in wish.upgrades.values()]
    decimals = max(problem.pool.price_decimals, *exponents, 0)
    prices = {name: int(price.scaleb(decimals)) for name, price in sorted(wish.upgrades.items())}
    return Allowance(wish.near, prices, decimals)

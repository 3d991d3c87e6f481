"""Raise a bound of a fleet by whole machines, so that no solver has to be believed.

Any prices of rows make one row of all, and how little machines cost that keep it is found by a programme over money.
Prices that leave nothing below a target are looked for with what the programme finds: machines that cost too little
break a row, and that row becomes dearer. Machines that break no row that is known are asked what they lack, which makes
a new one. Where no prices will do, the numbers of machines of one stand are split into few and many.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd

import numpy as np

from obplace.covering import Covering, Fork, Leaf, Node, Row
from obplace.engine import FAR, linear
from obplace.fleet import Fleet, Ints, Seconds, paid
from obplace.model import Row as Bound
from obplace.model import Terms
from obplace.purse import Programme

LEAVES = 60  # of a tree
ROUNDS = 100  # of prices for one leaf
JOIN = 10  # rows that join at once
FINE = 1 << 20  # in which prices of rows are told
SURE = 1e-7  # share of a row by which one has to be broken
KEPT = 300  # numbers of machines that are known to be too few


def raised(
    fleet: Fleet,
    rows: Sequence[Row],
    lacks: Callable[[Ints], Row | None],
    bounds: tuple[int, int, int],
    seconds: Seconds,
) -> Covering | None:
    """Return a proof of a higher bound, or None where none was found in time.

    Parameters
    ----------
    rows
        The first one alone is tried first.
    lacks
        Told numbers of machines, shape (stands,), it returns a row that they break, or None where they may do.
    bounds
        What is proven, what is likely true, and what no bound is above.
    """
    least, likely, most = bounds
    step = gcd(*(price for stand in fleet.stands for price, _ in stand.prices)) or 1
    prover = Prover(fleet, rows, lacks, seconds)
    alone = prover.alone(most)
    found = prover.covering(alone, prover.first) if alone > least else None
    least = max(least, alone)
    target, stride = max(likely, min(most, least + step)), step
    while most > least and seconds():
        tree = prover.prove(target)
        if tree is not None:
            found, least, stride = prover.covering(target, tree), target, 2 * stride
        else:
            most, stride = min(most, prover.enough, target - step), max(step, stride // 4)
        target = min(most, least + stride)
    return found


class Prover:
    """Rows, and the search for prices of them at which nothing below a target is left.

    Attributes
    ----------
    enough
        What machines cost that lack nothing, as far as anybody can tell: no bound is proven above it.
    """

    def __init__(
        self, fleet: Fleet, rows: Sequence[Row], lacks: Callable[[Ints], Row | None], seconds: Seconds
    ) -> None:
        self.fleet = fleet
        self.lacks = lacks
        self.seconds = seconds
        self.rows = list(rows)
        self.most = np.array([row.most for row in rows], dtype=np.int64).reshape(len(rows), -1)
        self.least = np.array([row.least for row in rows], dtype=np.int64)
        self.active = [0]
        self.seen: list[Ints] = []
        self.enough = FAR
        self.leaves = 0

    def alone(self, upto: int) -> int:
        """Return what the first row alone proves, in whole units of the first objective, up to a bound."""
        row, sizes, first = self.rows[0], self.fleet.sizes, upto // self.fleet.unit
        if not first:
            return 0
        programme = Programme(self.fleet, row.most, row.least, (first - 1,), np.zeros_like(sizes), sizes)
        return (programme.least() if programme.reached else first) * self.fleet.unit

    @property
    def first(self) -> Leaf:
        """The leaf in which the first row alone has a price."""
        return self._leaf([1, *[0] * (len(self.rows) - 1)])

    def covering(self, bound: int, tree: Node) -> Covering:
        """Return a proof with the rows that have a price in it."""
        used = sorted(_priced(tree))
        return Covering(bound, tuple(self.rows[n] for n in used), _only(tree, used))

    def prove(self, target: int) -> Node | None:
        """Return a tree that leaves nothing below the target; None where none was found."""
        sizes = self.fleet.sizes
        self.leaves = 0
        self.seen = [each for each in self.seen[-KEPT:] if paid(self.fleet, each) < target]
        return self._node(target, np.zeros_like(sizes), sizes.copy(), self.seen)

    def _node(self, target: int, low: Ints, high: Ints, seen: Sequence[Ints]) -> Node | None:
        here = [each for each in seen if ((low <= each) & (each <= high)).all()]
        shares: list[float] = []
        for _ in range(ROUNDS):
            if not self.seconds():
                return None
            prices = self._prices(here)
            if prices is None:
                break
            weights, shares = prices
            found = self._cheap(target, weights, low, high)
            if found is None:
                self.leaves += 1
                return self._leaf(weights)
            if not self._broken(found):
                self.enough = min(self.enough, paid(self.fleet, found))
                return None
            here.append(found)
            self.seen.append(found)
        if self.leaves + 2 > LEAVES or (split := self._split(here, shares)) is None:
            return None
        stand, at = split
        below: list[Node] = []
        for least, most in ((low[stand], at), (at + 1, high[stand])):
            lower, upper = low.copy(), high.copy()
            lower[stand], upper[stand] = least, most
            node = self._node(target, lower, upper, here)
            if node is None:
                return None
            below.append(node)
        return Fork(stand, at, *below)

    def _leaf(self, weights: Sequence[int]) -> Leaf:
        """Return the leaf of prices, at the scale at which machines bought in parts are dearest.

        That is what the last machine gives for its price, where those that give most come first.
        """
        goal, values = self._sum(weights)
        stands = zip(values, self.fleet.stands, strict=True)
        offers = [(value, price, number) for value, stand in stands for price, number in stand.prices if value]
        scale = 1
        for value, price, number in sorted(offers, key=lambda each: Fraction(-each[0], max(1, each[1]))):
            if goal <= 0:
                break
            scale, goal = max(1, value // max(1, price)), goal - value * number
        return Leaf(scale, tuple(weights), whole=True)

    def _sum(self, weights: Sequence[int]) -> tuple[int, list[int]]:
        """Return the row of all rows at these prices: its least, and what a machine of each stand adds to it."""
        some = [(weight, row) for weight, row in zip(weights, self.rows, strict=True) if weight]
        values = [sum(weight * row.most[s] for weight, row in some) for s in range(len(self.fleet.stands))]
        return sum(weight * row.least for weight, row in some), values

    def _broken(self, machines: Ints) -> bool:
        """Let rows that some machines break join those that are priced; say whether there are any."""
        lacking = (self.least - self.most @ machines) / np.maximum(1, self.least)
        if lacking.max() <= SURE and (row := self.lacks(machines)) is not None:
            self.rows.append(row)
            self.most = np.vstack([self.most, [row.most]])
            self.least = np.append(self.least, row.least)
            lacking = (self.least - self.most @ machines) / np.maximum(1, self.least)
        worst = [n for n in np.argsort(-lacking, kind="stable")[:JOIN].tolist() if lacking[n] > 0]
        self.active += [n for n in worst if n not in self.active]
        return bool(worst)

    def _prices(self, seen: Sequence[Ints]) -> tuple[list[int], list[float]] | None:
        """Return prices at which all that was seen breaks the sum of the rows, and the shares of what was seen in it.

        None where there are no such prices.
        """
        whole = [0] * len(self.rows)
        active = self.active
        if not seen:
            whole[active[0]] = 1
            return whole, []
        least = self.least[active]
        objective: Terms = {len(active): -1}
        rows = [Bound(dict.fromkeys(range(len(active)), 1), 1, 1)]
        for each in seen:
            lack = (least - self.most[active] @ each) / np.maximum(1, least)
            terms = {n: float(value) for n, value in enumerate(lack)} | {len(active): -1.0}
            rows.append(Bound(terms, 0, None))  # type: ignore[arg-type]  # a linear program takes parts
        solved = linear([0] * len(active) + [-FAR], [FAR] * (len(active) + 1), objective, rows)
        if solved is None or solved.value > -SURE:
            return None
        largest = int(least.max())
        for n, price, each in zip(active, solved.values, least.tolist(), strict=False):
            whole[n] = max(0, round(price * FINE)) * largest // max(1, each)
        return whole, [abs(price) for price in solved.prices[1:]]

    def _cheap(self, target: int, weights: Sequence[int], low: Ints, high: Ints) -> Ints | None:
        """Return numbers of machines below the target that keep the sum of the rows; None where there are none."""
        goal, values = self._sum(weights)
        first, second = divmod(target, self.fleet.unit)
        for budgets in [(first - 1,)] * bool(first) + [(first, second - 1)] * bool(second):
            programme = Programme(self.fleet, values, goal, budgets, low, high)
            if programme.reached:
                return programme.used()
        return None

    def _split(self, seen: Sequence[Ints], shares: Sequence[float]) -> tuple[int, int] | None:
        """Return a stand and a number of its machines between those of what was seen."""
        if not seen:
            return None
        weights = np.array([*shares, *[0.0] * (len(seen) - len(shares))])
        machines = np.array(seen)
        mean = weights @ machines / weights.sum() if weights.any() else machines.mean(axis=0)
        dearest = np.array([stand.prices[-1][0] if stand.prices else 0 for stand in self.fleet.stands])
        part = np.minimum(mean - np.floor(mean), np.ceil(mean) - mean) * dearest
        stand = int(np.argmax(part))
        if part[stand] > SURE:
            return stand, int(mean[stand])
        spread = machines.max(axis=0) - machines.min(axis=0)
        stand = int(np.argmax(spread))
        return (stand, int(machines[:, stand].min())) if spread[stand] else None


def _priced(node: Node) -> set[int]:
    if isinstance(node, Leaf):
        return {n for n, price in enumerate(node.prices) if price}
    return _priced(node.low) | _priced(node.high)


def _only(node: Node, rows: Sequence[int]) -> Node:
    """Return the tree with the prices of some rows."""
    if isinstance(node, Leaf):
        return Leaf(node.scale, tuple(node.prices[n] if n < len(node.prices) else 0 for n in rows), node.whole)
    return Fork(node.stand, node.at, _only(node.low, rows), _only(node.high, rows))

"""Prove a bound from whole machines: rows over their numbers, added up to one, and a programme over money.

Rows of several kinds say how much the machines in use hold at least. Any prices of them make one row of all, and how
little machines cost that keep it is found by a dynamic programme, so no solver has to be believed. Prices that leave
nothing below a target are looked for with what the programme finds: machines that cost too little break a row, and that
row becomes dearer. Where no prices will do, the numbers of machines of one stand are split into few and many.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from obplace.engine import FAR, linear
from obplace.fleet import Fleet, Ints
from obplace.generate import Cut, Prices
from obplace.model import Row as Bound
from obplace.model import Terms
from obplace.pricing import Pricer, grouped
from obplace.purse import Programme, work
from obplace.thresholds import cut_of

WORK = 400_000_000  # steps of a programme over money
LEAVES = 60  # of a tree
ROUNDS = 60  # of prices for one leaf
JOIN = 10  # rows that join at once
FINE = 1 << 20  # in which prices of rows are told
SURE = 1e-7  # share of a row by which one has to be broken


@dataclass(frozen=True)
class Row:
    """The machines in use of each stand, each times ``most``, are at least ``least`` in every packing.

    Attributes
    ----------
    worth, tolls
        Of a copy of each kind and of a count, where a machine's most is its best set.
    kinds, resource
        Else the kinds that are counted, or of whose needs it is.
    """

    most: tuple[int, ...]
    least: int
    worth: tuple[int, ...] | None = None
    tolls: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()
    resource: int | None = None


@dataclass(frozen=True)
class Leaf:
    """A price for each row, in 1 / scale; ``whole``: no part of a machine is bought."""

    scale: int
    prices: tuple[int, ...]
    whole: bool


@dataclass(frozen=True)
class Fork:
    """At most ``at`` machines of a stand are in use, or more."""

    stand: int
    at: int
    low: "Node"
    high: "Node"


Node = Leaf | Fork


@dataclass(frozen=True)
class Covering:
    """Rows and a tree of prices, and the bound that they prove; None: that there is no packing."""

    bound: int | None
    rows: tuple[Row, ...]
    tree: Node


def priced(fleet: Fleet, prices: Prices, bound: int) -> Covering:
    """Return the proof of the bound of the master program: its prices, by parts of machines."""
    return Covering(bound, (_at(fleet, prices, ()),), Leaf(prices.scale, (1,), whole=False))


def impossible(fleet: Fleet) -> Covering | None:
    """Return a proof that there is no packing, where a kind, a resource or all copies alone have too little room."""
    rows = [_kind(fleet, kind) for kind in range(len(fleet.kinds))]
    everything = np.ones(len(fleet.kinds), dtype=np.bool_)
    rows += [row_of(cut_of(fleet, everything, each)) for each in (None, *range(len(fleet.resources)))]
    for row in rows:
        if row.least > sum(most * size for most, size in zip(row.most, fleet.sizes.tolist(), strict=True)):
            return Covering(None, (row,), Leaf(1, (1,), whole=False))
    return None


def _kind(fleet: Fleet, kind: int) -> Row:
    """Return the row of the copies of a kind; a toll of one each where a count leaves less than its machines hold."""
    holds = fleet.able[:, kind] * fleet.most[kind]
    for s, stand in enumerate(fleet.stands):
        fits = [room // need for room, need in zip(stand.capacities, fleet.kinds[kind].needs, strict=True) if need]
        holds[s] = min([int(holds[s]), *fits])
    tolls = []
    least = fleet.kinds[kind].copies
    for c, count in enumerate(fleet.counts):
        there = [s for s in range(len(fleet.stands)) if c in fleet.counted[s]]
        binds = count.kinds == (kind,) and count.most < int(holds[there] @ fleet.sizes[there])
        tolls.append(-1 if binds else 0)
        if binds:
            least -= count.most
            holds[there] = 0
    return Row(tuple(holds.tolist()), least, tuple(int(k == kind) for k in range(len(fleet.kinds))), tuple(tolls))


def row_of(cut: Cut) -> Row:
    """Return the row of a cut that counts."""
    return Row(cut.factors, cut.least, kinds=cut.kinds, resource=cut.resource)


def _at(fleet: Fleet, prices: Prices, best: Sequence[int]) -> Row:
    least = sum(y * kind.copies for y, kind in zip(prices.worth, fleet.kinds, strict=True))
    least += sum(w * count.most for w, count in zip(prices.tolls, fleet.counts, strict=True))
    return Row(tuple(best), least, prices.worth, prices.tolls)


def covered(
    fleet: Fleet,
    pricer: Pricer,
    prices: Prices,
    cuts: Sequence[Cut],
    least: int,
    most: int,
    stop: Callable[[], bool],
) -> Covering | None:
    """Return a proof of a bound above ``least``, of ``most`` if possible, or None where none was found in time.

    Its rows are that of the prices of the master program, and cuts.
    """
    if work(fleet, most) > WORK:
        return None
    best = np.zeros(len(fleet.stands), dtype=np.int64)
    for stands, values in grouped(fleet, np.array(prices.worth), np.array(prices.tolls)):
        best[stands], *_ = pricer.best(values, fleet.most, stands, lambda stands, _: stands[:0])
    first = _at(fleet, prices, best.tolist())
    prover = Prover(fleet, (first, *(row_of(cut) for cut in cuts if cut.weights is None)), stop)
    alone = prover.alone(most)
    found = Covering(alone, (first,), Leaf(prices.scale, (1,), whole=True)) if alone > least else None
    least = max(least, alone)
    if least < most and (tree := prover.prove(most, LEAVES)) is not None:
        return prover.covering(most, tree)
    step = gcd(*(price for stand in fleet.stands for price, _ in stand.prices)) or 1
    while most - least > step and not stop():
        middle = least + max(1, (most - least) // 2 // step) * step
        if (tree := prover.prove(middle, 1)) is None:
            most = middle
        else:
            least, found = middle, prover.covering(middle, tree)
    return found


class Prover:
    """Rows, and the search for prices of them at which nothing below a target is left."""

    def __init__(self, fleet: Fleet, rows: Sequence[Row], stop: Callable[[], bool]) -> None:
        self.fleet = fleet
        self.stop = stop
        self.rows = tuple(rows)
        self.most = np.array([row.most for row in rows], dtype=np.int64).reshape(len(rows), -1)
        self.least = np.array([row.least for row in rows], dtype=np.int64)
        self.leaves = self.allowed = 0

    def alone(self, upto: int) -> int:
        """Return what the first row alone proves, in whole units of the first objective, up to a bound."""
        row, sizes, first = self.rows[0], self.fleet.sizes, upto // self.fleet.unit
        if not first:
            return 0
        programme = Programme(self.fleet, row.most, row.least, (first - 1,), np.zeros_like(sizes), sizes)
        return (programme.least() if programme.reached else first) * self.fleet.unit

    def covering(self, bound: int, tree: Node) -> Covering:
        """Return a proof with the rows that have a price in it."""
        used = sorted(_priced(tree))
        return Covering(bound, tuple(self.rows[n] for n in used), _only(tree, used))

    def prove(self, target: int, leaves: int) -> Node | None:
        """Return a tree of so many leaves at most that leaves nothing below the target; None where none was found."""
        sizes = self.fleet.sizes
        self.leaves, self.allowed = 0, leaves
        return self._node(target, np.zeros_like(sizes), sizes.copy(), [0], [])

    def _node(self, target: int, low: Ints, high: Ints, active: list[int], seen: list[Ints]) -> Node | None:
        active, seen = list(active), [each for each in seen if ((low <= each) & (each <= high)).all()]
        prices = self._prices(active, seen)
        shares: list[float] = []
        for _ in range(ROUNDS):
            if self.stop():
                return None
            if prices is None:
                break
            weights, shares = prices
            found = self._cheap(target, weights, low, high)
            if found is None:
                self.leaves += 1
                return Leaf(1, tuple(weights), whole=True)
            seen.append(found)
            lacking = (self.least - self.most @ found) / np.maximum(1, self.least)
            worst = np.argsort(-lacking, kind="stable")[:JOIN]
            active += [int(n) for n in worst if lacking[n] > SURE and n not in active]
            prices = self._prices(active, seen)
        if self.leaves + 2 > self.allowed or (split := self._split(seen, shares)) is None:
            return None
        stand, at = split
        below: list[Node] = []
        for least, most in ((low[stand], at), (at + 1, high[stand])):
            lower, upper = low.copy(), high.copy()
            lower[stand], upper[stand] = least, most
            node = self._node(target, lower, upper, active, seen)
            if node is None:
                return None
            below.append(node)
        return Fork(int(stand), int(at), *below)

    def _prices(self, active: Sequence[int], seen: Sequence[Ints]) -> tuple[list[int], list[float]] | None:
        """Return prices at which all that was seen breaks the sum of the rows; None where there are none."""
        whole = [0] * len(self.rows)
        if not seen:
            whole[active[0]] = 1
            return whole, []
        lack = [(self.least[active] - self.most[active] @ each) / self.least[active] for each in seen]
        objective: Terms = {len(active): -1}
        rows = [Bound(dict.fromkeys(range(len(active)), 1), 1, 1)]
        for each in lack:
            terms = {n: float(value) for n, value in enumerate(each)} | {len(active): -1.0}
            rows.append(Bound(terms, 0, None))  # type: ignore[arg-type]  # a linear program takes parts
        solved = linear([0] * len(active) + [-FAR], [FAR] * (len(active) + 1), objective, rows)
        if solved is None or solved.value > -SURE:
            return None
        dearest = max(price / least for price, least in zip(solved.values, self.least[active].tolist(), strict=False))
        for n, price in zip(active, solved.values, strict=False):
            whole[n] = max(0, round(price / int(self.least[n]) / dearest * FINE))
        return whole, [abs(price) for price in solved.prices[1:]]

    def _cheap(self, target: int, weights: Sequence[int], low: Ints, high: Ints) -> Ints | None:
        """Return numbers of machines below the target that keep the sum of the rows; None where there are none."""
        goal = sum(weight * row.least for weight, row in zip(weights, self.rows, strict=True))
        some = [(weight, row.most) for weight, row in zip(weights, self.rows, strict=True) if weight]
        values = [sum(weight * most[s] for weight, most in some) for s in range(len(self.fleet.stands))]
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
        return Leaf(node.scale, tuple(node.prices[n] for n in rows), node.whole)
    return Fork(node.stand, node.at, _only(node.low, rows), _only(node.high, rows))

"""Rows over the numbers of machines, and proofs by their prices: what a certificate of a fleet is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from obplace.fleet import Fleet
from obplace.generate import Prices
from obplace.pricers import Pricer
from obplace.pricing import grouped
from obplace.thresholds import Cut, cut_of


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


def priced(fleet: Fleet, prices: Prices, most: Sequence[int], bound: int) -> Covering:
    """Return the proof of the bound of the master program: its prices, by parts of machines."""
    return Covering(bound, (_at(fleet, prices, most),), Leaf(prices.scale, (1,), whole=False))


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
    some = fleet.needs[kind] > 0
    fits = (fleet.capacities[:, some] // fleet.needs[kind, some]).min(axis=1, initial=fleet.most[kind])
    holds = np.where(fleet.able[:, kind], fits, 0)
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


def row_at(fleet: Fleet, pricer: Pricer, prices: Prices) -> Row:
    """Return the row of worths and tolls: machines hold no more than their best sets."""
    best = np.zeros(len(fleet.stands), dtype=np.int64)
    groups = list(grouped(fleet, np.array(prices.worth), np.array(prices.tolls)))
    found = pricer.best(groups, fleet.most, lambda stands, _: stands[:0])
    best[np.concatenate([stands for stands, _ in groups])] = found.worth
    return _at(fleet, prices, best.tolist())


def _at(fleet: Fleet, prices: Prices, best: Sequence[int]) -> Row:
    least = sum(y * kind.copies for y, kind in zip(prices.worth, fleet.kinds, strict=True))
    least += sum(w * count.most for w, count in zip(prices.tolls, fleet.counts, strict=True))
    return Row(tuple(best), least, prices.worth, prices.tolls)

"""Leave out offers that no best plan buys: of those whose rows depend on one another, the dearer ones.

Rows of an offer depend on one another where its stock could run out and they share it, where the price goes by the size
of the order, or where that has a minimum (`Sales.coupled`). Each is a class of its own in the model, so that there must
not be many. U bounds the servers of a plan, over all roles. What is left out:

A row, where U machines of its class are cheaper; of an offer with several prices, or a minimum order, all rows at one
price together, and only if that holds for each of them.
    Counted as cheaper are the machines of rows that depend on nothing, and of each other offer the cheapest row of the
    class, once, as many times as the offer may be bought at that price: its stock serves all its rows. Offers count
    with their first price, and only if that is for one machine on, no price after it is higher, and no size of order
    between them is missing, so that one machine more never costs more than that. Say a plan uses machines at a price
    that is left out. It uses at most U - 1 other servers, so for each of these machines one that counts is free:
    neither its row nor its offer is exhausted. All of them move, one after the other, each with what it runs; no rule
    can tell. The price that is left out costs at least itself for each machine that is used, whatever the order, and
    each move costs less than that. So the plan was not the best.
An offer, where U others are cheaper whatever the number of machines.
    These have rows of the same classes in the same places, with the same added to them, and each number of machines up
    to U that the offer has costs less of them. A plan that buys the offer buys no more than U - 1 others, so that one
    of the U is not bought at all; all machines move there.
Either does nothing where a role has no upper bound, nor for a row that a rule names, which is never counted either.
What follows the cost in the order of the objectives does not matter, as each move makes that less; what comes before
it, servers and how far machines differ, is the same in one class.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obplace.classes import Classes, Ints, Taken
from obplace.patterns import Pattern
from obplace.pool import Sales
from obplace.problem import Problem
from obplace.rules import Pin

Mask = NDArray[np.bool_]

UNREACHED = np.iinfo(np.int64).max
WIDE = 20_000_000  # offers times U; beyond, offers are not compared as a whole
TRIED = 4  # times U cheapest offers that are compared with all others


def needed(problem: Problem, patterns: Sequence[Pattern], enough: int | None) -> Taken | None:
    """Return which rows of coupled offers are left, by their names, and which are not.

    ``enough`` is U, as above; None keeps all of them.
    """
    sales = problem.sales
    if sales is None:
        return None
    coupled = sales.coupled(problem.enough)
    rows = np.flatnonzero(coupled[sales.deal])
    dropped = np.zeros(len(sales.deal), dtype=np.bool_)
    if len(rows) and enough is not None:
        dropped = _dearer(problem, patterns, coupled, enough)
    left = rows[~dropped[rows]]
    names = problem.pool.names((left + sales.first).tolist())
    named = dict(zip((left + sales.first).tolist(), names, strict=True))
    return Taken(sales.first, named, dropped)


def _dearer(problem: Problem, patterns: Sequence[Pattern], coupled: Mask, enough: int) -> Mask:
    """Return which rows are left out, shape (rows of offers,)."""
    sales = problem.sales
    assert sales is not None
    classes = Classes(problem, patterns)
    kinds, prices, counts = [], [], []
    for batch in problem.pool:
        kinds.append(classes.of(batch))
        prices.append(batch.price)
        quantity = batch.column("quantity")
        numbers = np.array([1 if value is None else value for value in quantity.values], dtype=np.int64)
        counts.append(numbers[quantity.codes])
    kind, price, count = map(np.concatenate, (kinds, prices, counts))
    named = [rule.machine for rule in problem.rules if isinstance(rule, Pin)]
    pinned = np.zeros(len(kind), dtype=np.bool_)
    pinned[list(problem.pool.find(named).values()) if named else []] = True
    deal = np.concatenate([np.full(sales.first, -1, dtype=np.int64), sales.deal])
    tied = np.where(deal >= 0, coupled[deal], False)
    counted = (kind >= 0) & ~pinned & (~tied | sales.falling()[deal])
    last = _enough_before(kind, price, np.minimum(count, enough), np.where(tied, deal, -1), counted, enough)
    dear = (kind >= 0) & (price > np.where(kind >= 0, last[kind], UNREACHED))
    at_once = (sales.least == 1) | ~coupled
    mine = slice(sales.first, None)
    own, alive = sales.deal, (kind >= 0)[mine]
    stays = np.bincount(own, weights=alive & ~(dear & ~pinned)[mine], minlength=len(sales.names)) > 0
    dearer: Mask = (dear & ~pinned)[mine] & coupled[own] & (at_once[own] | ~stays[own])
    left = np.isin(sales.offer, sales.offer[own[alive & ~dearer]])
    free = coupled & left & ~np.isin(sales.offer, sales.offer[own[pinned[mine]]])
    return dearer | _worse(sales, kind[mine], price[mine], free, enough)


def _worse(sales: Sales, kind: Ints, paid: Ints, coupled: Mask, enough: int) -> Mask:
    """Return the rows of offers that enough others beat at every number of machines, shape (rows of offers,)."""
    offers = int(sales.offer.max(initial=-1)) + 1
    worse = np.zeros(offers, dtype=np.bool_)
    if offers * enough > WIDE:
        return worse[sales.offer[sales.deal]]
    costs = np.full((offers, enough), UNREACHED, dtype=np.int64)
    deals = np.flatnonzero(coupled)
    for number in range(1, enough + 1):
        able = deals[sales.most[deals] >= number]
        price = np.maximum(sales.least[able], number) * sales.prices[able]
        np.minimum.at(costs[:, number - 1], sales.offer[able], price)
    for group in _alike(sales, kind, paid, coupled):
        # Those that beat most of the others are among the cheapest; that not all are tried only keeps too many.
        total = np.minimum(costs[group], UNREACHED // enough).sum(axis=1)
        best = group[np.argsort(total, kind="stable")[: TRIED * enough]]
        beaten = np.zeros(len(group), dtype=np.int64)
        for other in best:
            beaten += ((costs[other] < costs[group]) | (costs[group] == UNREACHED)).all(axis=1)
        worse[group[beaten >= enough]] = True
    answer: Mask = worse[sales.offer[sales.deal]]
    return answer


def _alike(sales: Sales, kind: Ints, price: Ints, coupled: Mask) -> list[Ints]:
    """Return groups of offers whose rows have the same places, classes and additions, of those that are coupled."""
    rows = np.flatnonzero(coupled[sales.deal])
    cells = np.stack([sales.offer[sales.deal], sales.place, kind, price - sales.prices[sales.deal]], axis=1)[rows]
    if not len(cells):
        return []
    cells = np.unique(cells, axis=0)
    opens = np.flatnonzero(np.append(True, cells[1:, 0] != cells[:-1, 0]))
    groups: dict[bytes, list[int]] = {}
    for first, last in zip(opens.tolist(), [*opens[1:].tolist(), len(cells)], strict=True):
        groups.setdefault(cells[first:last, 1:].tobytes(), []).append(int(cells[first, 0]))
    return [np.array(group, dtype=np.int64) for group in groups.values()]


def _enough_before(kind: Ints, price: Ints, count: Ints, offer: Ints, counted: Mask, enough: int) -> Ints:
    """Return by class the price up to which there are enough machines, those of one offer counted once."""
    rows = np.flatnonzero(counted)
    order = rows[np.lexsort((price[rows], offer[rows], kind[rows]))]
    again = np.zeros(len(order), dtype=np.bool_)
    again[1:] = (kind[order][1:] == kind[order][:-1]) & (offer[order][1:] == offer[order][:-1])
    order = order[~(again & (offer[order] >= 0))]
    order = order[np.lexsort((price[order], kind[order]))]
    total = np.cumsum(count[order])
    opens = np.ones(len(order), dtype=np.bool_)
    opens[1:] = kind[order][1:] != kind[order][:-1]
    before = np.maximum.accumulate(np.where(opens, total - count[order], 0))
    full = np.flatnonzero(total - before >= enough)
    last = np.full(int(kind.max(initial=0)) + 1, UNREACHED, dtype=np.int64)
    # The first of each class: written last, as the rows come from the dearest to the cheapest.
    last[kind[order[full[::-1]]]] = price[order[full[::-1]]]
    return last

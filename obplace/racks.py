"""Leave out failure domains that no optimal plan needs: of a thousand racks a dozen or two matter.

A level is taken on its own, here called racks, and every role for which a rule reads it. Two machines are of one type
when only their rack tells them apart. K bounds the copies of these roles in a rack, G their copies altogether, and U
the servers of a plan. What is kept:

(a) For each signature, a multiset of at most K types: the racks in which its machines cost least together, and in each
    of them the K cheapest machines of these types. For a signature of s machines U - s + 1 racks are kept; for one of a
    single machine G suffice.
(b) The U cheapest machines of each type, whatever their rack; those that are not in (a) only for patterns without any
    of these roles, just as if their rack were not known.
(c) In a rack with a machine that a rule names, that machine and the K cheapest of every type.

Take an optimal plan with the fewest machines outside of (a) and (c) that run one of these roles, and then the fewest
outside of it all. The machines of a rack that run such roles are at most K; their types are a signature of s machines.
If the rack is not kept for it, then no rule names one of them, and there are U - s + 1 racks in which the same
signature costs no more; the plan touches at most U - s besides, so the group moves as a whole to the cheapest machines
of one that is untouched. A group of one machine needs no more than a rack without such roles, of which one is among the
G: if the cheapest machine of its type is in use there, then the two exchange their patterns. Copies by rack, the number
of racks in use and the domains of other levels stay as they are. If the rack is kept and a machine of the group is not
among the K cheapest of its type there, then one of those does not belong to the group: free, or with another pattern to
exchange. A machine that runs no such role moves to one of (b) that is free: at most U - 1 of them are not. Each move
leaves fewer machines outside, and none costs more.

The K cheapest of each type in each rack, and (b), are what the fold over the pool keeps of the level with most domains
(`cheapest`). They suffice whatever signatures there are, by the same argument with every rack kept.

Types that have no rack in common are in no signature together, so racks are chosen within each set of types that
racks connect: where racks lie within IDCs, one IDC after the other.

It does nothing where there are no more than U racks and where a role has no upper bound. Where the signatures of
connected types are too many to go through, every rack is kept.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from obplace.candidates import Candidates, Mask, Rows, first
from obplace.classes import Ints, State

MOST = 3000  # signatures; beyond, all racks are kept

Type = tuple[int, tuple[tuple[str, str], ...]]  # patterns, and the domains of the other levels


@dataclass(frozen=True)
class Reach:
    """What rules allow of the roles for which they read a level.

    Attributes
    ----------
    share, copies
        K and G, as above.
    free
        The patterns without any of these roles, as bits.
    """

    share: int
    copies: int
    free: int


def needed_racks(found: Candidates, level: str, reach: Reach, enough: int) -> Candidates:
    """Return the candidates that suffice; ``enough`` is U, as above."""
    share = reach.share
    kind, rack, named = _standing(found, level)
    able = np.flatnonzero((rack >= 0) & ~named)
    racks = int(rack.max(initial=-1)) + 1
    if len(np.unique(rack[able])) <= enough:
        return found
    rows, kind, here = found.rows.take(able), kind[able], rack[able]
    in_rack = first(rows, kind * racks + here, np.full(len(able), share), found.names)
    anywhere = first(rows, kind, np.full(len(able), enough), found.names)
    fixed = np.isin(here, rack[named & (rack >= 0)])
    inside = np.zeros(len(able), dtype=np.bool_)
    for part in _connected(kind[in_rack.places], here[in_rack.places]):
        places = in_rack.places[part]
        totals = _totals(rows.take(places), kind[places], here[places], in_rack.before[part], share)
        inside[places] = fixed[places] | _kept(totals, reach, enough)
    stay = np.ones(len(found.rows), dtype=np.bool_)
    stay[able] = inside
    roaming = able[anywhere.places[~inside[anywhere.places]]]
    return found.keep(stay, found.unplaced(roaming, level, reach.free))


def _standing(found: Candidates, level: str) -> tuple[Ints, Ints, Mask]:
    """Return the type of each row, its rack, -1 for none, in order of their names, and whether a rule names it."""
    if level == found.aside:
        named = np.array([state.named is not None for state in found.states], dtype=np.bool_)
        return found.rows.kind, found.rows.place - 1, named[found.rows.kind]
    states, numbers = found.classes
    racks = [dict(state.domains).get(level) for state in states]
    order = {name: number for number, name in enumerate(sorted({rack for rack in racks if rack is not None}))}
    types: dict[Type, int] = {}
    kinds = [types.setdefault(_type(state, level), len(types)) for state in states]
    places = [-1 if rack is None else order[rack] for rack in racks]
    named = np.array([state.named is not None for state in states], dtype=np.bool_)
    return np.array(kinds, dtype=np.int64)[numbers], np.array(places, dtype=np.int64)[numbers], named[numbers]


def _type(state: State, level: str) -> Type:
    return state.patterns, tuple(pair for pair in state.domains if pair[0] != level)


def _connected(kind: Ints, rack: Ints) -> Iterator[Ints]:
    """Yield the places of the rows whose types are connected by racks, one set of types after the other."""
    label = np.arange(int(kind.max(initial=-1)) + 1)
    while True:
        least = np.full(int(rack.max(initial=-1)) + 1, len(label))
        np.minimum.at(least, rack, label[kind])
        lower = label.copy()
        np.minimum.at(lower, kind, least[rack])
        if (lower == label).all():
            break
        label = lower
    for each in np.unique(label[kind]).tolist():
        yield np.flatnonzero(label[kind] == each)


@dataclass(frozen=True)
class _Totals:
    """What the n cheapest machines of each type cost in each rack, for n from 0 to K.

    Attributes
    ----------
    kind, rack
        Of each row, numbered among those that are here in their order; shape (rows,).
    price, surplus
        Shape (types, K + 1, racks).
    machines
        How many there are of a type in a rack, K at most; shape (types, racks).
    """

    kind: Ints
    rack: Ints
    price: Ints
    surplus: Ints
    machines: Ints


def _totals(rows: Rows, kind: Ints, rack: Ints, before: Ints, share: int) -> _Totals:
    """Return the totals of the K cheapest machines; ``before`` says which of them a row holds the first of."""
    kinds, kind = np.unique(kind, return_inverse=True)
    racks, rack = np.unique(rack, return_inverse=True)
    count = np.minimum(rows.count, share - before)
    unit = np.repeat(np.arange(len(rows)), count)
    number = 1 + np.arange(len(unit)) - np.repeat(np.cumsum(count) - count - before, count)
    price = np.zeros((len(kinds), share + 1, len(racks)), dtype=np.int64)
    surplus = np.zeros_like(price)
    price[kind[unit], number, rack[unit]] = rows.price[unit]
    surplus[kind[unit], number, rack[unit]] = rows.surplus[unit]
    machines = np.zeros((len(kinds), len(racks)), dtype=np.int64)
    np.add.at(machines, (kind, rack), count)
    return _Totals(kind, rack, price.cumsum(axis=1), surplus.cumsum(axis=1), machines)


def _kept(totals: _Totals, reach: Reach, enough: int) -> Mask:
    """Return which rows lie in a rack that is kept for their type, shape (rows,)."""
    kinds, racks = totals.machines.shape
    if sum(comb(kinds + size - 1, size) for size in range(1, reach.share + 1)) > MOST:
        return np.ones(len(totals.kind), dtype=np.bool_)
    kept = np.zeros((kinds, racks), dtype=np.bool_)
    for size in range(1, reach.share + 1):
        most = min(enough, reach.copies) if size == 1 else max(1, enough - size + 1)
        for signature in combinations_with_replacement(range(kinds), size):
            counts = Counter(signature)
            able = np.flatnonzero(np.all([totals.machines[kind] >= n for kind, n in counts.items()], axis=0))
            price: Ints = sum(totals.price[kind, n, able] for kind, n in counts.items())
            if len(able) > most:
                near = price <= np.partition(price, most - 1)[most - 1]
                able, price = able[near], price[near]
            surplus: Ints = sum(totals.surplus[kind, n, able] for kind, n in counts.items())
            # Racks are in order of their names, and the sort is stable, so that ties do not depend on the pool's order.
            best = able[np.lexsort((surplus, price))][:most]
            for kind in counts:
                kept[kind, best] = True
    chosen: Mask = kept[totals.kind, totals.rack]
    return chosen

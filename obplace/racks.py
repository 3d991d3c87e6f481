"""Leave out failure domains that no optimal plan needs: of a thousand racks a dozen or two matter.

A level is taken on its own, here called racks, and every role that is spread over it. Two machines are of one type
when only their rack tells them apart. K bounds the copies of these roles in a rack: the sum of their even shares,
rounded up. U bounds the servers of a plan. What is kept:

(a) For each signature, a multiset of at most K types: the U racks in which its machines cost least together, and in
    each of them the K cheapest machines of these types.
(b) The U cheapest machines of each type, whatever their rack.

Take an optimal plan with the fewest machines outside of that. The machines of a rack that run roles spread over the
level are at most K; their types are a signature. If the rack is not kept for it, then U racks are in which the same
signature costs no more, and the plan touches at most U - 1 of them besides: the group moves as a whole to the cheapest
machines of one that is untouched. Copies by rack, the number of racks in use and the domains of other levels stay as
they are. If the rack is kept and a machine of the group is not among the K cheapest of its type there, then one of
those does not belong to the group: free, or with another pattern to exchange. A machine that runs no such role moves to
one of (b) that is free: at most U - 1 of them are not. Each move leaves fewer machines outside, and none costs more.

It does nothing where there are no more than U racks, where the signatures are too many to go through, where a role has
no upper bound, and in a rack with a machine that a rule names, since that machine cannot move.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from obplace.cheapest import Slot
from obplace.classes import Ints, State

MOST = 3000  # signatures; beyond, the classes are left as they are

Found = Sequence[tuple[State, list[Slot]]]
Type = tuple[int, tuple[tuple[str, str], ...]]  # patterns, and the domains of the other levels


def needed_racks(found: Found, level: str, share: int, enough: int) -> list[tuple[State, list[Slot]]]:
    """Return the classes with the machines that suffice; ``share`` is K, ``enough`` is U, as above."""
    places: dict[Type, dict[str, list[Slot]]] = {}
    fixed = set()
    for state, slots in found:
        rack = dict(state.domains).get(level)
        if rack is None:
            continue
        if state.named is not None:
            fixed.add(rack)
        else:
            places.setdefault(_type(state, level), {})[rack] = slots
    racks = sorted({rack for each in places.values() for rack in each})
    signatures = sum(comb(len(places) + size - 1, size) for size in range(1, share + 1))
    if len(racks) <= enough or signatures > MOST:
        return list(found)
    kept = _cheapest_racks(places, racks, share, enough)
    anywhere = {
        kind: set(_first([slot for slots in each.values() for slot in slots], enough)) for kind, each in places.items()
    }
    answer = []
    for state, slots in found:
        rack = dict(state.domains).get(level)
        if rack is not None and state.named is None and rack not in fixed:
            kind = _type(state, level)
            here = set(_first(slots, share)) if (kind, rack) in kept else set()
            slots = [slot for slot in slots if slot in here or slot in anywhere[kind]]
        if slots:
            answer.append((state, slots))
    return answer


def _type(state: State, level: str) -> Type:
    return state.patterns, tuple(pair for pair in state.domains if pair[0] != level)


def _first(slots: Sequence[Slot], machines: int) -> list[Slot]:
    """Return the cheapest slots that hold so many machines together."""
    taken = []
    for slot in sorted(slots):
        if machines <= 0:
            break
        taken.append(slot)
        machines -= slot.count
    return taken


def _cheapest_racks(
    places: dict[Type, dict[str, list[Slot]]], racks: Sequence[str], share: int, enough: int
) -> set[tuple[Type, str]]:
    """Return each type with the racks that are kept for it."""
    kinds = list(places)
    totals = [_totals(places[kind], racks, share) for kind in kinds]
    kept = set()
    for size in range(1, share + 1):
        for signature in combinations_with_replacement(range(len(kinds)), size):
            counts = Counter(signature)
            price: Ints = sum(totals[kind][0][number] for kind, number in counts.items())
            surplus: Ints = sum(totals[kind][1][number] for kind, number in counts.items())
            able = np.flatnonzero(np.all([totals[kind][2] >= number for kind, number in counts.items()], axis=0))
            # Racks are in order of their names, and the sort is stable, so that ties do not depend on the pool's order.
            best = able[np.lexsort((surplus[able], price[able]))][:enough]
            kept |= {(kinds[kind], racks[rack]) for kind in counts for rack in best.tolist()}
    return kept


def _totals(rows: dict[str, list[Slot]], racks: Sequence[str], share: int) -> tuple[Ints, Ints, Ints]:
    """Return price and surplus of the n cheapest in each rack, shape (share + 1, racks), and how many there are."""
    price = np.zeros((share + 1, len(racks)), dtype=np.int64)
    surplus = np.zeros_like(price)
    machines = np.zeros(len(racks), dtype=np.int64)
    for index, rack in enumerate(racks):
        number = 0
        for slot in _first(rows.get(rack, []), share):
            for _ in range(min(slot.count, share - number)):
                number += 1
                price[number:, index] += slot.price
                surplus[number:, index] += slot.surplus
        machines[index] = number
    return price, surplus, machines

"""Sets of items grown kind by kind on one machine; hopeless ones are left out, and of the others what are too many."""

import numpy as np

from obplace.compiled import compiled
from obplace.fleet import Bools, Ints
from obplace.hopes import NEVER, Knapsack

SPARE = 4  # times the width: so many sets are kept within a step before the most hopeful are chosen
NODES = 4096  # places for what sets grew from, to begin with


@compiled
def grow(sack: Knapsack, floor: int, each: int, width: int) -> tuple[int, Ints]:
    """Return the most that may have been lost by leaving sets out, and the best sets above a floor, shape (n, kinds).

    Parameters
    ----------
    each
        Sets that are returned at most.
    width
        Sets that are grown at once; where there are more, the most hopeful stay.
    """
    # In the loop little is called: counting who holds all these arrays would take longer than what is done with them.
    needs, worth, most, hopes, points, apart = sack.needs, sack.worth, sack.most, sack.hopes, sack.points, sack.apart
    kinds, resources = needs.shape
    last = hopes.shape[1] - 1
    unit = 1 << sack.shift
    largest = most.max() if kinds else 0
    size = SPARE * width + largest + 1
    left = np.zeros((2, size, resources), np.int64)
    value, hope, node = np.zeros((3, 2, size), np.int64)
    left[0, 0], hope[0, 0], node[0, 0] = sack.room, NEVER, -1
    grown = np.zeros((NODES, 3), np.int64)  # the node before, the kind that came, its copies
    nodes, found, lost, least = 0, 0, 0, floor
    sets, worths = np.zeros((each, kinds), np.int64), np.zeros(each, np.int64)
    now, number = 0, 1
    for kind in range(kinds):
        new, count, cut = 1 - now, 0, -1
        for row in range(number):
            if hope[now, row] <= least:
                continue
            for copies in range(most[kind] + 1):
                if copies == 1 and len(apart) and _barred(apart, grown, node[now, row], kind):
                    break
                gives, likely, fits = value[now, row] + copies * worth[kind], NEVER, True
                for resource in range(resources):
                    room = left[now, row, resource] - copies * needs[kind, resource]
                    if room < 0:
                        fits = False
                        break
                    left[new, count, resource] = room
                    hoped: int = hopes[resource, min(last, int(room * points[resource])), kind + 1] * unit
                    likely = min(likely, hoped)
                if not fits:
                    break
                likely += gives
                at = node[now, row]
                if copies and max(likely, gives) > least:
                    if nodes == len(grown):
                        grown = np.concatenate((grown, np.zeros_like(grown)))
                    grown[nodes, 0], grown[nodes, 1], grown[nodes, 2] = at, kind, copies
                    at, nodes = nodes, nodes + 1
                    if gives > least:
                        found = _kept(sets, worths, found, gives, grown, at)
                        if found == each:
                            least = max(floor, worths[each - 1])
                if likely <= least:
                    continue
                if likely <= cut:
                    lost = max(lost, likely)
                    continue
                value[new, count], hope[new, count], node[new, count] = gives, likely, at
                count += 1
            if count >= SPARE * width:
                count, cut, lost = _narrowed(left[new], value[new], hope[new], node[new], count, width, lost)
        if count > width:
            count, cut, lost = _narrowed(left[new], value[new], hope[new], node[new], count, width, lost)
        now, number = new, count
    return lost, sets[:found]


@compiled
def _barred(apart: Bools, grown: Ints, node: int, kind: int) -> bool:
    """Say whether a set has a kind that another keeps apart from."""
    while node >= 0:
        if apart[grown[node, 1], kind]:
            return True
        node = grown[node, 0]
    return False


@compiled
def _kept(sets: Ints, worths: Ints, found: int, worth: int, grown: Ints, node: int) -> int:
    """Put a set among the best ones, in their order; return how many there are."""
    place = min(found, len(worths) - 1)
    while place > 0 and worths[place - 1] < worth:
        worths[place], sets[place] = worths[place - 1], sets[place - 1]
        place -= 1
    worths[place], sets[place] = worth, 0
    while node >= 0:
        sets[place, grown[node, 1]] = grown[node, 2]
        node = grown[node, 0]
    return min(found + 1, len(worths))


@compiled
def _narrowed(
    left: Ints, value: Ints, hope: Ints, node: Ints, count: int, width: int, lost: int
) -> tuple[int, int, int]:
    """Move the most hopeful sets to the front; return how many, what the least one hopes for, and what was lost."""
    cut = np.partition(hope[:count], count - width)[count - width]
    ties = width - (hope[:count] > cut).sum()
    kept = 0
    for row in range(count):
        if hope[row] < cut or (hope[row] == cut and ties == 0):
            lost = max(lost, hope[row])
            continue
        ties -= hope[row] == cut
        left[kept], value[kept], hope[kept], node[kept] = left[row], value[row], hope[row], node[row]
        kept += 1
    return kept, cut, lost

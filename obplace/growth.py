"""Sets of items grown kind by kind on one machine; hopeless ones are left out, and of the others what are too many."""

import numpy as np
from numpy.typing import NDArray

from obplace.compiled import compiled
from obplace.fleet import Bools, Ints
from obplace.hopes import NEVER, Knapsack

SPARE = 4  # times the width: so many sets are kept within a step before the most hopeful are chosen
Steps = NDArray[np.int32]


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
    value, hope = np.zeros((2, 2, size), np.int64)
    came = np.zeros((size, 2), np.int32)  # from which place of the step before, with how many copies
    grown = np.zeros((kinds, width, 2), np.int32)  # the same for what stayed, by step
    left[0, 0], hope[0, 0] = sack.room, NEVER
    found, lost, least = 0, 0, floor
    sets, worths = np.zeros((each, kinds), np.int64), np.zeros(each, np.int64)
    now, number = 0, 1
    for kind in range(kinds):
        new, count, cut = 1 - now, 0, -1
        for row in range(number):
            if hope[now, row] <= least:
                continue
            for copies in range(most[kind] + 1):
                if copies == 1 and len(apart) and _barred(apart, grown, row, kind):
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
                if copies and gives > least:
                    found = _kept(sets, worths, found, gives, grown, row, kind, copies)
                    if found == each:
                        least = max(floor, worths[each - 1])
                if likely <= least:
                    continue
                if likely <= cut:
                    lost = max(lost, likely)
                    continue
                value[new, count], hope[new, count] = gives, likely
                came[count, 0], came[count, 1] = row, copies
                count += 1
            if count >= SPARE * width:
                count, cut, lost = _narrowed(left[new], value[new], hope[new], came, count, width, lost)
        if count > width:
            count, cut, lost = _narrowed(left[new], value[new], hope[new], came, count, width, lost)
        grown[kind, :count] = came[:count]
        now, number = new, count
    return lost, sets[:found]


@compiled
def _barred(apart: Bools, grown: Steps, row: int, kind: int) -> bool:
    """Say whether a set of the step before has a kind that another keeps apart from."""
    for before in range(kind - 1, -1, -1):
        if grown[before, row, 1] and apart[before, kind]:
            return True
        row = grown[before, row, 0]
    return False


@compiled
def _kept(sets: Ints, worths: Ints, found: int, worth: int, grown: Steps, row: int, kind: int, copies: int) -> int:
    """Put a set of the step before, with some copies more, among the best ones in their order; return how many."""
    place = min(found, len(worths) - 1)
    while place > 0 and worths[place - 1] < worth:
        worths[place], sets[place] = worths[place - 1], sets[place - 1]
        place -= 1
    worths[place], sets[place] = worth, 0
    sets[place, kind] = copies
    for before in range(kind - 1, -1, -1):
        sets[place, before] = grown[before, row, 1]
        row = grown[before, row, 0]
    return min(found + 1, len(worths))


@compiled
def _narrowed(
    left: Ints, value: Ints, hope: Ints, came: Steps, count: int, width: int, lost: int
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
        left[kept], value[kept], hope[kept], came[kept] = left[row], value[row], hope[row], came[row]
        kept += 1
    return kept, cut, lost

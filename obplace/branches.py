"""Sets of items on one machine searched depth first: proves what the best one is worth where that is near a floor."""

import numpy as np

from obplace.compiled import compiled
from obplace.fleet import Ints
from obplace.hopes import NEVER, Knapsack


@compiled
def search(sack: Knapsack, base: Ints, floor: int, nodes: int, halt: Ints) -> tuple[int, int, Ints]:
    """Return the most that may have been missed, what is left of ``nodes``, and the best set above a floor.

    Where nothing was missed that is 0. Kinds come in their order, one copy after another; where even what is hoped for
    is not enough, nothing behind is either, as hopes only fall.

    Parameters
    ----------
    base
        What is in each set, shape (kinds,).
    nodes
        The search ends after so many sets.
    halt
        Shape (1,); where another thread makes it other than 0 the search ends.

    Returns
    -------
    tuple
        The last is of shape (1, kinds), or (0, kinds) where there is none.
    """
    # In the loop nothing is called and no part of an array is taken: counting who holds them would take longer.
    needs, worth, most, hopes, points, apart = sack.needs, sack.worth, sack.most, sack.hopes, sack.points, sack.apart
    kinds, resources = needs.shape
    last, shift = hopes.shape[1] - 1, sack.shift
    depths = int(most.sum()) + 1
    came, copies, value = np.zeros((3, depths), np.int64)  # by depth: the kind that came last, its copies, the worth
    left = np.zeros((depths, resources), np.int64)
    barred = np.zeros(kinds, np.int64)  # by how many of those that came
    left[0] = sack.room
    for held in np.flatnonzero(base):
        left[0] -= base[held] * needs[held]
        value[0] += base[held] * worth[held]
        if len(apart):
            barred += apart[held]
    best, missed, found = floor, 0, 0
    sets = np.zeros((1, kinds), np.int64)
    ends = np.zeros(depths, np.int64)  # by depth: from this kind on nothing is hoped for
    depth, kind, enters = 0, 0, True
    while True:
        if enters:
            enough, end = (best - value[depth]) >> shift, kinds
            for resource in range(resources - 1, -1, -1):  # sums come last, and say most
                point, low = min(last, int(left[depth, resource] * points[resource])), kind
                while low < end:
                    middle = (low + end) // 2
                    if hopes[resource, point, middle] <= enough:
                        end = middle
                    else:
                        low = middle + 1
            ends[depth] = end
        deeper = False
        while kind < ends[depth]:
            if nodes == 0 or halt[0]:
                hope = NEVER
                for resource in range(resources):
                    point = min(last, int(left[depth, resource] * points[resource]))
                    hope = min(hope, hopes[resource, point, kind])
                missed = max(missed, value[depth] + (hope << shift))
                break
            again = copies[depth] if depth and came[depth] == kind else 0
            fits = again + base[kind] < most[kind] and not barred[kind]
            for resource in range(resources):
                if not fits:
                    break
                fits = needs[kind, resource] <= left[depth, resource]
            if fits:
                nodes -= 1
                came[depth + 1], copies[depth + 1] = kind, again + 1
                value[depth + 1] = value[depth] + worth[kind]
                if value[depth + 1] > best:
                    best, found = value[depth + 1], 1
                    sets[0] = base
                    for place in range(1, depth + 2):
                        sets[0, came[place]] += 1
                enough, hope = (best - value[depth + 1]) >> shift, NEVER
                for resource in range(resources - 1, -1, -1):
                    room = left[depth, resource] - needs[kind, resource]
                    hope = min(hope, hopes[resource, min(last, int(room * points[resource])), kind])
                    if hope <= enough:
                        break
                if hope > enough:
                    deeper = True
                    break
            kind += 1
        enters = deeper
        if deeper:
            for resource in range(resources):
                left[depth + 1, resource] = left[depth, resource] - needs[kind, resource]
            depth += 1
            if len(apart):
                barred += apart[kind]
        elif depth == 0:
            return missed, nodes, sets[:found]
        else:
            kind = came[depth]
            if len(apart):
                barred -= apart[kind]
            kind += 1
            depth -= 1


@compiled
def exchange(sack: Knapsack, items: Ints, out: int, nodes: int, halt: Ints) -> Ints:
    """Return a set that is worth no less: so many of its copies go out at a time, and the best that fits comes in.

    Parameters
    ----------
    items
        Shape (kinds,).
    nodes
        Sets that are gone through for each choice of copies that go out.
    halt
        As for `search`.
    """
    best = items.copy()
    worth = (best * sack.worth).sum()
    while True:
        copies = np.repeat(np.arange(len(best)), best)
        gone = np.arange(min(out, len(copies)))
        better = False
        while not better:
            base = best.copy()
            for place in gone:
                base[copies[place]] -= 1
            _, _, sets = search(sack, base, worth, nodes, halt)
            if len(sets):
                best, better = sets[0].copy(), True
                worth = (best * sack.worth).sum()
            elif not _next(gone, len(copies)):
                return best


@compiled
def _next(places: Ints, number: int) -> bool:
    """Make a choice of places the next one, in the order of a dictionary; False where it was the last."""
    for last in range(len(places) - 1, -1, -1):
        if places[last] < number - len(places) + last:
            places[last] += 1
            for behind in range(last + 1, len(places)):
                places[behind] = places[behind - 1] + 1
            return True
    return False

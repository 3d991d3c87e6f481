"""A set of items made worth more: up to two copies go out and up to two come in, the best of all such swaps each time.

For machines that hold few items of large needs, where sets grown kind by kind often miss the best.
"""

from itertools import combinations

import numpy as np

from obplace.fleet import Fleet, Ints

FEW = 12  # copies in a set: beyond that there are too many pairs to take out
WIDE = 300  # kinds that may come in, those of the most worth


def polish(fleet: Fleet, stand: int, items: Ints, values: Ints, most: Ints) -> Ints:
    """Return a set of items for a stand that is worth no less, shape (kinds,).

    Parameters
    ----------
    values, most
        Worth of a copy of each kind, and copies at most, shapes (kinds,).
    """
    apart = {pair for a, b in fleet.apart for pair in ((a, b), (b, a))}
    can = np.flatnonzero(fleet.able[stand] & (values > 0) & (most > 0))
    can = can[np.argsort(-values[can], kind="stable")[:WIDE]]
    needs = np.vstack([fleet.needs[can], np.zeros((1, len(fleet.resources)), dtype=np.int64)])  # the last one: nothing
    worth = np.append(values[can], 0)
    both = worth[:, None] + worth[None, :]
    while 0 < items.sum() <= FEW:
        running = np.repeat(np.arange(len(items)), items).tolist()
        gone = sorted({out for size in (0, 1, 2) for out in combinations(running, size)})
        best, found = 0, items
        for out in gone:
            kept = items.copy()
            for kind in out:
                kept[kind] -= 1
            room = fleet.capacities[stand] - kept @ fleet.needs
            may = np.append(kept[can] < most[can], True)
            for n, kind in enumerate(can.tolist() if apart else []):
                may[n] &= not any((kind, other) in apart for other in np.flatnonzero(kept).tolist())
            may &= (needs <= room).all(axis=1)
            some = np.flatnonzero(may)
            gain = both[np.ix_(some, some)] - int(values[list(out)].sum())
            fits = gain > best
            for r in range(len(room)):
                fits &= needs[some, None, r] + needs[None, some, r] <= room[r]
            for n, place in enumerate(some[:-1].tolist()):
                fits[n, n] &= kept[can[place]] + 2 <= most[can[place]]
            if fits.any():
                first, second = np.unravel_index(int(np.where(fits, gain, 0).argmax()), gain.shape)
                pair = [int(some[n]) for n in (first, second) if some[n] < len(can)]
                if len(pair) == 2 and (int(can[pair[0]]), int(can[pair[1]])) in apart:
                    continue
                best = int(gain[first, second])
                found = kept.copy()
                for place in pair:
                    found[can[place]] += 1
        if best <= 0:
            break
        items = found
    return items

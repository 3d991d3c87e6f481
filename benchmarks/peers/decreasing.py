"""First-fit and best-fit decreasing: items by size, machines by what they cost for their size."""

import numpy as np

from obplace.fleet import Fleet, Load


def decreasing(fleet: Fleet, best: bool) -> list[Load] | None:
    """Return the packing of first-fit or, with ``best``, best-fit decreasing; it knows capacities only."""
    if not fleet.stands:
        return None
    scale = np.maximum(1, fleet.capacities.max(axis=0))
    order = np.argsort(-(fleet.needs / scale).max(axis=1), kind="stable")
    slots = sorted(
        (price / (fleet.capacities[s] / scale).sum(), s) for s, prices in enumerate(fleet.slots) for price in prices
    )
    stands = np.array([s for _, s in slots])
    left = fleet.capacities[stands].copy()
    runs = np.zeros((len(stands), len(fleet.kinds)), dtype=np.int64)
    opened = 0
    for kind in order.tolist():
        for _ in range(fleet.kinds[kind].copies):
            fits = np.flatnonzero((left[:opened] >= fleet.needs[kind]).all(axis=1))
            if len(fits):
                room = (left[fits] / scale).sum(axis=1)
                place = int(fits[room.argmin()] if best else fits[0])
            else:
                fresh = np.flatnonzero((left[opened:] >= fleet.needs[kind]).all(axis=1))
                if not len(fresh):
                    return None
                place = opened + int(fresh[0])
                # The machine that is opened comes next in line; those passed over stay in their order.
                for array in (stands, left, runs):
                    array[opened : place + 1] = np.roll(array[opened : place + 1], 1, axis=0)
                place, opened = opened, opened + 1
            left[place] -= fleet.needs[kind]
            runs[place, kind] += 1
    return [Load(int(stands[n]), runs[n]) for n in range(opened)]

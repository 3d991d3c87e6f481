"""A part of a fleet as a fleet of its own: the copies that are left to place, and the machines that are left for them.

Where few copies are left this is much smaller, and so are the programmes on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from obplace.fleet import Count, Fleet, Ints, Load


@dataclass(frozen=True)
class Rest:
    """What is left, and where it lies in the whole.

    Attributes
    ----------
    fleet
        Kinds with copies left, and stands with machines left that can run one of them.
    kinds, stands
        Their places in the whole fleet, shapes (kinds,) and (stands,).
    """

    whole: Fleet
    fleet: Fleet
    kinds: Ints
    stands: Ints

    def narrow(self, loads: Iterable[Load]) -> list[Load]:
        """Return loads of the whole as loads of the rest: trimmed to what is left, without those for other stands."""
        place = {stand: number for number, stand in enumerate(self.stands.tolist())}
        most = self.fleet.copies
        return [Load(place[stand], np.minimum(items[self.kinds], most)) for stand, items in loads if stand in place]

    def widen(self, loads: Iterable[Load]) -> list[Load]:
        """Return loads of the rest as loads of the whole."""
        found = []
        for stand, few in loads:
            items = np.zeros(len(self.whole.kinds), dtype=np.int64)
            items[self.kinds] = few
            found.append(Load(int(self.stands[stand]), items))
        return found


def rest(fleet: Fleet, left: Ints, free: Ints, room: Ints) -> Rest:
    """Return what is left of a fleet.

    Parameters
    ----------
    left
        Copies of each kind to place, shape (kinds,).
    free
        Machines of each stand, the dearest ones, shape (stands,).
    room
        What each count still allows, shape (counts,).
    """
    kinds = np.flatnonzero(left)
    stands = np.flatnonzero((free > 0) & fleet.able[:, kinds].any(axis=1))
    place = {kind: number for number, kind in enumerate(kinds.tolist())}
    taken = (fleet.sizes - free)[stands].tolist()
    few = Fleet(
        fleet.resources,
        tuple(replace(fleet.kinds[kind], copies=int(left[kind])) for kind in kinds),
        tuple(
            replace(
                fleet.stands[stand],
                prices=_dearest(fleet.stands[stand].prices, gone),
                barred=frozenset(place[kind] for kind in fleet.stands[stand].barred if kind in place),
            )
            for stand, gone in zip(stands, taken, strict=True)
        ),
        frozenset((place[a], place[b]) for a, b in fleet.apart if a in place and b in place),
        tuple(
            Count(tuple(place[kind] for kind in count.kinds if kind in place), count.place, max(0, int(most)))
            for count, most in zip(fleet.counts, room, strict=True)
        ),
    )
    return Rest(fleet, few, kinds, stands)


def _dearest(prices: tuple[tuple[int, int], ...], gone: int) -> tuple[tuple[int, int], ...]:
    """Return the prices without so many of the cheapest machines."""
    found = []
    for price, number in prices:
        stays = number - min(gone, number)
        gone -= number - stays
        if stays:
            found.append((price, stays))
    return tuple(found)

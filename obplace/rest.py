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


@dataclass
class Task:
    """What is left of a fleet to do; it shrinks as machines are taken.

    Attributes
    ----------
    left
        Copies of each kind to place, shape (kinds,).
    free
        Machines of each stand, the dearest ones, shape (stands,).
    room
        What each count still allows, shape (counts,).
    """

    fleet: Fleet
    left: Ints
    free: Ints
    room: Ints

    def copy(self) -> "Task":
        """Return the same task, to be done another way."""
        return Task(self.fleet, self.left.copy(), self.free.copy(), self.room.copy())

    def fits(self, load: Load) -> int:
        """Return how many machines more can run a set, as what is left of copies, machines and counts goes."""
        stand, items = load
        some = items > 0
        machines = min(int((self.left[some] // items[some]).min()), int(self.free[stand]))
        for c in self.fleet.counted[stand]:
            if number := int(items @ self.fleet.tally[c]):
                machines = min(machines, int(self.room[c]) // number)
        return machines

    def take(self, load: Load, machines: int) -> None:
        """Let so many machines run a set for good."""
        self.left -= load.items * machines
        self.free[load.stand] -= machines
        for c in self.fleet.counted[load.stand]:
            self.room[c] -= int(load.items @ self.fleet.tally[c]) * machines


def everything(fleet: Fleet) -> Task:
    """Return the task to place all copies on any machines."""
    room = np.array([count.most for count in fleet.counts], dtype=np.int64)
    return Task(fleet, fleet.copies.copy(), fleet.sizes.copy(), room)


def beside(fleet: Fleet, kept: Iterable[Load]) -> Task:
    """Return the task to place what some loads do not, on machines beside them."""
    task = everything(fleet)
    for load in kept:
        task.take(load, 1)
    return task


def rest(task: Task) -> Rest:
    """Return what is left of a fleet."""
    fleet, left, free, room = task.fleet, task.left, task.free, task.room
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

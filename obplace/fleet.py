"""A fleet: many copies of many kinds of items for many machines, counted by kind and class, never one by one.

This is what column generation works on. It knows nothing of roles, pools or catalogues: `lot` makes one of a problem.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from obplace.errors import UsageError

Ints = NDArray[np.int64]

EXACT = 2**53  # up to here a double holds every integer, and sums of two stay far from the end of 64 bits
Bools = NDArray[np.bool_]
Reals = NDArray[np.float64]
Seconds = Callable[[], float]  # that are left; 0 when it is time to stop


@dataclass(frozen=True)
class Kind:
    """Items that nothing can tell apart.

    Attributes
    ----------
    copies
        So many have to be placed.
    needs
        What one takes of each resource, in whole units.
    most
        So many at most on one machine; None: as many as fit.
    """

    name: str
    copies: int
    needs: tuple[int, ...]
    most: int | None = None


@dataclass(frozen=True)
class Stand:
    """Machines that nothing can tell apart except their price.

    Attributes
    ----------
    capacities
        What each has of each resource, in whole units.
    prices
        (price, machines), cheapest first.
    places
        Names of the domains in which they lie, as far as a count reads them.
    barred
        Kinds that may not run here.
    """

    name: str
    capacities: tuple[int, ...]
    prices: tuple[tuple[int, int], ...]
    places: frozenset[str] = frozenset()
    barred: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        """How many machines these are."""
        return sum(number for _, number in self.prices)


@dataclass(frozen=True)
class Count:
    """At most ``most`` copies of some kinds together run in a place, or anywhere where ``place`` is None."""

    kinds: tuple[int, ...]
    place: str | None
    most: int


@dataclass(frozen=True)
class Fleet:
    """Kinds, machines, and the rules that bind them.

    Attributes
    ----------
    apart
        Pairs of kinds that share no machine.
    counts
        Rules on how many copies run in a place.
    unit
        Prices are this times a first objective plus a second, which never gets so far.
    """

    resources: tuple[str, ...]
    kinds: tuple[Kind, ...]
    stands: tuple[Stand, ...]
    apart: frozenset[tuple[int, int]] = frozenset()
    counts: tuple[Count, ...] = field(default=())
    unit: int = 1

    def __post_init__(self) -> None:
        if self.money >= EXACT:
            raise UsageError(f"the prices of all machines add up to {self.money:,}, more than 2^53; use larger units")
        for r, name in enumerate(self.resources):
            asked = sum(kind.needs[r] * kind.copies for kind in self.kinds)
            there = sum(stand.capacities[r] * stand.size for stand in self.stands)
            if max(asked, there) >= EXACT:
                raise UsageError(f"{name} adds up to {max(asked, there):,}, more than 2^53; use larger units")

    @cached_property
    def money(self) -> int:
        """The price of all machines together: no packing costs more."""
        return sum(price * number for stand in self.stands for price, number in stand.prices)

    @cached_property
    def needs(self) -> Ints:
        """What one copy takes, shape (kinds, resources)."""
        return np.array([kind.needs for kind in self.kinds], dtype=np.int64).reshape(
            len(self.kinds), len(self.resources)
        )

    @cached_property
    def copies(self) -> Ints:
        """Copies to place, shape (kinds,)."""
        return np.array([kind.copies for kind in self.kinds], dtype=np.int64)

    @cached_property
    def most(self) -> Ints:
        """Copies at most on one machine, shape (kinds,)."""
        return np.array(
            [kind.copies if kind.most is None else min(kind.most, kind.copies) for kind in self.kinds], dtype=np.int64
        )

    @cached_property
    def capacities(self) -> Ints:
        """What one machine has, shape (stands, resources)."""
        return np.array([stand.capacities for stand in self.stands], dtype=np.int64).reshape(
            len(self.stands), len(self.resources)
        )

    @cached_property
    def shapes(self) -> Ints:
        """A number for each stand, the same for those of equal capacities, shape (stands,)."""
        _, numbers = np.unique(self.capacities, axis=0, return_inverse=True)
        return numbers.reshape(-1).astype(np.int64)

    @cached_property
    def sizes(self) -> Ints:
        """Machines of each stand, shape (stands,)."""
        return np.array([stand.size for stand in self.stands], dtype=np.int64)

    @cached_property
    def counted(self) -> tuple[tuple[int, ...], ...]:
        """The counts that machines of each stand fall under, by stand."""
        by_place: dict[str | None, list[int]] = {}
        for c, count in enumerate(self.counts):
            by_place.setdefault(count.place, []).append(c)
        return tuple(
            tuple(sorted(c for place in (None, *stand.places) for c in by_place.get(place, ())))
            for stand in self.stands
        )

    @cached_property
    def tally(self) -> Ints:
        """Which kinds each count counts, 0 or 1, shape (counts, kinds)."""
        found = np.zeros((len(self.counts), len(self.kinds)), dtype=np.int64)
        for c, count in enumerate(self.counts):
            found[c, list(count.kinds)] = 1
        return found

    @cached_property
    def slots(self) -> tuple[tuple[int, ...], ...]:
        """The price of each machine of each stand, cheapest first."""
        return tuple(tuple(p for p, number in stand.prices for _ in range(number)) for stand in self.stands)

    @cached_property
    def fits(self) -> Bools:
        """Is there room for one copy alone, shape (stands, kinds)?"""
        fits = np.ones((len(self.stands), len(self.kinds)), dtype=np.bool_)
        for r in range(len(self.resources)):
            fits &= self.needs[None, :, r] <= self.capacities[:, None, r]
        return fits

    @cached_property
    def able(self) -> Bools:
        """May one copy run there alone, shape (stands, kinds)?"""
        able = self.fits.copy()
        for s, stand in enumerate(self.stands):
            able[s, sorted(stand.barred)] = False
        return able

    @cached_property
    def kept_out(self) -> tuple[tuple[int, ...], ...]:
        """The kinds that would have room and may not run, by stand."""
        return tuple(tuple(np.flatnonzero(out).tolist()) for out in self.fits & ~self.able)


class Load(NamedTuple):
    """One machine in use: its stand, and how many copies of each kind it runs, shape (kinds,)."""

    stand: int
    items: Ints


Packing = Sequence[Load]


def used(fleet: Fleet, packing: Iterable[Load]) -> Ints:
    """Return how many machines of each stand are in use, shape (stands,)."""
    return np.bincount([load.stand for load in packing], minlength=len(fleet.stands)).astype(np.int64)


def cost(fleet: Fleet, packing: Iterable[Load]) -> int:
    """Return what the machines of a packing cost."""
    return paid(fleet, used(fleet, packing))


def paid(fleet: Fleet, machines: Ints) -> int:
    """Return what so many machines of each stand cost, shape (stands,): the cheapest of each are taken."""
    total = 0
    for stand, left in zip(fleet.stands, machines.tolist(), strict=True):
        for price, number in stand.prices:
            total += price * min(left, number)
            left -= min(left, number)
    return total


def faults(fleet: Fleet, packing: Packing) -> list[str]:
    """Return what is wrong with a packing, counted anew machine by machine; nothing where it holds."""
    found: list[str] = []
    placed = [0] * len(fleet.kinds)
    there: dict[tuple[int, str], int] = {}
    for number, load in enumerate(packing):
        stand = fleet.stands[load.stand]
        items = {int(kind): int(load.items[kind]) for kind in np.flatnonzero(load.items)}
        where = f"machine {number} of {stand.name}"
        for r, name in enumerate(fleet.resources):
            taken = sum(fleet.kinds[kind].needs[r] * copies for kind, copies in items.items())
            if taken > stand.capacities[r]:
                found.append(f"{where}: {name} {taken} of {stand.capacities[r]}")
        for kind, copies in items.items():
            placed[kind] += copies
            most = fleet.kinds[kind].most
            if copies < 0 or kind in stand.barred or (most is not None and copies > most):
                found.append(f"{where}: {copies} copies of {fleet.kinds[kind].name}")
            for place in stand.places:
                there[kind, place] = there.get((kind, place), 0) + copies
        found += [
            f"{where}: runs {fleet.kinds[a].name} beside {fleet.kinds[b].name}"
            for a, b in sorted(fleet.apart)
            if a in items and b in items
        ]
    for kind_, copies in zip(fleet.kinds, placed, strict=True):
        if copies != kind_.copies:
            found.append(f"{copies} copies of {kind_.name} are placed, {kind_.copies} are asked")
    for stand, machines in zip(fleet.stands, used(fleet, packing).tolist(), strict=True):
        if machines > stand.size:
            found.append(f"{machines} machines of {stand.name} are used, there are {stand.size}")
    for count in fleet.counts:
        number = sum(placed[k] if count.place is None else there.get((k, count.place), 0) for k in count.kinds)
        if number > count.most:
            found.append(f"{number} copies in {count.place or 'all'}, at most {count.most}")
    return found

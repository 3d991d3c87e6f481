"""The best set of items for every machine at once: one dynamic programme over the largest machine.

``V[a, b, c]`` is the most that fits into a machine of capacities (a, b, c), so its value at a machine's own capacities
is the best for that machine, whatever its class. Copies of a kind come in parcels of 1, 2, 4, ... Values are integers,
so that what is found is exact.
"""

from dataclasses import dataclass
from math import gcd, prod

import numpy as np
from numpy.typing import NDArray

from obplace.fleet import Ints

STATES = 1_000_000  # of the largest box; beyond it other ways are better


@dataclass(frozen=True)
class Grid:
    """Needs and capacities in the units of a box.

    Attributes
    ----------
    needs
        Shape (kinds, resources), of the resources that can bind.
    corners
        The place of each stand's capacities in the box, shape (stands, resources).
    box
        Points along each resource.
    """

    needs: Ints
    corners: Ints
    box: tuple[int, ...]

    @property
    def states(self) -> int:
        """Points in the box."""
        return prod(self.box)


def grid(needs: Ints, capacities: Ints, most: Ints) -> Grid:
    """Return the smallest box in which sets of items are told apart exactly.

    Every need of a resource is a multiple of their greatest common divisor, so capacities may be rounded down to it;
    and nothing takes more than all copies that may share a machine.
    """
    found = []
    for r in range(needs.shape[1]):
        unit = gcd(*needs[:, r].tolist())
        if unit == 0:
            continue
        need = needs[:, r] // unit
        corner = np.minimum(capacities[:, r] // unit, int((need * most).sum()))
        found.append((int(corner.max(initial=0)) + 1, r, need, corner))
    if not found:
        return Grid(needs[:, :0], capacities[:, :0], ())
    found.sort(key=lambda each: each[:2])  # numpy is fastest along the last axis, so that is the longest
    box, _, columns, corners = zip(*found, strict=True)
    return Grid(np.stack(columns, axis=1), np.stack(corners, axis=1), box)


class Table:
    """The dynamic programme for some values, with what is needed to trace the best sets back."""

    def __init__(self, grid: Grid, values: Ints, most: Ints) -> None:
        self.grid = grid
        narrow = _ceiling(grid, values, most) < 2**31
        self.best = np.zeros(grid.box, dtype=np.int32 if narrow else np.int64)
        self.parcels: list[tuple[int, int, NDArray[np.bool_]]] = []
        top = np.array(grid.box, dtype=np.int64) - 1
        for kind in np.flatnonzero(values > 0).tolist():
            need = grid.needs[kind]
            fits = min((int(t) // int(n) for t, n in zip(top, need, strict=True) if n), default=int(most[kind]))
            left = min(int(most[kind]), fits)
            size = 1
            while left > 0:
                take = min(size, left)
                self._add(kind, take, int(values[kind]) * take, need * take)
                left -= take
                size *= 2

    def _add(self, kind: int, copies: int, value: int, need: Ints) -> None:
        behind = tuple(slice(int(n), None) for n in need)
        before = tuple(slice(0, side - int(n)) for n, side in zip(need, self.grid.box, strict=True))
        candidate = self.best[before] + self.best.dtype.type(value)
        target = self.best[behind]
        better = candidate > target
        np.maximum(target, candidate, out=target)
        self.parcels.append((kind, copies, better))

    def values(self, stands: Ints | slice = slice(None)) -> Ints:
        """Return the most that fits into a machine of each stand, shape (stands,)."""
        found: Ints = self.best[tuple(self.grid.corners[stands].T)].astype(np.int64)
        return found

    def sets(self, stands: Ints, kinds: int) -> Ints:
        """Return a best set of items for each of some stands, shape (stands, kinds)."""
        place = self.grid.corners[stands].copy()
        found = np.zeros((len(place), kinds), dtype=np.int64)
        for kind, copies, better in reversed(self.parcels):
            need = self.grid.needs[kind] * copies
            inside = (place >= need).all(axis=1)
            rows = np.flatnonzero(inside)
            rows = rows[better[tuple((place[rows] - need).T)]]
            place[rows] -= need
            found[rows, kind] += copies
        return found


def _ceiling(grid: Grid, values: Ints, most: Ints) -> int:
    """Return what no set of items in the box is worth more than, quickly: half as many bytes are twice as fast."""
    worth = [max(0, value) for value in values.tolist()]
    ceiling: int = sum(value * number for value, number in zip(worth, most.tolist(), strict=True))
    for r, side in enumerate(grid.box):
        needs = grid.needs[:, r].tolist()
        dense = max((-(-value // need) for value, need in zip(worth, needs, strict=True) if need), default=0)
        free = sum(v * m for v, m, need in zip(worth, most.tolist(), needs, strict=True) if not need)
        ceiling = min(ceiling, (side - 1) * dense + free)
    return ceiling

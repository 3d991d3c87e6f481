"""What the room that is left on a machine is worth at most, in two ways; kinds come in a given order.

A set of items fits only where it fits as far as one resource goes, or any weighted sum of them; so the best set for
that alone is worth no less (`Hopes`). With few items on a machine this says far more than parts of items do: that a
fifth one has no room is seen at once. But a room that is narrow in another way than the whole machine wants other
weights; so `Slopes` has many of them, for parts of items.
"""

from typing import NamedTuple

import numpy as np

from obplace.engine import linear
from obplace.fleet import Ints, Reals
from obplace.model import Row

POINTS = 1000  # into which the room of a resource is divided; needs are rounded down, so that no set is lost
FINE = 52  # bits of a weighted sum, which a double holds
OVER = 1 + 1e-9  # times what doubles make of a few products is not less than it


class Surrogate(NamedTuple):
    """Weights of the resources, shape (resources,), and what no set is worth more than by their sum alone.

    That is weights @ room + sum of most * max(0, value - weights @ needs), whatever the weights.
    """

    weights: Reals
    bound: float


def surrogate(needs: Ints, room: Ints, values: Ints, most: Ints) -> Surrogate:
    """Return the weights that bound best what fits into a room; for shapes see `Hopes`."""
    rows = [
        Row({k: need for k, need in enumerate(column) if need}, None, side)
        for column, side in zip(needs.T.tolist(), room.tolist(), strict=True)
    ]
    solved = linear([0] * len(values), most.tolist(), {k: -value for k, value in enumerate(values.tolist())}, rows)
    # Nothing at all fits, so there is an answer; but GLOP may lose it in rounding, and any weights make a bound.
    weights = np.zeros(len(room)) if solved is None else np.maximum(-np.array(solved.prices), 0.0)
    over = np.maximum(values - needs @ weights, 0)
    return Surrogate(weights, float(weights @ room + over @ most) * OVER)


def fitting(needs: Ints, room: Ints, most: Ints) -> Ints:
    """Return how many copies of each kind a room has place for, of so many at most, shape (kinds,)."""
    copies = np.where(needs > 0, room // np.maximum(needs, 1), most[:, None])
    found: Ints = np.minimum(most, copies.min(axis=1, initial=np.iinfo(np.int64).max))
    return found


class Hopes:
    """By kind, in a given order: what the room left is worth to it and those behind it.

    Parameters
    ----------
    needs
        What a copy of each kind takes, shape (kinds, resources).
    room
        Of a machine, shape (resources,).
    values, most
        Worth of a copy of each kind, positive, and copies at most, shapes (kinds,).
    weights
        Of the resources, shape (resources,), not negative: their sum is one resource more.

    Attributes
    ----------
    needs, room
        The same with the sum, shapes (kinds, resources + 1) and (resources + 1,).
    """

    def __init__(self, needs: Ints, room: Ints, values: Ints, most: Ints, weights: Reals) -> None:
        parts = weights * room
        whole = np.floor(parts / max(parts.sum(), 1e-300) * 2.0**FINE / np.maximum(room, 1)).astype(np.int64)
        self.needs: Ints = np.column_stack([needs, needs @ whole])
        self.room: Ints = np.append(room, room @ whole)
        self._points = (POINTS * OVER / np.maximum(self.room, 1))[:, None]
        self._starts = (np.arange(len(self.room)) * (POINTS + 1))[:, None]
        steps = (self.needs * (POINTS / OVER / np.maximum(self.room, 1))).astype(np.int64)
        # By kind: what it and those behind it are worth at most, by resource and point.
        self._tables = np.zeros((len(needs) + 1, len(self.room), POINTS + 1), dtype=np.int64)
        for kind in range(len(needs) - 1, -1, -1):
            best = self._tables[kind]
            best[:] = self._tables[kind + 1]
            left, parcel = int(most[kind]), 1
            while left > 0:
                copies = min(parcel, left)
                for table, step in zip(best, (steps[kind] * copies).tolist(), strict=True):
                    if step <= POINTS:
                        np.maximum(table[step:], table[: POINTS + 1 - step] + values[kind] * copies, out=table[step:])
                left -= copies
                parcel *= 2

    def at(self, kind: int, left: Ints) -> Ints:
        """Return what rooms, shape (resources + 1, n), are worth at most to a kind and those behind it, shape (n,)."""
        points = (left * self._points).astype(np.int64)
        np.minimum(points, POINTS, out=points)
        points += self._starts
        found: Ints = self._tables[kind].ravel()[points].min(axis=0)
        return found


class Slopes:
    """Bounds by many weights at once; they are chosen anew for rooms as they come. For shapes see `Hopes`."""

    def __init__(self, needs: Ints, values: Ints, most: Ints) -> None:
        self._needs, self._values, self._most = needs, values, most
        self._weights = np.zeros((0, needs.shape[1]))
        self._beyond = np.zeros((0, len(needs) + 1))  # what copies are worth beyond what they take, from a kind on

    def renew(self, kind: int, rooms: Ints) -> None:
        """Take the best weights for some rooms, shape (resources, n), as far as a kind and those behind it go."""
        found = []
        for room in rooms.T:
            most = fitting(self._needs[kind:], room, self._most[kind:])
            some = np.flatnonzero(most) + kind
            if len(some):
                found.append(surrogate(self._needs[some], room, self._values[some], most[some - kind]).weights)
        self._weights = np.array(found).reshape(len(found), self._needs.shape[1])
        over = np.maximum(self._values - self._weights @ self._needs.T, 0) * self._most
        self._beyond = np.zeros((len(found), len(self._needs) + 1))
        self._beyond[:, :-1] = over[:, ::-1].cumsum(axis=1)[:, ::-1]

    def at(self, kind: int, left: Ints) -> Ints:
        """Return what rooms, shape (resources, n), are worth at most to a kind and those behind it, shape (n,)."""
        if not len(self._weights):
            return np.full(left.shape[1], np.iinfo(np.int64).max >> 1)
        least = (self._weights @ left.astype(np.float64) + self._beyond[:, kind, None]).min(axis=0)
        found: Ints = (least * OVER).astype(np.int64) + 1
        return found

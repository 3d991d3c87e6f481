"""All sets of copies on one machine above a floor, gone through depth first: for a certificate, in exact integers.

The rest of a set is worth no more than what fits as far as one resource goes. Of each that is found for all rooms by a
dynamic programme over parts of the machine, in which needs count less, never more: ``part(x) = x * factor >> SHIFT`` is
rounded down, so parts of needs that fit add up to no more than the part of their room.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obplace.compiled import compiled

Ints = NDArray[np.int64]

BITS = 60  # of any sum
SHIFT = 48
CELLS = 2_000_000  # of all tables of a machine: with many roles there are fewer parts, within these limits
PARTS = (100, 2000)
HOPE = 30  # bits of what is hoped for


class Sifting:
    """A search for what no set on a machine is worth more than: the longer one goes on, the less may be said.

    Parameters
    ----------
    needs
        What a copy of each role takes of each resource, or of a weighted sum of these, no more than there is, shape
        (roles, resources).
    room
        What there is of them, shape (resources,).
    worth, copies
        Of a copy of each role, positive, and copies at most, shapes (roles,).
    floor
        Sets that are worth no more are not told apart.
    ceiling
        No set is worth more anyway.
    """

    def __init__(
        self,
        needs: Sequence[Sequence[int]],
        room: Sequence[int],
        worth: Sequence[int],
        copies: Sequence[int],
        floor: int,
        ceiling: int,
    ) -> None:
        # Rounded to fit into 64 bits: needs and rooms down, worths up. So each set still fits, and is worth no less.
        coarse = [max(0, side.bit_length() - BITS) for side in room]
        self.room = np.array([side >> bits for side, bits in zip(room, coarse, strict=True)], dtype=np.int64)
        taken = [[need >> bits for need, bits in zip(row, coarse, strict=True)] for row in needs]
        needed = np.array(taken, dtype=np.int64).reshape(len(worth), len(room))
        total = sum(value * number for value, number in zip(worth, copies, strict=True))
        self.unit = max(0, total.bit_length() - BITS)  # worths are in units of 1 << unit
        # Large copies first: what they leave open is soon known to be too little.
        order = np.argsort(-(needed / np.maximum(self.room, 1)).max(axis=1, initial=0.0), kind="stable")
        self.needs = needed[order]
        self.worth = np.array([-(-value >> self.unit) for value in worth], dtype=np.int64)[order]
        self.copies = np.array(copies, dtype=np.int64)[order]
        self.shift = max(0, int(self.worth @ self.copies).bit_length() - HOPE)
        parts = min(max(PARTS[0], CELLS // max(1, len(room) * (1 + len(worth)))), PARTS[1])
        self.factors = (parts << SHIFT) // np.maximum(self.room, 1)
        depths = 1 + int(self.copies.sum())
        # By depth of the set that is looked at: the role that came last and how many of it, the role that comes next;
        # what they are worth together, and the room that is left.
        self.path = np.zeros((depths, 3), dtype=np.int64)
        self.value = np.zeros(depths, dtype=np.int64)
        self.left = np.zeros((depths, len(room)), dtype=np.int64)
        self.left[0] = self.room
        self.ceiling = ceiling
        self.best = min(floor, ceiling) >> self.unit
        self.depth = 0 if floor < ceiling else -1

    @property
    def done(self) -> bool:
        """Has all been gone through?"""
        return self.depth < 0

    def go_on(self, steps: int) -> int:
        """Look at so many sets more; return how many of these steps are left."""
        self.depth, self.best, left = _go_on(
            *(self.needs, self.worth, self.copies, self._hopes(), self.factors, self.shift),
            *(self.path, self.value, self.left, self.depth, self.best, steps),
        )
        return int(left)

    def most(self) -> int:
        """Return what no set is worth more than, as far as one has looked; the floor, where that is so."""
        most = self.best + bool(self.unit)
        if not self.done:
            hopes, axes = self._hopes(), np.arange(len(self.room))
            for depth in range(self.depth + 1):
                point = self.left[depth] * self.factors >> SHIFT
                hope = hopes[axes, point, self.path[depth, 2]].min(initial=1 << HOPE)
                most = max(most, int(self.value[depth]) + (int(hope) << self.shift))
        return min(self.ceiling, most << self.unit)

    def _hopes(self) -> NDArray[np.int32]:
        """Return what roles are worth at most, from each on, in a room as far as one resource goes.

        It is in units of ``1 << shift``, rounded up; shape (resources, parts + 1, roles + 1).
        """
        steps = self.needs * self.factors >> SHIFT
        parts = int((self.room * self.factors >> SHIFT).max(initial=0))
        hopes = np.zeros((len(self.room), parts + 1, len(self.worth) + 1), dtype=np.int32)
        for resource, column in enumerate(steps.T.tolist()):
            best = np.zeros(parts + 1, dtype=np.int64)
            for role in range(len(column) - 1, -1, -1):
                step, worth, copies = column[role], int(self.worth[role]), int(self.copies[role])
                behind, best = best, best + (0 if step else worth * copies)
                for number in range(1, 1 + min(copies, parts // step if step else 0)):
                    reached = best[number * step :]
                    np.maximum(reached, behind[: len(reached)] + number * worth, out=reached)
                hopes[resource, :, role] = -(-best >> self.shift)
        return hopes


@compiled
def _go_on(
    needs: Ints,
    worth: Ints,
    copies: Ints,
    hopes: NDArray[np.int32],
    factors: Ints,
    shift: int,
    path: Ints,
    value: Ints,
    left: Ints,
    depth: int,
    best: int,
    steps: int,
) -> tuple[int, int, int]:
    """Go on from a depth, -1 where all is done; return depth, best worth, steps left, and change what is by depth."""
    roles, resources = needs.shape
    while depth >= 0:
        role, enough = path[depth, 2], (best - value[depth]) >> shift
        hope = role < roles
        for resource in range(resources - 1, -1, -1):  # a weighted sum comes last, and says most
            if not hope:
                break
            hope = hopes[resource, left[depth, resource] * factors[resource] >> SHIFT, role] > enough
        if not hope:  # nor is there any for the roles behind it
            depth -= 1
            continue
        if steps == 0:
            break
        path[depth, 2] = role + 1
        number = path[depth, 1] + 1 if depth and path[depth, 0] == role else 1
        fits = number <= copies[role]
        for resource in range(resources):
            if not fits:
                break
            fits = needs[role, resource] <= left[depth, resource]
        if fits:
            steps -= 1
            for resource in range(resources):
                left[depth + 1, resource] = left[depth, resource] - needs[role, resource]
            value[depth + 1] = value[depth] + worth[role]
            depth += 1
            path[depth, 0], path[depth, 1], path[depth, 2] = role, number, role
            best = max(best, value[depth])
    return depth, best, steps

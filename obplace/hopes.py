"""One machine as a knapsack of many resources, and what the room that is left in it is worth at most.

A set of items fits only where it fits as far as one resource goes, or a weighted sum of them; so the best set for that
alone is worth no less. With few items on a machine this says far more than parts of items do: that a fifth one has no
room is seen at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from obplace.compiled import compiled
from obplace.fleet import Bools, Fleet, Ints, Reals
from obplace.surrogate import OVER, fitting, narrowed, surrogate

CELLS = 10_000_000  # of a table: with many kinds there are fewer points, but at least so many
COARSE = 100
BITS = 30  # of what is hoped for
FINE = 52  # bits of a weighted sum, which a double holds
NEVER = 1 << 62  # more than any worth
LEAST = 1e-200  # of a weight: a worth over it is still a double


class Knapsack(NamedTuple):
    """Kinds in the order in which they come, for loops that are compiled.

    Attributes
    ----------
    needs, room
        Of a copy of each kind, and of the machine, shapes (kinds, resources) and (resources,); the last resources are
        weighted sums of the others.
    worth, most
        Of a copy of each kind, and copies at most, shapes (kinds,).
    apart
        Which kinds keep apart, shape (kinds, kinds), or (0, 0) where none do.
    points
        Into which a unit of each resource is divided, shape (resources,).
    hopes
        By resource, points left and kind: what the kind and those behind it are worth at most as far as that resource
        goes, in units of ``1 << shift``, so that the table is small; shape (resources, points + 1, kinds + 1).
    """

    needs: Ints
    room: Ints
    worth: Ints
    most: Ints
    apart: Bools
    points: Reals
    hopes: NDArray[np.int32]
    shift: int


class Machine:
    """What one machine of a stand can run at given worths.

    Parameters
    ----------
    values
        Worth of one copy of each kind, shape (kinds,); what is not positive is not run.
    among
        Copies of each kind at most, shape (kinds,).
    weights
        Of the resources, shape (resources,); without them the best are chosen.

    Attributes
    ----------
    bound
        No set is worth more.
    """

    def __init__(self, fleet: Fleet, stand: int, values: Ints, among: Ints, weights: Reals | None = None) -> None:
        self.fleet = fleet
        self.stand = stand
        self.values = values
        self.among = among
        self.room = fleet.capacities[stand]
        self.kinds = np.flatnonzero(fleet.able[stand] & (values > 0) & (among > 0))
        needs = fleet.needs[self.kinds]
        self.most = fitting(needs, self.room, among[self.kinds])
        self.by = surrogate(needs, self.room, values[self.kinds], self.most, weights)
        self.bound = int(self.by.bound) + 1

    def sums(self, number: int) -> list[Reals]:
        """Return weights that suit rooms which large copies leave, at most so many."""
        order = np.argsort(-self._sizes(self.kinds), kind="stable")
        kinds = self.kinds[order]
        return narrowed(self.fleet.needs[kinds], self.room, self.values[kinds], self.most[order], number)

    def knapsack(
        self, floor: int, points: int, sums: Sequence[Reals] = (), *, large_first: bool
    ) -> tuple[Ints, Knapsack]:
        """Return the kinds that may be in a set worth more than a floor, and the knapsack of these.

        Parameters
        ----------
        points
            Into which the room of a resource is divided, at most; needs are rounded down, so that no set is lost.
        sums
            Weights of more sums, each of shape (resources,).
        large_first
            Kinds come by their size: what large ones leave open is soon known to be too little. Else those that are
            worth most for their weight come first, which finds good sets sooner.
        """
        by, room, needs, worth = self.by, self.room, self.fleet.needs[self.kinds], self.values[self.kinds]
        # A set with a copy of a kind that is worth less than its weight is worth less than all could be by that.
        some = np.flatnonzero(self.bound + worth - needs @ by.weights > floor)
        if large_first:
            key = self._sizes(self.kinds[some])
        else:
            key = worth[some] / np.maximum(needs[some] @ by.weights, LEAST)
        some = some[np.argsort(-key, kind="stable")]
        parts = np.array([by.weights, *sums]) * room
        parts /= np.maximum(parts.sum(axis=1, keepdims=True), LEAST)
        whole = np.floor(parts * 2.0**FINE / np.maximum(room, 1)).astype(np.int64).T
        needs, room = np.hstack([needs[some], needs[some] @ whole]), np.append(room, room @ whole)
        points = max(COARSE, min(points, CELLS // max(1, needs.size)))
        steps = (needs * (points / OVER / np.maximum(room, 1))).astype(np.int64)
        kinds, worth, most = self.kinds[some], worth[some], self.most[some]
        shift = max(0, int(worth @ most).bit_length() - BITS)
        hopes, a_unit = hopes_of(steps, worth, most, points, shift), points * OVER / np.maximum(room, 1)
        return kinds, Knapsack(needs, room, worth, most, _apart(self.fleet, kinds), a_unit, hopes, shift)

    def _sizes(self, kinds: Ints) -> Reals:
        """Return the largest part of the machine that a copy of each kind takes, shape (kinds,)."""
        found: Reals = (self.fleet.needs[kinds] / np.maximum(self.room, 1)).max(axis=1, initial=0.0)
        return found

    def widened(self, kinds: Ints, sets: Ints) -> list[Ints]:
        """Return sets of some kinds, shape (n, kinds of these), as sets of all."""
        found = np.zeros((len(sets), len(self.values)), dtype=np.int64)
        found[:, kinds] = sets
        return list(found)


@compiled
def hopes_of(steps: Ints, worth: Ints, most: Ints, points: int, shift: int) -> NDArray[np.int32]:
    """Return what kinds are worth at most by resource and points left; a copy takes ``steps`` of these."""
    kinds, resources = steps.shape
    hopes = np.zeros((resources, points + 1, kinds + 1), np.int32)
    for resource in range(resources):
        behind, found = np.zeros((2, points + 1), np.int64)
        for kind in range(kinds - 1, -1, -1):
            step = steps[kind, resource]
            for left in range(points + 1):
                best = behind[left] + (most[kind] * worth[kind] if step == 0 else 0)
                if step:
                    for copies in range(1, min(most[kind], left // step) + 1):
                        best = max(best, behind[left - copies * step] + copies * worth[kind])
                found[left] = best
                hopes[resource, left, kind] = -(-best >> shift)
            behind, found = found, behind
    return hopes


def _apart(fleet: Fleet, kinds: Ints) -> Bools:
    """Return which of some kinds keep apart, shape (kinds, kinds), or (0, 0) where none do."""
    place = {kind: number for number, kind in enumerate(kinds.tolist())}
    pairs = [(place[a], place[b]) for a, b in fleet.apart if a in place and b in place]
    found = np.zeros((len(kinds), len(kinds)) if pairs else (0, 0), dtype=np.bool_)
    for a, b in pairs:
        found[a, b] = found[b, a] = True
    return found

"""What no set of items is worth more than by weighted sums of its needs, and how many copies fit at all."""

from typing import NamedTuple

import numpy as np

from obplace.engine import linear
from obplace.fleet import Ints, Reals
from obplace.model import Row

TAKEN = 2  # copies at most that leave a room that is narrower
OVER = 1 + 1e-9  # times what doubles make of a few products is not less than it


class Surrogate(NamedTuple):
    """Weights of the resources, shape (resources,), and what no set is worth more than by their sum alone.

    That is weights @ room + sum of most * max(0, value - weights @ needs), whatever the weights.
    """

    weights: Reals
    bound: float


def surrogate(needs: Ints, room: Ints, values: Ints, most: Ints, weights: Reals | None = None) -> Surrogate:
    """Return the weights that bound best what fits into a room, or others that are given.

    Parameters
    ----------
    needs
        What a copy of each kind takes, shape (kinds, resources).
    room
        Of a machine, shape (resources,).
    values, most
        Worth of a copy of each kind, positive, and copies at most, shapes (kinds,).
    """
    if weights is None:
        weights = _best(needs, room, values, most)
    over = np.maximum(values - needs @ weights, 0)
    return Surrogate(weights, float(weights @ room + over @ most) * OVER)


def _best(needs: Ints, room: Ints, values: Ints, most: Ints) -> Reals:
    rows = [
        Row({k: need for k, need in enumerate(column) if need}, None, side)
        for column, side in zip(needs.T.tolist(), room.tolist(), strict=True)
    ]
    solved = linear([0] * len(values), most.tolist(), {k: -value for k, value in enumerate(values.tolist())}, rows)
    # Nothing at all fits, so there is an answer; but GLOP may lose it in rounding, and any weights make a bound.
    found: Reals = np.zeros(len(room)) if solved is None else np.maximum(-np.array(solved.prices), 0.0)
    return found


def narrowed(needs: Ints, room: Ints, values: Ints, most: Ints, number: int) -> list[Reals]:
    """Return weights that suit the rooms which a few copies leave, at most so many.

    Such a room is narrow in another way than the whole machine, and wants other weights.

    Parameters
    ----------
    needs, values, most
        As for `surrogate`, with kinds in the order in which a search takes them: behind a copy come those of its kind
        and of later ones.
    """
    random = np.random.default_rng(0)
    found = []
    for _ in range(number if len(needs) else 0):
        left, first = room.copy(), 0
        for _ in range(random.integers(1, TAKEN + 1)):
            kind = int(random.integers(first, len(needs)))
            if (needs[kind] <= left).all():
                left, first = left - needs[kind], kind
        fits = fitting(needs[first:], left, most[first:])
        some = first + np.flatnonzero(fits)
        if len(some) > 1:
            found.append(surrogate(needs[some], left, values[some], fits[fits > 0]).weights)
    return found


def fitting(needs: Ints, room: Ints, most: Ints) -> Ints:
    """Return how many copies of each kind a room has place for, of so many at most, shape (kinds,)."""
    copies = np.where(needs > 0, room // np.maximum(needs, 1), most[:, None])
    found: Ints = np.minimum(most, copies.min(axis=1, initial=np.iinfo(np.int64).max))
    return found

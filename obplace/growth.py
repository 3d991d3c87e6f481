"""Sets of items grown kind by kind on one machine; hopeless ones are left out, and of the others what are too many."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from obplace.fleet import Bools, Fleet, Ints, Seconds
from obplace.hopes import Hopes, Slopes, fitting, surrogate

LEAST = 1e-200  # of a weight: a worth over it is still a double
RENEWED = 10  # steps after which slopes are chosen anew, and times as many sets as slopes before there are any


class Depth(NamedTuple):
    """How closely to look.

    Attributes
    ----------
    width
        Sets that are grown at once; where there are more, the most hopeful stay.
    slopes
        So many weights tell how hopeful a set is, beside those of the whole machine.
    large_first
        Kinds come by their size: what large ones leave open is soon known to be too little. Else those that are worth
        most for their weight come first, which finds good sets sooner.
    """

    width: int
    slopes: int
    large_first: bool


class Grown(NamedTuple):
    """What was grown for a stand: the most that may have been lost by leaving sets out, and the best sets."""

    lost: int
    sets: list[Ints]


class States(NamedTuple):
    """Sets that are growing.

    Attributes
    ----------
    left
        What they leave of each resource, and of a weighted sum, shape (resources + 1, n).
    value
        Their worth, shape (n,).
    barred
        Kinds that keep apart from what they have, shape (kinds, n), or (0, n) where none do.
    """

    left: Ints
    value: Ints
    barred: Bools


class Step(NamedTuple):
    """Where sets came from: the place of each among those of the step before, and its copies of a kind, shapes (n,)."""

    kind: int
    parents: NDArray[np.int32]
    copies: NDArray[np.int32]


class Growth:
    """Sets for one stand at given worths.

    Parameters
    ----------
    values
        Worth of one copy of each kind, shape (kinds,); what is not positive is not run.
    among
        Copies of each kind at most, shape (kinds,).
    """

    def __init__(self, fleet: Fleet, stand: int, values: Ints, among: Ints) -> None:
        self.fleet = fleet
        self.stand = stand
        self.values = values
        self.among = among
        self.room = fleet.capacities[stand]
        self.kinds = np.flatnonzero(fleet.able[stand] & (values > 0) & (among > 0))
        needs = fleet.needs[self.kinds]
        self.most = fitting(needs, self.room, among[self.kinds])
        self.by = surrogate(needs, self.room, values[self.kinds], self.most)

    def best(self, floor: int, each: int, depth: Depth, seconds: Seconds) -> Grown:
        """Return so many of the best sets that are worth more than a floor.

        Where ``seconds`` are over, all that is not grown to its end is lost.
        """
        needs, worth, by = self.fleet.needs[self.kinds], self.values[self.kinds], self.by
        # A set with a copy of a kind that is worth less than its weight is worth less than all could be by that.
        some = np.flatnonzero(by.bound + worth - needs @ by.weights > floor)
        if depth.large_first:
            key = (needs[some] / np.maximum(self.room, 1)).max(axis=1, initial=0.0)
        else:
            key = worth[some] / np.maximum(needs[some] @ by.weights, LEAST)
        some = some[np.argsort(-key, kind="stable")]
        kinds, most, needs, worth = self.kinds[some], self.most[some], needs[some], worth[some]
        hopes, slopes = Hopes(needs, self.room, worth, most, by.weights), Slopes(needs, worth, most)
        apart = _apart(self.fleet, kinds)
        now = States(hopes.room[:, None], np.zeros(1, np.int64), np.zeros((len(apart), 1), np.bool_))
        steps: list[Step] = []
        least, lost, renewed = floor, 0, 0
        ends: list[tuple[int, int, int]] = []  # the most worthy sets: their worth, step and place there
        for j in range(len(kinds)):
            hope = now.value + hopes.at(j, now.left)
            rows = np.flatnonzero(hope > least)
            if len(rows) > RENEWED * depth.slopes > 0:
                if j >= renewed:
                    renewed = j + RENEWED
                    hopeful = rows[np.argsort(-hope[rows], kind="stable")[: depth.width]]
                    slopes.renew(j, now.left[:-1, hopeful[:: -(-len(hopeful) // depth.slopes)]])
                hope[rows] = np.minimum(hope[rows], now.value[rows] + slopes.at(j, now.left[:-1, rows]))
                rows = rows[hope[rows] > least]
            if not len(rows):
                break
            if not seconds():
                lost = max(lost, int(hope[rows].max()))
                break
            if len(rows) > depth.width:
                rows = rows[np.argpartition(-hope[rows], depth.width)]
                lost = max(lost, int(hope[rows[depth.width :]].max()))
                rows = rows[: depth.width]
            now, parents, copies = _grown(now, rows, j, hopes.needs[j], int(most[j]), int(worth[j]), apart)
            steps.append(Step(int(kinds[j]), parents, copies))
            new = np.flatnonzero((copies > 0) & (now.value > floor))
            if len(new) > each:
                new = new[np.argpartition(-now.value[new], each)[:each]]
            ends = sorted(ends + [(int(now.value[n]), j, int(n)) for n in new.tolist()], reverse=True)[:each]
            if len(ends) == each:
                least = max(floor, ends[-1][0])
        return Grown(lost, [self._set(steps[: number + 1], place) for _, number, place in ends])

    def _set(self, steps: list[Step], place: int) -> Ints:
        """Return the set that grew to a place of the last step."""
        items = np.zeros(len(self.values), dtype=np.int64)
        for step in reversed(steps):
            items[step.kind] = step.copies[place]
            place = int(step.parents[place])
        return items


def _grown(
    now: States, rows: Ints, kind: int, need: Ints, most: int, worth: int, apart: Bools
) -> tuple[States, NDArray[np.int32], NDArray[np.int32]]:
    """Return some of the sets with no copy of a kind, with one, and so on; their places before, and these copies."""
    left, value, barred = now.left[:, rows], now.value[rows], now.barred[:, rows]
    places, copies, lefts = [np.arange(len(rows))], [np.zeros(len(rows), np.int32)], [left]
    place = np.flatnonzero(~barred[kind]) if len(apart) else places[0]
    room = left[:, place]
    for number in range(1, most + 1):
        fits = np.flatnonzero((room >= need[:, None]).all(axis=0))
        if not len(fits):
            break
        place, room = place[fits], room[:, fits] - need[:, None]
        places.append(place)
        copies.append(np.full(len(place), number, np.int32))
        lefts.append(room)
    came, number_of = np.concatenate(places), np.concatenate(copies)
    barred = barred[:, came]
    if len(apart):
        barred |= apart[kind][:, None] & (number_of > 0)
    grown = States(np.concatenate(lefts, axis=1), value[came] + number_of.astype(np.int64) * worth, barred)
    return grown, rows[came].astype(np.int32), number_of


def _apart(fleet: Fleet, kinds: Ints) -> Bools:
    """Return which of some kinds keep apart, shape (kinds, kinds), or (0, 0) where none do."""
    place = {kind: number for number, kind in enumerate(kinds.tolist())}
    pairs = [(place[a], place[b]) for a, b in fleet.apart if a in place and b in place]
    found = np.zeros((len(kinds), len(kinds)) if pairs else (0, 0), dtype=np.bool_)
    for a, b in pairs:
        found[a, b] = found[b, a] = True
    return found

"""What one machine of a fleet holds at most, found for a certificate: numpy and nothing above.

Of copies at worths: by a dynamic programme over the capacities of the largest machine if it has no more than `STATES`
points. Else by surrogates, weights of the resources: no set is worth more than ``weights @ room + sum of most copies *
max(0, worth - weights @ need)``, whatever the weights; and all sets that might be worth as much are gone through, as
long as that does not take too many steps. Of copies counted, or what they need of a resource: by the machine's
capacities alone, see `Holding.counted`.
"""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import prod
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

STATES = 1_000_000
STEPS = 200_000  # of all searches together; beyond them surrogates alone have to do
ALTERNATIVES = 16  # ways to leave roles out, for roles that keep apart; beyond, what is left of them may share

Place = int | str | None  # a domain, as the pool has it; None where nothing reads it
Objects = NDArray[Any]  # of Python's integers, which do not overflow


class Group(NamedTuple):
    """Machines that no row can tell apart: the roles they may run, their domains, and the room of each resource."""

    able: tuple[bool, ...]
    places: tuple[Place, ...]
    room: tuple[int, ...]


class Holding:
    """What machines of some groups hold at most.

    Parameters
    ----------
    needs
        What a copy of each role takes of each resource, shape (roles, resources), in the units of the rooms.
    most
        Copies of each role on one machine at most.
    apart
        Pairs of roles that share no machine.
    surrogates
        Weights of the resources, each in the order of ``needs``.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        needs: Objects,
        most: Sequence[int],
        apart: Sequence[tuple[int, int]],
        surrogates: Sequence[Sequence[int]],
    ) -> None:
        self.groups = groups
        self.needs = needs
        self.most = np.array(most, dtype=object)
        self.apart = apart
        # Nothing takes more than all copies that may share a machine.
        reach = [int((needs[:, r] * self.most).sum()) for r in range(needs.shape[1])]
        self.rooms = [tuple(map(min, group.room, reach)) for group in groups]
        self.box = [1 + max((room[r] for room in self.rooms), default=0) for r in range(needs.shape[1])]
        self.steps = STEPS
        self.surrogates = [np.array(weights, dtype=object) for weights in surrogates if len(weights) == needs.shape[1]]

    def worth(self, worths: Sequence[tuple[int, ...]]) -> list[int]:
        """Return by group what no set of copies on a machine is worth more than, at the worths of each role there."""
        known: dict[tuple[int, ...], list[NDArray[np.int64]]] = {}
        answer = []
        for room, here in zip(self.rooms, worths, strict=True):
            if prod(self.box) <= STATES:
                if here not in known:
                    known[here] = [self._table(each) for each in _alternatives(here, self.apart)]
                answer.append(max(int(table[room]) for table in known[here]))
            else:
                answer.append(max(self._beyond(each, room) for each in _alternatives(here, self.apart)))
        return answer

    def counted(self, roles: Sequence[int], resource: int | None) -> list[int]:
        """Return how many copies of some roles a machine of each group runs at most, or what they take of a resource.

        Only roles that it may run at all count. Copies are no more than the capacity of any resource divided by the
        least of what one of them needs, and no more than may share a machine; what they take of a resource is no more
        than there is of it, nor than all that may share a machine need.
        """
        answer = []
        for group in self.groups:
            here = [role for role in roles if group.able[role]]
            if resource is None:
                least = [min(self.needs[here, r], default=0) for r in range(self.needs.shape[1])]
                ways = [room // need for room, need in zip(group.room, least, strict=True) if need]
                answer.append(min([*ways, int(self.most[here].sum())]) if here else 0)
            else:
                answer.append(min(group.room[resource], int((self.needs[here, resource] * self.most[here]).sum())))
        return answer

    def _beyond(self, worth: tuple[int, ...], room: tuple[int, ...]) -> int:
        """Return what no set is worth more than, where the programme would be too large."""
        worths = np.array(worth, dtype=object)
        every = int((np.maximum(worths, 0) * self.most).sum())
        bounds = []
        for weights in self.surrogates:
            over = np.maximum(worths - self.needs @ weights, 0)
            bounds.append(sum(map(mul, weights, room)) + int(over @ self.most))
        if not bounds:
            return every
        best = min(bounds)
        return self._searched(worth, room, min(every, best), self.surrogates[bounds.index(best)])

    def _searched(self, worth: tuple[int, ...], room: tuple[int, ...], most: int, weights: Objects) -> int:
        """Return the worth of the best set, by going through all that may beat the best so far, or ``most``.

        Roles come by what they are worth for their weight. The rest of a set is worth no more than roles in that order,
        the last one in part, that fill what is left of the room's weight.
        """
        heavy = (self.needs @ weights).tolist()
        roles = sorted(
            (k for k, value in enumerate(worth) if value > 0), key=lambda k: Fraction(-worth[k], heavy[k] or 1)
        )
        if any(not heavy[role] for role in roles):
            return most
        needs, copies = [self.needs[role].tolist() for role in roles], [int(self.most[role]) for role in roles]
        heavy, worths = [heavy[role] for role in roles], [worth[role] for role in roles]
        loads = list(accumulate(map(mul, heavy, copies), initial=0))
        gains = list(accumulate(map(mul, worths, copies), initial=0))
        best = 0
        waiting = [(0, 0, room, sum(map(mul, weights, room)))]
        while waiting:
            place, value, left, load = waiting.pop()
            self.steps -= 1
            if self.steps < 0:
                return most
            best = max(best, value)
            more = []
            for n in range(place, len(roles)):
                last = bisect_right(loads, loads[n] + load) - 1
                reach = value + gains[last] - gains[n]
                if last < len(roles):
                    reach += worths[last] * (loads[n] + load - loads[last]) // heavy[last]
                if reach <= best:
                    break
                for taken in range(1, copies[n] + 1):
                    after = tuple(side - taken * need for side, need in zip(left, needs[n], strict=True))
                    if min(after) < 0:
                        break
                    more.append((n + 1, value + taken * worths[n], after, load - taken * heavy[n]))
            waiting += reversed(more)  # what gives most for its weight is looked at first
        return best

    def _table(self, worth: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the most that copies are worth together, by capacity: copies of a role in parcels of 1, 2, 4, ..."""
        if sum(max(0, price) * number for price, number in zip(worth, self.most.tolist(), strict=True)) >= 1 << 62:
            raise ValueError("worth: it adds up beyond 64 bits")
        best = np.zeros(self.box, dtype=np.int64)
        for price, need, number in zip(worth, self.needs.tolist(), self.most.tolist(), strict=True):
            left, parcel = number, 1
            while price > 0 and left > 0:
                take = min(parcel, left)
                steps = [each * take for each in need]
                if any(step >= side for step, side in zip(steps, self.box, strict=True)):
                    break
                behind = tuple(slice(step, None) for step in steps)
                before = tuple(slice(0, side - step) for step, side in zip(steps, self.box, strict=True))
                best[behind] = np.maximum(best[behind], best[before] + price * take)
                left -= take
                parcel *= 2
        return best


def _alternatives(worth: tuple[int, ...], apart: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the worths with those of some roles at 0, so that each set without two that keep apart is whole in one.

    Of a role and those that it keeps apart from, a set has either not the role, or none of the others.
    """
    done: list[tuple[int, ...]] = []
    waiting = [worth]
    while waiting:
        now = waiting.pop()
        pairs = [pair for pair in apart if now[pair[0]] > 0 and now[pair[1]] > 0]
        if not pairs or len(done) + len(waiting) + 2 > ALTERNATIVES:
            done.append(now)
            continue
        met = [role for pair in pairs for role in pair]
        role = max(met, key=met.count)
        others = {other for pair in pairs if role in pair for other in pair} - {role}
        for out in ({role}, others):
            waiting.append(tuple(0 if each in out else value for each, value in enumerate(now)))
    return done

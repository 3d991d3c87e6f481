"""What one machine of a fleet holds at most, found for a certificate: numpy and nothing above.

Of copies at worths: by a dynamic programme over the capacities of the largest machine if it has no more than `STATES`
points. Else by surrogates, weights of the resources: no set is worth more than ``weights @ room + sum of most copies *
max(0, worth - weights @ need)``, whatever the weights; and all sets that are worth more than is claimed are gone
through, as long as that does not take too many steps, see `sifting`. Of copies counted, or what they need of a
resource: by the machine's capacities alone, see `Holding.counted`.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from obplace.sifting import Sifting

STATES = 1_000_000
STEPS = 100_000_000  # of all searches together; beyond them less is proven
A_TIME, LONG = 1_000_000, 8_000_000  # steps of one search before others have their turn: at first, and later
ALTERNATIVES = 16  # ways to leave roles out, for roles that keep apart; beyond, what is left of them may share
POINT = 20  # bits of a weight behind the point

Place = int | str | None  # a domain, as the pool has it; None where nothing reads it
Objects = NDArray[Any]  # of Python's integers, which do not overflow
Weights = Sequence[int]  # of the resources, in 1 / 2^POINT of the unit of worths


class Group(NamedTuple):
    """Machines that no row can tell apart: the roles they may run, their domains, and the room of each resource."""

    able: tuple[bool, ...]
    places: tuple[Place, ...]
    room: tuple[int, ...]


class Claim(NamedTuple):
    """What a machine is said to hold at most, and weights by which that shows; the first are those of all its room."""

    most: int
    weights: Sequence[Weights]


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
    """

    def __init__(
        self, groups: Sequence[Group], needs: Objects, most: Sequence[int], apart: Sequence[tuple[int, int]]
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

    def worth(self, worths: Sequence[tuple[int, ...]], claims: Mapping[Group, Claim]) -> list[int]:
        """Return by group what no set of copies on a machine is worth more than.

        Parameters
        ----------
        worths
            Of a copy of each role there, by group.
        claims
            Where no set is worth more than a claim, the claim may be returned.
        """
        keys = list(zip(self.rooms, worths, strict=True))
        if prod(self.box) <= STATES:
            return self._by_table(keys)
        claimed = {key: claims[group] for key, group in zip(keys, self.groups, strict=True) if group in claims}
        heads = sorted({tuple(claim.weights[0]) for claim in claims.values() if claim.weights})
        searches = {
            (room, here): [
                self._sifting(each, room, heads, claimed.get((room, here), Claim(0, ())))
                for each in _alternatives(here, self.apart)
            ]
            for room, here in dict.fromkeys(keys)
        }
        self._sift([search for each in searches.values() for search in each])
        found = {key: max(search.most() for search in each) for key, each in searches.items()}
        return [found[key] for key in keys]

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

    def _sifting(
        self, worth: tuple[int, ...], room: tuple[int, ...], heads: Sequence[Weights], claim: Claim
    ) -> "Sifting":
        """Return a search of sets, where the programme would be too large."""
        from obplace.sifting import Sifting  # which loads a compiler

        fits = [
            role
            for role, value in enumerate(worth)
            if value > 0 and self.most[role] and (self.needs[role] <= np.array(room, dtype=object)).all()
        ]
        needs, copies = self.needs[fits], self.most[fits]
        worths = np.array([worth[role] for role in fits], dtype=object)
        # What no set is worth more than, and what a set with a copy of each role falls short of that at least.
        ceiling, short = int(worths @ copies), worths * 0
        own = [each for each in claim.weights if len(each) == len(room)]
        for weights in own[:1] or _likeliest(heads, needs, room, worths, copies):
            over = (worths << POINT) - needs @ np.array(weights, dtype=object)
            most = int(np.dot(weights, room)) + int(np.maximum(over, 0) @ copies) >> POINT
            if most < ceiling:
                ceiling, short = most, np.maximum(-over, 0) >> POINT
                own = [weights, *own[1:]]
        some = [n for n in range(len(fits)) if ceiling - short[n] > claim.most]
        sums = [np.array(weights, dtype=object) for weights in reversed(own)]
        return Sifting(
            [[*needs[n], *(int(needs[n] @ weights) for weights in sums)] for n in some],
            [*room, *(int(np.dot(weights, room)) for weights in sums)],
            worths[some].tolist(),
            copies[some].tolist(),
            claim.most,
            ceiling,
        )

    def _sift(self, searches: Sequence["Sifting"]) -> None:
        """Go on with all in turn: what is easy first, then what is open for as long as there are steps."""
        a_time = A_TIME
        with ThreadPoolExecutor() as pool:
            while self.steps > 0 and (open_ := [search for search in searches if not search.done]):
                given = min(a_time, -(-self.steps // len(open_)))
                self.steps -= sum(given - left for left in pool.map(methodcaller("go_on", given), open_))
                a_time = min(2 * a_time, LONG)

    def _by_table(self, keys: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[int]:
        """Return what no set is worth more than for each room and worths of the roles there."""
        # A role that has no room alone may be worth anything there: said to be worth most, it needs fewer tables.
        highest = [max(column) for column in zip(*(here for _, here in keys), strict=True)]
        needs = np.minimum(self.needs, 2 * STATES).astype(np.int64)
        fits = {room: np.all(needs <= np.array(room, dtype=np.int64), axis=1) for room in set(self.rooms)}
        tables: dict[tuple[int, ...], list[NDArray[np.int64]]] = {}
        answer = []
        for room, here in keys:
            same = tuple(
                value if fit else most for value, fit, most in zip(here, fits[room].tolist(), highest, strict=True)
            )
            if same not in tables:
                tables[same] = [self._table(each) for each in _alternatives(same, self.apart)]
            answer.append(max(int(table[room]) for table in tables[same]))
        return answer

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


def _likeliest(
    heads: Sequence[Weights], needs: Objects, room: Sequence[int], worths: Objects, copies: Objects
) -> list[Weights]:
    """Return those of many weights that seem to bound a room best, or none."""
    some = np.array([each for each in heads if len(each) == len(room)], dtype=np.float64)
    if not len(some):
        return []
    over = worths.astype(np.float64)[:, None] * 2.0**POINT - needs.astype(np.float64) @ some.T
    best = (some @ np.array(room, dtype=np.float64) + copies.astype(np.float64) @ np.maximum(over, 0)).argmin()
    return [list(map(int, some[best]))]


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

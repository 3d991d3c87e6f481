"""Column generation: prices from the sets that are known, better sets from the prices, and a bound after every round.

For any prices y of copies (not negative) and w of counts (not positive) no packing costs less than

    sum of y * copies + w * most + sum over all machines of min(0, price - best set's worth)

where a set's worth is the sum of y (and w) over what it runs. Prices are integers in ``1 / scale`` of the unit of cost,
so the bound is exact, whatever the linear program made of its rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from obplace.fleet import Fleet, Ints, Load, Reals, Seconds
from obplace.master import Master, Optimum
from obplace.pricers import Pricer
from obplace.pricing import grouped, leading, pricer
from obplace.rest import Rest, everything

FINEST = 1 << 20  # parts of a unit of cost
CENTRE = 0.7  # share of the best prices so far in those of the next round
NEARBY, NEAREST = 0.5, 0.1  # that share in the first close look, and where halving it ends
A_STAND = 2  # sets that a round adds for one stand at most
SEVERAL = 200  # sets that a round looks for: several for a stand where there are few
A_ROUND = 400  # and for all, or one for every four rows of the program
TINY = 1e-7  # of the rent: what a set must be worth more than it
SEEN = 1e-6  # copies: what is less is the program's rounding
WIDE = 0.3  # share by which worths may leave those they begin with
LEAST = 1e-2  # of the mean worth: the box of a copy that is worth nothing to begin with reaches so far
NEAR = (1.0, 0.8, 1.25)  # times the worths to begin with, at which sets are looked for first
DEAREST = 8  # times the price of all machines: what a copy is worth at most
AT_ONCE = 400  # shapes of machines for which a round looks for a set
CROWD = 8  # sets for each row of the program: where there are more, half of them go
OFTEN, SLOW = 8, 2e-3  # rounds in which the value falls by a smaller share want better sets
ENOUGH = 16  # rounds of pricing for a program of which no bound is asked, at most
KEPT = 3  # sets that are of use when a part goes on by itself, for each of its rows
FEW = 20  # a round that finds a set for fewer than one stand in so many has about all there is


@dataclass(frozen=True)
class Prices:
    """Integers in ``1 / scale`` of the unit of cost: a copy of each kind, and a count."""

    scale: int
    worth: tuple[int, ...]
    tolls: tuple[int, ...]


@dataclass(frozen=True)
class Duals:
    """Prices as the linear program has them: of a copy of each kind and of counts."""

    worth: Reals
    tolls: Reals

    def near(self, centre: "Duals", part: float) -> "Duals":
        """Return prices that are for that part those of the centre."""
        pairs = ((self.worth, centre.worth), (self.tolls, centre.tolls))
        return Duals(*(part * old + (1 - part) * new for new, old in pairs))


@dataclass(frozen=True)
class Pace:
    """How long a program is priced of which no bound is asked.

    Attributes
    ----------
    gain
        A round that gains no more is the last.
    seconds
        That are left for it.
    workers
        Threads.
    """

    gain: float
    seconds: Seconds
    workers: int


def scale_for(fleet: Fleet) -> int:
    """Return how many parts of a unit prices are counted in, so that no sum comes near the end of 64 bits."""
    money = max(1, fleet.money)
    dearest = max((price for stand in fleet.stands for price, _ in stand.prices), default=1)
    return max(1, min(FINEST, 1 << max(0, 58 - money.bit_length()), 1 << max(10, 28 - dearest.bit_length())))


def bound_of(fleet: Fleet, prices: Prices, best: Sequence[int]) -> int:
    """Return the bound in whole units, rounded up; ``best`` is no less than the worth of any set, by stand."""
    total = sum(y * kind.copies for y, kind in zip(prices.worth, fleet.kinds, strict=True))
    total += sum(w * count.most for w, count in zip(prices.tolls, fleet.counts, strict=True))
    for stand, saved in zip(fleet.stands, best, strict=True):
        for price, number in stand.prices:
            if price * prices.scale >= saved:
                break
            total += number * (price * prices.scale - saved)
    return -(-total // prices.scale)


class Generator:
    """The master program, the pricer, and the best bound so far.

    Worths are kept in a box around those they begin with: without it they jump about until many sets are known. A side
    of the box that holds a worth back moves when nothing else can be gained.
    """

    def __init__(self, fleet: Fleet, pricer: Pricer, worth: Reals) -> None:
        self.fleet = fleet
        self.pricer = pricer
        self.scale = scale_for(fleet)
        self.master = Master(fleet)
        self.dearest = float(DEAREST * max(1, fleet.money))
        worth = np.minimum(worth, self.dearest)
        self.low, self.high = worth * (1 - WIDE), np.maximum(worth, LEAST * worth.mean()) * (1 + WIDE)
        self.master.box(self.low, self.high)
        self.first = np.array([slots[0] if slots else 0 for slots in fleet.slots], dtype=np.float64)
        self.task = everything(fleet)
        self.bound = 0
        self.hope = -1  # what the bound would be, were no set worth more than those found
        self.prices: Prices | None = None
        self.most: Ints = np.zeros(0, dtype=np.int64)  # by stand, what no set is worth more than at these prices
        self.smooth = CENTRE
        self.nearby = NEARBY
        self.before = 0  # the bound before the last close look
        self.centre = Duals(worth, np.zeros(len(fleet.counts)))
        self.optimum: Optimum | None = None
        for factor in NEAR:
            prices = self._whole(Duals(worth * factor, self.centre.tolls))
            best, likely, stands, sets = self._price(prices)
            self._improves(prices, best, likely)
            for stand, items in zip(stands.tolist(), sets, strict=True):
                if items.any():
                    self.master.add(Load(stand, items))

    def converge(self, rounds: int, near: float, seconds: Seconds) -> bool:
        """Go on until value and bound of the program differ by a share of at most ``near``; say whether they do."""
        before = inf
        for number in range(rounds):
            if not (left := seconds()) or (added := self.round(left)) is None:
                return False
            held = self._held()
            if number % OFTEN == OFTEN - 1:
                slow = before - self.value <= SLOW * self.value
                if slow and not self.pricer.wider() and self.pricer.open:
                    return False
                before = self.value
            if not held and self.value - self.bound <= near * self.value:
                return True
            if added * FEW <= np.count_nonzero(self.task.free):
                if held:
                    if not self._widen() and not added:
                        return False
                elif not added and not self.smooth and not self.pricer.wider():
                    return not self.pricer.open
        return False

    def closely(self) -> None:
        """Look closely in the next round; where the last such look brought nothing, nearer to the program's prices."""
        self.pricer.closer()
        if self.bound == self.before:
            self.nearby = self.nearby / 2 if self.nearby > NEAREST else 0.0
        self.smooth, self.before = self.nearby, self.bound

    def settled(self, pace: Pace) -> None:
        """Price the program of what is left until a round gains no more than is asked; no bound is looked at.

        Where time is over before the program is solved there is no ``optimum``.
        """
        last: float | None = None
        for _ in range(ENOUGH):
            if not (left := pace.seconds()) or (added := self.round(left, proving=False)) is None:
                break
            if self._held():
                self._widen()
                last = None
                continue
            if not added:
                return
            if last is not None and last - self.value <= pace.gain:
                break
            last = self.value
        self.optimum = self.master.solve(pace.seconds())

    @property
    def value(self) -> float:
        """Of the master program as it was solved last."""
        return 0.0 if self.optimum is None else self.optimum.value

    def round(self, seconds: float, proving: bool = True) -> int | None:
        """Solve, price, add sets; return how many, or None where time did not allow.

        With ``proving`` prices are smoothed and the bound is kept.
        """
        if (now := self.master.solve(seconds)) is None:
            return None
        self.optimum = now
        self._thin()
        if now.value < self.hope:  # better sets were found since
            self.hope = -1
        asked = Duals(now.worth, now.tolls)
        if proving and self.smooth:
            asked = asked.near(self.centre, self.smooth)
        prices = self._whole(asked)
        best, likely, _, sets = self._price(prices, now.rent)
        if proving and self._improves(prices, best, likely):
            self.centre = asked
        added = self._add(sets, now)
        if proving and added * 4 < len(self.fleet.stands):
            self.smooth = max(0.0, self.smooth - 0.1)
        return added

    def _thin(self) -> None:
        """Give up the sets that cost most beyond their worth where there are many for each row."""
        sets, now = self.master.sets, self.optimum
        rows = len(self.fleet.kinds) + len(self.fleet.stands)
        if now is None or len(sets) <= CROWD * rows:
            return
        loss = now.rent[sets.stands] - sets.worth(now.worth)
        mask = np.zeros(len(sets), dtype=np.bool_)
        mask[np.argsort(loss, kind="stable")[: CROWD * rows // 2]] = True
        mask |= now.running > 0
        self.master.keep(mask)
        self.optimum = replace(now, running=now.running[mask])

    def _held(self) -> bool:
        """Say whether a side of the box holds a worth back; that no copy is worth less than nothing is no such side."""
        now = self.optimum
        return now is not None and bool(((now.missing > SEEN) | ((now.beyond > SEEN) & (self.low > 0))).any())

    def _widen(self) -> bool:
        """Move the sides of the box that hold a worth back; False where a copy is worth more than all machines."""
        assert self.optimum is not None
        high = np.minimum(np.where(self.optimum.missing > SEEN, self.high * 2 + 1, self.high), self.dearest)
        low = np.where(self.optimum.beyond > SEEN, np.where(self.low < SEEN, 0.0, self.low * 0.5), self.low)
        moved = bool((high > self.high).any() or (low < self.low).any())
        self.low, self.high = low, high
        self.master.box(self.low, self.high)
        return moved

    def _whole(self, at: Duals) -> Prices:
        def down(values: Reals) -> tuple[int, ...]:
            return tuple(np.floor(values * self.scale).astype(np.int64).tolist())

        return Prices(self.scale, down(at.worth), down(at.tolls))

    def _price(self, prices: Prices, rent: Reals | None = None) -> tuple[Ints, Ints, Ints, Ints]:
        """Return, by stand, what no set is worth more than, and what is found; good sets with stands, the best ones.

        Without ``rent`` what a stand costs is its first machine's price.
        """
        fleet = self.fleet
        most = np.minimum(fleet.most, self.task.left)
        best, likely = np.zeros((2, len(fleet.stands)), dtype=np.int64)
        cost = self.first if rent is None else rent
        each = 1 + SEVERAL // len(fleet.stands)

        def choose(stands: Ints, worth: Ints) -> Ints:
            gain = np.where(self.task.free[stands] > 0, worth - cost[stands] * self.scale, -np.inf)
            order = leading(np.argsort(-gain, kind="stable"), fleet.shapes[stands], AT_ONCE)
            return order[gain[order] > -np.inf]

        groups = list(grouped(fleet, np.array(prices.worth), np.array(prices.tolls)))
        stands = np.concatenate([stands for stands, _ in groups])
        floor = np.floor(np.minimum(cost, self.first)[stands] * self.scale).astype(np.int64)
        found = self.pricer.best(groups, most, choose, floor, each)
        best[stands] = likely[stands] = found.worth
        likely[stands[found.places]] = floor[found.places]
        np.maximum.at(likely, stands[found.places], found.values)
        return best, likely, stands[found.places], found.sets

    def _improves(self, prices: Prices, best: Ints, likely: Ints) -> bool:
        """Keep the bound at some prices if it is better; say whether it would be, were no set worth more than found."""
        bound, hope = (bound_of(self.fleet, prices, worth.tolist()) for worth in (best, likely))
        if self.prices is None or bound > self.bound:
            self.bound, self.prices, self.most = max(bound, 0), prices, best
        better = hope > self.hope
        self.hope = max(self.hope, hope)
        return better

    def _add(self, sets: Ints, now: Optimum) -> int:
        """Add for each stand the sets, found for any of them, that are worth most beyond the stand's rent."""
        fleet = self.fleet
        distinct = np.unique(sets, axis=0)
        gain = (distinct @ now.worth)[None, :] - now.rent[:, None]  # by stand and set
        if now.tolls.any():
            tolls = distinct @ (fleet.tally * now.tolls[:, None]).T
            for s, counted in enumerate(fleet.counted):
                gain[s] += tolls[:, list(counted)].sum(axis=1)
        needs = distinct @ fleet.needs
        for r in range(needs.shape[1]):
            gain[needs[None, :, r] > fleet.capacities[:, None, r]] = -1.0
        for s, stand in enumerate(fleet.stands):
            if stand.barred:
                gain[s, distinct[:, sorted(stand.barred)].any(axis=1)] = -1.0
        gain[self.task.free <= 0] = -1.0
        gain[gain <= TINY * np.maximum(1.0, now.rent)[:, None]] = -1.0
        best = np.argsort(-gain, axis=1, kind="stable")[:, : max(A_STAND, SEVERAL // len(gain))]
        stands, ranks = np.nonzero(np.take_along_axis(gain, best, axis=1) > 0)
        places = best[stands, ranks]
        order = np.argsort(-gain[stands, places], kind="stable")[: max(A_ROUND, (len(fleet.kinds) + len(gain)) // 4)]
        return sum(self.master.add(Load(int(stands[n]), distinct[places[n]])) for n in order)

    def promising(self) -> list[Load]:
        """Return those sets, trimmed to what is left, that are worth most beyond the rent of their stands."""
        assert self.optimum is not None
        sets, now = self.master.sets, self.optimum
        number = KEPT * (int(np.count_nonzero(self.task.left)) + len(self.fleet.stands))
        gain = sets.worth(now.worth, self.task.left) - now.rent[sets.stands]
        order = np.argsort(-gain, kind="stable")[:number].tolist()
        return [Load(sets.stands[n], np.minimum(sets.items(n), self.task.left)) for n in order]

    def settle(self) -> None:
        """Tell the master what was fixed; sets that are more than what is left are given up, the best trimmed to it."""
        assert self.optimum is not None
        sets, now = self.master.sets, self.optimum
        within = sets.within(self.task.left)
        gain = sets.worth(now.worth) - now.rent[sets.stands]
        gone = np.flatnonzero(~within & (gain > -SEEN * np.maximum(1.0, now.rent[sets.stands]))).tolist()
        trimmed = [Load(sets.stands[n], np.minimum(sets.items(n), self.task.left)) for n in gone]
        self.master.keep(within)
        self.master.shrink(self.task)
        for load in trimmed:
            if self.task.free[load.stand]:
                self.master.add(load)


def begun(few: Rest, worth: Reals, known: Iterable[Load], pace: Pace) -> Generator:
    """Return the program of what is left of a fleet, settled.

    Parameters
    ----------
    worth
        Of a copy of each kind of the whole, to begin with, shape (kinds,).
    known
        Sets of the whole that may be of use.
    """
    generator = Generator(few.fleet, pricer(few.fleet, pace.workers), worth[few.kinds])
    for load in few.narrow(known):
        generator.master.add(load)
    generator.settled(pace)
    return generator

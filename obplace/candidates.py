"""Hold the rows that a plan may still use as columns, and find which come first; only those that stay get names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from obplace.classes import Ints, State

FAR = np.iinfo(np.int64).max
WIDE = 2**62  # beyond, two columns do not fit into one number

Names = Callable[[Sequence[int]], list[str]]  # the names of some row ids, as a pool gives them
Mask = NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class Slot:
    """A row that a class may use: ``count`` equal machines; compared as they are taken."""

    price: int
    surplus: int
    name: str
    row: int
    count: int


@dataclass(frozen=True)
class Rows:
    """Rows of the pool by column, each of shape (rows,).

    Attributes
    ----------
    kind
        What a machine is, where that does not say in which domain of the level put aside it stands.
    place
        The number of that domain, from 1; 0 where nothing reads it.
    price, surplus, row, count
        As in `Slot`.
    """

    kind: Ints
    place: Ints
    price: Ints
    surplus: Ints
    row: Ints
    count: Ints

    def __len__(self) -> int:
        return len(self.row)

    @property
    def columns(self) -> tuple[Ints, ...]:
        """All of them, in their order."""
        return self.kind, self.place, self.price, self.surplus, self.row, self.count

    def take(self, which: Ints | Mask) -> "Rows":
        """Return some of the rows, by their places or a mask."""
        return Rows(*(column[which] for column in self.columns))

    @staticmethod
    def joined(parts: Sequence["Rows"]) -> "Rows":
        """Return the rows of all parts, one after the other."""
        if not parts:
            return Rows(*(np.zeros(0, dtype=np.int64) for _ in range(6)))
        return Rows(*map(np.concatenate, zip(*(part.columns for part in parts), strict=True)))


@dataclass(frozen=True)
class Bounds:
    """Groups that are full: price and surplus of the last machine that each has room for, by ascending group."""

    group: Ints
    price: Ints
    surplus: Ints

    def admit(self, group: Ints, price: Ints, surplus: Ints | None = None) -> Mask:
        """Return which rows could be no worse than the last one of their group, shape (rows,)."""
        if not len(self.group):
            return np.ones(len(group), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.group, group), len(self.group) - 1)
        worse = price > self.price[at]
        if surplus is not None:
            worse |= (price == self.price[at]) & (surplus > self.surplus[at])
        admitted: Mask = ~worse | (self.group[at] != group)
        return admitted

    def tightened(self, other: "Bounds") -> "Bounds":
        """Return the tighter bound of each group."""
        group, price, surplus = (
            np.concatenate(pair)
            for pair in ((self.group, other.group), (self.price, other.price), (self.surplus, other.surplus))
        )
        order = np.lexsort((surplus, price, group))
        order = order[_changes(group[order])]
        return Bounds(group[order], price[order], surplus[order])


NO_BOUNDS = Bounds(*(np.zeros(0, dtype=np.int64) for _ in range(3)))


@dataclass(frozen=True)
class First:
    """The first machines of each group, by price, surplus and name.

    Attributes
    ----------
    places
        Of the rows that hold them, in order of their groups.
    before
        How many machines of its group come before each of these rows.
    bounds
        Of the groups that have more machines than that, or as many.
    """

    places: Ints
    before: Ints
    bounds: Bounds


def first(rows: Rows, group: Ints, most: Ints, names: Names) -> First:
    """Return the rows that hold the first ``most`` machines of each group, shape (rows,) both.

    Names are looked up where rows are equal in all else and some of them are one too many.
    """
    if not len(rows):
        return First(rows.row, rows.row, NO_BOUNDS)
    order = _order(rows, group)
    ordered, most = group[order], most[order]
    before = _before(ordered, rows.count[order])
    new = _changes(ordered) | _changes(rows.price[order]) | _changes(rows.surplus[order])
    opens = np.flatnonzero(new)
    tie = np.cumsum(new) - 1
    closes = np.append(opens[1:], len(order))
    starts, ends = before[opens], (before + rows.count[order])[closes - 1]
    torn = np.flatnonzero((starts[tie] < most) & (ends[tie] > most) & ((closes - opens)[tie] > 1))
    if len(torn):
        texts = names(rows.row[order[torn]].tolist())
        rank = np.empty(len(torn), dtype=np.int64)
        rank[sorted(range(len(torn)), key=texts.__getitem__)] = np.arange(len(torn))
        order[torn] = order[torn[np.lexsort((rank, tie[torn]))]]
        before = _before(ordered, rows.count[order])
    inside = np.flatnonzero(before < most)
    full = inside[(before + rows.count[order] >= most)[inside]]
    last = order[full]
    return First(order[inside], before[inside], Bounds(ordered[full], rows.price[last], rows.surplus[last]))


def _order(rows: Rows, group: Ints) -> Ints:
    """Return the order by group, price and surplus."""
    low = int(rows.price.min())
    width = int(rows.price.max()) - low + 1
    if (int(group.max()) + 1) * width < WIDE:
        # One column sorts several times faster than two, and most rows are sorted by group already.
        keys = group * width + (rows.price - low)
        order = np.argsort(keys, kind="stable")
        equal = ~_changes(keys[order])
        if not equal.any():
            return order
        tied = np.flatnonzero(equal | np.append(equal[1:], False))
        here = order[tied]
        order[tied] = here[np.lexsort((rows.surplus[here], keys[here]))]
        return order
    return np.lexsort((rows.surplus, rows.price, group))


def _changes(column: Ints) -> Mask:
    """Return where a column differs from the entry before; the first does."""
    changes = np.ones(len(column), dtype=np.bool_)
    changes[1:] = column[1:] != column[:-1]
    return changes


def _before(group: Ints, count: Ints) -> Ints:
    """Return the machines of its group before each row, for rows in order of their groups."""
    before = np.cumsum(count) - count
    starts = np.flatnonzero(_changes(group))
    return before - np.repeat(before[starts], np.diff(np.append(starts, len(group))))


@dataclass(frozen=True)
class Candidates:
    """Rows that a plan may use, and what their kinds are.

    Attributes
    ----------
    states
        By kind; one that lies in a domain of ``aside`` lies in the first one here, whichever it is.
    limits
        By kind: how many machines of a class suffice, FAR where nothing says so.
    aside, domains
        The level that `Rows.place` numbers, and the names of its domains by that number less 1.
    names
        What finds the names of rows.
    """

    rows: Rows
    states: Sequence[State]
    limits: Ints
    aside: str | None
    domains: Sequence[str]
    names: Names

    @cached_property
    def classes(self) -> tuple[list[State], Ints]:
        """The classes that have rows, and the class of each row, shape (rows,)."""
        keys = self.rows.kind * (len(self.domains) + 1) + self.rows.place
        distinct, numbers = np.unique(keys, return_inverse=True)
        return [self._state(*divmod(key, len(self.domains) + 1)) for key in distinct.tolist()], numbers

    def keep(self, which: Mask, more: "Candidates") -> "Candidates":
        """Return some of the rows, and those of candidates that were made from these."""
        return replace(more, rows=Rows.joined([self.rows.take(which), more.rows]))

    def unplaced(self, which: Ints, level: str, free: int) -> "Candidates":
        """Return some of the rows as if their domain of a level were not known, for patterns in ``free`` alone."""
        rows = self.rows.take(which)
        states, limits = list(self.states), self.limits.tolist()
        numbers = {state: kind for kind, state in enumerate(states)}
        kinds = np.zeros(len(states), dtype=np.int64)
        for kind in np.unique(rows.kind).tolist():
            old = states[kind]
            domains = tuple(pair for pair in old.domains if pair[0] != level)
            state = State(old.patterns & free, domains, old.named)
            if state not in numbers:
                numbers[state] = len(states)
                states.append(state)
                limits.append(0)
            kinds[kind] = numbers[state]
            # Fewer patterns need no more machines, so the limit of the old kind is one of the new.
            limits[numbers[state]] = max(limits[numbers[state]], limits[kind])
        place = np.zeros_like(rows.place) if level == self.aside else rows.place
        rows = replace(rows, kind=kinds[rows.kind], place=place)
        able = np.array([state.patterns != 0 for state in states], dtype=np.bool_)[rows.kind]
        return replace(self, rows=rows.take(able), states=states, limits=np.array(limits, dtype=np.int64))

    def slots(self) -> list[tuple[State, list[Slot]]]:
        """Return each class with its first machines, in order, and no more of them than suffice."""
        states, numbers = self.classes
        limits = self.limits[self.rows.kind]
        found = first(self.rows, numbers, limits, self.names)
        rows = self.rows.take(found.places)
        count = np.minimum(rows.count, limits[found.places] - found.before)
        names = self.names(rows.row.tolist())
        columns = (rows.price.tolist(), rows.surplus.tolist(), names, rows.row.tolist(), count.tolist())
        answer: list[tuple[State, list[Slot]]] = [(state, []) for state in states]
        for number, *slot in sorted(zip(numbers[found.places].tolist(), *columns, strict=True)):
            answer[number][1].append(Slot(*slot))
        return answer

    def _state(self, kind: int, place: int) -> State:
        state = self.states[kind]
        if not place:
            return state
        domains = tuple(
            (level, self.domains[place - 1] if level == self.aside else name) for level, name in state.domains
        )
        return State(state.patterns, domains, state.named)

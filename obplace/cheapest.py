"""Keep the cheapest machines of each class while the pool goes by: a fold in memory that its answer bounds."""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from obplace.candidates import FAR, NO_BOUNDS, Candidates, Mask, Rows, first
from obplace.classes import Classes, Ints, State, Taken, _Step
from obplace.patterns import Pattern
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.surplus import WHOLE, of_rows

WAITING = 20_000  # rows that may wait before the cheapest are chosen again


def cheapest(
    problem: Problem,
    patterns: Sequence[Pattern],
    limit: Callable[[State], int | None],
    shares: Mapping[str, int],
    enough: int,
    taken: Taken | None,
    told: Collection[str] = (),
) -> Candidates:
    """Return the machines that suffice of each class.

    Parameters
    ----------
    limit
        How many machines of a class suffice; None keeps all of them.
    shares, enough
        K by level, and U, as in `racks`: of the level with most domains, each keeps the K first machines of a type,
        and whatever their domain the U first of a type stay.
    taken
        What is left of offers whose rows depend on one another.
    told
        As in `Classes`.
    """
    wide = [level for level in shares if len(problem.domains[level]) > enough]
    aside = max(wide, key=lambda level: len(problem.domains[level]), default=None)
    fold = _Fold(problem, _Kinds(problem, patterns, aside, taken, told), limit, shares.get(aside or "", 0), enough)
    for batch in problem.pool:
        fold.add(batch)
    return fold.candidates()


class _Kinds(Classes):
    """Classes to which the domains of one level are one and the same: of a million machines there are a few."""

    def __init__(
        self,
        problem: Problem,
        patterns: Sequence[Pattern],
        aside: str | None,
        taken: Taken | None,
        told: Collection[str],
    ) -> None:
        self.aside = aside
        self.places = np.zeros(0, dtype=np.int64)  # of the batch walked last: the domain of each row, 0 for none
        super().__init__(problem, patterns, taken, told)

    def _level(self, level: str, patterns: Sequence[Pattern]) -> _Step:
        step = super()._level(level, patterns)
        if level == self.aside:
            ranks = step.ranks

            def known(batch: Batch) -> Ints:
                self.places = ranks(batch)
                return np.minimum(self.places, 1)

            step.ranks = known
            step.width = lambda: 2
        return step


class _Fold:
    """Rows that may still be among the cheapest.

    A row is among them when fewer machines of its class come before it than suffice, or of its kind fewer than U.
    Both numbers only grow while the pool goes by, so what is dropped early would be dropped late.
    """

    def __init__(
        self, problem: Problem, kinds: _Kinds, limit: Callable[[State], int | None], share: int, enough: int
    ) -> None:
        self.problem = problem
        self.kinds = kinds
        self.limit = limit
        self.share = share
        self.enough = enough
        self.parts: list[Rows] = []
        self.waiting = 0
        self.settled = 0  # rows that were left when they were last chosen
        self.limits = np.zeros(0, dtype=np.int64)  # by kind: how many of a class suffice
        self.placed = np.zeros(0, dtype=np.bool_)  # by kind: does the level put aside count?
        self.shared = np.zeros(0, dtype=np.bool_)  # by kind: and does no rule name the machine?
        self.width = len(problem.domains[kinds.aside]) + 1 if kinds.aside else 1
        self.in_class = self.in_kind = NO_BOUNDS

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch that could be among the cheapest."""
        kind = self.kinds.of(batch)
        self._grow()
        here = np.flatnonzero(kind >= 0)
        kind, price = kind[here], batch.price[here]
        if "cost" not in self.problem.objectives:
            price = np.zeros_like(price)
        place = np.where(self.placed[kind], self.kinds.places[here], 0) if self.kinds.aside else np.zeros_like(kind)
        near = self._admitted(kind, place, price)
        here, kind, place, price = here[near], kind[near], place[near], price[near]
        surplus = of_rows(self.problem, batch, here, WHOLE)
        near = self._admitted(kind, place, price, surplus)
        rows = Rows(kind, place, price, surplus, here + batch.first, self._count(batch, here)).take(near)
        if self.kinds.aside and len(rows) > WAITING:
            # Few of the machines of a rack stay, and chosen here they are not sorted among those of all others.
            rows = self._chosen(rows)
        self.parts.append(rows)
        self.waiting += len(rows)
        if self.waiting > 2 * self.settled + WAITING:
            self._settle()

    def candidates(self) -> Candidates:
        """Return the rows that are left."""
        self._settle()
        level = self.kinds.aside
        domains = self.problem.domains[level] if level else ()
        return Candidates(self.parts[0], self.kinds.states, self.limits, level, domains, self.problem.pool.names)

    def _grow(self) -> None:
        """Say of new kinds how many machines suffice."""
        new = self.kinds.states[len(self.limits) :]
        limits = [self.limit(state) for state in new]
        placed = [any(level == self.kinds.aside for level, _ in state.domains) for state in new]
        shared = [each and state.named is None for each, state in zip(placed, new, strict=True)]
        suffice = np.array([FAR if limit is None else limit for limit in limits], dtype=np.int64)
        self.limits = np.append(self.limits, suffice)
        self.placed = np.append(self.placed, placed).astype(np.bool_)
        self.shared = np.append(self.shared, shared).astype(np.bool_)

    def _admitted(self, kind: Ints, place: Ints, price: Ints, surplus: Ints | None = None) -> Mask:
        by_class = self.in_class.admit(kind * self.width + place, price, surplus)
        return by_class | (self.shared[kind] & self.in_kind.admit(kind, price, surplus))

    def _count(self, batch: Batch, here: Ints) -> Ints:
        if "quantity" not in self.problem.pool.columns:
            return np.ones(len(here), dtype=np.int64)
        column = batch.column("quantity")
        numbers = [1 if value is None else int(value) for value in column.values]
        return np.array(numbers, dtype=np.int64)[column.codes[here]]

    def _settle(self) -> None:
        """Choose the cheapest of all rows, and set the bounds."""
        rows = self._chosen(Rows.joined(self.parts), whole=True)
        self.parts, self.waiting, self.settled = [rows], len(rows), len(rows)

    def _chosen(self, rows: Rows, *, whole: bool = False) -> Rows:
        """Return the rows that suffice among these, and note what bounds those to come."""
        names = self.problem.pool.names
        shared = self.shared[rows.kind]
        most = np.where(shared, self.share, self.limits[rows.kind])
        by_class = first(rows, rows.kind * self.width + rows.place, most, names)
        stay = np.zeros(len(rows), dtype=np.bool_)
        stay[by_class.places] = True
        able = np.flatnonzero(shared)
        able = able[self.in_kind.admit(rows.kind[able], rows.price[able], rows.surplus[able])]
        kinds = rows.kind[able]
        by_kind = first(rows.take(able), kinds, np.full(len(able), self.enough), names)
        stay[able[by_kind.places]] = True
        self.in_kind = self.in_kind.tightened(by_kind.bounds)
        if whole:
            self.in_class = by_class.bounds
        return rows.take(stay)

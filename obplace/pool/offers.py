"""What can be bought: offers read from a table, and sold as rows of a pool, beside machines that are owned already.

An offer is as many rows as there are ways to buy it: one for each of its prices, each place where it may stand, and
each amount of a resource that it may be given by the GB. What ties the rows of one offer together, its stock and its
prices, is the rule `rules.Buy`; what a row is a deal of stands in `Sales`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.errors import DataError
from obplace.pool.columns import RESOURCES, period
from obplace.pool.pool import Pool
from obplace.pool.prices import coded_decimals, scale
from obplace.pool.raw import Coded, Column
from obplace.quantity import Kind

Ints = NDArray[np.int64]

HOURS = 730  # that a month counts, 365 * 24 / 12, as clouds charge it
EXACT = 1 << 62  # below, prices are exact in 64 bits


@dataclass(frozen=True)
class Money:
    """Prices in 10**-decimals of the currency, an entry a row: paid once, and paid every month."""

    once: Ints
    monthly: Ints

    def over(self, months: int) -> Ints:
        """Return what is paid over so many months."""
        return self.once + self.monthly * months

    def take(self, rows: Any) -> "Money":
        """Return some of the rows, by their places or a mask."""
        return Money(self.once[rows], self.monthly[rows])


@dataclass(frozen=True)
class Seller:
    """What sells a resource by the GB, where, and of which class of storage; prices are for one GB."""

    name: str
    resource: str
    once: int
    monthly: int
    rank: int | None
    allowed: tuple[frozenset[str] | None, ...]  # by level; None is anywhere

    def sells_at(self, place: Sequence[str | None]) -> bool:
        """Does it sell in this place?"""
        return all(names is None or name in names for names, name in zip(self.allowed, place, strict=True))


@dataclass(frozen=True, eq=False)
class Offers:
    """A table of offers as it was read: its rows are prices of machines, or of resources by the GB."""

    table: Pool

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        resources: Mapping[str, Kind] = RESOURCES,
        *,
        skip_bad: bool = False,
        encoding: str | None = None,
        decimal: str | None = None,
    ) -> "Offers":
        """Read a file of offers as `Pool.read` reads one of machines.

        Raises
        ------
        DataError
            With every bad row and cell of the file.
        """
        return cls(Pool.read(path, resources, skip_bad=skip_bad, encoding=encoding, decimal=decimal, offers=True))

    @classmethod
    def from_frame(cls, frame: Any, resources: Mapping[str, Kind] = RESOURCES, *, skip_bad: bool = False) -> "Offers":
        """Read a frame of offers as `Pool.from_frame` reads one of machines."""
        return cls(Pool.from_frame(frame, resources, skip_bad=skip_bad, offers=True))

    def column(self, name: str) -> Column:
        """Return a column of the whole table; where the table does not have it, the same in each row."""
        codes: list[NDArray[np.int64]] = []
        values: list[Any] = []
        for batch in self.table:
            column = batch.column(name)
            codes.append(column.codes.astype(np.int64) + len(values))
            values += column.values
        return Column(np.concatenate(codes).astype(np.int32), tuple(values))

    def numbers(self, name: str, none: int) -> Ints:
        """Return a column of whole numbers, shape (rows,)."""
        if name not in self.table.columns:
            return np.full(len(self.table), none, np.int64)
        column = self.column(name)
        return np.array([none if value is None else value for value in column.values], np.int64)[column.codes]

    @cached_property
    def names(self) -> list[str]:
        """The name of each row."""
        return [name for batch in self.table for name in batch.names.to_pylist()]

    @cached_property
    def sells(self) -> NDArray[np.bool_]:
        """Which rows sell a resource by the GB, shape (rows,)."""
        if "resource" not in self.table.columns:
            return np.zeros(len(self.table), np.bool_)
        column = self.column("resource")
        return np.array([value is not None for value in column.values], np.bool_)[column.codes]

    @property
    def decimals(self) -> int:
        """How many decimals the prices need."""
        coded = [self._coded(name) for name in ("running", "price_per_gb", "running_per_gb")]
        return max(self.table.price_decimals, *(coded_decimals(each) for each in coded))

    def money(self, decimals: int) -> Money:
        """Return what a machine, or a GB, of each row costs, in 10**-decimals."""
        cost = np.concatenate([batch.price for batch in self.table])
        scaled = [scale(self._coded(name), decimals) for name in ("running", "price_per_gb", "running_per_gb")]
        if any(wrong for _, _, wrong in scaled):
            raise too_large(self.table)
        running, once, monthly = (values for values, _, _ in scaled)
        paid = paid_as(self.table, cost, decimals)
        return Money(np.where(self.sells, once, paid.once), np.where(self.sells, monthly, paid.monthly + running))

    def _coded(self, name: str) -> Coded:
        if name not in self.table.columns:
            return Coded(np.zeros(len(self.table), np.int32), (None,))
        column = self.column(name)
        return Coded(column.codes, column.values)


def too_large(pool: Pool) -> DataError:
    """Return the error of prices that 64 bits cannot hold."""
    return DataError(f"{pool.source}: prices are too large to be exact with their decimals; use fewer of them")


def paid_as(pool: Pool, prices: Ints, decimals: int) -> Money:
    """Return the prices of a pool, in 10**-decimals, as the header of its cost says that they are paid.

    Raises
    ------
    DataError
        By the year, which is no whole number of months' prices.
    """
    finer = 10 ** (decimals - pool.price_decimals)
    if int(prices.max(initial=0)) * finer * HOURS >= EXACT:
        raise too_large(pool)
    nothing, prices = np.zeros_like(prices), prices * finer
    match period(pool.header("cost") or ""):
        case "month":
            return Money(nothing, prices)
        case "hour":
            return Money(nothing, prices * HOURS)
        case "year":
            raise DataError(f"{pool.source}: {pool.header('cost')!r} is by the year, expected once, a month or an hour")
        case _:
            return Money(prices, nothing)


@dataclass(frozen=True, eq=False)
class Sales:
    """What the rows of a pool are that can be bought: all from ``first`` on.

    Attributes
    ----------
    deal
        Of each row, from ``first``: the number of its deal, one price of one offer; ``place``, where it stands.
    added
        By resource: the number of the seller of each row, -1 for none, and how many GB it sells for it.
    names, offer
        Of each deal: the name of the offer, and a number that is equal for the deals of one offer.
    least, most, stock
        Of each deal: the machines for which its price is, at most as many as there are; and how many there are.
    money
        Of each deal: what one machine costs, without what is added.
    months
        Over which running costs count; ``horizon`` is None where nobody said for how many.
    by_month
        Whether anything is paid by the month.
    places
        The names of the places where offers may stand.
    """

    first: int
    deal: Ints
    place: Ints
    added: Mapping[str, tuple[Ints, Ints]]
    names: Sequence[str]
    offer: Ints
    least: Ints
    most: Ints
    stock: Ints
    money: Money
    sellers: Sequence[Seller]
    months: int
    horizon: int | None
    by_month: bool
    places: Sequence[str]

    def deal_of(self, row: int) -> int | None:
        """Return the deal of a row of the pool; None for a machine that is owned."""
        return int(self.deal[row - self.first]) if row >= self.first else None

    @cached_property
    def prices(self) -> Ints:
        """What a machine of each deal costs over all months, without what is added."""
        return self.money.over(self.months)

    @cached_property
    def deals_of(self) -> Ints:
        """How many deals the offer of each deal has."""
        return np.bincount(self.offer)[self.offer]

    @cached_property
    def labels(self) -> list[str]:
        """The names of all deals: those of their offers, and where these have several the size of order."""
        several, least = (self.deals_of > 1).tolist(), self.least.tolist()
        deals = zip(self.names, least, several, strict=True)
        return [f"{name}:{number}+" if more else name for name, number, more in deals]

    def coupled(self, enough: int) -> NDArray[np.bool_]:
        """Return which deals' rows depend on one another or on the size of the order, shape (deals,).

        A deal from the first machine on whose rows have no stock in common that could run out, is like any machines.
        """
        rows = np.bincount(self.deal, minlength=len(self.names))
        answer: NDArray[np.bool_] = (self.deals_of > 1) | (self.least > 1) | ((rows > 1) & (self.most < enough))
        return answer

    def added_to(self, row: int) -> list[tuple[int, int]]:
        """Return, for a row that can be bought, the seller and the GB of each resource that is added."""
        pairs = [(int(seller[row - self.first]), int(gb[row - self.first])) for seller, gb in self.added.values()]
        return [(seller, gb) for seller, gb in pairs if seller >= 0]

    def rows_of(self, deal: int) -> list[int]:
        """Return the rows of the pool that are a deal."""
        return (np.flatnonzero(self.deal == deal) + self.first).tolist()

    def falling(self) -> NDArray[np.bool_]:
        """Return of which deals one more machine of the offer never costs more than theirs, shape (deals,).

        These are first deals, from one machine on, of offers whose prices fall and whose orders leave no gap.
        """
        order = np.lexsort((self.least, self.offer))
        offer, least, most, price = (each[order] for each in (self.offer, self.least, self.most, self.prices))
        fine = np.ones(len(order), np.bool_)
        follows = offer[1:] == offer[:-1]
        fine[1:] = ~follows | ((least[1:] == most[:-1] + 1) & (price[1:] <= price[:-1]))
        last = np.append(~follows, True)
        fine &= ~last | (most == self.stock[order])
        bad = np.bincount(offer, weights=~fine, minlength=int(self.offer.max(initial=0)) + 1)
        answer: NDArray[np.bool_] = (bad[self.offer] == 0) & (self.least == 1)
        return answer

"""Put offers beside a pool: each way to buy one becomes a row, in the places where it may stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from obplace.errors import DataError, UsageError
from obplace.pool.columns import OFFERED
from obplace.pool.domains import combine
from obplace.pool.machine import Batch
from obplace.pool.names import hashes, repeated, strings
from obplace.pool.offered import UNLIMITED
from obplace.pool.offers import EXACT, Ints, Offers, Sales, Seller, paid_as, too_large
from obplace.pool.places import Place, names_in, places_of, standing
from obplace.pool.pool import Pool
from obplace.pool.raw import Coded, Column, Source
from obplace.quantity import parse

_TOLD = 3  # names that a message lists
_KEPT = ("arch", "os", "tags", "runs", "available")


def beside(
    offers: Offers, pool: Pool | None, horizon: int | None, amounts: Mapping[str, Sequence[int]]
) -> tuple[Pool, Sales]:
    """Return a pool of what is owned, if anything, and of what can be bought; and what its rows are deals of.

    Parameters
    ----------
    horizon
        Months over which running costs count.
    amounts
        By resource that is sold by the GB: up to which amounts, ascending, a machine may be given more of it.

    Raises
    ------
    DataError
        Pool and offers name two currencies, or have one name for two machines.
    UsageError
        Some prices are paid once and others by the month, and nobody says for how many.
    """
    return _Merging(offers, pool, horizon).merged(amounts)


@dataclass(frozen=True)
class _Rows:
    """Rows in the making: of which deal, in which place, and per resource by which seller how many GB are added."""

    deal: Ints
    place: Ints
    added: Mapping[str, tuple[Ints, Ints]]

    def take(self, which: NDArray[np.bool_]) -> "_Rows":
        added = {name: (seller[which], gb[which]) for name, (seller, gb) in self.added.items()}
        return _Rows(self.deal[which], self.place[which], added)


class _Merging:
    def __init__(self, offers: Offers, pool: Pool | None, horizon: int | None) -> None:
        self.offers, self.pool, self.horizon = offers, pool, horizon
        table = offers.table
        if pool is not None and None not in (pool.currency, table.currency) and pool.currency != table.currency:
            raise DataError(
                f"{table.source}: its prices are in {table.currency}, those of {pool.source} in {pool.currency}; "
                "expected one currency"
            )
        own = () if pool is None else tuple(level for level in pool.levels if level != "zone")
        inner = own or tuple(level for level in table.levels if level != "zone")
        zones = "zone" in table.levels or (pool is not None and "zone" in pool.levels)
        self.levels = (*inner, "zone") if zones else inner
        self.machines = np.flatnonzero(~offers.sells)
        if not len(self.machines):
            raise DataError(f"{table.source} sells no machines, expected a row for each machine type")
        self.decimals = max(offers.decimals, 0 if pool is None else pool.price_decimals)
        self.money = offers.money(self.decimals)
        self.owned = _owned_money(pool, self.decimals)
        once = bool(self.money.once.any() or any(each.once.any() for each in self.owned))
        self.monthly = bool(self.money.monthly.any() or any(each.monthly.any() for each in self.owned))
        if once and self.monthly and horizon is None:
            raise UsageError("some prices are paid once and others by the month: say a horizon, such as 36 months")
        self.months = 1 if horizon is None else horizon
        self.sellers = self._sellers()

    def merged(self, amounts: Mapping[str, Sequence[int]]) -> tuple[Pool, Sales]:
        rows = self._placed()
        for resource in sorted({seller.resource for seller in self.sellers}):
            rows = self._given(rows, resource, amounts.get(resource, ()))
        sales = self._sales(rows)
        most = [int(gb.max(initial=0)) for _, gb in rows.added.values()]
        largest = max(int(each.once.max(initial=0)) for each in (self.money, *self.owned))
        largest += max(int(each.monthly.max(initial=0)) for each in (self.money, *self.owned)) * self.months
        if largest + sum(most) * max((s.once + s.monthly * self.months for s in self.sellers), default=0) >= EXACT:
            raise too_large(self.offers.table)
        batches = [*self._owned_batches(), self._batch(rows, sales)]
        return self._pool(batches, rows), sales

    def _sellers(self) -> tuple[Seller, ...]:
        offers, found = self.offers, []
        resource, rank = offers.column("resource") if offers.sells.any() else None, None
        for row in np.flatnonzero(offers.sells).tolist():
            assert resource is not None
            if "storage_class" in offers.table.columns:
                column = offers.column("storage_class")
                rank = cast("int | None", column.values[column.codes[row]])
            allowed = tuple(frozenset(names) if names else None for names in self._cells(row))
            kind = str(resource.values[resource.codes[row]])
            once, monthly = int(self.money.once[row]), int(self.money.monthly[row])
            if kind not in offers.table.resources:
                raise DataError(f"{offers.table.source}: {offers.names[row]!r} sells {kind}, which no role needs")
            found.append(Seller(offers.names[row], kind, once, monthly, rank, allowed))
        return tuple(sorted(found, key=lambda seller: seller.name))

    def _cells(self, row: int) -> list[tuple[str, ...]]:
        """Return the names that a row gives at each level; none is anywhere."""
        answer: list[tuple[str, ...]] = []
        for level in self.levels:
            if level not in self.offers.table.columns:
                answer.append(())
                continue
            column = self.offers.column(level)
            answer.append(names_in(column.values[column.codes[row]]))
        return answer

    def _placed(self) -> _Rows:
        """Return a row for each deal and each place where it may stand."""
        codes = np.zeros(len(self.machines), np.int64)
        cells: list[tuple[tuple[str, ...], ...]] = [()]
        for level in self.levels:
            if level in self.offers.table.columns:
                column = self.offers.column(level)
                column = Column(column.codes[self.machines], column.values)
            else:
                column = Column(np.zeros(len(self.machines), np.int32), (None,))
            joint, pairs = combine(Column(codes.astype(np.int32), tuple(range(len(cells)))), column)
            cells = [(*cells[i], names_in(column.values[j])) for i, j in pairs]
            codes = joint.astype(np.int64)
        self.places, lists = places_of(cells, self.levels, standing(self.pool, self.levels))
        counts = np.array([len(each) for each in lists], np.int64)
        starts = np.cumsum(counts) - counts
        flat = np.array([place for each in lists for place in each], np.int64)
        number = counts[codes]
        self.several = number > 1
        deal = np.repeat(np.arange(len(self.machines)), number)
        inside = np.arange(len(deal)) - np.repeat(np.cumsum(number) - number, number)
        return _Rows(deal, flat[np.repeat(starts[codes], number) + inside], {})

    def _given(self, rows: _Rows, resource: str, amounts: Sequence[int]) -> _Rows:
        """Return the rows as they are, and each as often as some amount of a resource can be bought for it."""
        none = np.full(len(rows.deal), -1, np.int64), np.zeros(len(rows.deal), np.int64)
        parts = [replace(rows, added={**rows.added, resource: none})]
        own, unit = self._own(resource)[rows.deal], parse("1 GB", self.offers.table.resources[resource])
        for number, seller in enumerate(self.sellers):
            if seller.resource != resource:
                continue
            sold = np.array([seller.sells_at(place) for place in self.places], np.bool_)[rows.place]
            before = np.zeros(len(own), np.int64)
            for amount in sorted(amounts):
                gb = np.maximum(0, -((own - amount) // unit))
                chosen = sold & (gb > before)
                before = gb
                some = rows.take(chosen)
                added = np.full(len(some.deal), number, np.int64), gb[chosen]
                parts.append(replace(some, added={**some.added, resource: added}))
        return _joined(parts)

    def _own(self, resource: str) -> Ints:
        """Return what machines have of a resource that is sold by the GB: one that says nothing has none."""
        column = self.offers.column(resource)
        amounts = np.array([0 if value is None else value for value in column.values], np.int64)
        return amounts[column.codes[self.machines]]

    def _sales(self, rows: _Rows) -> Sales:
        offers, machines = self.offers, self.machines
        names = [offers.names[row] for row in machines.tolist()]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        stock = offers.numbers("quantity", UNLIMITED)[machines]
        return Sales(
            first=0 if self.pool is None else len(self.pool),
            deal=rows.deal,
            place=rows.place,
            added=rows.added,
            names=names,
            offer=np.array([numbers[name] for name in names], np.int64),
            least=offers.numbers("from", 1)[machines],
            most=np.minimum(offers.numbers("to", UNLIMITED)[machines], stock),
            stock=stock,
            money=self.money.take(machines),
            sellers=self.sellers,
            months=self.months,
            horizon=self.horizon,
            by_month=self.monthly,
            places=_called(self.places),
        )

    def _owned_batches(self) -> list[Batch]:
        """Return the batches of what is owned, with its prices over all months; without any it costs nothing."""
        if self.pool is None:
            return []
        physical = tuple(level for level in self.levels if level != "zone")
        free = "cost" not in self.pool.columns
        return [
            replace(
                batch,
                price=money.over(self.months),
                priced=np.ones(batch.size, np.bool_) if free else batch.priced,
                physical=physical,
                _cache={},
            )
            for batch, money in zip(self.pool, self.owned, strict=True)
        ]

    def _batch(self, rows: _Rows, sales: Sales) -> Batch:
        table, source = self.offers.table, self.machines[rows.deal]
        price = sales.prices[rows.deal].copy()
        columns: dict[str, Coded] = {}
        for name in (*(name for name in table.resources if name not in OFFERED), *_KEPT):
            if name in table.columns:
                column = self.offers.column(name)
                columns[name] = Coded(column.codes[source], column.values)
        for resource, (seller, gb) in rows.added.items():
            own, unit = self._own(resource)[rows.deal], parse("1 GB", table.resources[resource])
            values, codes = np.unique(own + gb * unit, return_inverse=True)
            columns[resource] = Coded(codes.astype(np.int32), tuple(values.tolist()))
            each = [int(s.once + s.monthly * self.months) for s in self.sellers]
            price += gb * np.array([*each, 0], np.int64)[seller]
            if resource == "storage" and "storage_class" in table.resources:
                columns["storage_class"] = self._classes(columns.get("storage_class"), own, seller)
        values, codes = np.unique(sales.most[rows.deal], return_inverse=True)
        columns["quantity"] = Coded(codes.astype(np.int32), tuple(values.tolist()))
        for index, level in enumerate(self.levels):
            names = [place[index] for place in self.places]
            columns[level] = Coded(rows.place.astype(np.int32), tuple(names))
        texts = self._texts(rows, sales)
        usable = np.concatenate([batch.usable for batch in table])[source]
        return Batch(
            first=sales.first,
            size=len(rows.deal),
            names=texts,
            hashes=hashes(texts),
            price=price,
            priced=np.ones(len(rows.deal), np.bool_),
            usable=usable,
            coded=columns,
            ips=None,
            physical=tuple(level for level in self.levels if level != "zone"),
            known=table.batches[0].known,
        )

    def _classes(self, known: Coded | None, own: Ints, seller: Ints) -> Coded:
        """Return the class of storage: the seller's, or where a machine has some of its own the lower of both."""
        none = 1 << 30
        sold = np.array([*(none if s.rank is None else s.rank for s in self.sellers), none], np.int64)[seller]
        mine = np.full(len(own), none, np.int64)
        if known is not None:
            mine = np.array([none if value is None else value for value in known.values], np.int64)[known.codes]
        both = np.where((mine == none) | (sold == none), none, np.minimum(mine, sold))
        ranks = np.where(seller < 0, mine, np.where(own > 0, both, sold))
        values, codes = np.unique(ranks, return_inverse=True)
        return Coded(codes.astype(np.int32), tuple(None if value == none else int(value) for value in values))

    def _texts(self, rows: _Rows, sales: Sales) -> Any:
        """Return the names of the rows: offer, what is added, size of order where there are several, place."""
        names = [sales.names[deal] for deal in rows.deal.tolist()]
        for resource, (seller, gb) in sorted(rows.added.items(), reverse=True):
            several = sum(each.resource == resource for each in self.sellers) > 1
            kind = "" if resource == "storage" else resource
            for row in np.flatnonzero(seller >= 0).tolist():
                of = f"-{self.sellers[seller[row]].name}" if several else ""
                names[row] += f"+{gb[row]}GB{kind}{of}"
        tiered = (sales.deals_of > 1)[rows.deal]
        for row in np.flatnonzero(tiered).tolist():
            names[row] += f":{sales.least[rows.deal[row]]}+"
        place = rows.place.tolist()
        for row in np.flatnonzero(self.several[rows.deal]).tolist():
            names[row] += f"@{sales.places[place[row]]}"
        return strings(names)

    def _pool(self, batches: Sequence[Batch], rows: _Rows) -> Pool:
        pool, table = self.pool, self.offers.table
        array = batches[-1].names
        if twice := repeated([each.names for each in batches], [each.hashes for each in batches]):
            start = batches[-1].first
            named = sorted({array[row - start].as_py() for group in twice for row in group if row >= start})[:_TOLD]
            raise DataError(
                f"{table.source}: {', '.join(map(repr, named))} is what another machine is called too; give the offer "
                "another name"
            )
        origins = [row for part in table._rows for row in part]
        told = [-1 - origins[deal] for deal in self.machines[rows.deal].tolist()]
        names = {name for name in table.columns if name not in OFFERED} | {"cost", "quantity", *self.levels}
        return Pool(
            source=table.source if pool is None else f"{pool.source} and {table.source}",
            resources={name: kind for name, kind in table.resources.items() if name not in OFFERED},
            batches=tuple(batches),
            price_decimals=self.decimals,
            currency=table.currency or (None if pool is None else pool.currency),
            columns=frozenset(names if pool is None else names | pool.columns),
            levels=self.levels,
            ignored=(*(() if pool is None else pool.ignored), *table.ignored),
            notes=(*(() if pool is None else pool.notes), *table.notes),
            skipped=(*(() if pool is None else pool.skipped), *table.skipped),
            _origin=cast(Source, _Both(pool, table)),
            _rows=(*(() if pool is None else pool._rows), told),
        )


class _Both:
    """Where the rows of two files stand: those of the second have negative numbers, from -1 on."""

    def __init__(self, pool: Pool | None, table: Pool) -> None:
        self.pool, self.table = pool, table
        self.rejects = self

    def record_of(self, rows: Sequence[int]) -> list[int]:
        """Return the record of each row, of the second file again as a negative number."""
        answer = []
        for row in rows:
            origin = self.table._origin if row < 0 or self.pool is None else self.pool._origin
            [record] = origin.rejects.record_of([-1 - row if row < 0 else row])
            answer.append(-1 - record if row < 0 else record)
        return answer

    def places(self, records: Sequence[int]) -> dict[int, str]:
        """Return file and place of each record."""
        answer = {}
        for record in records:
            file = self.table if record < 0 or self.pool is None else self.pool
            own = -1 - record if record < 0 else record
            answer[record] = f"{file.source} {file._origin.places([own])[own]}"
        return answer


def _owned_money(pool: Pool | None, decimals: int) -> list[Any]:
    if pool is None:
        return []
    return [paid_as(pool, batch.price, decimals) for batch in pool]


def _called(places: Sequence[Place]) -> tuple[str, ...]:
    """Return what places are called: by the last of their names where these differ, else by all of them."""
    last = [next((name for name in reversed(place) if name is not None), "") for place in places]
    if len(set(last)) == len(places):
        return tuple(last)
    return tuple("/".join(name for name in place if name is not None) for place in places)


def _joined(parts: Sequence[_Rows]) -> _Rows:
    added = {
        name: (
            np.concatenate([part.added[name][0] for part in parts]),
            np.concatenate([part.added[name][1] for part in parts]),
        )
        for name in parts[0].added
    }
    return _Rows(np.concatenate([p.deal for p in parts]), np.concatenate([p.place for p in parts]), added)

"""Fold the batches of a table into those of a pool: understand, find all that is wrong, keep the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.errors import DataError
from obplace.pool import names, prices
from obplace.pool.cells import Cells, Marks, shorten, understand
from obplace.pool.checks import Draft, Problem, check_currency, check_names, messages
from obplace.pool.columns import MONEY
from obplace.pool.domains import PHYSICAL
from obplace.pool.machine import Batch
from obplace.pool.offered import CALLED, check_offers, offer_cells
from obplace.pool.raw import Coded, RawBatch, Source
from obplace.quantity import Kind


@dataclass(frozen=True)
class Folded:
    """All batches of a pool and what holds for them together."""

    batches: tuple[Batch, ...]
    rows: tuple[Sequence[int], ...]  # for each batch the rows of the source that it keeps
    price_decimals: int
    currency: str | None
    skipped: tuple[str, ...]


def fold(
    source: Source, resources: Mapping[str, Kind], marks: Marks, *, skip_bad: bool, offers: bool = False
) -> Folded:
    """Read a source to its end.

    Raises
    ------
    DataError
        With every bad row and cell, unless ``skip_bad`` and some row is left.
    ReadAgainError, UndecidedDecimalError
        When the reading must start again in another way.
    """
    problems: list[Problem] = []
    drafts = list(_drafts(source, resources, marks, problems))
    problems.extend(check_offers(drafts, source.layout) if offers else check_names(drafts))
    currency = check_currency(drafts, source.layout.currency, problems)
    decimals = max((draft.decimals() for draft in drafts), default=0)
    priced = [_scaled(draft, decimals, problems) for draft in drafts]
    told = messages(source, problems, CALLED if offers else {})
    bad = np.unique(np.array([problem.row for problem in problems], np.int64))
    total = sum(draft.size for draft in drafts)
    empty = sum(len(draft.empty) for draft in drafts)
    if told and (not skip_bad or len(bad) + empty >= total):
        raise DataError(told)
    if empty == total:
        raise DataError([f"{source.name} has a header but no machines, expected one row for each machine"])
    batches, rows = _batches(source, resources, drafts, priced, bad)
    return Folded(batches, rows, decimals, currency, tuple(told))


def _drafts(source: Source, resources: Mapping[str, Kind], marks: Marks, problems: list[Problem]) -> Iterator[Draft]:
    fields = source.layout.fields
    cells = {column: understand(column, resources, fields[column].unit, marks) for column in fields}
    cells |= {"currency": prices.currency_cells(), **dict.fromkeys(MONEY, prices.price_cells(marks))}
    if "from" in resources:
        cells |= offer_cells(marks)
    first = 0
    for raw in source.batches():
        yield _draft(raw, first, cells, problems)
        first += raw.size


def _draft(raw: RawBatch, first: int, cells: Mapping[str, Cells], problems: list[Problem]) -> Draft:
    def note(column: str, wrong: Mapping[int, str]) -> None:
        problems.extend(Problem(first + row, column, what) for row, what in wrong.items())

    cleaned, wrong = names.clean_names(raw.names)
    nameless = names.blank_rows(cleaned)
    empty = _empty(raw, nameless)
    note("machine", _quoted(raw.names, wrong))
    nameless = np.setdiff1d(nameless, empty)
    note("machine", {int(row): "is blank, expected a name; every machine needs its own" for row in nameless})
    columns = {}
    for column, coded in raw.columns.items():
        columns[column], wrong = cells[column](coded)
        note(column, wrong)
    if raw.exact and (below := np.flatnonzero(raw.exact[0] < 0)).size:
        note("cost", {int(row): "is negative, expected a price such as 2210.50" for row in below})
    ips = raw.ips
    if ips is not None:
        ips, wrong = names.clean_names(ips)
        note("ip", _quoted(raw.ips, wrong))
    price = columns.pop("cost", None)
    return Draft(
        first, raw.size, cleaned, ips, columns, price, raw.exact, empty, names.hashes(cleaned),
        names.numbered_rows(cleaned),
    )  # fmt: skip


def _quoted(texts: Any, wrong: Mapping[int, str]) -> dict[int, str]:
    return {row: f"is {shorten(texts[row].as_py())}, {expected}" for row, expected in wrong.items()}


def _empty(raw: RawBatch, nameless: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of which no cell holds anything: spreadsheets end in them."""
    for coded in raw.columns.values():
        if not len(nameless):
            break
        values = coded.values if isinstance(coded.values, tuple) else coded.values.to_pylist()
        hollow = np.array([not str(value).strip() for value in values], np.bool_)
        nameless = nameless[hollow[coded.codes[nameless]]]
    if raw.exact:
        nameless = nameless[~raw.exact[1][nameless]]
    return nameless


def _scaled(draft: Draft, decimals: int, problems: list[Problem]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    if draft.price is not None:
        values, priced, wrong = prices.scale(draft.price, decimals)
        problems.extend(Problem(draft.first + row, "cost", what) for row, what in wrong.items())
        return values, priced
    if draft.exact:
        return draft.exact[0] // 10 ** (prices.DECIMALS - decimals), draft.exact[1]
    return np.zeros(draft.size, np.int64), np.zeros(draft.size, np.bool_)


def _batches(
    source: Source,
    resources: Mapping[str, Kind],
    drafts: Sequence[Draft],
    priced: Sequence[tuple[NDArray[np.int64], NDArray[np.bool_]]],
    bad: NDArray[np.int64],
) -> tuple[tuple[Batch, ...], tuple[Sequence[int], ...]]:
    fields = source.layout.fields
    physical = tuple(level for level in PHYSICAL if level in fields)
    known = frozenset(resources) | {
        "region",
        "idc",
        "zone",
        "rack",
        "arch",
        "os",
        "tags",
        "runs",
        "available",
        "quantity",
    }
    batches, kept, first = [], [], 0
    for draft, (price, has_price) in zip(drafts, priced, strict=True):
        dropped = np.union1d(bad - draft.first, draft.empty)
        dropped = dropped[(dropped >= 0) & (dropped < draft.size)]
        size = draft.size - len(dropped)
        if not size:
            continue
        names_, hashes, ips, columns = draft.names, draft.hashes, draft.ips, dict(draft.columns)
        origin: Sequence[int] = range(draft.first, draft.first + draft.size)
        if len(dropped):
            rows = np.delete(np.arange(draft.size, dtype=np.int64), dropped)
            names_, hashes = names_.take(rows), hashes[rows]
            ips = None if ips is None else ips.take(rows)
            columns = {column: coded.take(rows) for column, coded in columns.items()}
            price, has_price = price[rows], has_price[rows]
            origin = (rows + draft.first).tolist()
        usable = _usable(columns, size)
        batches.append(Batch(first, size, names_, hashes, price, has_price, usable, columns, ips, physical, known))
        kept.append(origin)
        first += size
    return tuple(batches), tuple(kept)


def _usable(columns: Mapping[str, Coded], size: int) -> NDArray[np.bool_]:
    """Return which rows are available and on offer."""
    usable = np.ones(size, np.bool_)
    for column in ("available", "quantity"):
        if column in columns:
            coded = columns[column]
            usable &= np.array([bool(value) for value in coded.values], np.bool_)[coded.codes]
    return usable

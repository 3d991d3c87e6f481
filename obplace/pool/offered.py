"""Check a table of offers: each row is a price of what can be bought, and one offer may have several of them.

A price is for orders from so many machines and up to so many, where it says so; the rows of one offer differ in that,
in price and in nothing else. A row with a ``resource`` sells that by the GB.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obplace.pool import names
from obplace.pool.cells import Cells, Marks, blank, numeric_text, shorten
from obplace.pool.checks import Draft, Problem
from obplace.pool.columns import Layout
from obplace.pool.raw import Cell, Coded
from obplace.quantity import Kind, parse

UNLIMITED: Final = 1_000_000  # machines; more than any plan can use
SOLD: Final = ("storage", "memory")  # what can be bought by the GB
CALLED: Final = {"quantity": "stock"}  # what a column of a pool is called in a table of offers
_OF_PRICES: Final = frozenset({"cost", "running", "from", "to"})


def offer_cells(marks: Marks) -> dict[str, Cells]:
    """Return what understands the columns that mean something else in a table of offers."""
    orders = "expected a whole number of machines such as 10"
    return {
        "quantity": Cells(partial(_number, marks=marks, none=UNLIMITED, expected=f"{orders}, blank for any number")),
        "from": Cells(partial(_number, marks=marks, none=1, expected=orders)),
        "to": Cells(partial(_number, marks=marks, none=UNLIMITED, expected=orders)),
        "resource": Cells(_resource),
    }


def _number(cell: Cell, marks: Marks, none: int, expected: str) -> int:
    if blank(cell) or str(cell).strip().casefold() == "unlimited":
        return none
    text, decimal = numeric_text(cell, marks)
    try:
        return min(parse(text, Kind.COUNT, decimal=decimal), UNLIMITED)
    except ValueError:
        raise ValueError(expected) from None


def _resource(cell: Cell) -> str | None:
    text = str(cell).strip().casefold()
    if not text:
        return None
    if text not in SOLD:
        raise ValueError(f"expected {' or '.join(SOLD)}, or blank for a machine")
    return text


def check_offers(drafts: Sequence[Draft], layout: Layout) -> Iterator[Problem]:
    """Find rows without a price, orders that cannot be, and rows of one offer that contradict each other."""
    for draft in drafts:
        yield from _check_rows(draft, layout)
    yield from _Repeated(drafts).problems()


def _check_rows(draft: Draft, layout: Layout) -> Iterator[Problem]:
    sells = np.zeros(draft.size, np.bool_)
    if "resource" in draft.columns:
        sells = _given(draft.columns["resource"])
    by_gb = np.zeros(draft.size, np.bool_)
    for name in ("price_per_gb", "running_per_gb"):
        if name in draft.columns:
            by_gb |= _given(draft.columns[name])
    priced = draft.priced()
    if "running" in draft.columns:
        priced = priced | _given(draft.columns["running"])
    full = np.ones(draft.size, np.bool_)
    full[draft.empty] = False
    money = next((name for name in ("cost", "running") if name in layout.fields), "machine")
    said = "is blank, expected a price" if money != "machine" else "has no price, expected a column such as price"
    told = f"{said}; what is not for sale can be left out by --skip-bad-rows"
    yield from _problems(draft, full & ~sells & ~priced, money, told)
    yield from _problems(draft, sells & ~by_gb, "resource", "has no price, expected a price_per_gb or running_per_gb")
    least, most, stock = (_numbers(draft, *each) for each in (("from", 1), ("to", UNLIMITED), ("quantity", UNLIMITED)))
    yield from _problems(draft, full & (least < 1), "from", "is 0, expected 1 or more")
    yield from _problems(draft, full & (most < least), "to", "is below from, expected as many or more")
    short = full & (least > stock) & (stock > 0)
    yield from _problems(draft, short, "from", "is more than the stock, expected as many or fewer")
    limited = sells & ((least > 1) | (most < UNLIMITED) | (stock < UNLIMITED))
    yield from _problems(draft, limited, "resource", "has a stock or an order, expected none: it is sold by the GB")


def _problems(draft: Draft, wrong: NDArray[np.bool_], column: str, what: str) -> Iterator[Problem]:
    yield from (Problem(draft.first + int(row), column, what) for row in np.flatnonzero(wrong))


def _given(coded: Coded) -> NDArray[np.bool_]:
    return np.array([value is not None for value in coded.values], np.bool_)[coded.codes]


def _numbers(draft: Draft, column: str, none: int) -> NDArray[np.int64]:
    coded = draft.columns.get(column)
    if coded is None:
        return np.full(draft.size, none, np.int64)
    return np.array([none if value is None else value for value in coded.values], np.int64)[coded.codes]


class _Repeated:
    """Rows of one name: the same machine, for orders of other sizes."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.drafts = drafts
        self.firsts = [draft.first for draft in drafts]
        self.least = [_numbers(draft, "from", 1).tolist() for draft in drafts]
        self.most = [_numbers(draft, "to", UNLIMITED).tolist() for draft in drafts]

    def problems(self) -> Iterator[Problem]:
        """Yield where the rows of one offer say different things of its machine, and where their orders overlap."""
        groups = names.repeated([draft.names for draft in self.drafts], [draft.hashes for draft in self.drafts])
        pairs = np.array([(rows[0], row) for rows in groups for row in rows[1:]], np.int64).reshape(-1, 2)
        for first, row, column in self.different(pairs):
            said = f"is not that of {self.name(row)} on {{}}, expected the same: rows of one offer differ in"
            yield Problem(row, column, f"{said} price and order", (first,))
        for rows in groups:
            for before, row in pairwise(sorted(rows, key=self.orders)):
                if self.orders(row)[0] <= self.orders(before)[1]:
                    column = "from" if "from" in self.drafts[0].columns else "machine"
                    said = f"overlaps the orders of {self.name(row)} on {{}}, expected each size of order once"
                    yield Problem(row, column, f"{said}; say from and to", (before,))

    def name(self, row: int) -> str:
        """Return the name of a row for a message."""
        number, index = self.place(row)
        return shorten(self.drafts[number].names[index].as_py()).replace("{}", "{ }")

    def place(self, row: int) -> tuple[int, int]:
        """Return the number of its draft, and its place there."""
        number = bisect_right(self.firsts, row) - 1
        return number, row - self.firsts[number]

    def orders(self, row: int) -> tuple[int, int]:
        """Return for orders of how many machines a row is."""
        number, index = self.place(row)
        return self.least[number][index], self.most[number][index]

    def different(self, pairs: NDArray[np.int64]) -> Iterator[tuple[int, int, str]]:
        """Yield pairs of rows of one offer with the columns in which they may not differ, and do."""
        for column in self.drafts[0].columns if self.drafts else ():
            if column in _OF_PRICES:
                continue
            numbers: dict[Any, int] = {}
            parts = []
            for coded in (draft.columns[column] for draft in self.drafts):
                values = coded.values if isinstance(coded.values, tuple) else coded.values.to_pylist()
                table = [numbers.setdefault(value or None, len(numbers)) for value in values]  # a blank is None
                parts.append(np.array(table, np.int64)[coded.codes])
            found = np.concatenate(parts)[pairs]
            for first, row in pairs[found[:, 0] != found[:, 1]].tolist():
                yield first, row, column

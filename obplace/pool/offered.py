"""Check a table of offers: each row is a price of what can be bought, and one offer may have several of them.

A price is for orders from so many machines and up to so many, where it says so; the rows of one offer differ in that,
in price and in nothing else. A row with a ``resource`` sells that by the GB.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    for rows in names.repeated([draft.names for draft in drafts], [draft.hashes for draft in drafts]):
        yield from _check_offer([(row, _cells(drafts, row)) for row in rows])


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


def _cells(drafts: Sequence[Draft], row: int) -> dict[str, Any]:
    """Return what a row says, by column."""
    draft = next(draft for draft in drafts if draft.first <= row < draft.first + draft.size)
    found = {"name": draft.names[row - draft.first].as_py()}
    for name, coded in draft.columns.items():
        value = coded.values[coded.codes[row - draft.first]]
        found[name] = (value.as_py() if hasattr(value, "as_py") else value) or None
    return found


def _check_offer(rows: Sequence[tuple[int, Mapping[str, Any]]]) -> Iterator[Problem]:
    """Check the rows of one offer: the same machine for orders of other sizes."""
    (first, said), *others = rows
    name = shorten(said["name"]).replace("{}", "{ }")
    for row, cells in others:
        for column in cells:
            if column not in _OF_PRICES and column != "name" and cells[column] != said[column]:
                told = f"is not that of {name} on {{}}, expected the same: rows of one offer differ in price and order"
                yield Problem(row, column, told, (first,))
    ordered = sorted(rows, key=lambda pair: _orders(pair[1]))
    for (before, one), (row, cells) in pairwise(ordered):
        if _orders(cells)[0] <= _orders(one)[1]:
            column = "from" if "from" in cells else "machine"
            told = f"overlaps the orders of {name} on {{}}, expected each size of order once; say from and to"
            yield Problem(row, column, told, (before,))


def _orders(cells: Mapping[str, Any]) -> tuple[int, int]:
    return cells.get("from") or 1, cells.get("to") or UNLIMITED

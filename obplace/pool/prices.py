"""Read prices as exact decimals, scale them to integers and see that one pool has one currency."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from obplace.pool.cells import Cells, Marks, blank, numeric_text
from obplace.pool.columns import currency_code
from obplace.pool.raw import Cell, Coded
from obplace.quantity import number

DECIMALS: Final = 9  # at most; what the fast reader scales by
LARGEST: Final = 2**63 - 1
_EXPECTED: Final = "expected a price such as 2210.50 or '2210.50 CNY'"
_PRICE: Final = re.compile(r"\s*([^\d\s.,+-]*)\s*([+]?[\d.,'’\s]*(?:[eE][+-]?\d+)?)\s*([^\d\s.,+-]*)\s*", re.S)


class Price(NamedTuple):  # a tuple, because a million of them must not burden the garbage collector
    """One price: mantissa × 10**power of a currency; None where the cell does not name it."""

    mantissa: int
    power: int
    currency: str | None

    def scaled(self, decimals: int) -> int:
        """Return the price in 10**-decimals."""
        return int(self.mantissa * 10 ** (self.power + decimals))


def price_cells(marks: Marks) -> Cells:
    """Return what understands the cells of a cost column."""
    return Cells(lambda cell: _price(cell, marks))


def _price(cell: Cell, marks: Marks) -> Price | None:
    if blank(cell):
        return None
    text, decimal = numeric_text(cell, marks)
    match = _PRICE.fullmatch(text)
    if not match:
        raise ValueError(_EXPECTED)
    before, digits, after = match.groups()
    currency = currency_code(before or after)
    if (before or after) and (currency is None or (before and after and currency_code(after) != currency)):
        raise ValueError(_EXPECTED)
    try:
        mantissa, power = number(digits, decimal=decimal)
    except ValueError as error:
        raise ValueError(str(error) if "--decimal" in str(error) else _EXPECTED) from None
    if power < -DECIMALS:
        raise ValueError(f"expected at most {DECIMALS} decimals")
    if mantissa * 10 ** max(power, 0) > LARGEST:
        raise ValueError(f"{_EXPECTED}, below 9.2e18")
    return Price(mantissa, power, currency)


def exact_decimals(values: NDArray[np.int64]) -> int:
    """Return how many decimals prices in 10**-9 need."""
    decimals = 0
    while decimals < DECIMALS:
        step = 10 ** (DECIMALS - decimals)
        # Most columns show their decimals at once, which saves most of the divisions.
        if not (values[:64] % step).any() and not (values % step).any():
            break
        decimals += 1
    return decimals


def coded_decimals(coded: Coded) -> int:
    """Return how many decimals a column of prices needs."""
    powers: list[int] = [price.power for price in coded.values if price]
    return max(0, -min(powers, default=0))


def scale(coded: Coded, decimals: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], dict[int, str]]:
    """Return prices in 10**-decimals, which rows have one, and row → problem where 64 bits are too few."""
    table = [0 if price is None else price.scaled(decimals) for price in coded.values]
    large = [code for code, value in enumerate(table) if value > LARGEST]
    fitting = np.array([value if value <= LARGEST else 0 for value in table], np.int64)
    priced = np.array([price is not None for price in coded.values], np.bool_)
    wrong = {
        int(row): f"is too large to be exact with the {decimals} decimals that this column uses, "
        f"expected below {LARGEST // 10**decimals}; use fewer decimals or a larger unit of money"
        for row in (np.flatnonzero(np.isin(coded.codes, large)) if large else ())
    }
    return fitting[coded.codes], priced[coded.codes], wrong


def _currency(cell: Cell) -> str | None:
    text = str(cell).strip()
    code = currency_code(text) or (text.upper() if re.fullmatch(r"[A-Za-z]{3}", text) else None)
    if text and code is None:
        raise ValueError("expected a currency such as CNY or USD")
    return code


def currency_cells() -> Cells:
    """Return what understands the cells of a currency column."""
    return Cells(_currency)


def row_currencies(
    money: Sequence[Coded | None], column: Coded | None, size: int
) -> tuple[NDArray[np.int32], Sequence[Any]]:
    """Return the currencies that each row names in its prices and in its currency column.

    Returns
    -------
    tuple
        Codes, shape (size,), and for each code the set of currencies named.
    """
    codes, named = np.zeros(size, np.int32), [frozenset[str]()]
    for coded, currencies in (
        *((price, [p.currency if p else None for p in price.values] if price else ()) for price in money),
        (column, column.decode().values if column else ()),
    ):
        if coded is None or not any(currencies):
            continue
        width = len(currencies)
        codes = codes * width + coded.codes
        named = [before | ({str(currency)} if currency else set()) for before in named for currency in currencies]
    return codes, named

"""Find what only the whole table shows: two rows of one name, two currencies, prices of too many digits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.pool import names, prices
from obplace.pool.cells import shorten
from obplace.pool.columns import MONEY
from obplace.pool.raw import Coded, Source

_TOLD = 3  # other rows of one name that a message lists


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row."""

    row: int  # among all rows handed on by the source
    column: str
    message: str  # '{}' stands for the places of the rows in ``also``
    also: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Draft:
    """A batch understood, while its prices wait for the scale and its rows for what other batches say."""

    first: int
    size: int
    names: Any
    ips: Any
    columns: Mapping[str, Coded]
    price: Coded | None
    exact: tuple[NDArray[np.int64], NDArray[np.bool_]] | None
    empty: NDArray[np.int64]  # rows in which nothing stands at all
    hashes: NDArray[np.uint32]
    numbered: Mapping[int, tuple[str, int]]  # row → (base name, number) where a name is NAME#k

    def priced(self) -> NDArray[np.bool_]:
        """Return which rows have a price."""
        if self.price is not None:
            return np.array([price is not None for price in self.price.values], np.bool_)[self.price.codes]
        return self.exact[1] if self.exact else np.zeros(self.size, np.bool_)

    def paid(self) -> NDArray[np.bool_]:
        """Return which rows name any money."""
        paid = self.priced()
        for coded in (self.columns[name] for name in MONEY if name in self.columns):
            paid = paid | np.array([price is not None for price in coded.values], np.bool_)[coded.codes]
        return paid

    def decimals(self) -> int:
        """Return how many decimals the prices need."""
        if self.price is not None:
            return prices.coded_decimals(self.price)
        return prices.exact_decimals(self.exact[0]) if self.exact else 0


def messages(source: Source, problems: Sequence[Problem], called: Mapping[str, str]) -> list[str]:
    """Return every problem with its place, in the order of the table; ``called`` are columns of another name there."""
    if not problems and not source.rejects.records:
        return []
    rows = sorted({row for problem in problems for row in (problem.row, *problem.also)})
    record = dict(zip(rows, source.rejects.record_of(rows), strict=True))
    places = source.places([*record.values(), *source.rejects.records])
    rejected = zip(source.rejects.records, source.rejects.messages, strict=True)
    listed = [(number, -1, text) for number, text in rejected if text]
    for problem in problems:
        also = " and ".join(places[record[row]] for row in problem.also)
        text = problem.message.replace("{}", also, 1) if problem.also else problem.message
        position = source.layout.fields[problem.column].index
        listed.append((record[problem.row], position, f"{called.get(problem.column, problem.column)} {text}"))
    ordered = sorted(listed, key=lambda item: item[:2])
    return [f"{source.name} {places[number]}: {text}" for number, _, text in ordered]


def check_names(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Find rows of one name, counting the machines NAME#1 .. NAME#n that a quantity stands for."""
    for rows in names.repeated([draft.names for draft in drafts], [draft.hashes for draft in drafts]):
        for row in rows:
            others = tuple(other for other in rows[: _TOLD + 1] if other != row)[:_TOLD]
            name = shorten(_name(drafts, row)).replace("{}", "{ }")
            yield Problem(row, "machine", f"is {name} as on {{}}, expected each name once; {_EQUAL}", others)
    bases = {base for draft in drafts for base, _ in draft.numbered.values()}
    quantities = _quantities(drafts, bases) if bases else {}
    for draft in drafts:
        for row, (base, index) in draft.numbered.items():
            other, quantity = quantities.get(base, (0, 1))
            if 1 < quantity >= index:
                yield from _among_equals(draft.first + row, other, shorten(f"{base}#{index}"))


_EQUAL = "for equal machines give a quantity"


def _among_equals(row: int, other: int, name: str) -> Iterator[Problem]:
    name = name.replace("{}", "{ }")
    told = f"one of the equal machines that the quantity on {{}} stands for is called {name} too"
    yield Problem(row, "machine", f"is {name}, but {told}; expected each name once", (other,))
    yield Problem(other, "quantity", f"stands for a machine {name}, which {{}} has too; rename that one", (row,))


def _quantities(drafts: Sequence[Draft], wanted: set[str]) -> dict[str, tuple[int, int]]:
    """Return name → (row, quantity)."""
    found = {}
    for draft in drafts:
        quantity = draft.columns.get("quantity")
        if quantity is not None:
            for name, row in names.rows_of(draft.names, draft.hashes, wanted).items():
                found[name] = draft.first + row, int(quantity.values[quantity.codes[row]] or 0)
    return found


def _name(drafts: Sequence[Draft], row: int) -> str:
    draft = next(draft for draft in drafts if draft.first <= row < draft.first + draft.size)
    return str(draft.names[row - draft.first].as_py())


def check_currency(drafts: Sequence[Draft], header: str | None, problems: list[Problem]) -> str | None:
    """Return the one currency of all prices; header, or the first row that names one, decides."""
    currency, decided = header, None
    for draft in drafts:
        columns = [draft.price, *(draft.columns.get(name) for name in MONEY)]
        codes, named = prices.row_currencies(columns, draft.columns.get("currency"), draft.size)
        if not any(named):
            continue
        telling = np.array([bool(group) for group in named], np.bool_)[codes]
        for row in np.flatnonzero(draft.paid() & telling):
            group = named[codes[row]]
            if currency is None and len(group) == 1:
                (currency,), decided = group, draft.first + int(row)
            elif group != {currency}:
                text = f"is in {' and '.join(sorted(group))}, expected {currency or 'one currency'}"
                text += " as on {}" if decided is not None else " as in the header" if currency else ""
                also = () if decided is None else (decided,)
                problems.append(Problem(draft.first + int(row), "cost", f"{text}; one pool has one currency", also))
    return currency

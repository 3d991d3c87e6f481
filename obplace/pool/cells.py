"""Understand the distinct cells of a column: exact integers, cleaned text, closed vocabularies."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from obplace.pool.names import clean, is_plain
from obplace.pool.raw import Cell, Coded
from obplace.quantity import Kind, parse

_REMEMBERED: Final = 50_000  # distinct cells; a column with more of them hardly repeats itself
TEXT: Final = ("region", "idc", "zone", "rack", "os")  # plain text that needs no understanding

_UNKNOWN: Final = frozenset({"", "-", "n/a", "unknown", "未知"})
_AVAILABLE: Final = "yes y true 1 available active free idle in_stock inventory ready online up staged planned"
_AVAILABLE_ZH: Final = "可用 是 在线 正常 空闲 闲置 运行中 有货 待用"
_TAKEN: Final = (
    "no n false 0 unavailable inactive offline retired decommissioning decommissioned failed maintenance "
    "reserved down sold out_of_stock broken disabled"
)
_TAKEN_ZH: Final = "不可用 否 离线 下线 已下线 故障 维护 维护中 维修 报废 已报废 预留 占用 已售 停用 缺货"
_ARCHITECTURES: Final = {
    **dict.fromkeys(("x86_64", "x86-64", "amd64", "x64"), "x86_64"),
    **dict.fromkeys(("aarch64", "arm64"), "aarch64"),
}


class UndecidedDecimalError(Exception):
    """A number was met whose reading depends on the decimal mark, which nobody has looked for yet."""


@dataclass(frozen=True)
class Marks:
    """How the numbers of a table are written."""

    decimal: str | None  # '.', ',' or None for a table that proves neither
    settled: bool  # False while the table has not been searched for proof


def blank(cell: Cell) -> bool:
    """Tell whether a cell says that a number is unknown."""
    return isinstance(cell, str) and cell.strip().casefold() in _UNKNOWN


def numeric_text(cell: Cell, marks: Marks) -> tuple[str, str | None]:
    """Return the text of a number and its decimal mark."""
    if not isinstance(cell, str):
        return str(cell), "."  # a number of its own type never has the file's decimal mark
    if not marks.settled and ("," in cell or cell.count(".") > 1):
        raise UndecidedDecimalError
    return cell, marks.decimal


def shorten(cell: Cell) -> str:
    """Quote a cell for a message, with what cannot be printed escaped."""
    text = str(cell)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


@dataclass(frozen=True, eq=False)
class Cells:
    """Understands the cells of one column and remembers them from batch to batch.

    Parameters
    ----------
    convert
        Cell → value; ValueError with what was expected.
    plain
        Whether a column of plain ASCII may stay as it is.
    """

    convert: Callable[[Cell], Any]
    plain: bool = False
    _seen: dict[tuple[type, Cell], tuple[Any, str | None]] = field(default_factory=dict)

    def __call__(self, coded: Coded) -> tuple[Coded, dict[int, str]]:
        """Return the column understood, and row → what is wrong with its cell; such a cell becomes None."""
        arrow = not isinstance(coded.values, tuple)
        if self.plain and arrow and is_plain(coded.values):
            return coded, {}
        cells = coded.values.to_pylist() if arrow else coded.values
        values, wrong = [], {}
        for code, cell in enumerate(cells):
            value, problem = self._remember(cell)
            values.append(value)
            if problem:
                wrong[code] = problem
        rows = np.flatnonzero(np.isin(coded.codes, list(wrong))) if wrong else ()
        return _distinct(coded.codes, values), {int(row): wrong[int(coded.codes[row])] for row in rows}

    def _remember(self, cell: Cell) -> tuple[Any, str | None]:
        key = (type(cell), cell)
        if key not in self._seen:
            if len(self._seen) > _REMEMBERED:
                self._seen.clear()
            try:
                self._seen[key] = self.convert(cell), None
            except ValueError as error:
                self._seen[key] = None, f"is {shorten(cell)}, {error}"
        return self._seen[key]


def _distinct(codes: Any, values: list[Any]) -> Coded:
    """Give equal values ('256' and '256 GB') one code."""
    first: dict[Any, int] = {}
    recoded = [first.setdefault(value, len(first)) for value in values]
    if len(first) == len(values):
        return Coded(codes, tuple(values))
    return Coded(np.array(recoded, np.int32)[codes], tuple(first))


def understand(column: str, resources: Mapping[str, Kind], unit: str | None, marks: Marks) -> Cells:
    """Return what understands a column; the cost has a room of its own."""
    if column in resources:
        return Cells(partial(_capacity, kind=resources[column], unit=unit, marks=marks))
    match column:
        case "quantity":
            return Cells(partial(_quantity, marks=marks))
        case "available":
            return Cells(_available)
        case "runs" | "tags":
            return Cells(partial(_words, lower=column == "runs"))
        case "arch":
            return Cells(_architecture)
        case _:
            return Cells(_text, plain=column in TEXT)


def _capacity(cell: Cell, kind: Kind, unit: str | None, marks: Marks) -> int | None:
    if blank(cell):
        return None
    if kind is Kind.CLASS:
        return parse(str(cell), kind)
    text, decimal = numeric_text(cell, marks)
    return parse(text, kind, unit=unit, decimal=decimal)


def _quantity(cell: Cell, marks: Marks) -> int:
    text, decimal = numeric_text(cell, marks)
    return parse(text, Kind.COUNT, decimal=decimal) if text.strip() else 1


def _text(cell: Cell) -> str | None:
    return clean(str(cell)) or None


def _architecture(cell: Cell) -> str | None:
    text = clean(str(cell))
    return _ARCHITECTURES.get(text.casefold(), text) or None


def _words(cell: Cell, lower: bool) -> str | None:
    text = re.sub(r"[,;|+\s]+", " ", str(cell))
    return ",".join(sorted(set(clean(text.lower() if lower else text).split()))) or None


def _vocabulary(*words: str) -> dict[str, str]:
    return {word.replace("_", ""): word.replace("_", " ") for word in " ".join(words).split()}


_YES: Final = _vocabulary(_AVAILABLE, _AVAILABLE_ZH)
_NO: Final = _vocabulary(_TAKEN, _TAKEN_ZH)


def _available(cell: Cell) -> int:
    key = re.sub(r"[\s_-]", "", str(cell)).casefold()
    if not key or key in _YES:
        return 1
    if key in _NO:
        return 0
    yes, no = ", ".join(_YES.values()), ", ".join(_NO.values())
    raise ValueError(f"expected one of {yes}, or for a machine not to be used one of {no}")

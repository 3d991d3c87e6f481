"""Read tables that come whole: JSON, JSON lines and the sheets of a workbook."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from obplace.errors import DataError, UsageError
from obplace.pool.columns import Layout, match, recognised
from obplace.pool.names import strings
from obplace.pool.raw import Cell, Coded, RawBatch, Rejects, factorize
from obplace.quantity import Kind

_UNPACKED: Final = 100 << 20  # bytes; a workbook below this may be packed as well as it likes
_LARGEST: Final = 4 << 30
_RATIO: Final = 100
_ENTRIES: Final = 10_000
_DECIMALS: Final = 9


def cell(value: Any) -> Cell:
    """Return a value of any type as a cell: text as it is, numbers exact, lists joined by commas."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return value
        case float() | np.floating():
            return _float(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() and value.adjusted() < 20 else value
        case list() | tuple() | set() | frozenset():
            return ",".join(str(cell(item)) for item in value)
        case _:
            return cell(value.item()) if hasattr(value, "item") and not getattr(value, "shape", ()) else str(value)


def _float(value: Any) -> Cell:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value.is_integer() and abs(value) < 1e18:
        return int(value)
    exact = Decimal(str(value))  # the shortest text that is this float
    # Digits beyond come from arithmetic in floats (0.1 + 0.2), not from anybody's price list.
    return round(exact, _DECIMALS) if int(exact.as_tuple().exponent) < -_DECIMALS else exact


@dataclass
class Listed:
    """A table in memory as columns of cells."""

    name: str
    layout: Layout
    columns: Mapping[str, Sequence[Cell]]  # by canonical name
    place: Callable[[int], str]
    rejects: Rejects = field(default_factory=Rejects)
    notes: tuple[str, ...] = ()
    exact: bool = False

    def batches(self) -> Iterator[RawBatch]:
        """Return the whole table as one batch."""
        coded = {column: factorize(cells) for column, cells in self.columns.items()}
        names = _strings(coded.pop("machine"))
        ips = _strings(coded.pop("ip")) if "ip" in coded else None
        yield RawBatch(len(names), names, ips, coded, None)

    def places(self, records: Sequence[int]) -> dict[int, str]:
        """Return the place of each record."""
        return {record: self.place(record) for record in records}


def _strings(coded: Coded) -> Any:
    texts = [str(value) for value in coded.values]
    return strings([texts[code] for code in coded.codes.tolist()])


def read_json(name: str, data: bytes, resources: Mapping[str, Kind], encoding: str | None) -> Listed:
    """Read a list of objects, or one object a line."""
    text = _json_text(name, data, encoding)
    rejects = Rejects()
    if text.lstrip().startswith("["):
        items = _loads(name, text)
        word, numbers = "item", list(range(1, len(items) + 1))
    else:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        items = [_loads(f"{name} line {number}", line) for number, line in lines]
        word, numbers = "line", [number for number, _ in lines]
    if not items:
        raise DataError([f"{name} is empty, expected a list of objects, one for each machine"])
    objects = []
    for record, item in enumerate(items):
        if isinstance(item, dict):
            objects.append(item)
        else:
            rejects.add(record, f'is {str(item)[:60]!r}, expected an object such as {{"machine": "srv-1", "cpu": 32}}')
    headers = list(dict.fromkeys(key for item in objects for key in item))
    layout = match(headers, resources, name)
    columns = {column: [cell(item.get(found.header)) for item in objects] for column, found in layout.fields.items()}
    return Listed(name, layout, columns, lambda record: f"{word} {numbers[record]}", rejects)


def _json_text(name: str, data: bytes, encoding: str | None) -> str:
    try:
        return data.decode(encoding or json.detect_encoding(data)).removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        raise DataError([f"{name} is not text in UTF-8, expected JSON; pass --encoding"]) from None


def _loads(where: str, text: str) -> Any:
    try:
        # Numbers stay as they are written: the parser of quantities is exact, JSON's is not.
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise DataError([f"{where} is not JSON: {error.msg} at {place}, expected a list of objects"]) from None
    except RecursionError:
        raise DataError([f"{where} is nested too deeply, expected a list of objects"]) from None


def read_xlsx(name: str, content: Path | bytes, resources: Mapping[str, Kind]) -> Listed:
    """Read the first sheet whose header names the machines."""
    _refuse_bomb(name, content)
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise UsageError(
            f"{name} is an Excel workbook, and reading those needs an extra: pip install 'obplace[xlsx]'"
        ) from None
    try:
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(content if isinstance(content, bytes) else content.read_bytes())
        )
        sheets = [(title, book.get_sheet_by_name(title).to_python(skip_empty_area=False)) for title in book.sheet_names]
    except CalamineError as error:
        raise DataError([f"{name} cannot be read as an Excel workbook: {error}"]) from None
    found = [(title, *_sheet(rows)) for title, rows in sheets if any(map(_filled, rows))]
    if not found:
        raise DataError([f"{name} is empty, expected a sheet with a header and one row for each machine"])
    named = [sheet for sheet in found if "machine" in recognised(sheet[2], resources)]
    title, first, headers, rows = (named or found)[0]
    layout = match(headers, resources, name)
    columns = {column: [cell(row[item.index]) for row in rows] for column, item in layout.fields.items()}
    return Listed(name, layout, columns, lambda record: f"sheet {title!r} row {first + record}")


def _filled(row: Sequence[Any]) -> bool:
    return any(value not in ("", None) for value in row)


def _sheet(rows: list[list[Any]]) -> tuple[int, list[str], list[list[Any]]]:
    """Return the number of the first row after the header, the headers, and those rows."""
    header = next(index for index, row in enumerate(rows) if _filled(row))
    return header + 2, [str(cell(value)) for value in rows[header]], rows[header + 1 :]


def _refuse_bomb(name: str, content: Path | bytes) -> None:
    """Look at the directory of the archive before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        raise DataError(
            [f"{name} is not an Excel workbook (.xlsx), expected one; save it again or export CSV"]
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if len(entries) > _ENTRIES or unpacked > _LARGEST or (unpacked > _UNPACKED and unpacked > _RATIO * packed):
        sizes = f"{packed} to {unpacked} bytes in {len(entries)} parts"
        raise DataError([f"{name} unpacks from {sizes}, far more than a pool needs; export it as CSV"])

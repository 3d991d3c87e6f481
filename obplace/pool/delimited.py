"""Read CSV and its kin in blocks: find encoding, delimiter and header, and let Arrow split the rest."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.csv as pc

from obplace.errors import DataError, UsageError
from obplace.pool.arrays import arrow_coded, exact_prices
from obplace.pool.blocks import UnclosedQuoteError, blocks
from obplace.pool.columns import Layout, match, recognised
from obplace.pool.lines import first_lines, inside_quotes, unclosed
from obplace.pool.raw import RawBatch, ReadAgainError, Rejects
from obplace.quantity import Kind

_HEAD: Final = 1 << 20  # bytes in which the header must end
_DELIMITERS: Final = ",;\t|"
_ENCODE: Final = "pass --encoding, for Chinese Windows --encoding gb18030"


@dataclass
class Delimited:
    """A text of rows and fields, from a path or in memory."""

    name: str
    layout: Layout
    notes: tuple[str, ...]
    _content: Path | bytes  # UTF-8
    _delimiter: str
    _width: int  # fields in the header
    _offset: int  # bytes before the first row
    _line: int  # lines before the first row
    exact: bool = True
    rejects: Rejects = field(default_factory=Rejects)

    def batches(self) -> Iterator[RawBatch]:
        """Read all rows, without the empty lines and without records of the wrong width."""
        self.rejects = Rejects()
        records = 0
        try:
            with self._stream() as stream:
                for block in blocks(stream, self._delimiter):
                    rejected = len(self.rejects.records)
                    table = self._parse(block, records)
                    if table is not None:
                        yield self._raw(table)
                        records += table.num_rows + len(self.rejects.records) - rejected
        except UnclosedQuoteError:
            raise DataError([self._unclosed()]) from None

    def places(self, records: Sequence[int]) -> dict[int, str]:
        """Return 'line N' for each record."""
        with self._lines() as lines:
            found = first_lines(lines, self._delimiter, records)
        return {record: f"line {line + self._line}" for record, line in found.items()}

    def _stream(self) -> BinaryIO:
        content = self._content
        stream = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb", buffering=0)
        stream.seek(self._offset)
        return cast(BinaryIO, stream)

    def _lines(self) -> io.TextIOWrapper:
        # Latin-1 takes any byte, and only line ends, quotes and the delimiter matter here.
        return io.TextIOWrapper(io.BufferedReader(cast(io.RawIOBase, self._stream())), encoding="latin-1")

    def _parse(self, block: Any, records: int) -> Any:
        """Return the table of a block that begins with record number ``records``, None for one of empty lines."""
        headers, types = self._columns()
        try:
            return pc.read_csv(
                pa.BufferReader(block),
                read_options=pc.ReadOptions(use_threads=False, block_size=block.size + 1, column_names=headers),
                parse_options=pc.ParseOptions(
                    delimiter=self._delimiter,
                    newlines_in_values=False,
                    invalid_row_handler=lambda row: self._reject(row, records),
                ),
                convert_options=pc.ConvertOptions(
                    column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return None
            raise self._trouble(str(error)) from None

    def _columns(self) -> tuple[list[str], dict[str, Any]]:
        """Return the name of each column, canonical where it is understood, and the types of those."""
        headers = [f"#{index}" for index in range(self._width)]
        types = {}
        for column, item in self.layout.fields.items():
            headers[item.index] = column
            few = column not in ("machine", "ip")
            # Bytes, because only the few distinct values need to be looked at as text.
            types[column] = pa.dictionary(pa.int32(), pa.binary()) if few else pa.string()
        if self.exact and "cost" in types:
            types["cost"] = pa.decimal128(38, 9)
        return headers, types

    def _reject(self, row: Any, records: int) -> str:
        hollow = not row.text.strip(self._delimiter + ' "\t\r\n')
        message = f"has {row.actual_columns} fields, expected {row.expected_columns} as in the header"
        if row.actual_columns > row.expected_columns:
            message += f"; put quotes around a text that holds {self._delimiter!r}"
        self.rejects.add(records + row.number - 1, "" if hollow else message)
        return "skip"

    def _raw(self, table: Any) -> RawBatch:
        # Without rows a column has no chunk.
        arrays = [column.chunk(0) if column.num_chunks else pa.nulls(0, column.type) for column in table.columns]
        columns = dict(zip(table.column_names, arrays, strict=True))
        exact = None
        if self.exact and "cost" in columns:
            exact = exact_prices(columns.pop("cost"))
            if exact is None:
                self.exact = False
                raise ReadAgainError
        names, ips = columns.pop("machine"), columns.pop("ip", None)
        try:
            coded = {column: arrow_coded(array) for column, array in columns.items()}
        except pa.ArrowInvalid as error:
            raise self._trouble(str(error)) from None
        return RawBatch(table.num_rows, names, ips, coded, exact)

    def _trouble(self, error: str) -> Exception:
        """Choose a slower way to read, or say what is wrong."""
        if "UTF8" in error:
            return DataError([self._undecodable()])
        if self.exact and "cost" in self.layout.fields:
            self.exact = False
            return ReadAgainError()
        return DataError([f"{self.name} cannot be read as a table: {error}"])

    def _unclosed(self) -> str:
        with self._lines() as lines:
            line = unclosed(lines, self._delimiter)
        place = f"line {line + self._line}" if line else "as a whole"
        return f"{self.name} {place}: a quote is opened and never closed, expected its end; add or remove a quote"

    def _undecodable(self) -> str:
        with self._stream() as stream, io.BufferedReader(cast(io.RawIOBase, stream)) as lines:
            for number, line in enumerate(lines, self._line + 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return _not_utf8(self.name, number)
        raise AssertionError("Arrow met a text that is not UTF-8")


def delimited(name: str, content: Path | bytes, resources: Mapping[str, Kind], encoding: str | None) -> Delimited:
    """Find out how a delimited text is written.

    Raises
    ------
    DataError
        When encoding or header cannot be made out.
    """
    content, offset, notes = _decoded(name, content, resources, encoding)
    head = _head(content)[offset:]
    text = head.decode("latin-1")  # one character a byte, so that positions are offsets
    start = re.match(r"[\r\n]*", text).end()  # type: ignore[union-attr]
    mark = re.compile(r"sep=(.)(?:\r\n|\n|\r)", re.I).match(text, start)
    if mark:
        start = mark.end()
    if not text[start:].strip():
        raise DataError([f"{name} is empty, expected a header and one row for each machine"])
    choices = [_header(text, start, delimiter) for delimiter in (mark[1] if mark else _DELIMITERS)]
    delimiter, headers, end = max(choices, key=lambda choice: (len(recognised(choice[1], resources)), len(choice[1])))
    if end is None:
        raise DataError([f"{name}: the header does not end within {_HEAD} bytes, expected one line of column names"])
    layout = match(headers, resources, name)
    lines = len(re.findall(r"\r\n|\n|\r", text[:end]))
    return Delimited(name, layout, notes, content, delimiter, len(headers), offset + end, lines)


def _head(content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content[:_HEAD]
    with open(content, "rb") as stream:
        return stream.read(_HEAD)


def _header(text: str, start: int, delimiter: str) -> tuple[str, list[str], int | None]:
    """Return delimiter, headers and where the first row begins; None when the header has no end."""
    inside, position = False, start
    for line in re.finditer(r"[^\r\n]*(?:\r\n|\n|\r|$)", text[start:]):
        inside, position = inside_quotes(line[0], delimiter, inside), start + line.end()
        if not inside:
            break
    record = text[start:position].encode("latin-1").decode(errors="replace")
    try:
        headers = next(csv.reader(record.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error:
        headers = []
    return delimiter, headers, None if inside or position >= _HEAD else position


def _decoded(
    name: str, content: Path | bytes, resources: Mapping[str, Kind], encoding: str | None
) -> tuple[Path | bytes, int, tuple[str, ...]]:
    """Return the table in UTF-8, how many bytes its byte order mark takes, and notes."""
    head = _head(content)
    guessed = encoding or _utf16(head)
    if guessed and _codec(guessed) not in ("utf-8", "utf-8-sig"):
        return _transcode(name, content, guessed), 0, ()
    offset = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    first = re.split(rb"[\r\n]", head[offset:].lstrip(b"\r\n"), maxsplit=1)[0]
    try:
        first.decode()
    except UnicodeDecodeError:
        if encoding:
            raise DataError([_not_utf8(name, 1)]) from None
        return _chinese(name, content, first, resources), 0, (f"{name} is not UTF-8 and was read as GB18030",)
    return content, offset, ()


def _codec(encoding: str) -> str:
    """Return the normal name of an encoding."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(f"unknown encoding {encoding!r}, expected a name such as utf-8, gb18030 or utf-16") from None


def _not_utf8(name: str, line: int) -> str:
    return f"{name} line {line}: the text is not UTF-8, expected UTF-8; {_ENCODE}"


def _utf16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first = head.partition(b"\n")[0]  # a header holds letters or delimiters of ASCII, whose other byte is 0
    even, odd = first[::2].count(0), first[1::2].count(0)
    if bool(even) == bool(odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _transcode(name: str, content: Path | bytes, encoding: str) -> bytes:
    data = content if isinstance(content, bytes) else content.read_bytes()
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        reason = f"at byte {error.start}" if isinstance(error, UnicodeDecodeError) else str(error)
        raise DataError([f"{name} is not {encoding} ({reason}), expected text in one encoding; {_ENCODE}"]) from None


def _chinese(name: str, content: Path | bytes, first: bytes, resources: Mapping[str, Kind]) -> bytes:
    """Return the table from GB18030, which is no guess when its header then reads as Chinese column names."""
    try:
        header = first.decode("gb18030")
    except UnicodeDecodeError:
        header = ""
    words = [word for word in re.split(r"[,;\t|\"]", header) if not word.isascii()]
    if not recognised(words, resources):
        raise DataError([_not_utf8(name, 1)])
    return _transcode(name, content, "gb18030")

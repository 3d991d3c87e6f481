"""Choose the reader for a file, by its content where that cannot lie and by its name else."""

import sys
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Final

from obplace.errors import DataError
from obplace.pool.delimited import delimited
from obplace.pool.raw import Source
from obplace.quantity import Kind

_FOREIGN: Final = {
    b"\xd0\xcf\x11\xe0": "an old (.xls) or encrypted Excel workbook; save it as plain .xlsx or CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"BZh": "compressed with bzip2; unpack it first",
}


def source_of(path: str | PathLike[str], resources: Mapping[str, Kind], encoding: str | None) -> Source:
    """Open a file, or standard input for '-'.

    Raises
    ------
    DataError
        When there is nothing to read, or no reader for it.
    """
    if str(path) == "-":
        return _reader("standard input", sys.stdin.buffer.read(), "", resources, encoding)
    path = Path(path)
    try:
        if path.is_dir():
            raise DataError([f"{path} is a directory, expected a file with one row for each machine"])
        # What is no regular file, such as a pipe, can be read once only.
        content = path if path.is_file() else path.read_bytes()
        return _reader(str(path), content, path.suffix.lower(), resources, encoding)
    except FileNotFoundError:
        raise DataError([f"{path} does not exist, expected a file with one row for each machine"]) from None
    except OSError as error:
        raise DataError([f"{path} cannot be read: {error.strerror or error}"]) from None


def _reader(
    name: str, content: Path | bytes, suffix: str, resources: Mapping[str, Kind], encoding: str | None
) -> Source:
    head = _head(content)
    if not head:
        raise DataError([f"{name} is empty, expected a header and one row for each machine"])
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise DataError([f"{name} is {what}"])
    if head.startswith(b"PAR1"):
        from obplace.pool.frames import read_parquet

        return read_parquet(name, content, resources)
    if head.startswith(b"PK\x03\x04"):
        from obplace.pool.tables import read_xlsx

        return read_xlsx(name, content, resources)
    if suffix in (".parquet", ".pq", ".xlsx", ".xlsm"):
        raise DataError([f"{name} is no {suffix} file although it is called so; give it the name of what it is"])
    text = suffix in (".csv", ".tsv")
    if suffix in (".json", ".jsonl", ".ndjson") or (
        not text and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")
    ):
        from obplace.pool.tables import read_json

        return read_json(name, content if isinstance(content, bytes) else content.read_bytes(), resources, encoding)
    return delimited(name, content, resources, encoding)


def _head(content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content[:4096]
    with open(content, "rb") as stream:
        return stream.read(4096)

"""JSON and workbooks give the same pool as the CSV would."""

import builtins
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from obplace.errors import DataError, UsageError
from obplace.pool import Pool
from obplace.pool.tables import cell

GB = 1024**3


def told(path: Path, **options) -> list[str]:
    """Return the messages of a file that cannot be read, without the folder."""
    with pytest.raises(DataError) as caught:
        Pool.read(path, **options)
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


@pytest.fixture
def written(tmp_path: Path):
    """Return a function that writes a file and returns its path."""

    def write(name: str, text: str | bytes) -> Path:
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path / name

    return write


@pytest.fixture
def workbook(tmp_path: Path):
    """Return a function that writes sheets to pool.xlsx and returns its path."""

    def write(**sheets) -> Path:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "pool.xlsx")
        return tmp_path / "pool.xlsx"

    return write


@pytest.mark.parametrize("name", ["pool.json", "pool", "pool.txt"])
def test_json_list_of_objects(written, name: str) -> None:
    """Objects may lack keys, numbers are exact, lists are tags, null is blank; the content tells what it is."""
    text = '[{"host": "a", "ram": 32, "cost": 0.10000000000000000, "tags": ["x", "y"]}, {"host": 12, "ram": null}]'
    first, second = Pool.read(written(name, text)).take([0, 1])
    assert (first.name, first.capacity["memory"], first.price, first.tags) == ("a", 32 * GB, 1, ("x", "y"))
    assert (second.name, second.capacity["memory"], second.price) == ("12", None, None)


def test_json_lines(written) -> None:
    """One object a line is a pool, and bad cells are told by line."""
    path = written("pool.jsonl", '\ufeff{"host": "a", "ram": "32 GB"}\n\n{"host": "b", "ram": "lots"}\n')
    assert told(path) == ["pool.jsonl line 3: memory is 'lots', expected a quantity such as 256 or '256 GB'"]


def test_json_items_are_counted_from_one(written) -> None:
    """What is no object is a bad item, and the others keep their numbers."""
    path = written("pool.json", '[{"host": "a"}, 3, {"host": "b", "cpu": 1e400}, {"host": "c", "cpu": NaN}]')
    assert [message.split(", expected")[0] for message in told(path)] == [
        "pool.json item 2: is '3'",
        "pool.json item 3: cpu is '1e400'",
        "pool.json item 4: cpu is 'NaN'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"host": "a",}]', "pool.json is not JSON: .* at line 1 column"),
        ("[" * 100_000, "pool.json is nested too deeply"),
        ("[]", "pool.json is empty"),
        ('[{"cpu": 1}]', "no column names the machines; found the headers 'cpu'"),
        (b'[{"host": "\xff"}]', "pool.json is not text in UTF-8"),
        ('[{"host": "a", "cpu": ' + "9" * 5000 + "}]", "item 1: cpu is '9999"),
    ],
)
def test_json_that_is_no_pool(written, text: str | bytes, message: str) -> None:
    """Broken, deep, empty and oversized JSON ends in a message, never in a traceback."""
    with pytest.raises(DataError, match=message):
        Pool.read(written("pool.json", text))


def test_workbook_numbers_are_exact(workbook) -> None:
    """32.0 is 32, prices are what the sheet shows, arithmetic noise is rounded away, empty rows are none."""
    path = workbook(
        Pool=[["Host", "RAM", "Cost"], ["a", 32.0, 1234.5], [None] * 3, [12, "64 GB", 0.1 + 0.2], ["c", None, None]]
    )
    pool = Pool.read(path)
    assert [machine.capacity["memory"] for machine in pool.take([0, 1, 2])] == [32 * GB, 64 * GB, None]
    assert [machine.price for machine in pool.take([0, 1, 2])] == [12345, 3, None]
    assert pool.names([1]) == ["12"]


def test_workbook_rows_are_those_of_the_sheet(workbook) -> None:
    """The sheet that names machines is found, also below empty rows, and rows count as Excel shows them."""
    path = workbook(Notes=[["read me"]], Hosts=[[None], ["Host", "RAM"], ["a", "32 GB"], [], ["b", "lots"]])
    assert told(path)[0].startswith("pool.xlsx sheet 'Hosts' row 5: memory is 'lots'")


def test_empty_workbook(workbook) -> None:
    """A workbook of empty sheets is told to be empty."""
    assert told(workbook(Pool=[]))[0].startswith("pool.xlsx is empty")


def test_workbook_without_the_extra_names_it(workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without python-calamine the message is what to install."""
    path, real = workbook(Pool=[["host"], ["a"]]), builtins.__import__

    def absent(name: str, *arguments, **keywords):
        if name == "python_calamine":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'obplace\[xlsx\]'"):
        Pool.read(path)


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """The directory of the archive tells that a small file unpacks to a hundred times its size and more."""
    path = tmp_path / "pool.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(200_000_000))
    assert "far more than a pool needs" in told(path)[0]


@pytest.mark.parametrize("content", [b"PK\x03\x04 and no archive", b"host,ram\na,1\n"])
def test_what_is_no_workbook(written, content: bytes) -> None:
    """A broken archive, or a table with the wrong name, is told as such."""
    assert "pool.xlsx is no" in told(written("pool.xlsx", content))[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((None, ""), ("x", "x"), (True, "true"), (7, 7), (32.0, 32), (1234.5, Decimal("1234.5"))),
        *((float("nan"), "nan"), (float("-inf"), "-inf"), (1e300, Decimal("1E+300")), ([1, "a"], "1,a")),
        *((Decimal("2.50"), Decimal("2.50")), (Decimal("3.0"), 3), (0.1 + 0.2, Decimal("0.3"))),
    ],
)
def test_cells_of_all_types(value: object, expected: object) -> None:
    """Numbers stay exact numbers, everything else is text."""
    assert cell(value) == expected
    assert type(cell(value)) is type(expected)


def test_formats_agree(written, workbook) -> None:
    """The same table as CSV, JSON and workbook gives the same machines."""
    rows = [
        ["machine", "cpu", "memory", "cost", "zone", "runs"],
        ["a", 8, "32 GB", 10.25, "z1", "odp"],
        ["b", 16, "1 TB", 3, "z2", ""],
    ]
    objects = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    text = "\n".join(",".join(map(str, row)) for row in rows)

    machines = [
        Pool.read(path).take([0, 1])
        for path in (written("pool.csv", text), written("pool.json", json.dumps(objects)), workbook(Pool=rows))
    ]

    assert machines[0] == machines[1] == machines[2]

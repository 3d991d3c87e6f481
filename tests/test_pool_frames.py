"""Frames, Arrow tables and Parquet files keep their types up to the exact integers."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from obplace.errors import DataError, UsageError
from obplace.pool import Pool

GB = 1024**3


def test_frame_of_mixed_types() -> None:
    """Numbers, text and missing values may stand in one column; each is read as what it is."""
    frame = pd.DataFrame(
        {
            "host": ["a", 12, "c"],
            "ram": ["256 GB", 32, None],
            "cpu": [32.0, np.nan, 8.0],
            "cost": [1234.5, 0.1, np.nan],
            "tags": [["x", "y"], [], None],
            "available": [True, False, True],
            "rack": pd.Categorical(["r1", None, "r1"]),
        }
    )
    first, second, third = Pool.from_frame(frame).take([0, 1, 2])
    assert (first.capacity["memory"], first.capacity["cpu"], first.price) == (256 * GB, 32_000, 12345)
    assert (second.name, second.capacity["memory"], second.capacity["cpu"], second.price) == ("12", 32 * GB, None, 1)
    assert (third.capacity["memory"], third.price, third.domains) == (None, None, {"rack": "r1"})
    assert (first.tags, second.tags, first.available, second.available) == (("x", "y"), (), True, False)


def test_frame_problems_are_told_by_index() -> None:
    """The row is named as the frame names it."""
    frame = pd.DataFrame({"host": ["a", "b"], "cpu": [1, -2]}, index=["first", "second"])
    with pytest.raises(DataError, match="frame row second: cpu is '-2', expected a number of cores"):
        Pool.from_frame(frame)
    assert Pool.from_frame(frame, skip_bad=True).names([0]) == ["a"]


def test_float_infinity_is_a_bad_cell() -> None:
    """What is missing in a frame is blank, what is endless is wrong."""
    with pytest.raises(DataError, match="frame row 1: cpu is 'inf'"):
        Pool.from_frame(pd.DataFrame({"host": ["a", "b"], "cpu": [np.nan, np.inf]}))


def test_typed_numbers_do_not_follow_the_decimal_mark_of_text() -> None:
    """A decimal comma in one column says nothing about floats in another."""
    frame = pd.DataFrame({"host": ["a"], "ram": ["1,5"], "cost": [1234.5]})
    machine = Pool.from_frame(frame).take([0])[0]
    assert (machine.capacity["memory"], machine.price) == (3 * GB // 2, 12345)


def test_empty_frame_has_no_machines() -> None:
    """No rows is as wrong here as in a file."""
    with pytest.raises(DataError, match="frame has a header but no machines"):
        Pool.from_frame(pd.DataFrame({"host": []}))


def test_frame_without_names_lists_what_it_has() -> None:
    """Column labels of any type are told."""
    with pytest.raises(DataError, match=r"frame: no column names the machines; found the headers '0', 'cpu'"):
        Pool.from_frame(pd.DataFrame({0: [1], "cpu": [2]}))


def test_two_columns_of_one_label() -> None:
    """A label may stand twice in a frame; not for a column that counts."""
    with pytest.raises(DataError, match="the header 'cpu' appears 2 times"):
        Pool.from_frame(pd.DataFrame([["a", 1, 2]], columns=["host", "cpu", "cpu"]))


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()])
def test_arrow_tables(type_: pa.DataType) -> None:
    """Arrow tables of any kind of text, dictionaries and decimals are read, null as blank."""
    table = pa.table(
        {
            "host": pa.array(["a", "b"], type_),
            "rack": pa.array(["r1", None]).dictionary_encode(),
            "cost": pa.array([Decimal("10.25"), None]),
            "cpu": pa.array([8, None], pa.int16()),
            "os": pa.nulls(2),
            "tags": pa.array([["x"], None]),
        }
    )
    first, second = Pool.from_frame(table).take([0, 1])
    assert (first.name, first.price, first.capacity["cpu"], first.tags, first.os) == ("a", 1025, 8000, ("x",), None)
    assert (second.price, second.capacity["cpu"], second.domains, second.tags) == (None, None, {"rack": None}, ())


def test_anything_with_an_arrow_stream_is_a_frame() -> None:
    """Frames of other libraries come through Arrow's own protocol."""

    class Foreign:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return pa.table({"host": ["a"], "ram": [32]}).__arrow_c_stream__(requested_schema)

    assert Pool.from_frame(Foreign()).take([0])[0].capacity["memory"] == 32 * GB


def test_other_objects_are_refused() -> None:
    """What is no table is the caller's mistake."""
    with pytest.raises(UsageError, match="a pool is read from a data frame or an Arrow table"):
        Pool.from_frame(42)


def test_parquet_in_batches(tmp_path: Path) -> None:
    """A Parquet file is read in batches, by content whatever its name, and bad rows count from one."""
    frame = pd.DataFrame({"host": [f"m{row}" for row in range(70_000)], "cpu": 8, "cost": 1.5})
    frame.to_parquet(tmp_path / "pool.dat")
    pool = Pool.read(tmp_path / "pool.dat")
    assert (len(pool), len(pool.batches)) == (70_000, 2)
    assert pool.take([69_999])[0].price == 15

    frame["cpu"] = frame["cpu"].where(frame.index != 69_999, -1)
    frame.to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=r"bad.parquet row 70000: cpu is '-1'"):
        Pool.read(tmp_path / "bad.parquet")


def test_broken_parquet(tmp_path: Path) -> None:
    """A file that only begins like Parquet is told as such."""
    (tmp_path / "pool.parquet").write_bytes(b"PAR1 and no more PAR1")
    with pytest.raises(DataError, match=r"pool.parquet cannot be read as Parquet"):
        Pool.read(tmp_path / "pool.parquet")


def test_parquet_reads_only_what_it_needs(tmp_path: Path) -> None:
    """Columns of other types that nobody asked for do no harm."""
    table = pa.table({"host": ["a"], "raw": pa.array([b"\xff"]), "nested": pa.array([{"x": 1}])})
    pq.write_table(table, tmp_path / "pool.parquet")
    assert Pool.read(tmp_path / "pool.parquet").ignored == ("raw", "nested")

"""A file is cut at the ends of records, wherever its quotes are."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obplace.pool import blocks as module
from obplace.pool.blocks import UnclosedQuoteError, blocks, whole_records
from obplace.pool.lines import record_starts

cells = st.text('ab,"\n', max_size=6)


@given(st.text('a,"\n\r', max_size=40))
def test_whole_records_agrees_with_the_reading_line_by_line(text: str) -> None:
    """Counting quotes gives the same cut as following them, also where a quote is plain text."""
    view = np.frombuffer(text.encode(), np.uint8)
    cut, inside = whole_records(view, ",")
    assert inside == (not all(closed for _, closed in record_starts(io.StringIO(text, newline=""), ",")))
    assert all(closed for _, closed in record_starts(io.StringIO(text[:cut], newline=""), ","))
    if not inside and text.endswith("\n"):
        assert cut == len(text)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=30), st.integers(1, 50))
def test_blocks_are_the_file_in_whole_records(rows: list[list[str]], size: int) -> None:
    """Together the blocks are the file, and each alone reads as its own records."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    content = stream.getvalue().encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", size)
        parts = [part.to_pybytes() for part in blocks(io.BytesIO(content), ",")]

    assert b"".join(parts) == content
    read = [row for part in parts for row in csv.reader(io.StringIO(part.decode(), newline=""))]
    assert read == rows


def test_open_quote_is_no_block() -> None:
    """A file that ends inside a quote is an error, not a long cell."""
    with pytest.raises(UnclosedQuoteError):
        list(blocks(io.BytesIO(b'a,b\n"c,d\ne,f\n'), ","))

"""CSV files as they arrive: encodings, dialects, and everything that readers trip over."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obplace.errors import DataError, UsageError
from obplace.pool import Pool

GB = 1024**3
HEADER = "machine,cpu,memory,storage,cost\n"


@pytest.fixture
def table(tmp_path: Path):
    """Return a function that writes a text or bytes to pool.csv and returns the path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "pool.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def problems(path: Path, **options) -> list[str]:
    """Return the messages of a file that cannot be read, without the folder."""
    with pytest.raises(DataError) as caught:
        Pool.read(path, **options)
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


def memory(pool: Pool) -> list[int | None]:
    """Return the memory of all machines in GB."""
    return [m.capacity["memory"] and m.capacity["memory"] // GB for m in pool.take(range(len(pool)))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_in_any_form_is_found_out(table, encoding: str) -> None:
    """UTF-8 and UTF-16, with and without a byte order mark, need no flag."""
    pool = Pool.read(table("主机名,内存(GB)\n甲,32\n".encode(encoding)))
    assert pool.names([0]) == ["甲"]
    assert memory(pool) == [32]


def test_chinese_header_in_gb18030_is_no_guess(table) -> None:
    """A file that is not UTF-8 but has Chinese column names in GB18030 is read, and the pool says so."""
    pool = Pool.read(table("主机名,内存\n甲,32\n".encode("gb18030")))
    assert pool.names([0]) == ["甲"]
    assert "was read as GB18030" in pool.notes[0]


@pytest.mark.parametrize("content", [b"machine,cpu\n\xbc\xd7,1\n", b"h\xf4te,cpu\na,1\n"])
def test_other_encodings_are_asked_for(table, content: bytes) -> None:
    """Bytes that are not UTF-8 and prove nothing are refused with the flag to pass."""
    assert "the text is not UTF-8, expected UTF-8; pass --encoding" in problems(table(content))[0]


def test_undecodable_cell_is_located(table) -> None:
    """The line of the first bytes that are not UTF-8 is named."""
    content = (HEADER + "a,1,1,1,1\n").encode() + b"\xbc\xd7,1,1,1,1\n"
    assert problems(table(content))[0].startswith("pool.csv line 3: the text is not UTF-8")
    assert Pool.read(table(content), encoding="gb18030").names([1]) == ["甲"]


def test_unknown_encoding_is_a_usage_error(table) -> None:
    """A misspelt encoding is the caller's mistake, not the file's."""
    with pytest.raises(UsageError, match="unknown encoding 'utf-ate'"):
        Pool.read(table(HEADER), encoding="utf-ate")


def test_wrong_encoding_is_told(table) -> None:
    """A file that is not in the encoding asked for is refused."""
    assert "is not ascii" in problems(table(HEADER + "é,1,1,1,1\n"), encoding="ascii")[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_what_makes_column_names(table, delimiter: str) -> None:
    """The header decides the delimiter."""
    pool = Pool.read(table("machine,memory\nsrv,32\n".replace(",", delimiter)))
    assert memory(pool) == [32]


def test_excel_s_sep_line_is_obeyed(table) -> None:
    """A first line 'sep=;' is no header, and counts as a line."""
    assert memory(Pool.read(table("sep=;\r\nmachine;memory\r\na;32\r\n"))) == [32]
    assert problems(table("sep=;\r\nmachine;memory\r\na;lots\r\n"))[0].startswith("pool.csv line 3: memory is 'lots'")


def test_decimal_comma_is_found_by_proof(table) -> None:
    """One cell that can only be a decimal comma decides for all numbers of the file."""
    pool = Pool.read(table("machine;memory;cost\na;1.024 GB;1.234,50\nb;32;2,000\n"))
    assert memory(pool) == [1024, 32]
    assert [machine.price for machine in pool.take([0, 1])] == [12345, 20]  # one decimal is used


def test_decimal_point_is_found_by_proof(table) -> None:
    """Where another cell proves the decimal point, '1,234' is a thousand and more."""
    pool = Pool.read(table('machine,memory,cost\na,1.5,"1,234"\n'))
    assert pool.take([0])[0].price == 1234


def test_lone_comma_is_ambiguous(table) -> None:
    """Without proof '1,234' is a bad cell, until the caller says which mark is the decimal one."""
    path = table('machine,cost\na,"1,234"\n')
    assert problems(path)[0].startswith("pool.csv line 2: cost is '1,234', expected a number that can be read in one")
    assert Pool.read(path, decimal=".").take([0])[0].price == 1234
    assert Pool.read(path, decimal=",").price_decimals == 3


def test_contradicting_proof_is_refused(table) -> None:
    """A file with both '1,5' and '1.5' has no decimal mark, so cells with commas are bad."""
    assert problems(table("machine;memory;cost\na;1.5;1,25\n")) == [
        "pool.csv line 2: cost is '1,25', expected a price such as 2210.50 or '2210.50 CNY'"
    ]


def test_decimal_must_be_a_mark(table) -> None:
    """Any other decimal mark is the caller's mistake."""
    with pytest.raises(UsageError, match="the decimal mark is ';'"):
        Pool.read(table(HEADER), decimal=";")


def test_names_are_text(table) -> None:
    """What other readers turn into numbers, booleans or missing values stays the name that it is."""
    names = ["NA", "null", "nan", "0012", "1E5", "TRUE", "12.0", "#1"]
    pool = Pool.read(table("machine\n" + "\n".join(names) + "\n"))
    assert pool.names(range(len(names))) == names


def test_large_integers_stay_exact_beside_a_blank(table) -> None:
    """Nothing passes through a float."""
    pool = Pool.read(table("machine,cost\na,9007199254740993\nb,\n"))
    assert [machine.price for machine in pool.take([0, 1])] == [9007199254740993, None]


def test_ragged_rows_are_bad_rows(table) -> None:
    """Rows with too many and too few fields are reported with their lines, and the others can be kept."""
    path = table(HEADER + "a,8,32,1,1\nb,8,32,1,1,9,9\nc,8,32,1,1\n\nd,8\n")
    assert problems(path) == [
        "pool.csv line 3: has 7 fields, expected 5 as in the header; put quotes around a text that holds ','",
        "pool.csv line 6: has 2 fields, expected 5 as in the header",
    ]
    pool = Pool.read(path, skip_bad=True)
    assert pool.names([0, 1]) == ["a", "c"]
    assert len(pool.skipped) == 2


@pytest.mark.parametrize("last", ['"b,8,32,1,1\nc,8,32,1,1\n', 'b,8,32,1,"1\nc,8,32,1,1\n', 'b,8,32,1,"1'])
def test_unclosed_quote_swallows_nothing(table, last: str) -> None:
    """A quote that never ends is an error with its line, instead of one enormous cell."""
    assert problems(table(HEADER + "a,8,32,1,1\n" + last)) == [
        "pool.csv line 3: a quote is opened and never closed, expected its end; add or remove a quote"
    ]


def test_unclosed_quote_in_an_ignored_column_is_found(table) -> None:
    """The rows that it swallows are missed even where nobody reads the column."""
    assert "line 3: a quote is opened" in problems(table('machine,note\na,x\nb,"oops\nc,y\n'))[0]


def test_unclosed_quote_in_a_large_file_is_found(table) -> None:
    """The same where the swallowed part is longer than the reader's blocks."""
    rows = "".join(f"m{i},8,32,1,1\n" for i in range(400_000))
    assert "line 3: a quote is opened" in problems(table(HEADER + 'a,8,32,1,1\n"b,8,32,1,1\n' + rows))[0]


def test_quoted_newlines_are_part_of_their_cell(table) -> None:
    """A newline in quotes ends no row, and later lines keep their numbers."""
    assert problems(table('machine,cpu,note\na,1,"two\nlines"\nb,x,"more\n\nlines"\nc,y,z\n')) == [
        "pool.csv line 4: cpu is 'x', expected a number of cores such as 8 or '8 cores'",
        "pool.csv line 7: cpu is 'y', expected a number of cores such as 8 or '8 cores'",
    ]
    assert Pool.read(table('machine,note\na,"two\nlines"\n"b","x"\n')).names([0, 1]) == ["a", "b"]


def test_header_may_be_quoted_over_lines(table) -> None:
    """A header with newlines in quotes is one header, and rows are counted from below it."""
    assert problems(table('"machine","cpu\n(cores)"\na,8\nb,x\n'))[0].startswith("pool.csv line 4: cpu is 'x'")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_count_as_one_line(table, end: str) -> None:
    """Physical lines are counted as an editor shows them."""
    assert problems(table(f"machine,cpu{end}a,1{end}{end}b,x{end}"))[0].startswith("pool.csv line 4: cpu is 'x'")


def test_blank_lines_and_hollow_rows_are_ignored(table) -> None:
    """Empty lines, lines of spaces and rows of delimiters are no machines, as spreadsheets end in them."""
    pool = Pool.read(table("\n\n" + HEADER + "\na,8,32,1,1\n\n   \n,,,,\n,,\nb,8,32,1,1\n , ,,,\n"))
    assert pool.names([0, 1]) == ["a", "b"]
    assert len(pool) == 2


def test_nul_is_no_character_of_a_name(table) -> None:
    """An embedded NUL is reported, escaped, and ends nothing."""
    assert problems(table("machine,cpu\na\0b,1\nc,1\0\n")) == [
        r"pool.csv line 2: machine is 'a\x00b', expected text without control, zero-width or bidirectional characters",
        r"pool.csv line 3: cpu is '1\x00', expected a number of cores such as 8 or '8 cores'",
    ]


def test_enormous_cells_do_not_matter(table) -> None:
    """A cell of 5 MB is read where it is a name, and shortened where it is told."""
    large = "x" * 5_000_000
    assert len(Pool.read(table(f"machine,note\na,{large}\nb,\n"))) == 2
    assert Pool.read(table(f"machine\n{large}\n")).names([0]) == [large]
    assert all(len(message) < 200 for message in problems(table(f"machine,cpu\n{large},{large}\n{large},1\n")))


def test_late_bad_cell_is_found_in_its_line(table) -> None:
    """A bad cell far below is as bad as one on top."""
    rows = "".join(f"m{i},8,32,1,1\n" for i in range(200_000))
    assert problems(table(HEADER + rows + "z,8,lots,1,many\n")) == [
        "pool.csv line 200002: memory is 'lots', expected a quantity such as 256 or '256 GB'",
        "pool.csv line 200002: cost is 'many', expected a price such as 2210.50 or '2210.50 CNY'",
    ]


def test_capacities_without_sense_are_bad_cells(table) -> None:
    """Negative, endless and enormous numbers are all told at once, in file order."""
    told = problems(table(HEADER + "a,inf,1e400,-1,nan\nb,1e300,NaN,1,-5\n"))
    assert [message.split(", expected")[0].removeprefix("pool.csv ") for message in told] == [
        *("line 2: cpu is 'inf'", "line 2: memory is '1e400'", "line 2: storage is '-1'", "line 2: cost is 'nan'"),
        *("line 3: cpu is '1e300'", "line 3: memory is 'NaN'", "line 3: cost is '-5'"),
    ]


def test_trailing_delimiter_in_the_header_is_a_column_without_a_name(table) -> None:
    """Header and rows that end in a delimiter are well formed; rows alone are ragged."""
    assert len(Pool.read(table("machine,cpu,\na,8,\nb,9,\n"))) == 2
    assert len(problems(table("machine,cpu\na,8,\nb,9,\n"))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "pool.csv is empty"),
        ("\n \n", "pool.csv is empty"),
        (HEADER, "pool.csv has a header but no machines"),
        (HEADER.strip(), "pool.csv has a header but no machines"),
        (HEADER + ",,,,\n", "pool.csv has a header but no machines"),
        ("cpu,ram\n1,2\n", "pool.csv: no column names the machines"),
        ("1,2,3\n4,5,6\n", "pool.csv: no column names the machines"),
    ],
)
def test_files_without_machines_are_told_apart(table, content: str, message: str) -> None:
    """Empty, header only and headless files have messages of their own."""
    assert problems(table(content))[0].startswith(message)


def test_file_of_bad_rows_only_is_refused_even_when_skipping(table) -> None:
    """Skipping all rows would leave no pool, so the reasons are told instead."""
    assert len(problems(table("machine,cpu\na,x\nb,y\n"), skip_bad=True)) == 2


names = st.text("ab é\"',;\n\r", max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.text('ab,"\né ', max_size=5), st.integers(0, 3)), min_size=1, max_size=30),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_lines_agree_with_the_csv_module(table, rows, quoting, end) -> None:
    """For every row, whatever is quoted, blank or ragged before it, the message has the line where it begins."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)
    writer.writerow(["machine", "note", "cpu"])
    expected = []
    for number, (text, extra) in enumerate(rows):
        expected.append(stream.getvalue().count("\n") + 1)
        writer.writerow([f"m{number}", text, "bad", *["x"] * extra])
        stream.write(end * (extra == 2))  # an empty line

    told = problems(table(stream.getvalue()))

    assert [int(message.split(":")[0].split()[-1]) for message in told] == expected

"""What a pool is to those who use it: batches, columns, single machines."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obplace.errors import DataError
from obplace.pool import Column, Machine, Pool
from obplace.pool import blocks as module
from obplace.quantity import Kind

GB = 1024**3
FULL = """\
Hostname,IP Address,vCPUs,RAM,Disk,Disk Type,NIC,Monthly cost,Region,DC,AZ,Rack,Arch,OS,Labels,Current role,Status,Qty
a,10.0.0.1,32,256 GB,1.92 TB,SSD,10 Gbit/s,2210.50,cn,d1,z1,r1,AMD64,Rocky 9,db;ssd,OBServer+odp,active,1
b,,-,unknown,,NVMe,25,,cn,d2,z1,r1,arm64,,,,offline,3
"""


@pytest.fixture
def pool(tmp_path: Path):
    """Return a function that reads a table from text."""

    def read(text: str, *arguments, **options) -> Pool:
        path = tmp_path / "pool.csv"
        path.write_text(text)
        return Pool.read(path, *arguments, **options)

    return read


def column(pool: Pool, name: str) -> list[int | str | None]:
    """Return the values of a column in all batches."""
    columns = [batch.column(name) for batch in pool]
    return [found.values[code] for found in columns for code in found.codes]


def test_machine_has_everything_that_its_row_says(pool) -> None:
    """All columns arrive under their own names, in base units, None where the table is silent."""
    first, second = pool(FULL).take([0, 1])

    assert first == Machine(
        name="a",
        row=0,
        capacity={"cpu": 32_000, "memory": 256 * GB, "storage": 1_920_000_000_000, "nic": 10**10, "storage_class": 1},
        price=22105,
        quantity=1,
        domains={"region": "cn", "idc": "cn/d1", "rack": "cn/d1/r1", "zone": "z1"},
        ip="10.0.0.1",
        arch="x86_64",
        os="Rocky 9",
        tags=("db", "ssd"),
        runs=("observer", "odp"),
        available=True,
    )
    assert second.capacity == {"cpu": None, "memory": None, "storage": None, "nic": 25 * 10**9, "storage_class": 2}
    assert (second.ip, second.os, second.price, second.quantity, second.available) == (None, None, None, 3, False)
    assert (second.tags, second.runs) == ((), ())


def test_pool_says_what_it_has(pool) -> None:
    """Columns, levels, largest capacities and blanks are those of the table."""
    read = pool(FULL + "c,,,512,,,,,,,,,,,,,,\n")
    assert read.levels == ("region", "idc", "rack", "zone")
    assert {"machine", "cost", "runs", "quantity"} <= read.columns
    assert read.largest["memory"] == 512 * GB
    assert read.blanks == {"cpu": 2, "memory": 1, "storage": 2, "nic": 1, "storage_class": 1, "cost": 2}


def test_bare_names_are_a_pool(pool) -> None:
    """Columns that the table lacks are unknown, available and one piece."""
    read = pool("machine,note\na,x\nb,y\n")
    assert (read.columns, read.levels, read.ignored) == ({"machine"}, (), ("note",))
    assert (column(read, "cpu"), column(read, "quantity")) == ([None, None], [1, 1])
    assert next(iter(read)).usable.all()
    assert dict(read.largest) == dict(read.blanks) == {}
    with pytest.raises(KeyError, match="gpu"):
        column(read, "gpu")


def test_catalogue_brings_its_own_resources(pool) -> None:
    """A resource that obplace never heard of is a column of its kind."""
    read = pool("machine,gpu\na,8\nb,\n", {"gpu": Kind.COUNT})
    assert column(read, "gpu") == [8, None]
    assert read.take([0])[0].capacity == {"gpu": 8}


def test_equal_values_have_one_code(pool) -> None:
    """'256' and '256 GB' are one value, so that equal machines have equal codes."""
    found = next(iter(pool("machine,memory\na,256\nb,256 GB\nc,0.25 TB\nd,1\n"))).column("memory")
    assert isinstance(found, Column)
    assert found.codes.tolist() == [0, 0, 0, 1]


def test_units_of_the_header_hold_for_bare_cells(pool) -> None:
    """memory_mb counts in MB where a cell has no unit of its own."""
    assert column(pool("machine,memory_mb\na,2048\nb,2 GB\n"), "memory") == [2 * GB, 2 * GB]


@pytest.mark.parametrize("word", ["yes", "Active", "IN STOCK", "planned", "在线", "1", ""])
def test_available_words(pool, word: str) -> None:
    """Words for machines that may be used, in any case; blank is one."""
    assert next(iter(pool(f"machine,status,x\na,{word},\n"))).usable.tolist() == [True]


@pytest.mark.parametrize("word", ["no", "Offline", "decommissioning", "sold", "故障", "0"])
def test_unavailable_words(pool, word: str) -> None:
    """Words for machines that must be left alone."""
    assert next(iter(pool(f"machine,status\na,{word}\n"))).usable.tolist() == [False]


def test_unknown_status_lists_the_vocabulary(pool) -> None:
    """A status that is not known is not guessed."""
    with pytest.raises(DataError, match="line 2: available is 'weird', expected one of yes, y, true"):
        pool("machine,status\na,weird\n")


def test_quantity_zero_is_not_on_offer(pool) -> None:
    """A row of no machines stays a row, but is not usable; blank is one machine."""
    read = pool("machine,qty\na,0\nb,\nc,2\n")
    assert next(iter(read)).usable.tolist() == [False, True, True]
    assert column(read, "quantity") == [0, 1, 2]


def test_two_rows_of_one_name_are_both_bad(pool) -> None:
    """Each is told where the other stands, and skipping leaves neither."""
    text = "machine\na\nb\n a \nc\n"
    with pytest.raises(DataError) as caught:
        pool(text)
    assert [problem.split("pool.csv ")[1].split(", expected")[0] for problem in caught.value.problems] == [
        "line 2: machine is 'a' as on line 4",
        "line 4: machine is 'a' as on line 2",
    ]
    assert pool(text, skip_bad=True).names([0, 1]) == ["b", "c"]


def test_name_of_an_equal_machine_is_taken(pool) -> None:
    """Beside 'x' with quantity 3 no row may be called 'x#2', but 'x#4' may."""
    with pytest.raises(DataError, match="line 3: machine is 'x#2', but one of the equal machines"):
        pool("machine,qty\nx,3\nx#2,1\n")
    assert len(pool("machine,qty\nx,3\nx#4,1\ny,1\ny#1,1\n")) == 4


def test_blank_name_is_a_bad_row(pool) -> None:
    """A row with values and no name cannot be used by name."""
    with pytest.raises(DataError, match="line 3: machine is blank, expected a name"):
        pool("machine,cpu\na,1\n,2\n")


def test_skipped_rows_leave_no_trace(pool) -> None:
    """Row ids number the rows that are left, and nothing of the others counts."""
    read = pool("machine,memory,cost\na,32,1\nb,lots,0.001\nc,64,2\nc,128,9\nd,16,3\n", skip_bad=True)
    assert read.names([0, 1]) == ["a", "d"]
    assert read.largest == {"memory": 32 * GB}
    assert len(read.skipped) == 3
    assert read.find(["a", "b", "c", "d"]) == {"a": 0, "d": 1}


def test_find_and_take_cross_batches(pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row ids run through all batches, in whatever order they are asked for."""
    monkeypatch.setattr(module, "_BLOCK", 64)
    read = pool("machine,qty\n" + "".join(f"m{row},{row}\n" for row in range(100)))

    assert len(list(read)) > 5
    assert [batch.first for batch in read] == [0, *(batch.first + batch.size for batch in read.batches[:-1])]
    assert [machine.quantity for machine in read.take([99, 0, 50])] == [99, 0, 50]
    assert read.names([99, 0]) == ["m99", "m0"]
    assert read.find(["m7", "m99", "nobody", "m50#50", "m50#51", "m1#1"]) == {"m7": 7, "m99": 99, "m50#50": 50}
    with pytest.raises(IndexError, match="row 100 of a pool of 100"):
        read.take([100])


def test_racks_of_one_name_in_two_idcs_are_two(pool) -> None:
    """A domain is its full path, unknown where a part of it is blank; slashes in names join nothing."""
    read = pool("machine,idc,rack\na,d1,r1\nb,d2,r1\nc,,r1\nd,d1,\ne,x/y,z\nf,x,y/z\n")
    found = next(iter(read)).domain("rack")
    assert [found.values[code] for code in found.codes] == ["d1/r1", "d2/r1", None, None, r"x\/y/z", r"x/y\/z"]
    assert read.take([3])[0].domains == {"idc": "d1", "rack": None}
    with pytest.raises(KeyError, match="region"):
        next(iter(read)).domain("region")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.sampled_from(["", "a", "b", "c"])] * 3), min_size=1, max_size=40))
def test_paths_join_the_levels_of_each_row(pool, rows) -> None:
    """Whatever combinations occur, each row has its own path."""
    lines = [f"m{number},{','.join(row)}" for number, row in enumerate(rows)]
    found = next(iter(pool("machine,region,idc,rack\n" + "\n".join(lines) + "\n"))).domain("rack")
    assert [found.values[code] for code in found.codes] == ["/".join(row) if all(row) else None for row in rows]


def test_zone_in_two_idcs_is_told_but_no_error(pool) -> None:
    """Only a rule that reads zones is hurt by it, so the caller decides."""
    read = pool("machine,idc,zone\na,d1,z1\nb,d1,z2\nc,d2,z1\nd,,z1\n")
    assert read.zone_conflicts == ("zone 'z1' lies in two IDCs: d1 (line 2) and d2 (line 4)",)
    assert pool("machine,zone\na,z1\n").zone_conflicts == ()


def test_control_characters_in_domains_are_bad_cells(pool) -> None:
    """Domain names are shown to people, so they are as clean as those of machines."""
    with pytest.raises(DataError, match=r"line 2: zone is 'z\\x1b1', expected text without control"):
        pool("machine,zone\na,z\x1b1\n")

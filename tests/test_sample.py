import csv
import importlib.util
import io
from collections import Counter
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obplace.errors import UsageError
from obplace.sample import CHUNK, MAX_ROWS, PER_RACK, sample

DATA = Path(__file__).parent.parent / "data"
CLASSES = ("hdd", "ssd", "nvme")
Row = dict[str, str]


def read(text: str) -> list[Row]:
    """Return the rows of CSV text, every cell as text."""
    return list(csv.DictReader(io.StringIO(text)))


def rows_of(rows: int, seed: int = 0) -> list[Row]:
    """Return a sample as rows."""
    return read("".join(sample(rows, seed)))


def gigabytes(cell: str) -> float:
    """Return '1.92 TB' or '480GB' in GB, by means that share nothing with obplace."""
    number, unit = cell.replace("GB", " GB").split()
    return float(number) * {"GB": 1, "TB": 1000}[unit]


def runs_observer(row: Row) -> bool:
    """Tell whether the machine holds an OBServer at performance level."""
    return (
        int(row["cpu"]) >= 32
        and int(row["memory_gb"]) >= 256
        and gigabytes(row["storage"]) >= 2000
        and row["storage_class"] != "hdd"
        and int(row["nic_gbps"]) >= 10
    )


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """Return data/make_samples.py as a module."""
    spec = importlib.util.spec_from_file_location("make_samples", DATA / "make_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def thousand() -> list[Row]:
    """Return the first thousand machines of seed 0."""
    return rows_of(1000)


def test_first_lines_are_known():
    """The sample of seed 0 is fixed: another platform or library must not change a byte."""
    first = "".join(islice(sample(2), 2)).splitlines()

    assert first == [
        "machine,ip,cpu,memory_gb,storage,storage_class,nic_gbps,cost,region,idc,zone,rack,arch",
        "srv-0001,10.0.0.1,16,64,1.92 TB,ssd,10,1003.95,east,idc1,z1,r0001,x86_64",
        "srv-0002,10.85.0.1,64,256,7.68 TB,ssd,10,3155.17,east,idc2,z2,r0001,aarch64",
    ]


@settings(max_examples=20, deadline=None)
@given(few=st.integers(1, 300), more=st.integers(0, 300), seed=st.integers(0, 2**63))
def test_larger_pool_begins_with_the_smaller_one(few: int, more: int, seed: int):
    """A machine depends on its number and the seed, never on how many were asked for."""
    assert "".join(sample(few + more, seed)).startswith("".join(sample(few, seed)))


def test_pieces_join_without_a_seam():
    """Where one piece ends and the next begins, machines go on counting and none is lost."""
    header, first, second = sample(CHUNK + 2)

    assert header.count("\n") == 1
    assert first.count("\n") == CHUNK
    assert [line.split(",")[0] for line in second.splitlines()] == [f"srv-{CHUNK + 1}", f"srv-{CHUNK + 2}"]
    assert "".join(sample(CHUNK + 1)) == header + first + second.splitlines(keepends=True)[0]


def test_seeds_differ():
    """Another seed makes another pool."""
    assert rows_of(5, seed=1) != rows_of(5, seed=2)


def test_names_and_addresses_are_unique():
    """No two machines share a name or an address, and no address ends in .0 or .255."""
    rows = 200_000  # beyond 3 x 256 x 254, where the second octet moves on
    cells = [line.split(",", 2) for line in "".join(sample(rows)).splitlines()[1:]]

    assert len({machine for machine, _, _ in cells}) == rows
    assert len({ip for _, ip, _ in cells}) == rows
    assert {ip.rsplit(".", 1)[1] for _, ip, _ in cells} == {str(host) for host in range(1, 255)}


def test_racks_hold_forty_and_repeat_between_idcs(thousand: list[Row]):
    """A rack has at most 40 machines of one zone, and its name is used again in the other IDCs."""
    racks = Counter((row["idc"], row["zone"], row["rack"]) for row in thousand)

    assert max(racks.values()) == PER_RACK
    # 334, 333 and 333 machines in racks of 40: nine racks in each IDC, of the same nine names.
    assert len(racks) == 27
    assert len({rack for _, _, rack in racks}) == 9


def test_one_zone_in_each_of_three_idcs(thousand: list[Row]):
    """One region has three IDCs, each with a zone of its own."""
    places = {(row["region"], row["idc"], row["zone"]) for row in thousand}

    assert places == {("east", "idc1", "z1"), ("east", "idc2", "z2"), ("east", "idc3", "z3")}


def test_machines_are_heterogeneous(thousand: list[Row]):
    """Sizes, storage classes, NICs and architectures vary, aarch64 being a few in a hundred."""
    assert {int(row["cpu"]) for row in thousand} == {2, 4, 8, 16, 24, 32, 48, 64, 96, 128}
    assert {row["storage_class"] for row in thousand} == set(CLASSES)
    assert {row["nic_gbps"] for row in thousand} == {"1", "10", "25"}
    assert {"480 GB", "1.92 TB", "15.36 TB"} <= {row["storage"] for row in thousand}
    assert 20 <= sum(row["arch"] == "aarch64" for row in thousand) <= 60


def test_prices_compete(thousand: list[Row]):
    """Prices have two decimals and follow size loosely: some larger machine costs less than a smaller one."""
    assert all(len(row["cost"].split(".")[1]) == 2 and float(row["cost"]) > 0 for row in thousand)
    price_32 = [float(row["cost"]) for row in thousand if row["cpu"] == "32"]
    price_48 = [float(row["cost"]) for row in thousand if row["cpu"] == "48"]
    assert min(price_48) < max(price_32)
    assert sum(price_48) / len(price_48) > sum(price_32) / len(price_32)


def test_forty_machines_hold_a_deployment_at_performance_level():
    """Of 200 pools of 40 machines, at most two lack an OBServer in a zone, or a fourth machine for OCP."""
    enough = 0
    for seed in range(200):
        hosts = [row["zone"] for row in rows_of(40, seed) if runs_observer(row)]
        enough += len(set(hosts)) == 3 and len(hosts) >= 4

    assert enough >= 198


@pytest.mark.parametrize("rows", [0, -1, MAX_ROWS + 1])
def test_rows_out_of_range_are_refused(rows: int):
    """Nothing is made of no machines, or of more than have an address, and the message gives the range."""
    with pytest.raises(UsageError, match=rf"a sample of {rows:,} machines, expected from 1 to 16,"):
        sample(rows)


def test_negative_seed_is_refused():
    """A negative seed is refused before anything is written."""
    with pytest.raises(UsageError, match="seed is -1, expected 0 or more"):
        sample(1, seed=-1)


@pytest.mark.parametrize("name", ["spreadsheet.csv", "inventory.csv", "regions.csv", "clean.csv", "offers.csv"])
def test_committed_file_is_what_the_script_makes(maker: ModuleType, name: str):
    """Each sample file can be made again, byte for byte."""
    assert (DATA / name).read_text(encoding="utf-8").replace("\r\n", "\n") == maker.FILES[name]()


def test_every_sample_file_is_described():
    """The README of the data names each file beside it."""
    readme = (DATA / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in DATA.glob("*.csv") if f"`{path.name}`" not in readme] == []


def test_spreadsheet_holds_observers_in_three_zones():
    """Each zone of the spreadsheet has four free machines for an OBServer at performance level."""
    rows = read((DATA / "spreadsheet.csv").read_text(encoding="utf-8"))
    hosts = [
        row["AZ"]
        for row in rows
        if int(row["vCPUs"]) >= 32
        and gigabytes(row["RAM"]) >= 256
        and gigabytes(row["Disk"]) >= 2000
        and row["Disk Type"] != "HDD"
        and row["NIC"].startswith(("10 G", "10G", "25 G"))
        and row["Status"] == "Active"
        and not row["Current role"]
        and row["Monthly cost"]
    ]

    assert len(rows) == 40
    assert Counter(hosts) == {"az1": 4, "az2": 4, "az3": 4}
    assert sum(not row["Monthly cost"] for row in rows) == 2
    assert sum(bool(row["Current role"]) for row in rows) == 2


def test_inventory_faults_are_the_ones_announced(maker: ModuleType):
    """Three names occur twice, on the lines told, and the bad cells stand where the README says."""
    rows = read((DATA / "inventory.csv").read_text(encoding="utf-8"))
    names = Counter(row["name"] for row in rows)
    twins = [name for name, times in names.items() if times > 1]

    assert len(rows) == 5000
    assert [names[name] for name in twins] == [2, 2, 2]
    for first, second in maker.INVENTORY_TWINS:
        assert rows[first - 2]["name"] == rows[second - 2]["name"]
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for line, column, cell in maker.INVENTORY_FAULTS:
        assert rows[line - 2][column] == cell
        assert f"{line} (`{cell}`)" in readme

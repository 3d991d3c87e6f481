"""Make the sample pools of this folder again: python data/make_samples.py."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

from obplace.sample import sample

T = TypeVar("T")

SPREADSHEET_SEED = 41
INVENTORY_SEED = 5
CLEAN_SEED = 0
REGIONS_SEED = 17


def spreadsheet() -> str:
    """Return 40 machines as one company's spreadsheet has them, hand-typed units and gaps included."""
    rng = Random(SPREADSHEET_SEED)
    rows = [
        _spreadsheet_row(rng, kind, zone, number)
        for zone in (1, 2, 3)
        for kind in KINDS
        for number in range(1, kind.per_zone[zone - 1] + 1)
    ]
    by_name = {row["Hostname"]: row for row in rows}
    for name, column, value in SPREADSHEET_EDITS:
        by_name[name][column] = value
    return _csv(list(rows[0]), (list(row.values()) for row in rows))


def inventory() -> str:
    """Return 5,000 machines as an export of NetBox devices joined with Ansible facts, faults included."""
    rng = Random(INVENTORY_SEED)
    rows = [_inventory_row(rng, number) for number in range(1, 5001)]
    for line, column, value in INVENTORY_FAULTS:
        rows[line - 2][column] = value
    for first, second in INVENTORY_TWINS:
        rows[second - 2]["name"] = rows[first - 2]["name"]
    return _csv(list(rows[0]), (list(row.values()) for row in rows))


def clean() -> str:
    """Return what `obplace sample 1000` prints."""
    return "".join(sample(1000, CLEAN_SEED))


def regions() -> str:
    """Return 48 machines in five IDCs of three regions, some of whose zones nobody has named yet."""
    rng = Random(REGIONS_SEED)
    places = [(region, idc, number) for region, idcs in REGIONS for idc, size in idcs for number in range(size)]
    rows = [_regions_row(rng, *place) for place in places]
    return _csv(list(rows[0]), (list(row.values()) for row in rows))


def offers() -> str:
    """Return what two vendors and a cloud offer to the company of the spreadsheet, with stock and price breaks."""
    header = ("offer", "resource", "vCPUs", "RAM", "Disk", "Disk Type", "NIC", "price", "monthly", "monthly per GB")
    header += ("from", "to", "stock", "AZ")
    return _csv(header, ([row.get(name, "") for name in header] for row in OFFERS))


FILES = {
    "regions.csv": regions,
    "spreadsheet.csv": spreadsheet,
    "inventory.csv": inventory,
    "clean.csv": clean,
    "offers.csv": offers,
}


@dataclass(frozen=True)
class Kind:
    """Like machines of the spreadsheet, with the cells as their buyer typed them."""

    purpose: str
    per_zone: tuple[int, int, int]
    cpu: int
    ram: str
    disk: str
    disk_type: str
    nic: str
    cents: int  # about what one costs a month, in hundredths


KINDS = (
    Kind("db", (3, 3, 3), 32, "256 GB", "2 TB", "SSD", "10 Gbit/s", 205_000),
    Kind("dbx", (1, 1, 1), 48, "384 GB", "3.84 TB", "NVMe", "25 Gbit/s", 312_000),
    Kind("mgmt", (1, 1, 1), 32, "128 GB", "1.92 TB", "SSD", "10 Gbit/s", 148_000),
    Kind("app", (3, 3, 3), 16, "64 GB", "960 GB", "SSD", "10 Gbit/s", 79_000),
    Kind("web", (3, 3, 2), 8, "32 GB", "480 GB", "SSD", "1 Gbit/s", 39_000),
    Kind("bak", (1, 1, 1), 16, "64 GB", "8 TB", "HDD", "1 Gbit/s", 85_000),
    Kind("old", (2, 1, 2), 4, "16 GB", "1.2 TB", "HDD", "1 Gbit/s", 21_000),
)

# What can be bought: machines, some with a price for each size of order, and storage by the GB for those of the cloud.
_DB = {"vCPUs": "32", "RAM": "256 GB", "Disk": "2 TB", "Disk Type": "SSD", "NIC": "25 Gbit/s", "monthly": "310.00"}
_BIG = {"vCPUs": "64", "RAM": "512 GB", "Disk": "7.68 TB", "Disk Type": "NVMe", "NIC": "25 Gbit/s", "monthly": "520.00"}
_SMALL = {"vCPUs": "8", "RAM": "32 GB", "Disk": "480 GB", "Disk Type": "SSD", "NIC": "10 Gbit/s", "monthly": "85.00"}
OFFERS: tuple[dict[str, str], ...] = (
    {"offer": "a-db", **_DB, "price": "27900.00", "from": "1", "to": "2", "stock": "6"},
    {"offer": "a-db", **_DB, "price": "24500.00", "from": "3", "stock": "6"},
    {"offer": "a-big", **_BIG, "price": "61000.00", "stock": "2", "AZ": "az1|az2"},
    {"offer": "a-small", **_SMALL, "price": "4100.00"},
    {"offer": "b-db", **_DB, "price": "22400.00", "from": "4"},
    {"offer": "b-small", **_SMALL, "price": "3650.00", "from": "5"},
    {"offer": "c-32x256", "vCPUs": "32", "RAM": "256 GB", "NIC": "12.5 Gbit/s", "monthly": "1324.50"},
    {"offer": "c-32x128", "vCPUs": "32", "RAM": "128 GB", "NIC": "12.5 Gbit/s", "monthly": "1009.15"},
    {"offer": "c-4x16", "vCPUs": "4", "RAM": "16 GB", "NIC": "5 Gbit/s", "monthly": "109.80"},
    {"offer": "c-ssd", "resource": "storage", "Disk Type": "SSD", "monthly per GB": "0.08"},
)

# What several hands did to the sheet since: host, column, cell.
SPREADSHEET_EDITS = (
    ("sh1-db-02", "RAM", "256GB"),
    ("sh2-db-01", "Disk", "2000 GB"),
    ("sh3-db-03", "NIC", "10GbE"),
    ("sh1-bak-01", "NIC", "1000 Mbit/s"),
    ("sh2-web-03", "Monthly cost", ""),
    ("sh3-app-01", "Monthly cost", ""),
    ("sh2-old-01", "Status", "Maintenance"),
    ("sh1-app-03", "Current role", "odp"),
    ("sh2-mgmt-01", "Current role", "oms"),
)


def _spreadsheet_row(rng: Random, kind: Kind, zone: int, number: int) -> dict[str, str]:
    cents = kind.cents * (900 + _below(rng, 201)) // 1000
    return {
        "Hostname": f"sh{zone}-{kind.purpose}-{number:02}",
        "IP Address": f"10.20.{zone}.{10 * (KINDS.index(kind) + 1) + number}",
        "vCPUs": str(kind.cpu),
        "RAM": kind.ram,
        "Disk": kind.disk,
        "Disk Type": kind.disk_type,
        "NIC": kind.nic,
        "Monthly cost": f"{cents // 100}.{cents % 100:02}",
        "DC": f"SH{zone}",
        "AZ": f"az{zone}",
        "Rack": f"{'AB'[_below(rng, 2)]}{1 + _below(rng, 4):02}",
        "Status": "Active",
        "Current role": "",
    }


# Machines by region and IDC.
REGIONS = (
    ("east", (("hz1", 12), ("hz2", 12))),
    ("north", (("bj1", 10), ("bj2", 8))),
    ("south", (("gz1", 6),)),
)
MODELS = ((48, "384 GB", "7.68 TB"), (64, "512 GB", "7.68 TB"), (32, "256 GB", "3.84 TB"))
ARMED = (4, 5)  # numbers of the machines of an IDC that are aarch64


def _regions_row(rng: Random, region: str, idc: str, number: int) -> dict[str, str]:
    cpu, memory, storage = MODELS[_below(rng, len(MODELS))]
    arch = "aarch64" if number in ARMED else "x86_64"
    return {
        "machine": f"{idc}-db-{number + 1:02}",
        "cpu": str(cpu),
        "memory": memory,
        "storage": storage,
        "storage_class": "NVMe",
        "nic": "25",
        "cost": str(10 * cpu + 200 + _below(rng, 100)),
        "region": region,
        "idc": idc,
        "rack": f"r{number % 4 + 1}",
        # hz1 has its zones, hz2 some of them, the others none: a plan gives those.
        "zone": f"{idc}-z{number % 2 + 1}" if idc == "hz1" or (idc == "hz2" and number < 4) else "",
        "arch": arch,
        "os": "Kylin V10" if arch == "aarch64" else "Anolis OS 8.8",
    }


SITES = ("HGH1", "HGH2", "HGH3", "SHA1")
STATUSES = ("Active",) * 17 + ("Staged", "Offline", "Decommissioning")
PLATFORMS = ("CentOS 7.9",) * 3 + ("Anolis OS 8.8",) * 4 + ("Kylin V10",) * 2 + ("",)
OWNERS = ("payments", "search", "warehouse", "platform", "")

# (device type, cores, GB of memory, storage as one site writes it and as another, storage class, NIC as both)
DEVICES = (
    ("KVM 4C16G", 4, 16, ("500", "500 GB"), "SSD", ("1", "1000 Mbit/s")),
    ("KVM 8C32G", 8, 32, ("1200", "1.2 TB"), "SSD", ("10", "10 Gbit/s")),
    ("R640-S", 16, 64, ("1920 GB", "1.92 TB"), "SSD", ("10", "10GbE")),
    ("R740-H", 24, 128, ("8000 GB", "8 TB"), "SAS", ("1", "1 Gbit/s")),
    ("R650-D", 32, 256, ("3840 GB", "3.84 TB"), "SSD", ("10", "10GbE")),
    ("R650-N", 64, 512, ("7680 GB", "7.68 TB"), "NVMe", ("25", "25 Gbit/s")),
    ("TaiShan 2280", 64, 256, ("4096 GiB", "4 TiB"), "SSD", ("25", "25 Gbit/s")),
)

# Lines of inventory.csv with a word where a quantity belongs: line, column, cell.
INVENTORY_FAULTS = (
    (118, "ansible_processor_vcpus", "sixteen"),
    (964, "ansible_memtotal_mb", "see ticket 4711"),
    (2207, "disk_size", "two disks"),
    (3391, "ansible_memtotal_mb", "-1"),
    (4650, "nic_speed", "fast"),
)
INVENTORY_TWINS = ((305, 306), (1450, 3721), (2048, 4999))  # lines that share one name


def _inventory_row(rng: Random, number: int) -> dict[str, str]:
    site = _pick(rng, SITES)
    device, cores, gb, storage, storage_class, nic = _pick(rng, DEVICES)
    # The kernel keeps a part of what was sold, so 256 GB report about 251 GiB.
    mebibytes = gb * 1024 * 983 // 1000 - _below(rng, 2 * gb)
    facts = rng.random() >= 0.03  # the others did not answer when facts were gathered
    return {
        "id": str(10_000 + number),
        "name": f"{site.lower()}-srv-{number:04}",
        "status": _pick(rng, STATUSES),
        "site": site,
        "rack": _blank(rng, 0.01, f"{_pick(rng, 'ABCDEF')}{1 + _below(rng, 20):02}"),
        "role": _pick(rng, ("database", "application", "storage")),
        "device_type": device,
        "platform": _pick(rng, PLATFORMS),
        "serial": f"SN{_below(rng, 10**8):08}",
        "primary_ip": f"10.{40 + SITES.index(site)}.{number // 250}.{number % 250 + 1}",
        "ansible_processor_vcpus": str(cores) if facts else "",
        "ansible_memtotal_mb": str(mebibytes) if facts else "",
        "ansible_architecture": ("aarch64" if "TaiShan" in device else "x86_64") if facts else "",
        "disk_size": _blank(rng, 0.02, _pick(rng, storage)),
        "disk_type": _blank(rng, 0.01, storage_class),
        "nic_speed": _blank(rng, 0.04, _pick(rng, nic)),
        "cf_owner": _pick(rng, OWNERS),
    }


def _blank(rng: Random, share: float, cell: str) -> str:
    return "" if rng.random() < share else cell


def _pick(rng: Random, options: Sequence[T]) -> T:
    return options[_below(rng, len(options))]


def _below(rng: Random, limit: int) -> int:
    # Python promises the numbers of random() from release to release, and of nothing built on it.
    return int(rng.random() * limit)


def _csv(header: list[str], rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


if __name__ == "__main__":
    for name, make in FILES.items():
        Path(__file__).with_name(name).write_text(make(), encoding="utf-8", newline="\n")

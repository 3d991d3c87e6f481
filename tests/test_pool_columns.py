"""Headers of real inventories, and what they mean."""

import pytest

from obplace.errors import DataError, UsageError
from obplace.pool.columns import RESOURCES, match
from obplace.quantity import Kind


def meaning(header: str) -> tuple[str, str | None] | None:
    """Return canonical name and unit of one header beside a machine column."""
    layout = match(["machine", header], RESOURCES, "pool.csv")
    return next(((item.column, item.unit) for item in layout.fields.values() if item.index == 1), None)


@pytest.mark.parametrize(
    ("header", "column", "unit"),
    [
        ("vCPUs", "cpu", None),
        ("CPU (cores)", "cpu", None),
        ("CPU核数", "cpu", None),
        ("ansible_processor_vcpus", "cpu", None),
        ("memory_gb", "memory", "gb"),
        ("memory_mib", "memory", "mib"),
        ("RAM (GB)", "memory", "gb"),
        ("内存（GB）", "memory", "gb"),
        ("ansible_memtotal_mb", "memory", "mb"),
        ("storage_tb", "storage", "tb"),
        ("Disk Space", "storage", None),
        ("硬盘容量(TB)", "storage", "tb"),
        ("Disk Type", "storage_class", None),
        ("nic_gbps", "nic", "gbps"),
        ("network_mbps", "nic", "mbps"),
        ("带宽", "nic", None),
        ("Monthly cost", "cost", None),
        ("价格", "cost", None),
        ("Availability Zone", "zone", None),
        ("机房", "idc", None),
        ("Location", "idc", None),
        ("Cabinet", "rack", None),
        ("Architecture", "arch", None),
        ("platform", "os", None),
        ("Current role", "runs", None),
        ("Status", "available", None),
        ("primary_ip", "ip", None),
        ("qty", "quantity", None),
    ],
)
def test_usual_headers_are_understood(header: str, column: str, unit: str | None) -> None:
    """Case, spaces, dashes and brackets do not matter, and a unit may follow the name."""
    assert meaning(header) == (column, unit)


@pytest.mark.parametrize("header", ["role", "cost centre", "memory_speed_mhz", "notes", "cpu_model", ""])
def test_other_headers_are_left_alone(header: str) -> None:
    """What is not in the vocabulary is not guessed; plain 'role' means something else in inventories."""
    assert meaning(header) is None


@pytest.mark.parametrize(
    ("header", "currency"),
    [("cost_usd", "USD"), ("price_cny", "CNY"), ("价格(元/月)", "CNY"), ("price_usd_h", "USD"), ("price/month", None)],
)
def test_cost_header_names_the_currency(header: str, currency: str | None) -> None:
    """A currency and a period may follow the name of the cost column."""
    layout = match(["machine", header], RESOURCES, "pool.csv")
    assert "cost" in layout.fields
    assert layout.currency == currency


def test_two_columns_of_one_meaning_are_refused() -> None:
    """Which of the two is right cannot be known, so both are named."""
    with pytest.raises(DataError, match=r"pool.csv: the columns 'cpu' and 'vCPUs' both mean cpu"):
        match(["machine", "cpu", "vCPUs"], RESOURCES, "pool.csv")


def test_header_twice_is_refused() -> None:
    """A header that stands there twice is named once, with its number."""
    with pytest.raises(DataError, match="the header 'cpu' appears 2 times"):
        match(["machine", "cpu", "cpu"], RESOURCES, "pool.csv")


def test_second_choices_step_back() -> None:
    """Inventories have site and location, name and fqdn side by side; the first of each is meant."""
    layout = match(["name", "fqdn", "site", "location"], RESOURCES, "pool.csv")
    assert {column: item.header for column, item in layout.fields.items()} == {"machine": "name", "idc": "site"}
    assert set(layout.ignored) == {"fqdn", "location"}


def test_missing_machine_column_lists_both_sides() -> None:
    """The message has the headers found and the names understood."""
    with pytest.raises(DataError, match="found the headers 'cpu', 'ram', expected one of machine, hostname, host"):
        match(["cpu", "ram"], RESOURCES, "pool.csv")


def test_catalogue_decides_which_capacities_there_are() -> None:
    """A resource of the user's own is a column; one that the catalogue lacks is ignored."""
    layout = match(["machine", "gpu", "nic"], {"gpu": Kind.COUNT}, "pool.csv")
    assert set(layout.fields) == {"machine", "gpu"}
    assert layout.ignored == ("nic",)


def test_resource_must_not_take_a_column_s_name() -> None:
    """A resource called zone would make the column mean two things."""
    with pytest.raises(UsageError, match="cannot be called 'zone'"):
        match(["machine"], {"zone": Kind.COUNT}, "pool.csv")

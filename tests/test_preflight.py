"""What obd would say of memory and disks, each limit from both sides, and the book that it comes from."""

import re

import pytest

from obplace.catalogue import Severity, load, obd, shipped
from tests.flown import LATEST, flown, one, settings, short

SIZES = ("storage_unknown", "memory_unknown", "zone_unknown")
CLASH = ("port_twice", "port_taken", "directory_twice", "directory_taken", "log_disk", "data_disk")

THREE = """
    machine roles        memory storage zone
    a       observer+odp 64     4000    z1
    b       observer+odp 64     4000    z2
    c       observer+odp 64     4000    z3
    d       ocp          64     4000    z1
"""


def test_plan_with_room_for_all_is_let_through() -> None:
    """51.2 GiB of 64 for the OBServer, three times that and 60 % of 4000 for its disk: nothing to say."""
    found = flown(THREE)

    assert short(found) == []
    assert not found.refused


# Memory


def test_two_observers_at_eighty_percent_are_refused() -> None:
    """Twice 51.2 GiB are more than 64; twice 32 are not."""
    two = "machine roles memory\na observer+observer 64"

    assert short(flown(two), *SIZES, *CLASH) == ["error OBD-2000 memory_limit: a"]
    assert one(flown(two), "memory_limit").todo == "set memory_limit to 32G at most, less what else runs there"
    assert short(flown(two, a=settings(32)), *SIZES, *CLASH) == []


def test_three_gibibytes_start_an_observer() -> None:
    """Below 3G it is refused, whatever it is given."""
    small, large = "machine roles memory\na observer 3-", "machine roles memory\na observer 3"

    assert "error OBD-2000 start_memory: a" in short(flown(small))
    assert short(flown(large), *SIZES) == ["warning OBD-2009 production: a"]


def test_what_shares_a_host_is_added_up() -> None:
    """63 GiB and a proxy of 2 are 65 of 64: obd does not see it, so it is a warning; 62 and 2 fit."""
    both = "machine roles memory\na observer+odp 64"
    found = flown(both, a=settings(63))

    assert short(found, *SIZES) == ["warning memory_sum: a"]
    assert one(found, "memory_sum").found == "memory_limit 63 GiB and 2 GiB of odp make 65 GiB, memory 64 GiB"
    assert one(found, "memory_sum").todo == "set memory_limit to 62G at most"
    assert short(flown(both, a=settings(62)), *SIZES) == []


def test_sixteen_gibibytes_are_no_production_mode() -> None:
    """80 % of 16 are 12.8, below 16; 80 % of 20 are 16. It is let through, and said what the documentation says."""
    found = flown("machine roles memory\na observer 16")

    assert short(found, *SIZES) == ["warning OBD-2009 production: a"]
    assert one(found, "production").found.startswith("memory_limit 12.8 GiB: no production mode")
    assert short(flown("machine roles memory\na observer 20"), *SIZES) == []


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (None, []),
        (12, []),
        (13, ["warning OBD-2010 system_memory_share: a"]),
        (16, ["error OBD-2010 system_memory: a"]),
    ],
)
def test_system_memory_stays_below_the_limit(system: int | None, expected: list[str]) -> None:
    """Of 16 GiB three quarters are 12; left out, the database chooses."""
    found = flown("machine roles memory\na observer 64", a=settings(16, system=system))

    assert short(found, *SIZES) == expected


def test_ocp_needs_its_memory_size() -> None:
    """8 GiB do, 4 are refused by the code of OCP."""
    assert short(flown("machine roles memory\na ocp 4")) == ["error OBD-4364 ocp_memory: a"]
    assert short(flown("machine roles memory\na ocp 8")) == []


def test_unknown_sizes_are_to_be_checked() -> None:
    """Nothing is guessed where a cell is blank; a machine without an OBServer is not asked."""
    found = flown("machine roles memory storage\na observer - 4000\nb observer 64 -\nc odp - -")

    assert short(found, "zone_unknown") == ["check memory_unknown: a", "check storage_unknown: b"]


# Disks: memory 20 makes a memory_limit of 16 and a log disk of 48; slog is 4, the least data 20


def test_log_that_leaves_no_data_is_refused() -> None:
    """48 + 4 + 20 are 72: 72 GiB do, one byte less does not; of 60 GiB 36 are for logs, a third of it memory."""
    small = flown("machine roles memory storage\na observer 20 72-")
    tiny = flown("machine roles memory storage\na observer 20 60")

    assert short(small) == ["error OBD-2003 log_disk: a"]
    assert one(tiny, "log_disk").todo == "set memory_limit to 12G at most, or use larger disks"
    assert short(flown("machine roles memory storage\na observer 20 72")) == ["warning OBD-2003 data_disk: a"]


def test_default_data_file_needs_room_beside_the_log() -> None:
    """60 % and 52 fit from 130 GiB on; of 129 there are 77 for data."""
    found = flown("machine roles memory storage\na observer 20 129")

    assert short(found) == ["warning OBD-2003 data_disk: a"]
    assert "with log_disk_size 48G write datafile_size of 77G at most" in one(found, "data_disk").todo
    assert short(flown("machine roles memory storage\na observer 20 130")) == []


def test_version_says_how_large_a_log_is() -> None:
    """The page wants 4 times the memory, V4.2.5 three times: 64 + 4 + 20 are 88."""
    text = "machine roles memory storage\na observer 20 88-"

    assert short(flown(text, load())) == ["error OBD-2003 log_disk: a"]
    assert short(flown(text, LATEST)) == ["warning OBD-2003 data_disk: a"]
    assert flown(text, load()).log_factor == 4


def test_settings_come_before_the_defaults() -> None:
    """A log disk of 10 GiB, as it is written, needs 10 + 4 + 60 %: 35 GiB."""
    assert short(flown("machine roles memory storage\na observer 20 35", a=settings(16, 10))) == []


def test_machine_with_nothing_is_refused_and_no_more() -> None:
    """A capacity of 0 is an answer too."""
    found = flown("machine roles memory storage\na observer 0 0")

    assert "error OBD-2003 log_disk: a" in short(found)
    assert "error OBD-2000 start_memory: a" in short(found)


# All together


def test_same_finding_stands_once_and_the_gravest_first() -> None:
    """Three alike servers are one line; errors come before warnings and what is to be checked."""
    found = flown("machine roles memory storage ip\n" + "\n".join(f"{m} observer 16 60 -" for m in "abc"))

    assert short(found) == [
        "error OBD-2003 log_disk: a b c",
        "warning OBD-2009 production: a b c",
        "check no_address: a b c",
        "check zone_unknown: a b c",
    ]
    assert found.refused
    assert [found.count(each) for each in Severity] == [1, 1, 2]


def test_several_copies_need_something_in_front() -> None:
    """OCP and ODP from two servers on; one alone has its own address."""
    one_each = flown("machine roles\na ocp\nb odp")
    three = flown("machine roles\na ocp\nb ocp\nc ocp\nd odp\ne odp")

    assert one_each.fronts == ()
    assert [each.role for each in three.fronts] == ["ocp", "ocp", "odp"]


# The book


def test_every_number_has_a_source() -> None:
    """Amounts, roles, checks, items and fronts say where they come from."""
    book = obd()
    checks = [each for each in book.checks.values() if each.name != "no_component"]  # its source is that of the role

    assert all(each.source for each in (*book.roles.values(), *checks, *book.items, *book.fronts))
    assert all(book.sources[name] for name in book.amounts)


def test_codes_are_those_of_obd() -> None:
    """OBD and four digits; those that a plan or a host can cause are there."""
    codes = {each.code for each in (*obd().checks.values(), *obd().items) if each.code}

    assert all(re.fullmatch(r"OBD-\d{4}", code) for code in codes)
    assert {f"OBD-{number}" for number in (1000, 1001, 1004, 1007, 1011, 1017, 2000, 2003, 2008, 2009, 2010)} <= codes


@pytest.mark.parametrize("name", shipped())
def test_book_knows_roles_and_ports_of_each_catalogue(name: str) -> None:
    """A port that a catalogue states has a name in the book, so that a clash can be told."""
    for role in load(name).roles.values():
        assert set(role.ports) <= obd().roles[role.name].ports.keys(), role.name

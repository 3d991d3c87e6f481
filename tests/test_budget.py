"""What an OBServer's disks hold beside its log, and what the smallest server of a cluster makes useless."""

from dataclasses import replace
from fractions import Fraction

import pytest

from obplace.budget import budgets, sentences, stranded
from obplace.catalogue import Layout, load
from obplace.disks import SEPARATE, memory_room, usable_data
from obplace.plan import Assignment, Plan
from obplace.pool import Machine
from tests.tiny import catalogue

BOOK = load("oceanbase-4.2.5")  # log disk 3 times the memory, 100 GB for programs, 4 GB for the server's own log
GB, GIB = 10**9, 2**30
ODP = {"cpu": 4000, "memory": 8 * GIB, "storage": 200 * GB}


def server(name: str, memory: int | None, storage: int | None, *others: str, roles: tuple[str, ...] = ("observer",)):
    """Return what a server of 32 cores runs: ``memory`` in GiB, ``storage`` in GB, None unknown."""
    capacity = {
        "cpu": 32_000,
        "memory": None if memory is None else memory * GIB,
        "storage": None if storage is None else storage * GB,
    }
    machine = Machine(name, 0, capacity, None, 1, {}, None, None, None, (), (), True)
    return Assignment(name, machine, (*roles, *others), {}, dict.fromkeys(others, ODP))


def plan(*servers: Assignment) -> Plan:
    """Return the plan of these servers."""
    return Plan(servers, BOOK)


def test_budget_of_a_large_server() -> None:
    """256 GB give a limit of 204.8 GB and a log of three times that; of 90 % of 3896 GB the rest is for data."""
    (one,) = budgets(plan(server("a", 256, 4000)))
    limit = 256 * GIB * 4 // 5

    assert (one.memory_limit, one.room, one.capped) == (limit, limit, False)
    assert (one.home, one.slog, one.log) == (100 * GB, 4 * GB, 3 * limit)
    assert one.data == (4000 - 104) * GB * 9 // 10 - 3 * limit
    assert not one.explicit  # 30 % of 3896 GB are 1169 GB, the log needs 660 GB


def test_storage_caps_the_memory() -> None:
    """512 GB of memory on 1 TB: (90 % of 896 GB - 20 GB) / 3 of memory is all whose log leaves 20 GB for data."""
    (one,) = budgets(plan(server("a", 512, 1000)))

    assert one.capped
    assert one.memory_limit == (896 * GB * 9 // 10 - 20 * GB) // 3
    assert one.memory_limit < 512 * GIB * 4 // 5
    assert 20 * GB <= one.data < 20 * GB + 3
    assert one.explicit
    text = " ".join(sentences(plan(server("a", 512, 1000))))
    assert "below what the memory allows, because the storage of a ends it" in text
    assert "set log_disk_size, for the default of 30 % of the disk is less on a" in text


def test_one_byte_more_than_the_memory_needs_is_no_cap() -> None:
    """Where the storage is just enough for the log of all the memory, nothing is capped; a byte less, and it is."""
    limit = 100 * GIB * 4 // 5
    usable = 3 * limit + 20 * GB
    storage = -(-usable * 10 // 9) + 104 * GB

    def one(size: int):
        machine = replace(server("a", 100, 0).machine, capacity={"memory": 100 * GIB, "storage": size})
        (found,) = budgets(plan(replace(server("a", 100, 0), machine=machine)))
        return found

    assert (one(storage).capped, one(storage).data) == (False, 20 * GB)
    assert (one(storage - 2).capped, one(storage - 2).room) == (True, limit - 1)


def test_other_roles_take_their_part_first() -> None:
    """ODP takes 8 GB of memory and 200 GB of storage from its OBServer."""
    (alone,) = budgets(plan(server("a", 256, 4000)))
    (shared,) = budgets(plan(server("a", 264, 4200, "odp")))

    assert shared == alone


def test_included_guest_takes_nothing() -> None:
    """What a guest takes is what the plan says, and that is nothing where the host's minimum holds it."""
    guest = replace(server("a", 256, 4000, "odp"), used_by={"odp": {"memory": 0}})

    assert budgets(plan(guest)) == budgets(plan(server("a", 256, 4000)))


def test_smallest_server_sets_the_limit_of_the_cluster() -> None:
    """Each server has its own room; log and data follow from the limit of all."""
    small, large = budgets(plan(server("a", 128, 4000), server("b", 256, 4000)))

    assert small.memory_limit == large.memory_limit == small.room < large.room
    assert small.log == large.log
    assert small.data == large.data


def test_clusters_have_limits_of_their_own() -> None:
    """OBServers of another cluster do not count, and two on one server have half of it each."""
    first, second = "observer@a", "observer@b"
    both, alone = server("x", 256, 4000, roles=(first, second)), server("y", 512, 9000, roles=(second,))
    found = {(each.machine, each.role): each for each in budgets(plan(both, alone))}

    assert found["x", first].memory_limit == found["x", second].memory_limit == 128 * GIB * 4 // 5
    assert found["y", second].room == 512 * GIB * 4 // 5
    assert found["y", second].memory_limit == found["x", second].memory_limit


def test_server_that_is_too_small_has_no_room() -> None:
    """100 GB go to the programs alone: no budget, and that is said instead of numbers."""
    tiny = plan(server("a", 16, 110), server("b", 16, 500))

    assert [(each.fits, each.room) for each in budgets(tiny)] == [(False, 0), (True, 16 * GIB * 4 // 5)]
    assert sentences(tiny)[0].startswith("observer: the storage of a is too small")


@pytest.mark.parametrize("unknown", ["memory", "storage"])
def test_unknown_capacities(unknown: str) -> None:
    """Without a memory there is no budget; without a storage the data disk is not known, and nothing is capped."""
    found = budgets(plan(server("a", None if unknown == "memory" else 64, None if unknown == "storage" else 900)))

    assert [(each.data, each.capped, each.explicit) for each in found] == (
        [] if unknown == "memory" else [(None, False, False)]
    )
    if found:
        assert "left for data" not in sentences(plan(server("a", 64, None)))[0]


def test_catalogue_without_a_disk_table_says_nothing() -> None:
    """No numbers are made up."""
    book = catalogue({"web": 1})
    bare = Plan((server("a", 64, 900, roles=("web",)),), book)

    assert (budgets(bare), stranded(bare), sentences(bare)) == ((), (), ())
    assert usable_data(book, 900 * GB, 64 * GIB) is None
    assert memory_room(book, 900 * GB, 64 * GIB) is None


def test_usable_data_is_that_of_a_budget() -> None:
    """The same arithmetic for a machine of a pool: all its memory in use, nothing below zero."""
    for memory, storage in ((16, 300), (64, 900), (256, 4000)):
        (one,) = budgets(plan(server("a", memory, storage)))
        assert usable_data(BOOK, storage * GB, memory * GIB) == one.data
        assert memory_room(BOOK, storage * GB, memory * GIB) == one.memory_limit
    assert usable_data(BOOK, 2000 * GB, 1024 * GIB) == 0
    assert usable_data(BOOK, 50 * GB, 16 * GIB) == memory_room(BOOK, 50 * GB, 16 * GIB) == 0


def test_least_log_counts_below_it() -> None:
    """A small OBServer still has a log disk of 24 GB."""
    (one,) = budgets(plan(server("a", 8, 300)))

    assert one.log == 24 * GB > 3 * one.memory_limit


def test_separate_disks_have_shares_of_their_own() -> None:
    """Of two disks no more than the smaller share is sure; by the shares that ship both ways come to 90 %."""
    assert BOOK.disk is not None
    other = replace(BOOK, disk=replace(BOOK.disk, separate=Layout(Fraction(1, 2), Fraction(9, 10))))
    servers = (server("a", 256, 4000),)

    assert budgets(Plan(servers, BOOK), SEPARATE)[0].data == budgets(Plan(servers, BOOK))[0].data
    assert budgets(Plan(servers, other), SEPARATE)[0].data == 3896 * GB // 2 - 3 * (256 * GIB * 4 // 5)


def test_stranded_is_what_lies_above_the_smallest() -> None:
    """Two servers of 512 GB beside one of 256 GB leave 512 GB idle; ODP on one of them is taken off first."""
    (found,) = stranded(
        plan(server("a", 256, 2000), server("b", 512, 2000), server("c", 520, 2200, "odp")),
    )

    assert (found.role, found.servers) == ("observer", 3)
    assert found.least == {"cpu": 28_000, "memory": 256 * GIB, "storage": 2000 * GB}
    assert found.idle == {"cpu": 8_000, "memory": 512 * GIB, "storage": 0}
    text = sentences(plan(server("a", 256, 2000), server("b", 512, 2000)))[-1]
    assert "256 GB of memory (it has 256 GB)" in text


def test_equal_servers_strand_nothing() -> None:
    """Nothing is said of them."""
    alike = plan(server("a", 256, 4000), server("b", 256, 4000))

    assert [set(each.idle.values()) for each in stranded(alike)] == [{0}]
    assert len(sentences(alike)) == 1


def test_resource_that_is_not_known_everywhere_is_left_out() -> None:
    """What is not known cannot lie idle."""
    (found,) = stranded(plan(server("a", 256, None), server("b", 256, 4000)))

    assert set(found.least) == {"cpu", "memory"}

"""Each catalogue that ships says what its pages say, number by number, and its deployments come out as by hand."""

import tomllib
from dataclasses import fields
from fractions import Fraction
from importlib import resources

import pytest

from obplace.catalogue import DEFAULT, Catalogue, load, shipped
from obplace.catalogue.form import check
from obplace.quantity import show
from tests.small import best, machines, placement, refused

SSD = {"storage_class": "ssd"}
FAST = {**SSD, "nic": "10 Gbit/s"}
ODP = {"cpu": "4", "memory": "8 GB", "storage": "200 GB"}
OAT = {"cpu": "2", "memory": "4 GB"}
OMS = {"cpu": "12", "memory": "24 GB", "storage": "500 GB"}
CE_ODP = {"cpu": "1", "memory": "1 GB"}
CE_OCP = {"cpu": "17", "memory": "60 GB", "storage": "770 GiB"}  # 770 GiB

# The pages' tables, cell by cell, by version and level.
NEW = {
    "functional": {
        "observer": {"cpu": "4", "memory": "16 GB", **SSD},
        "odp": ODP,
        "ocp": {"cpu": "16", "memory": "32 GB", "storage": "1.5 TB", **SSD},
        "oat": OAT,
        "arbitration": {"cpu": "2", "memory": "4 GB", "storage": "5 GB"},
    },
    "performance": {
        "observer": {"cpu": "32", "memory": "256 GB", **FAST},
        "odp": ODP,
        "ocp": {"cpu": "32", "memory": "128 GB", "storage": "1.5 TB", **FAST},
        "oat": OAT,
        "arbitration": {"cpu": "2", "memory": "4 GB", "storage": "5 GB"},
    },
}
PAGES = {
    "oceanbase-4.0": {
        "functional": {
            "observer": {"cpu": "8", "memory": "64 GB", "storage": "1.2 TB"},
            "odp": ODP,
            "ocp": {"cpu": "32", "memory": "128 GB", "storage": "1.5 TB"},
            "oat": {"cpu": "8", "memory": "16 GB"},
            "oms": OMS,
            "odc": {"cpu": "2", "memory": "4 GB"},
        },
        "performance": {
            "observer": {"cpu": "32", "memory": "256 GB", "storage": "2 TB", **FAST},
            "odp": ODP,
            "ocp": {"cpu": "32", "memory": "128 GB", "storage": "1.5 TB", **FAST},
            "oat": {"cpu": "8", "memory": "16 GB"},
            "oms": {"cpu": "32", "memory": "128 GB", "storage": "2 TB"},
            "odc": {"cpu": "4", "memory": "8 GB"},
        },
    },
    "oceanbase-4.2.3": NEW,
    "oceanbase-4.2.5": NEW,
    "oceanbase-ce": {
        "test": {
            "observer": {"cpu": "2", "memory": "8 GB", "storage": "19 GB", "nic": "1 Gbit/s"},
            "odp": CE_ODP,
            "ocp": CE_OCP,
        },
        "production": {
            "observer": {"cpu": "4", "memory": "16 GB", "storage": "19 GB", "nic": "1 Gbit/s"},
            "odp": CE_ODP,
            "ocp": CE_OCP,
        },
    },
}
COPIES = {  # in number, and what is asked by default
    "oceanbase-4.0": ({"observer": 3, "odp": 3, "ocp": 1, "oat": 1, "oms": 1, "odc": 1}, "observer odp ocp oat"),
    "oceanbase-4.2.3": ({"observer": 3, "odp": 3, "ocp": 1, "oat": 1, "arbitration": 1}, "observer ocp oat"),
    "oceanbase-4.2.5": ({"observer": 3, "odp": 3, "ocp": 1, "oat": 1, "arbitration": 1}, "observer ocp oat"),
    "oceanbase-ce": ({"observer": 3, "odp": 1, "ocp": 1}, "observer odp"),
}
ODP_ON_OBSERVER, OAT_IN_OCP, ODC_IN_OCP = ("odp", "observer", False), ("oat", "ocp", True), ("odc", "ocp", True)
SHARING = {
    "oceanbase-4.0": {ODP_ON_OBSERVER, OAT_IN_OCP, ODC_IN_OCP},
    "oceanbase-4.2.3": {ODP_ON_OBSERVER, OAT_IN_OCP},
    "oceanbase-4.2.5": {ODP_ON_OBSERVER, OAT_IN_OCP},
    "oceanbase-ce": set(),
}
NEWER = ["oceanbase-4.2.3", "oceanbase-4.2.5"]

COLUMNS = "cpu,memory,storage,storage_class,nic"
BIG = machines(*["128,1024 GB,16 TB,nvme,25"] * 9, columns=COLUMNS)


def raw(name: str) -> str:
    """Return the text of a catalogue that ships."""
    return resources.files("obplace.catalogue").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def advice(book: Catalogue, role: str) -> str:
    """Return all that a catalogue says to whoever runs one copy of a role."""
    return " ".join(each.text for each in book.advice if each.role == role and each.copies == 1)


def test_the_versions_that_ship() -> None:
    """A catalogue that is added has its golden numbers below, that of the default in its own file of tests."""
    assert set(shipped()) == {*PAGES, DEFAULT}


@pytest.mark.parametrize("name", shipped())
def test_shipped_files_pass_the_check_of_foreign_ones(name: str) -> None:
    """What ships is read without a check, so the check is made here."""
    document = tomllib.loads(raw(name))

    check(document, f"{name}.toml")
    assert document["name"] == name


@pytest.mark.parametrize("name", shipped())
def test_every_number_has_its_source(name: str) -> None:
    """Roles, minimums, pairs, advice, presets and parts stand beside a sentence, and the whole names its page."""
    book = load(name)
    sourced = [*book.roles.values(), *book.sharing, *book.advice, *book.presets.values(), *book.sizing]
    sourced += [minimum for role in book.roles.values() for minimum in role.minimums.values()]

    assert [each for each in sourced if not each.source] == []
    assert [role.name for role in book.roles.values() if role.ports and not role.ports_source] == []
    assert not book.rules or book.rules_source
    assert "github.com/oceanbase/oceanbase-doc" in book.source


@pytest.mark.parametrize("name", shipped())
def test_every_number_of_the_disk_has_its_source(name: str) -> None:
    """Each field of the disk table is named in its sources."""
    disk = load(name).disk

    assert disk is not None
    assert set(disk.sources) == {field.name for field in fields(disk)} - {"role", "memory_share", "sources"} | {
        "memory_limit"
    }
    assert all(disk.sources.values())


@pytest.mark.parametrize(
    ("name", "factor"),
    [("oceanbase-4.0", 4), ("oceanbase-4.1", 4), ("oceanbase-4.2.3", 4), ("oceanbase-4.2.5", 3), ("oceanbase-ce", 3)],
)
def test_log_disk_by_memory(name: str, factor: int) -> None:
    """Four times the memory, from V4.2.5 on and in community edition three times."""
    disk = load(name).disk

    assert disk is not None
    assert (disk.role, disk.log_factor, disk.memory_share) == ("observer", factor, Fraction(4, 5))


@pytest.mark.parametrize("name", [DEFAULT, *PAGES])
def test_ports_that_clash(name: str) -> None:
    """OCP brings an OBServer and a proxy, arbitration listens where OBServer does; pairs that share never clash."""
    book = load(name)

    def clash(first: str, second: str) -> set[int]:
        roles = [book.roles[role].ports if role in book.roles else () for role in (first, second)]
        return set(roles[0]) & set(roles[1])

    assert {2881, 2882} <= clash("ocp", "observer")
    assert clash("ocp", "odp") == (set() if name == "oceanbase-ce" else {2883})
    if "arbitration" in book.roles:
        assert clash("arbitration", "observer") == {2882}
    if "oms" in book.roles:
        assert clash("oms", "odc") == {8089}
    assert {pair: clash(pair.guest, pair.host) for pair in book.sharing} == {pair: set() for pair in book.sharing}


@pytest.mark.parametrize("name", [DEFAULT, *PAGES])
def test_one_architecture_by_default(name: str) -> None:
    """OBServers of a cluster agree, and OCPs where they are installed from one image."""
    ocp = {} if name == "oceanbase-ce" else {"ocp.arch": "all"}

    assert load(name).rules == {"same": {"observer.arch": "all", **ocp}}


@pytest.mark.parametrize("name", NEWER)
def test_arbitration_completes_the_votes_of_observers(name: str) -> None:
    """The catalogue says so, no name in the program does."""
    assert {role.name: role.arbitrates for role in load(name).roles.values() if role.arbitrates} == {
        "arbitration": "observer"
    }


@pytest.mark.parametrize("name", NEWER)
def test_verification_only_is_said_at_functional_level(name: str) -> None:
    """At performance level OCP is no trial."""
    levels = {each.level for each in load(name).advice if "verification only" in each.text}

    assert levels == {"functional"}


@pytest.mark.parametrize(("name", "level"), [(name, level) for name, page in PAGES.items() for level in page])
def test_minimums_are_those_of_the_page(name: str, level: str) -> None:
    """Every number, and nothing besides."""
    book = load(name)
    shown = {
        role.name: {
            resource: show(amount, book.resources[resource].kind)
            for resource, amount in role.minimums[level].needs.items()
        }
        for role in book.roles.values()
    }

    assert shown == PAGES[name][level]


def test_disk_of_community_ocp_is_the_sum_of_the_guide() -> None:
    """500 GiB for OCP-Server, 20 for the program of its database, 250 for its data."""
    needs = load("oceanbase-ce").roles["ocp"].minimums["test"].needs

    assert needs["storage"] == (500 + 20 + 250) * 2**30
    assert needs["cpu"] == (4 + 4 + 4 + 5) * 1000  # OCP-Server, MetaDB, MonitorDB, sys tenant
    assert needs["memory"] == (8 + 8 + 16 + 28) * 2**30


@pytest.mark.parametrize("name", COPIES)
def test_counts_are_those_of_the_page(name: str) -> None:
    """How many of each role, and which of them are asked for without a word."""
    book = load(name)
    copies, default = COPIES[name]

    assert {role.name: role.copies for role in book.roles.values()} == copies
    assert [role.name for role in book.roles.values() if not role.optional] == default.split()
    assert {role.max_per_machine for role in book.roles.values()} == {1}


@pytest.mark.parametrize("name", SHARING)
def test_sharing_is_that_of_the_page(name: str) -> None:
    """Only what a page allows; inclusion only where a page says so."""
    assert {(pair.guest, pair.host, pair.included) for pair in load(name).sharing} == SHARING[name]


@pytest.mark.parametrize(("name", "ratio"), [("oceanbase-4.2.3", 4), ("oceanbase-4.2.5", 3)])
def test_disk_that_is_not_checked_is_said(name: str, ratio: int) -> None:
    """The newer pages give OBServer no disk size but a ratio to its memory, and every plan says so."""
    book = load(name)

    assert f"larger than {ratio} times its memory" in advice(book, "observer")
    assert "1 TB of memory" in advice(book, "observer")
    assert ("512 cores" in advice(book, "observer")) == (name == "oceanbase-4.2.5")
    assert "verification only" in advice(book, "ocp")


@pytest.mark.parametrize("name", NEWER)
@pytest.mark.parametrize("level", ["functional", "performance"])
@pytest.mark.parametrize(
    ("asked", "servers"),
    [
        ({}, 4),  # three OBServers, OCP with OAT; ODP is optional
        ({"extra": "odp"}, 4),  # on the OBServers
        ({"roles": {"observer": 2, "arbitration": 1}}, 4),  # two OBServers, arbitration alone, OCP with OAT
        ({"preset": "arbitration"}, 4),
        ({"preset": "arbitration", "extra": "odp"}, 5),  # two ODPs on OBServers, the third alone
        ({"roles": {"observer": 1}}, 2),
        ({"roles": {"observer": 1, "ocp": 0, "oat": 0}}, 1),
        ({"preset": "command_line"}, 4),  # OAT has nobody left to share with
        ({"roles": {"ocp": 3}}, 6),
    ],
    ids=str,
)
def test_fewest_servers(name: str, level: str, asked: dict, servers: int) -> None:
    """Answers by hand on machines that are big enough for any legal mix."""
    assert best(BIG, load(name), level=level, **asked).servers == servers


@pytest.mark.parametrize("name", NEWER)
def test_arbitration_is_never_on_an_observer(name: str) -> None:
    """Two OBServers and the arbitration service need a third server, however big the two are."""
    asked = {"roles": {"observer": 2, "arbitration": 1, "ocp": 0, "oat": 0}}
    host = "128,1024 GB,16 TB,nvme,25"

    assert "cannot hold together" in refused(machines(host, host, columns=COLUMNS), load(name), **asked)
    light = machines(host, host, "2,4 GB,5 GB,hdd,1", columns=COLUMNS)
    assert sorted(placement(best(light, load(name), **asked)).values()) == [
        ("arbitration",),
        ("observer",),
        ("observer",),
    ]


@pytest.mark.parametrize("cells", ["1,4 GB,5 GB,hdd,1", "2,3 GB,5 GB,hdd,1", "2,4 GB,4 GB,hdd,1"])
def test_arbitration_needs_all_of_its_minimum(cells: str) -> None:
    """Two cores, 4 GB and 5 GB of disk are enough, and a bit less of any is not."""
    asked = {"roles": {"observer": 0, "arbitration": 1, "ocp": 0, "oat": 0}}

    assert best(machines("2,4 GB,5 GB,hdd,1", columns=COLUMNS), load("oceanbase-4.2.5"), **asked).servers == 1
    assert "no machine can run arbitration" in refused(
        machines(cells, columns=COLUMNS), load("oceanbase-4.2.5"), **asked
    )


@pytest.mark.parametrize(
    ("asked", "servers"),
    [({}, 4), ({"extra": "ocp"}, 5), ({"preset": "standalone"}, 1), ({"level": "production"}, 4)],
    ids=str,
)
def test_community_edition_recommends_four_servers(asked: dict, servers: int) -> None:
    """Three OBServers and ODP on a server of its own, as the guide has it."""
    assert best(BIG, load("oceanbase-ce"), **asked).servers == servers


@pytest.mark.parametrize(
    ("asked", "servers"), [({}, 4), ({"extra": "oms,odc"}, 5), ({"roles": {"ocp": 3}}, 6)], ids=str
)
def test_preview_shares_as_the_page_after_it(asked: dict, servers: int) -> None:
    """ODP on OBServer, OAT and ODC in OCP, OMS alone."""
    assert best(BIG, load("oceanbase-4.0"), **asked).servers == servers

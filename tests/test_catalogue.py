"""The catalogue says what the page says, and a file from outside is read with all its faults named at once."""

from pathlib import Path

import pytest

from obplace.catalogue import load, shipped
from obplace.errors import DataError, UsageError
from obplace.quantity import show

BOOK = load()

# The table of the page, cell by cell.
FUNCTIONAL = {
    "observer": {"cpu": "4", "memory": "16 GB", "storage": "1.2 TB"},
    "odp": {"cpu": "4", "memory": "8 GB", "storage": "200 GB"},
    "ocp": {"cpu": "8", "memory": "32 GB", "storage": "1.5 TB"},
    "oat": {"cpu": "2", "memory": "4 GB"},
    "oms": {"cpu": "12", "memory": "24 GB", "storage": "500 GB"},
    "odc": {"cpu": "2", "memory": "8 GB"},
}
SSD = {"storage_class": "ssd", "nic": "10 Gbit/s"}
PERFORMANCE = {
    "observer": {"cpu": "32", "memory": "256 GB", "storage": "2 TB", **SSD},
    "odp": FUNCTIONAL["odp"],
    "ocp": {"cpu": "32", "memory": "128 GB", "storage": "1.5 TB", **SSD},
    "oat": FUNCTIONAL["oat"],
    "oms": {"cpu": "32", "memory": "128 GB", "storage": "2 TB"},
    "odc": {"cpu": "4", "memory": "8 GB"},
}

OWN = """
schema = "obplace.catalogue/1"
name = "own"
title = "Own"
source = "us"
levels = ["small", "large"]
[resources]
cpu = { kind = "cpu", combine = "sum" }
[[roles]]
name = "web"
[roles.minimum.small]
needs = { cpu = "2" }
[[roles]]
name = "db"
copies = 2
[roles.minimum.small]
needs = { cpu = "1.0005" }
[roles.minimum.large]
needs = { cpu = "8" }
"""


@pytest.fixture
def own(tmp_path: Path):
    """Return a function that loads a catalogue from a text."""

    def read(text: str):
        path = tmp_path / "own.toml"
        path.write_text(text)
        return load(path)

    return read


@pytest.mark.parametrize(("level", "page"), [("functional", FUNCTIONAL), ("performance", PERFORMANCE)])
def test_minimums_are_those_of_the_page(level: str, page: dict[str, dict[str, str]]) -> None:
    """Every number, and nothing besides; a cell without a number keeps the functional one."""
    shown = {
        role.name: {
            name: show(amount, BOOK.resources[name].kind) for name, amount in role.minimums[level].needs.items()
        }
        for role in BOOK.roles.values()
    }

    assert shown == page


def test_counts_are_those_of_the_page() -> None:
    """Three OBServers and ODPs, one OCP and OAT; OMS and ODC are optional; one copy of a role on a machine."""
    assert {role.name: role.copies for role in BOOK.roles.values() if not role.optional} == {
        "observer": 3,
        "odp": 3,
        "ocp": 1,
        "oat": 1,
    }
    assert {role.name: role.copies for role in BOOK.roles.values() if role.optional} == {"oms": 1, "odc": 1}
    assert {role.max_per_machine for role in BOOK.roles.values()} == {1}
    assert BOOK.presets["minimum"].roles == {"observer": 1, "ocp": 1, "odp": 0, "oat": 0}


def test_sharing_is_that_of_the_page() -> None:
    """OAT and ODC are included in OCP, ODP is added to OBServer, and nothing else may share."""
    assert {(pair.guest, pair.host, pair.included) for pair in BOOK.sharing} == {
        ("odp", "observer", False),
        ("oat", "ocp", True),
        ("odc", "ocp", True),
    }


def test_everything_has_its_source() -> None:
    """No number stands there without the sentence that it comes from."""
    sourced = [*BOOK.roles.values(), *BOOK.sharing, *BOOK.advice, *BOOK.presets.values()]
    sourced += [minimum for role in BOOK.roles.values() for minimum in role.minimums.values()]

    assert [each for each in sourced if not each.source] == []


def test_own_file_has_the_same_form(own) -> None:
    """What is not said has its default, a level that is left out is the one before, and needs are rounded up."""
    book = own(OWN)

    assert list(book.roles) == ["web", "db"]
    assert (book.roles["web"].copies, book.roles["web"].optional, book.roles["web"].quorum) == (1, False, False)
    assert book.roles["web"].minimums["large"].needs == {"cpu": 2000}
    assert book.roles["db"].minimums["small"].needs == {"cpu": 1001}  # millicores: 1000.5 would be too few
    assert book.sharing == ()
    assert not book.free


def test_all_faults_of_a_file_are_named(own) -> None:
    """A misspelt key, a wrong type and a missing part are one message each, with their place."""
    with pytest.raises(DataError) as caught:
        own(OWN.replace("copies = 2", 'copies = "2"\nquorun = true').replace('title = "Own"', ""))

    assert sorted(problem.rpartition(": ")[0] for problem in caught.value.problems) == [
        "own.toml: roles[1].copies",
        "own.toml: roles[1].quorun",
        "own.toml: title",
    ]


def test_links_to_nothing_are_named(own) -> None:
    """Roles, levels and resources that the file does not have, a role twice, and a quantity that is none."""
    text = OWN.replace('name = "db"', 'name = "web"').replace('cpu = "8"', 'gpu = "8"').replace('"2"', '"two"')
    text += '[[sharing]]\nguest = "odp"\nhost = "web"\nhow = "added"\n[roles.minimum.huge]\nneeds = {}\n'
    text = text.replace("[roles.minimum.huge]", "[presets.p]\ntitle = 'p'\nroles = { oms = 1 }\n", 1).replace(
        "\n\nneeds = {}\n", "\n"
    )

    with pytest.raises(DataError) as caught:
        own(text)

    assert caught.value.problems == (
        "own.toml: role 'web' stands there 2 times, expected once",
        "own.toml: sharing[0] names role 'odp'; the file has web, web",
        "own.toml: presets.p names role 'oms'; the file has web, web",
        "own.toml: role web, minimum small: cpu is 'two', expected a number of cores such as 8 or '8 cores'",
        "own.toml: role web, minimum large: resource 'gpu' is not among cpu",
    )


def test_what_is_no_toml_is_said(own) -> None:
    """The place in the text that cannot be read is part of the message."""
    with pytest.raises(DataError, match=r"own\.toml: not a catalogue in TOML: .*line 2"):
        own("schema = 1\nname = = 2\n")


def test_unknown_name_lists_those_that_ship() -> None:
    """A name that is neither shipped nor a file is a wrong argument."""
    assert "oceanbase-4.1" in shipped()
    with pytest.raises(UsageError, match=r"no catalogue 'oceanbase-5': name a file, or one of .*oceanbase-4\.1"):
        load("oceanbase-5")

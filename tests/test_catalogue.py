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
    text = text.replace(
        "[roles.minimum.huge]", "[presets.p]\ntitle = 'p'\nsource = 's'\nroles = { oms = 1 }\n", 1
    ).replace("\n\nneeds = {}\n", "\n")

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


def test_words_of_rules_and_presets_are_kept_as_they_stand(own) -> None:
    """Whoever reads deployments reads them; title and source are no words, and nothing said is nothing."""
    text = OWN + "[rules]\nsame = { 'db.arch' = 'all' }\nsource = 'r'\n"
    text += "[presets.p]\ntitle = 'P'\nsource = 'q'\nroles = { 'db@sales' = 1 }\napart = ['db:web']\n"
    book = own(text)

    assert book.rules == {"same": {"db.arch": "all"}}
    assert book.presets["p"].words == {"roles": {"db@sales": 1}, "apart": ["db:web"]}
    assert book.presets["p"].roles == {"db@sales": 1}
    assert (own(OWN).rules, own(OWN).sizing, own(OWN).disk) == ({}, (), None)


def test_preset_and_rules_have_their_source(own) -> None:
    """A preset without title or source, and rules without a source, are refused."""
    with pytest.raises(DataError) as caught:
        own(OWN + "[rules]\nsame = {}\n[presets.p]\nroles = {}\n")

    assert [problem.rpartition(": ")[0] for problem in caught.value.problems] == [
        "own.toml: presets.p.title",
        "own.toml: presets.p.source",
        "own.toml: rules.source",
    ]


def test_faults_of_sizing_and_disk_are_named(own) -> None:
    """Unknown roles and resources, steps that do not rise, a measure that is missing, shares that are none."""
    text = (
        OWN.replace('name = "web"', 'name = "web"\narbitrates = "dba"')
        + """
[[sizing]]
role = "webb"
part = "pages"
by = "users"
of = "dbb"
steps = [{ upto = 20, needs = { cpu = "1" } }, { upto = 10, needs = { gpu = "1" } }]
[[sizing]]
role = "web"
part = "pages"
per = { cpu = "many" }
[[advice]]
role = "web"
copies = 1
level = "huge"
text = "t"
[disk]
role = "web"
home = "much"
slog = "4 GB"
log_factor = 3
least_log = "1 GB"
least_data = "1 GB"
memory_limit = "0.8"
same = { data = "60%", log = "30%" }
separate = { data = "90%", log = "90%" }
sources = {}
"""
    )

    with pytest.raises(DataError) as caught:
        own(text)

    assert caught.value.problems == (
        "own.toml: role web, arbitrates names role 'dba'; the file has web, db",
        "own.toml: sizing[0] names role 'webb'; the file has web, db",
        "own.toml: sizing[0], of names role 'dbb'; the file has web, db",
        "own.toml: advice[0]: the file has the levels small, large",
        "own.toml: sizing[0]: the steps end at 20, 10, expected numbers that rise",
        "own.toml: sizing[0]: resource 'gpu' is not among cpu",
        "own.toml: sizing[1]: per, steps, copies_per and of need 'by', the measure that they go by",
        "own.toml: sizing[1]: cpu is 'many', expected a number of cores such as 8 or '8 cores'",
        "own.toml: disk: memory_limit is '0.8', expected a percentage with its sign, such as 2%",
        "own.toml: disk: home is 'much', expected a quantity such as 960 or '1.92 TB'",
        "own.toml: disk: resource 'memory' is not among cpu",
        "own.toml: disk: resource 'storage' is not among cpu",
    )

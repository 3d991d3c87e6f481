"""What changed between two catalogues is named role by role, number by number, with the sentences of both sides."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from obplace.catalogue import Change, Fact, changes, load, shipped, to_json
from obplace.catalogue.load import build
from obplace.terminal import show_changes
from tests.reply import Reply, teller

OLD, NEW = load("oceanbase-4.1"), load("oceanbase-4.2.3")


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Reply]:
    """Return a function that runs the command."""
    return teller(monkeypatch, capsys)


def values(before: str, after: str) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Return the two values of each change of the pages' tables: no sentence, preset, port, sizing or disk."""
    return {
        (each.subject, each.item): (each.before and each.before.value, each.after and each.after.value)
        for each in changes(load(before), load(after))
        if each.item.startswith(("copies", "functional", "performance", "shares"))
    }


def small(**over: object):
    """Return a catalogue of one role that runs nothing else."""
    raw = {
        "name": "small",
        "title": "Small",
        "source": "us",
        "levels": ["only"],
        "resources": {"cpu": {"kind": "cpu", "combine": "sum"}},
        "roles": [{"name": "web", "source": "a web", "minimum": {"only": {"needs": {"cpu": "2"}, "source": "two"}}}],
    }
    return build({**raw, **over})


def test_preview_to_the_page_after_it() -> None:
    """The numbers that V4.1 lowered, and the memory of ODC that it raised: nothing else."""
    assert values("oceanbase-4.0", "oceanbase-4.1") == {
        ("observer", "functional cpu"): ("8", "4"),
        ("observer", "functional memory"): ("64 GB", "16 GB"),
        ("ocp", "functional cpu"): ("32", "8"),
        ("ocp", "functional memory"): ("128 GB", "32 GB"),
        ("oat", "functional cpu"): ("8", "2"),
        ("oat", "functional memory"): ("16 GB", "4 GB"),
        ("oat", "performance cpu"): ("8", "2"),
        ("oat", "performance memory"): ("16 GB", "4 GB"),
        ("odc", "functional memory"): ("4 GB", "8 GB"),
    }


def test_the_page_to_the_newer_one() -> None:
    """OBServer's disk went, ODP became optional, OCP grew, OMS and ODC went, arbitration came."""
    found = values("oceanbase-4.1", "oceanbase-4.2.3")

    assert {key: value for key, value in found.items() if key[0] in ("observer", "odp", "ocp")} == {
        ("observer", "functional storage"): ("1.2 TB", None),
        ("observer", "performance storage"): ("2 TB", None),
        ("observer", "functional storage_class"): (None, "ssd"),
        ("odp", "copies"): ("3", "3, optional"),
        ("ocp", "functional cpu"): ("8", "16"),
        ("ocp", "functional storage_class"): (None, "ssd"),
    }
    assert found["odc", "shares with ocp"] == ("included", None)
    assert found["arbitration", "functional memory"] == (None, "4 GB")
    assert {role for role, _ in found} == {"observer", "odp", "ocp", "oms", "odc", "arbitration"}


def test_log_disk_is_what_the_last_change_is_about() -> None:
    """From V4.2.3 to V4.2.5 no number of the tables changed: OBServer's log disk, and what else is said of it."""
    found = {(each.subject, each.item): each for each in changes(NEW, load("oceanbase-4.2.5"))}
    change = found["observer", "advice from 1 copy on"]

    assert set(found) == {
        ("observer", "log disk"),
        ("observer", "advice from 1 copy on"),
        ("odp", "ports"),  # RPC of ODP 4.3
    }
    assert found["observer", "log disk"].after == Fact(
        "3 times memory_limit",
        "More than 3 times the memory: the page of this catalogue, note on the OceanBase cluster",
    )
    assert change.before is not None
    assert change.after is not None
    assert "larger than 4 times" in str(change.before.value)
    assert "larger than 3 times" in str(change.after.value)
    assert "three times the memory" in change.after.source


def test_what_is_told_beside_the_tables_is_compared() -> None:
    """Ports, arbitration, parts, the disk, rules and the words of presets each are an item with its source."""
    bare = small()
    role = {"name": "web", "source": "a web", "minimum": {"only": {"needs": {"cpu": "2"}, "source": "two"}}}
    told = {"ports": [80], "ports_source": "p", "arbitrates": "web"}
    other = small(
        roles=[{**role, **told}],
        sizing=[{"role": "web", "part": "pages", "by": "users", "per": {"cpu": "1"}, "source": "s"}],
        rules={"same": {"web.arch": "all"}, "source": "r"},
        presets={"p": {"title": "P", "roles": {"web": 2}, "apart": ["web:web"], "source": "q"}},
    )

    assert {(each.subject, each.item): each.after for each in changes(bare, other)} == {
        ("", "preset p"): Fact("roles=(web=2), apart=web:web", "q"),
        ("", "rule same"): Fact("web.arch=all", "r"),
        ("web", "arbitration"): Fact("adds a vote to an even number of those of web", "a web"),
        ("web", "ports"): Fact("80", "p"),
        ("web", "size of pages by users"): Fact("cpu 1 for each of the users", "s"),
    }


def test_both_sides_have_their_source() -> None:
    """A number that went stands beside the sentence in which it is no longer."""
    change = next(each for each in changes(OLD, NEW) if each.item == "functional storage")

    assert change.before == Fact("1.2 TB", "4 CPU cores, 16 GB of memory, and 1.2 TB of storage space")
    assert change.after == Fact(None, NEW.roles["observer"].minimums["functional"].source)


@pytest.mark.parametrize("name", shipped())
def test_nothing_changed_from_a_catalogue_to_itself(name: str) -> None:
    """Equal catalogues have no difference, and that is said."""
    assert changes(load(name), load(name)) == ()
    assert "No number, pair or preset differs." in show_changes(load(name), load(name))


@pytest.mark.parametrize(("first", "second"), list(pairwise([*shipped(), shipped()[0]])))
def test_the_way_back_is_the_way_there_turned_round(first: str, second: str) -> None:
    """The same items differ, with the sides exchanged."""
    there, back = changes(load(first), load(second)), changes(load(second), load(first))

    assert {Change(each.subject, each.item, each.after, each.before) for each in back} == set(there)


def test_other_words_for_the_same_number_are_no_change() -> None:
    """Sources are shown, not compared."""
    role = {"name": "web", "source": "one", "minimum": {"only": {"needs": {"cpu": "2 cores"}, "source": "other"}}}

    assert changes(small(), small(roles=[role])) == ()


def test_everything_a_plan_depends_on_is_compared() -> None:
    """Levels, resources, free sharing, copies on a machine and the majority are seen as well."""
    role = {"name": "web", "copies": 2, "max_per_machine": 3, "quorum": True}
    other = small(
        levels=["low"],
        colocation="free",
        resources={"cpu": {"kind": "count", "combine": "max"}},
        roles=[{**role, "minimum": {"low": {"needs": {"cpu": "2"}}}}],
    )

    assert [(each.subject, each.item) for each in changes(small(), other)] == [
        ("", "levels"),
        ("", "sharing a server"),
        ("", "resource cpu"),
        ("web", "copies"),
        ("web", "copies on one machine"),
        ("web", "majority of copies"),
        ("web", "low cpu"),
        ("web", "only cpu"),
    ]


def test_document_holds_both_sides() -> None:
    """The JSON has names and sources of both catalogues, and every change; None is null."""
    document = json.loads(to_json(OLD, NEW))

    assert (document["before"]["name"], document["after"]["source"]) == (OLD.name, NEW.source)
    assert len(document["changes"]) == len(changes(OLD, NEW))
    came = [each for each in document["changes"] if each["subject"] == "arbitration"]
    assert came[0]["item"] == "copies"
    assert came[0]["before"] is None


@pytest.mark.parametrize("columns", ["80", "200"])
@pytest.mark.parametrize(("first", "second"), list(pairwise(shipped())))
def test_table_fits_and_loses_nothing(columns: str, first: str, second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal, and every value and source is there when the folds are taken out."""
    monkeypatch.setenv("COLUMNS", columns)
    text = show_changes(load(first), load(second))
    joined = "".join(text.split())

    assert max(map(len, text.splitlines())) <= int(columns)
    assert "…" not in text
    for change in changes(load(first), load(second)):
        for fact in (change.before, change.after):
            if fact is not None:
                assert "".join(fact.source.split()) in joined
                assert "".join((fact.value or "").split()) in joined


def test_command_shows_the_difference(tell: Callable[..., Reply]) -> None:
    """Table for people by default, JSON when asked."""
    code, out, _ = tell("roles", "--diff", "oceanbase-4.1", "oceanbase-4.2.3")

    assert code == 0
    assert "From oceanbase-4.1 to oceanbase-4.2.3" in out
    assert "arbitration: only in oceanbase-4.2.3" in out
    code, out, _ = tell("roles", "--diff", "oceanbase-4.1", "oceanbase-4.2.3", "--format", "json")
    assert (code, out) == (0, to_json(OLD, NEW))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--diff", "oceanbase-4.1", "oceanbase-9"],
            "no catalogue 'oceanbase-9': name a file, or one of oceanbase-4.0",
        ),
        (["--diff", "oceanbase-4.1", "oceanbase-ce", "--catalogue", "oceanbase-4.0"], "leave out --catalogue"),
        (["--diff", "oceanbase-4.1", "oceanbase-ce", "--format", "csv"], "no form as csv, expected table, or json"),
        (["--format", "json"], "expected table, or json with --diff"),
    ],
)
def test_wrong_flags_are_named(tell: Callable[..., Reply], arguments: list[str], message: str) -> None:
    """Exit 2, with what to say instead."""
    code, out, err = tell("roles", *arguments)

    assert (code, out) == (2, "")
    assert message in err

"""A drill as people and programs read it: sheets, remarks, JSON, Markdown, and the command with its exit codes."""

import json
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from obplace.drill_form import schema
from obplace.drilled import as_markdown, remarks, sheets, to_json
from obplace.terminal import show_drill
from tests.reply import Tell
from tests.test_drill import WITH_ARBITER, drilled

TWO_IDCS = """
    machine roles        idc rack
    a       observer+odp A   A/r1
    b       observer+odp A   A/r2
    c       observer+odp B   B/r1
    d       ocp+oat      B   B/r2
"""


def cells(text: str, level: str) -> list[str]:
    """Return the rows of the sheet of a level, with bars between the cells."""
    sheet = next(each for each in sheets(drilled(text)) if each.header[0] == level)
    return ["|".join(row) for row in (sheet.header, *sheet.rows)]


# Sheets and remarks


def test_losses_that_leave_the_same_stand_in_one_row() -> None:
    """Three servers leave the same, the fourth ends two roles and stands first."""
    assert cells(TWO_IDCS, "machine") == [
        "machine|observer|odp|ocp|oat|verdict",
        "d|3 of 3|3 of 3|0 of 1|0 of 1|ocp and oat stop",
        "a, b, c|2 of 3|2 of 3|1 of 1|1 of 1|survives",
    ]


def test_lost_majority_and_lost_role_are_told_apart() -> None:
    """IDC A takes two of three: the OBServer that is left has no majority, the ODP serves on."""
    assert cells(TWO_IDCS, "idc")[1:] == [
        "A|1 of 3|1 of 3|1 of 1|1 of 1|observer loses the majority",
        "B|2 of 3|2 of 3|0 of 1|0 of 1|ocp and oat stop",
    ]


def test_many_names_are_counted() -> None:
    """Six servers of which each leaves 5 of 6: three names, and how many more."""
    text = "machine roles\n" + "\n".join(f"m{k} odp" for k in range(6))

    assert cells(text, "machine")[1:] == ["m0, m1, m2 and 3 more|5 of 6|survives"]


def test_cell_says_what_may_be_left() -> None:
    """The rack of c is not known: with r1 may go one copy or two."""
    assert cells("machine roles rack\na observer r1\nb observer r2\nc observer -", "rack")[1:] == [
        "r1, r2|1 to 2 of 3|not known for observer",
        "unknown (c)|2 to 3 of 3|survives",
    ]


def test_votes_stand_beside_copies_where_they_differ() -> None:
    """Four copies in three zones have three votes; two and an arbiter too."""
    zones = "machine roles zone\na observer z1\nb observer z1\nc observer z2\nd observer z3"
    arbiter = drilled("machine roles\na observer\nb observer\ns arbitration", WITH_ARBITER)

    assert cells(zones, "zone")[1:] == ["z1|2 of 4, 2 of 3 votes|survives", "z2, z3|3 of 4, 2 of 3 votes|survives"]
    assert sheets(arbiter)[0].rows[-1] == ("a, b", "1 of 2, 2 of 3 votes", "1 of 1", "survives")


def test_remarks_say_what_the_sheets_leave_open() -> None:
    """What runs once, and levels that the pool does not have."""
    assert list(remarks(drilled(TWO_IDCS))) == [
        "ocp and oat run once and end with the machine",
        "not drilled, because it is known of no server: zone and region",
    ]


def test_pairs_have_a_sheet() -> None:
    """Two of three machines end the majority, and both IDCs everything; of what runs once nothing is said."""
    assert cells(TWO_IDCS, "pairs that end") == [
        "pairs that end|observer|odp",
        "two machines|3 of 6, such as a and b|none",
        "two idcs|1 of 1, such as A and B|1 of 1, such as A and B",
    ]


def test_pairs_that_are_not_known() -> None:
    """With the IDC of e unknown it may be in each of the 6 pairs of the others; with zones unknown nothing is said."""
    idcs = "machine roles idc\na observer A\nb observer B\nc observer C\nd observer D\ne observer -"
    zones = "machine roles zone\na observer z1\nb observer z2\nc observer z3\nd observer -"

    assert cells(idcs, "pairs that end")[-1] == "two idcs|none, 6 not known"
    assert cells(zones, "pairs that end")[1:] == ["two machines|not known", "two zones|not known"]


def test_remarks_say_how_votes_are_counted() -> None:
    """A zone with several servers, an arbiter, and zones of which some are not known change what a majority is."""
    zones = drilled("machine roles zone\na observer z1\nb observer z1\nc observer z2\nd observer z3")
    arbiter = drilled("machine roles\na observer\nb observer\ns arbitration", WITH_ARBITER)
    partly = drilled("machine roles zone\na observer z1\nb observer z1\nc observer z2\nd observer -")

    assert "observer: a zone is one vote, and counts only while all its servers run" in list(remarks(zones))
    assert "arbitration adds one vote to those of observer" in list(remarks(arbiter))
    assert next(iter(remarks(partly))).startswith("observer: the zone of some of its servers is not known")
    assert "the zone of d is not known: it may be any that there is, or one of its own" in list(remarks(partly))


# Forms


def test_json_is_as_documented() -> None:
    """Verdicts by level, roles, pairs, and each loss with what it touches; numbers are [at least, at most]."""
    document = json.loads(to_json(drilled("machine roles rack\na observer r1\nb observer r2\nc observer -")))

    assert document["schema"] == "obplace.drill/1"
    assert document["levels"] == {"machine": "survives", "2 machine": "ends", "rack": "unknown"}
    assert document["unknown"] == {"rack": ["c"]}
    assert document["roles"] == {"observer": {"copies": 3, "quorum": True, "votes": 3, "needed": 2}}
    assert document["pairs"] == {"2 machine": {"observer": {"pairs": 3, "ending": 3, "unsure": 0, "worst": ["a", "b"]}}}
    racks = [each for each in document["losses"] if each["level"] == "rack"]
    assert racks[0] == {
        "level": "rack",
        "name": "r1",
        "machines": ["a"],
        "left": {"observer": {"copies": [1, 2], "votes": [1, 2], "verdict": "unknown"}},
    }
    assert [each["name"] for each in racks] == ["r1", "r2", None]


PUBLISHED = resources.files("obplace").joinpath("schemas/drill.schema.json").read_text(encoding="utf-8")


def test_published_schema_is_the_form() -> None:
    """The file in the package is made from the form; make it again when the form changes."""
    assert schema() == PUBLISHED
    Draft202012Validator.check_schema(json.loads(PUBLISHED))


@pytest.mark.parametrize(
    "text",
    [
        TWO_IDCS,
        "machine roles\na ocp",
        "machine roles zone idc region\na observer z1 A x\nb observer z2 B x\nc observer z3 - -",
        "machine roles zone\na observer z1\nb observer z1\nc observer z2\nd observer -",
    ],
)
def test_documents_keep_the_published_schema(text: str) -> None:
    """With pairs, with nothing to pair, and with domains and votes that are not known."""
    document = json.loads(to_json(drilled(text)))

    assert list(Draft202012Validator(json.loads(PUBLISHED)).iter_errors(document)) == []


def test_json_does_not_invent_votes() -> None:
    """Where some zones are not known, neither is how many votes there are."""
    text = to_json(drilled("machine roles zone\na observer z1\nb observer z1\nc observer z2\nd observer -"))

    assert json.loads(text)["roles"]["observer"] == {"copies": 4, "quorum": True, "votes": None, "needed": None}


def test_equal_plans_have_equal_bytes() -> None:
    """Nothing in the document depends on when, where or how often it is made."""
    assert to_json(drilled(TWO_IDCS)) == to_json(drilled(TWO_IDCS))


def test_markdown_escapes_names() -> None:
    """What a name holds is data."""
    text = as_markdown(drilled("machine roles\na|b odp\n*c* odp"))

    assert "| a\\|b, \\*c\\* | 1 of 2 | survives |" in text
    assert text.startswith("**odp survives the loss of any one machine**\n")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_terminal_keeps_to_its_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer than the terminal is wide, and the first is the summary."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = show_drill(drilled(TWO_IDCS), to_file=False).splitlines()

    assert max(map(len, shown)) <= columns
    assert shown[0].startswith("observer and odp survive the loss")


# The command

POOL = """machine,cpu,memory,storage,idc,rack
a,16,64 GB,4 TB,A,r1
b,16,64 GB,4 TB,A,r2
c,16,64 GB,4 TB,B,r1
d,16,64 GB,4 TB,B,r2
"""


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of two IDCs with two racks each."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


@pytest.fixture
def plan(tell: Tell, pool: Path, tmp_path: Path) -> Path:
    """Return the best plan on that pool."""
    path = tmp_path / "plan.json"
    assert tell("solve", pool, "-o", path).code == 0
    return path


def test_command_drills_a_plan(tell: Tell, pool: Path, plan: Path) -> None:
    """Three OBServers in two IDCs: one of them holds two, whatever the plan."""
    code, out, err = tell("drill", plan, pool)

    assert (code, err) == (0, "")
    assert out.startswith("observer and odp survive the loss of any one machine and rack; not of idc ")
    assert "which takes 2 of 3 observer\n" in out


def test_command_writes_each_form(tell: Tell, pool: Path, plan: Path, tmp_path: Path) -> None:
    """JSON and Markdown on standard output, or in a file by its name."""
    document = tell("drill", plan, pool, "--format", "json").out
    tell("drill", plan, pool, "-o", tmp_path / "drill.json")
    tell("drill", plan, pool, "-o", tmp_path / "drill.md")

    assert json.loads(document)["levels"]["idc"] == "ends"
    assert (tmp_path / "drill.json").read_text() == document
    assert (tmp_path / "drill.md").read_text().startswith("**observer and odp survive")


def test_command_drills_a_placement_made_by_hand(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """A CSV of machine and role is checked against the flags and drilled alike."""
    path = tmp_path / "plan.csv"
    path.write_text("machine,role\na,observer\nb,observer\nc,observer\n")
    code, out, _ = tell("drill", path, pool, "--role", "odp=0,ocp=0,oat=0")

    assert code == 0
    assert out.startswith("observer survives the loss of any one machine and rack; not of idc A, which takes 2 of 3")


def test_plan_that_does_not_hold_is_not_drilled(tell: Tell, pool: Path, plan: Path) -> None:
    """A machine of the plan has left the pool: exit 5 with what the check found, and nothing on standard output."""
    pool.write_text(POOL.replace("d,16", "e,16"))
    code, out, err = tell("drill", plan, pool)

    assert (code, out) == (5, "")
    assert "there is no d" in err


def test_document_without_a_plan_is_not_drilled(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """What solve writes when nothing is possible holds nothing to drill."""
    path = tmp_path / "none.json"
    assert tell("solve", pool, "--role", "observer=9", "-o", path).code == 3
    code, out, err = tell("drill", path, pool)

    assert (code, out) == (5, "")
    assert "no plan exists" in err


def test_claims_that_are_not_so_are_not_drilled(tell: Tell, pool: Path, plan: Path) -> None:
    """The plan says another number of servers than it uses."""
    plan.write_text(plan.read_text().replace('"servers": 4,', '"servers": 3,'))
    code, out, err = tell("drill", plan, pool)

    assert (code, out) == (5, "")
    assert "servers: the plan says 3, it uses 4" in err


def test_wrong_words_and_files(tell: Tell, pool: Path, plan: Path, tmp_path: Path) -> None:
    """A form that there is not and a second deployment are exit 2; a file that is no plan is exit 1."""
    other = tmp_path / "other.json"
    other.write_text("{}")

    assert tell("drill", plan, pool, "--format", "csv").code == 2
    assert tell("drill", plan, pool, "--role", "odp=5").code == 2
    assert tell("drill", other, pool).code == 1
    assert tell("drill", tmp_path / "none.json", pool).code == 1


def test_plan_says_what_the_drill_finds(tell: Tell, pool: Path) -> None:
    """The notes of a plan come from the same arithmetic: three racks or more are safe, two IDCs are not."""
    notes = json.loads(tell("solve", pool, "--format", "json").out)["notes"]

    assert "observer lies in 2 idcs: the loss of A, which holds 2, ends its majority" in notes
    assert "observer lies in 3 racks: the loss of any one leaves its majority" in notes

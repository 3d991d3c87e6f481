"""A preflight as people and programs read it: sentences, JSON, Markdown, terminal, and the command's exit codes."""

import json
from pathlib import Path

import pytest

from obplace.preflighted import as_markdown, phrases, remarks, summary, title, to_json
from obplace.terminal import show_preflight
from tests.flown import flown, one
from tests.reply import Tell

SMALL = "machine roles memory storage zone\na observer+odp 20 60 z1\nb observer+odp 20 60 z2\nc ocp+oat 64 4000 z3"


# Words


def test_summary_says_whether_the_plan_would_be_refused() -> None:
    """And how much there is of each kind."""
    fine = "machine roles memory storage\na observer 64 4000"

    assert summary(flown(SMALL)) == "obd would refuse this plan: 1 error and 1 to check"
    assert summary(flown(fine)) == "obd would refuse nothing that a plan can show"
    assert summary(flown(fine.replace("64", "16"))) == "obd would refuse nothing that a plan can show: 1 warning"


def test_finding_says_what_where_and_what_to_do() -> None:
    """Code and servers in the title; a phrase for each question below."""
    found = one(flown(SMALL), "log_disk")

    assert title(found) == "error OBD-2003: a and b"
    assert dict(phrases(found))["to do"] == "set memory_limit to 12G at most, or use larger disks"
    assert [name for name, _ in phrases(found)] == ["found", "expected", "to do", "source"]


def test_many_servers_are_counted() -> None:
    """Six names, and how many more there are."""
    rows = "\n".join(f"m{k} odp -" for k in range(9))

    assert title(flown(f"machine roles ip\n{rows}").findings[0]) == "check: m0, m1, m2, m3, m4, m5 and 3 more"


def test_remarks_say_what_it_rests_on() -> None:
    """What stands in front of the copies, and how memory_limit and log are taken."""
    found = list(remarks(flown(SMALL)))

    assert found[0].startswith("odp needs a virtual IP or load balancer to port 2883")
    assert "where nothing else is said memory_limit is 80 % of a machine's memory" in found[1]
    assert "log disk 3 times memory_limit" in found[1]


# Forms


def test_json_is_as_documented() -> None:
    """Everything with its source; machines are listed in full."""
    document = json.loads(to_json(flown(SMALL)))

    assert document["schema"] == "obplace.preflight/1"
    assert document["refused"] is True
    assert document["findings"][0] | {"found": "", "expected": "", "todo": "", "source": ""} == {
        "severity": "error",
        "code": "OBD-2003",
        "check": "log_disk",
        "machines": ["a", "b"],
        "found": "",
        "expected": "",
        "todo": "",
        "source": "",
    }
    assert [each["machines"] for each in document["checklists"]] == [["a", "b"], ["c"]]
    assert all(point["source"] for each in document["checklists"] for point in each["points"])
    assert document["fronts"][0]["role"] == "odp"


def test_equal_plans_have_equal_bytes() -> None:
    """Nothing in the document depends on when, where or how often it is made."""
    assert to_json(flown(SMALL)) == to_json(flown(SMALL))


def test_markdown_escapes_names() -> None:
    """What a name or an address holds is data."""
    text = as_markdown(flown("machine roles ip\na|b odp *x*\n{c} odp 10.0.0.1"))

    assert "- **error: a\\|b**" in text
    assert "the address is '\\*x\\*'" in text
    assert "**\\{c\\}: odp**" in text or "a\\|b and \\{c\\}: odp" in text


def test_braces_in_data_are_no_template() -> None:
    """A name that looks like a place for an amount stands as it is."""
    found = flown("machine roles ip zone\na observer {slog} {log}")

    assert found.findings[0].found == "the address is '{slog}'"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_terminal_keeps_to_its_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer than the terminal is wide, and nothing that nobody can see comes through."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = show_preflight(flown(f"{SMALL}\nd\x1b[31m odp 8 200 z1"), to_file=False)

    assert max(map(len, shown.splitlines())) <= columns
    assert "\x1b" not in shown
    assert "error OBD-2003: a and b" in shown


# The command

POOL = """machine,ip,cpu,memory,storage,arch
a,10.0.0.1,16,64 GB,4 TB,x86_64
b,10.0.0.2,16,64 GB,4 TB,x86_64
c,10.0.0.3,16,64 GB,4 TB,x86_64
d,10.0.0.4,16,64 GB,4 TB,x86_64
"""


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of four large machines."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


@pytest.fixture
def plan(tell: Tell, pool: Path, tmp_path: Path) -> Path:
    """Return the best plan on that pool."""
    path = tmp_path / "plan.json"
    assert tell("solve", pool, "-o", path).code == 0
    return path


def test_command_needs_the_plan_alone(tell: Tell, plan: Path) -> None:
    """The plan holds addresses and capacities; the architecture is in the pool."""
    code, out, err = tell("preflight", plan)

    assert (code, err) == (0, "")
    assert out.startswith("obd would refuse nothing that a plan can show: ")
    assert "the architecture is not known" in out


def test_command_with_a_pool_knows_more(tell: Tell, plan: Path, pool: Path) -> None:
    """It checks the plan, and asks for what the architecture needs."""
    code, out, _ = tell("preflight", plan, pool)

    assert code == 0
    assert "lscpu lists avx;" in out
    pool.write_text(POOL.replace("d,10", "e,10"))
    assert tell("preflight", plan, pool).code == 5


def test_plan_that_would_be_refused_is_exit_5(tell: Tell, plan: Path) -> None:
    """Two servers with one address; the preflight is written all the same."""
    plan.write_text(plan.read_text().replace("10.0.0.2", "10.0.0.1"))
    code, out, err = tell("preflight", plan)

    assert (code, err) == (5, "")
    assert out.startswith("obd would refuse this plan: ")
    assert "OBD-1000: a and b" in out


def test_command_writes_each_form(tell: Tell, plan: Path, tmp_path: Path) -> None:
    """JSON and Markdown on standard output, or in a file by its name."""
    document = tell("preflight", plan, "--format", "json").out
    tell("preflight", plan, "-o", tmp_path / "flight.json")
    tell("preflight", plan, "-o", tmp_path / "flight.md")

    assert json.loads(document)["refused"] is False
    assert (tmp_path / "flight.json").read_text() == document
    assert (tmp_path / "flight.md").read_text().startswith("**obd would refuse nothing")


def test_placement_made_by_hand_needs_its_pool(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """A CSV says nothing of machines: with a pool it is checked against the flags, without one it is exit 2."""
    path = tmp_path / "plan.csv"
    path.write_text("machine,role\na,observer\nb,observer\nc,observer\n")
    flags = ("--role", "odp=0,ocp=0,oat=0")

    assert tell("preflight", path, pool, *flags).code == 0
    code, _, err = tell("preflight", path, *flags)
    assert code == 2
    assert "a placement made by hand needs its pool" in err


def test_wrong_words_and_files(tell: Tell, plan: Path, tmp_path: Path) -> None:
    """A form that there is not and a second deployment are exit 2; a file that is no plan is exit 1."""
    other = tmp_path / "other.json"
    other.write_text("{}")

    assert tell("preflight", plan, "--format", "csv").code == 2
    assert tell("preflight", plan, "--role", "odp=5").code == 2
    assert tell("preflight", other).code == 1
    assert tell("preflight", tmp_path / "none.json").code == 1

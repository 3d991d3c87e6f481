"""An explanation as people, programs and notebooks read it."""

import json
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import obplace
from obplace.command_line import Files, command
from obplace.conflict_form import schema
from obplace.deployment import Deployment
from obplace.explained import as_html, as_markdown, as_text, to_json
from obplace.explanation import Explanation
from obplace.near import near_misses
from obplace.notes import notes
from tests.reply import Tell
from tests.small import machines, problem, solved

PUBLISHED = (Path(obplace.__file__).parent / "schemas" / "conflict.schema.json").read_text(encoding="utf-8")
ONLY = {"odp": 0, "ocp": 0, "oat": 0}


@cache
def told() -> Explanation:
    """Return the explanation of three OBServers over three zones, one of which has no machine for them."""
    import pandas as pd

    rows = [("a<b>", 64, "z1"), ("b", 64, "z2"), ("c", 15, "z3"), ("d", 64, "z1")]
    frame = pd.DataFrame(
        [
            {"machine": name, "cpu": 8, "memory_gb": memory, "storage": "2 TB", "cost": 1, "zone": zone}
            for name, memory, zone in rows
        ]
    )
    return obplace.explain(frame, roles={**ONLY, "observer": 3}, spread={"observer": "zone"}, near="10%")


def test_sentences_give_the_numbers() -> None:
    """Where a need and a spread are in each other's way, it is told how many machines each zone has."""
    text = as_text(told(), Files("pool.csv"), 200)

    assert (
        "the functional level asks each observer for 16 GB of memory; 3 of 4 machines have it (z1 2, z2 1, z3 0)"
        in text
    )
    assert "- observer runs in exactly 3 zones, evenly\n" in text
    assert "1. c accepted, which lacks 1 GB of 16 GB memory\n" in text
    assert "--grant c.memory=16GB" in text


def test_lines_fit_but_commands_are_not_broken() -> None:
    """A command stands in one line whatever the width, so that it can be copied."""
    lines = as_text(told(), Files("pool.csv"), 60).splitlines()

    assert all(len(line) <= 60 for line in lines if "obplace solve" not in line)
    assert sum("obplace solve pool.csv" in line for line in lines) == len(told().repairs)


def test_document_keeps_its_schema() -> None:
    """The published schema is what the forms make, and it holds of an answer."""
    document = json.loads(to_json(told(), Files("pool.csv")))
    Draft202012Validator(json.loads(PUBLISHED)).validate(document)

    assert schema() == PUBLISHED
    assert [each["kind"] for each in document["conflicts"][0]["members"]] == ["Needs", "Spread"]
    assert document["repairs"][0]["flags"] == ["--grant c.memory=16GB"]


def test_names_are_data() -> None:
    """What a notebook shows is escaped, and so is Markdown."""
    import pandas as pd

    frame = pd.DataFrame([{"machine": "<i>x</i>", "cpu": 8, "memory_gb": 15.9, "storage": "2 TB"}])
    answer = obplace.explain(frame, roles={**ONLY, "observer": 1})

    assert "<i>" not in as_html(answer)
    assert answer._repr_html_() == as_html(answer)
    assert "\\<i\\>" in as_markdown(answer, Files("pool.csv"))


def test_a_plan_needs_no_explanation() -> None:
    """Where there is a plan it is said, and nothing else."""
    import pandas as pd

    frame = pd.DataFrame([{"machine": "a", "cpu": 8, "memory_gb": 64, "storage": "2 TB"}])
    answer = obplace.explain(frame, roles={**ONLY, "observer": 1})

    assert (answer.conflicts.found, answer.repairs) == ((), ())
    assert as_text(answer, Files("p"), 80).startswith("a plan exists")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ({"roles": {"odp": 2}, "extra": ("oms",)}, "--role odp=2 --with oms"),
        ({"pin": {"ocp": ("a b",)}, "reuse": True}, "--pin 'ocp=a b' --reuse"),
        ({"minimize": ("cost", "servers"), "observers_for": "8TB"}, "--minimize cost,servers --observers-for 8TB"),
    ],
)
def test_commands_say_the_deployment(words: dict[str, Any], shown: str) -> None:
    """Each word comes back as its flag, quoted for a shell."""
    assert command(Files("pool.csv"), Deployment(**words)) == f"obplace solve pool.csv {shown}"


def test_clusters_have_no_flags() -> None:
    """Several clusters only a file can say."""
    assert command(Files("pool.csv"), Deployment(clusters={"x": {}})) is None


def test_plans_name_near_misses() -> None:
    """The three nearest are named, the others counted; what is far from enough is neither."""
    rows = ["8,64 GB,2 TB,1", *(f"8,{memory} GB,2 TB,1" for memory in (15.9, 15.8, 15.7, 15.6, 8))]
    result = solved(problem(machines(*rows, columns="cpu,memory,storage,cost"), roles={**ONLY, "observer": 1}))

    [misses] = near_misses(result.problem)
    assert ([each.machine for each in misses.nearest], misses.machines) == (["m2", "m3", "m4"], 4)
    assert any(text.startswith("near misses for observer: m2 lacks ") and "1 more" in text for text in notes(result))


ASKED = ("--role", "odp=0", "--role", "ocp=0", "--role", "oat=0", "--spread", "observer=zone")
HEADER = "machine,cpu,memory_gb,storage,cost,zone"
POOL = f"{HEADER}\na,8,64,2 TB,1,z1\nb,8,64,2 TB,1,z2\nc,8,15.5,2 TB,1,z3\nd e,8,12,2 TB,1,z3\n"


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool in which z3 has no machine for an OBServer, though nearly."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


def test_copied_commands_give_plans(tell: Tell, pool: Path) -> None:
    """From no plan through each repair to a plan, by the command that it comes with and nothing else."""
    code, _, _ = tell("solve", pool, *ASKED)
    assert code == 3
    code, out, _ = tell("explain", pool, *ASKED, "--upgrade", "memory=4.50", "--format", "json")
    document = json.loads(out)

    assert code == 0
    assert document["repairs"][0]["money"] == "4.50"
    assert len(document["repairs"]) >= 3
    for repair in document["repairs"]:
        program, *words = shlex.split(repair["command"])
        assert program == "obplace"
        assert tell(*words)[0] == 0


def test_repair_as_a_deployment_file(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """What flags cannot say, a file can: it is the question of the repair that was chosen."""
    file = tmp_path / "ask.toml"
    code, _, _ = tell("explain", pool, *ASKED, "--save-deployment", file)

    assert code == 0
    assert tell("solve", pool, "-d", file)[0] == 0
    code, _, err = tell("explain", pool, *ASKED, "--repair", 99, "--save-deployment", file)
    assert code == 2
    assert "--repair 99: there are" in err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--upgrade", "memory"), "--upgrade 'memory', expected RESOURCE=PRICE"),
        (("--upgrade", "memory=cheap"), "upgrade memory is 'cheap', expected a price such as 4.50"),
        (("--upgrade", "memory=-1"), "upgrade memory is '-1', expected a price such as 4.50"),
        (("--upgrade", "memroy=1"), "upgrade memroy: no such resource can be bought"),
        (("--near", "0.05"), "near is '0.05', expected a percentage"),
        (("--prefer", "money"), "prefer money, expected an order of money, near, spread, level, counts"),
        (("--format", "csv"), "no form as csv"),
        (("--grant", "a.memory"), "--grant 'a.memory', expected MACHINE.RESOURCE=QUANTITY"),
        (("--grant", "z.memory=1TB"), "grant z.memory: no machine 'z'"),
    ],
)
def test_flags_that_cannot_be(tell: Tell, pool: Path, flags: tuple[str, ...], message: str) -> None:
    """Exit 2, with what came and what was expected."""
    code, out, err = tell("explain", pool, *ASKED, *flags)

    assert (code, out) == (2, "")
    assert message in err

"""What if something differed: outcomes beside the plan, by hand, in words and from the command line."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

import obplace
from obplace.changed_form import whatif_schema
from obplace.errors import UsageError
from obplace.plan import Objective, Status
from obplace.solver import Solver
from obplace.swings import sensitivity
from obplace.weighed import Weighed, as_markdown, as_text, remarks, sentences, sheet, to_json, weigh
from obplace.whatif import Difference, Outcome, WhatIf, what_if
from obplace.why import why
from tests.reply import Tell
from tests.test_why import ONE, POOL, result
from tests.tiny import catalogue, tiny

WORDS: dict[str, dict[str, Any]] = {
    "without a": {"ban": "a"},
    "three": {"roles": {"db": 3}},
    "four": {"roles": {"db": 4}},
    "small": {"minimum": {"db.units": "5"}},
}


def test_outcomes_are_those_of_the_other_problems() -> None:
    """9.10 for a and b; c for 7.05 replaces a or joins them; four there are not; d is large enough for half."""
    found = {each.name: each for each in what_if(result(), WORDS, solver=ONE).outcomes}

    assert found["without a"].difference("cost") == Difference(300, 300, 300)
    assert found["three"].difference("servers") == Difference(1, 1, 1)
    assert found["three"].difference("cost") == Difference(705, 705, 705)
    assert found["four"].result.status is Status.INFEASIBLE
    assert found["four"].difference("cost") == Difference(None, None, None)
    assert found["small"].difference("cost") == Difference(-400, -400, -400)
    assert (found["small"].came, found["small"].went) == (("d",), ("b",))
    assert (found["four"].came, found["four"].went) == ((), ())
    assert all(each.proven for each in found.values())


def test_words_go_before_those_of_the_question() -> None:
    """A machine that is gone stays gone, and so does one more."""
    both = what_if(result(ban=("a",)), {"without b": {"ban": "b"}}, solver=ONE).outcomes[0]

    assert both.result.status is Status.INFEASIBLE
    assert both.result.problem.deployment.ban == ("a", "b")


def test_unproven_answers_bound_the_difference() -> None:
    """A plan of 12.00 that may be 11.00, against one of 9.10 that may be 9.00: between 1.90 and 3.00 apart."""
    base, other = result(), result(ban=("a",))
    base = replace(base, objectives=(Objective("cost", 910, 900), *base.objectives[1:]), status=Status.FEASIBLE)
    other = replace(other, objectives=(Objective("cost", 1200, 1100), *other.objectives[1:]), status=Status.FEASIBLE)
    found = Outcome("what", base, other)

    assert found.difference("cost") == Difference(290, 190, 300)
    assert not found.proven
    weighed = Weighed(base, (), WhatIf(base, (found,)))
    assert "+2.90 (from +1.90 to +3.00)" in as_text(weighed, 200)


def test_nothing_known_bounds_nothing() -> None:
    """Where a later objective has no bound, nothing is said of its difference but that of the plans."""
    base, other = result(), result(ban=("a",))
    other = replace(other, objectives=(Objective("cost", 1210, None), *other.objectives[1:]), status=Status.FEASIBLE)

    assert Outcome("what", base, other).difference("cost") == Difference(300, None, None)
    assert "+3.00 (unproven)" in as_text(Weighed(base, (), WhatIf(base, (Outcome("what", base, other),))), 200)


def test_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the scenario at work; those after it are named, not silently left out."""
    stopped = replace(result(), interrupted=True)
    monkeypatch.setattr(Solver, "solve", lambda *_: stopped)
    found = what_if(stopped, WORDS)

    assert ([each.name for each in found.outcomes], found.left) == (["without a"], ("three", "four", "small"))
    assert "interrupted before these were solved: three; four; small" in list(remarks(Weighed(stopped, (), found)))


def test_faults_of_all_scenarios_are_told_at_once() -> None:
    """Each with its name, before anything is solved."""
    with pytest.raises(UsageError) as caught:
        what_if(result(), {"x": {"ban": "zz"}, "y": {"roles": {"web": 1}}, "z": {"minimize": "servers"}})

    assert [text.partition(":")[0] for text in caught.value.problems] == ["x", "y", "z"]
    with pytest.raises(UsageError, match="no plan to compare with"):
        what_if(result(roles={"db": 4}), WORDS)
    with pytest.raises(TypeError, match="bann"):
        what_if(result(), {"x": {"bann": "a"}})


def test_frame_has_a_row_for_each_scenario() -> None:
    """Numbers for programs: money exact, lists of machines."""
    frame = what_if(result(), WORDS, solver=ONE).to_frame().set_index("scenario")

    assert [str(amount) for amount in frame["more_cost"]] == ["3.00", "7.05", "None", "-4.00"]
    assert frame["servers"].tolist()[:2] == [2, 3]
    assert frame.loc["small", "came"] == ["d"]


def test_without_prices_only_servers_are_compared() -> None:
    """There is no column for what nobody knows."""
    machines = [{name: value for name, value in each.items() if name != "cost"} for each in POOL]
    found = weigh(ONE.solve(tiny(catalogue({"db": 10}), machines, roles={"db": 2})), ["a", "d"], WORDS)
    table = sheet(found)

    assert table is not None
    assert "cost" not in table.header
    assert any(text.startswith("a is ") for text in sentences(found))
    assert "d would not be in the plan however large it were" in list(sentences(found))


def test_words_are_the_same_in_every_form() -> None:
    """A text, a ticket and a document hold the same outcomes."""
    found = weigh(result(), ["b", "c", "d"], WORDS)
    text, ticket, document = as_text(found, 200), as_markdown(found), json.loads(to_json(found))

    assert "- b (5.05) is in the plan and runs db: up to 7.05 the plan stays the best" in text
    assert "- c (7.05) is not in the plan: it would be at 5.04 or less" in text
    assert "- d (1.05) is not in the plan: no price would bring it in" in text
    assert "- d would be in the plan at its price with units 10 or more" in text
    assert "| without a | 2 | 0 | 12.10 | +3.00 | c | a | certificate |" in ticket
    assert document["schema"] == "obplace.whatif/1"
    assert [each["name"] for each in document["scenarios"]] == list(WORDS)
    assert document["scenarios"][0]["more_cost"] == {"plans": "3.00", "least": "3.00", "most": "3.00"}
    assert document["machines"][1]["enters"] == {"ever": True, "up_to": "5.04"}
    assert document["machines"][2]["larger"][0]["least"] == 10


PUBLISHED = resources.files("obplace").joinpath("schemas/whatif.schema.json").read_text(encoding="utf-8")


def test_published_schema_is_the_form() -> None:
    """The file in the package is made from the form; make it again when the form changes."""
    assert whatif_schema() == PUBLISHED
    Draft202012Validator.check_schema(json.loads(PUBLISHED))


def test_documents_keep_the_published_schema() -> None:
    """Machines inside, outside, barred and too small, with prices and without, and scenarios that have no plan."""
    barred = [{**each, "available": "no" if each["machine"] in "ac" else "yes"} for each in POOL]
    spare = {"machine": "e", "units": 10, "cost": "2.00", "available": "yes"}
    free = [{name: value for name, value in each.items() if name != "cost"} for each in POOL]
    unpriced = ONE.solve(tiny(catalogue({"db": 10}), free, roles={"db": 2}))
    found = [
        weigh(result(), ["a", "b", "c", "d"], WORDS),
        weigh(result([*barred, spare]), ["a", "c"], {}),
        weigh(unpriced, ["a", "d"], WORDS),
    ]
    for each in found:
        document = json.loads(to_json(each))
        assert list(Draft202012Validator(json.loads(PUBLISHED)).iter_errors(document)) == []


def test_barred_machines_read_well() -> None:
    """What keeps a machine out, and what it would change."""
    machines = [{**each, "available": "no" if each["machine"] in "ac" else "yes"} for each in POOL]
    pool = [*machines, {"machine": "e", "units": 10, "cost": "2.00", "available": "yes"}]
    found = list(sentences(weigh(result(pool), ["a", "c"], {})))

    assert "a (4.05) is not in the plan: it is not available; free for use it would be in the plan" in found
    assert (
        "c (7.05) is not in the plan: it is not available; free for use it would not be in the plan either: "
        "it would be at 5.04 or less"
    ) in found


def test_hostile_names_are_data() -> None:
    """A machine may be called almost anything; a ticket shows it as text."""
    name = "<b>|*主机*"
    machines = [{**POOL[0], "machine": name}, *POOL[1:]]
    found = weigh(result(machines), [name], {"gone": {"ban": (name,)}})

    assert name in as_text(found, 200)
    assert "\\<b\\>\\|\\*主机" in as_markdown(found)


def test_notebook_shows_names_as_data() -> None:
    """A page has no element of a machine's making, for scenarios and for what swings a plan."""
    name = "<script>alert(1)</script>"
    base = result([{**POOL[0], "machine": name}, *POOL[1:]])
    for found in (
        what_if(base, {name: {"ban": (name,)}, "four": WORDS["four"]}, solver=ONE),
        sensitivity(base, solver=ONE),
    ):
        page = ElementTree.fromstring(found._repr_html_())

        assert name in [cell.text for cell in page.iter("td")]
        tags = {"div", "p", "strong", "table", "tr", "th", "td", "ul", "li"}
        assert {element.tag for element in page.iter()} == tags
        assert {key for element in page.iter() for key in element.attrib} == {"style"}
        assert len(repr(found)) < 80


# From the command line


def test_command_compares_scenarios(tell: Tell) -> None:
    """Each flag is a scenario; commas in one join what differs at once."""
    flags = ("--without", "srv-0087,srv-0414", "--with-role", "odp=4", "--with-minimum", "observer.memory=512GB")
    code, out, err = tell(
        "explain", "data/clean.csv", "--level", "performance", "--minimize", "cost", *flags, "--format", "json"
    )
    document = json.loads(out)

    assert (code, err) == (0, "")
    assert [each["name"] for each in document["scenarios"]] == [
        "without srv-0087, srv-0414",
        "with odp=4",
        "with observer.memory=512GB",
    ]
    assert document["scenarios"][0]["went"] == ["srv-0087", "srv-0414"]
    assert document["scenarios"][1]["more_servers"] == {"plans": 1, "least": 1, "most": 1}


def test_scenario_of_a_cluster(tell: Tell, tmp_path: Path) -> None:
    """Its copies stand in a table of the file, and are others there."""
    asked = tmp_path / "ask.toml"
    asked.write_text('schema = "obplace.deployment/1"\n[clusters.ab]\ncopies = 3\n[clusters.cd]\ncopies = 1\n')
    code, out, _ = tell("explain", "data/clean.csv", "-d", asked, "--with-role", "observer@cd=2", "--format", "json")

    assert code == 0
    assert json.loads(out)["scenarios"][0]["more_servers"]["plans"] == 1


def test_command_explains_a_machine(tell: Tell) -> None:
    """What it runs, the price up to which it stays, and the plan without it."""
    code, out, _ = tell(
        "explain", "data/clean.csv", "--level", "performance", "--minimize", "cost", "--machine", "srv-0087"
    )

    assert code == 0
    assert "srv-0087 (1,548.20) is in the plan" in out
    assert "without srv-0087" in out


def test_name_with_a_comma_is_one_machine(tell: Tell) -> None:
    """There is such a machine, so the comma is its own."""
    rows = "\n".join(f'"m,{number}",16,64 GB,4 TB,{number}' for number in range(1, 7))
    table = f"machine,cpu,memory,storage,cost\n{rows}\n".encode()
    code, out, _ = tell("explain", "-", "--without", "m,1", "--format", "json", stdin=table)

    assert code == 0
    assert json.loads(out)["scenarios"][0]["went"] == ["m,1"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--with-role", "odp"), "--with-role 'odp', expected ROLE=N"),
        (("--with-role", "opd=4"), "with opd=4: unknown role 'opd'"),
        (("--without", "zz"), "without zz: no machine 'zz' in data/clean.csv"),
        (("--machine", "zz"), "data/clean.csv has no machine 'zz'"),
        (("--with-minimum", "observer.memory=lots"), "with observer.memory=lots: "),
        (("--prices", "--without", "srv-0001"), "--prices, --sensitivity and what if are three answers"),
        (("--without", "srv-0001", "--format", "csv"), "expected table, json or markdown"),
    ],
)
def test_command_tells_what_is_wrong(tell: Tell, flags: tuple[str, ...], said: str) -> None:
    """Where it stands, what came and what was expected."""
    code, out, err = tell("explain", "data/clean.csv", *flags)

    assert (code, out) == (2, "")
    assert said in err


def test_command_without_a_plan_answers_as_solve(tell: Tell) -> None:
    """What is not there cannot be compared."""
    code, out, _ = tell("explain", "data/clean.csv", "--without", "srv-0001", "--minimum", "observer.memory=99TB")

    assert code == 3
    assert "no machine can run observer" in out


def test_front_door_has_both() -> None:
    """In a notebook they are a call away."""
    assert (obplace.what_if, obplace.explain_machine) == (what_if, why)

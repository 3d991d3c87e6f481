import csv
from pathlib import Path

import pytest

from obplace.verify import verify
from tests import campaign
from tests.campaign import CAMPAIGNS, case, main, read, summary
from tests.loose import loose, placements
from tests.oracle import holds
from tests.test_certified import SEEDS

SLICES = {
    "oracle": 80,
    "rules": 40,
    "repeat": 40,
    "reductions": 40,
    "racks": 40,
    "whatif": 14,
    "columns": 18,
}  # cases; the full campaigns are under benchmarks/campaigns


def run(name: str) -> list[dict[str, str]]:
    """Return the rows of a campaign's slice, as its file would have them."""
    return [{key: str(value) for key, value in case(name, seed).items()} for seed in range(SLICES[name])]


def test_every_campaign_has_a_slice():
    """No campaign is left out of the tests: those that are not here stand beside the tests of their rooms."""
    assert {*SLICES, *SEEDS, "buying", "clusters", "conflicts", "fleet_forgery", "frontier", "others"} == set(CAMPAIGNS)


def test_thresholds_are_those_of_exhaustive_search():
    """One unit of money or one byte less or more turns each answer on a machine, by an oracle that tries all."""
    rows = run("whatif")
    told = summary(rows)["told"]

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert min(told["stays"], told["enters"] + told["never"], told["without"]) >= 3


def test_listing_and_generating_agree():
    """Both find the oracle's optimum, no bound is above any plan, and the plan checks with its prices."""
    rows = run("columns")
    found = summary(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["feasible"] >= 0.5
    assert found["ties"] >= 0.33
    assert min(found["contains"].values()) >= 0.2
    assert sum(share > 0 for share in found["matters"].values()) >= 6
    assert sum(int(row["peers"]) for row in rows) >= 5


def test_solver_agrees_with_oracle():
    """Feasibility, servers, cost and surplus are the oracle's, and most rules that are drawn matter somewhere."""
    rows = run("oracle")
    found = summary(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["feasible"] >= 0.5
    assert found["ties"] >= 0.33
    sampled = [row for row in rows if row["sampled"] == "1"]
    contained = sum(len(row["kinds"].split()) for row in sampled)
    assert sum(len(row["matter"].split()) for row in sampled) >= contained / 3


def test_solver_agrees_on_all_rules():
    """The same where all kinds of rules are mixed, and the kinds that are drawn matter as often."""
    rows = run("rules")
    found = summary(rows)

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert found["feasible"] >= 0.5
    assert found["ties"] >= 0.33
    sampled = [row for row in rows if row["sampled"] == "1"]
    contained = sum(len(row["kinds"].split()) for row in sampled)
    assert sum(len(row["matter"].split()) for row in sampled) >= contained / 3


def test_judges_agree_on_placements():
    """`verify` finds fault with a placement if and only if the oracle does, whatever the rules."""
    kept = 0
    for seed in range(100):
        problem = loose(seed)
        for placement, zones in placements(problem, seed, 20):
            found = verify(problem, placement, zones)
            assert holds(problem, placement, zones) == (not found), (seed, placement, zones, list(map(str, found)))
            kept += not found

    assert kept >= 100


def test_same_question_same_plan():
    """Rows in another order, another seed and more threads lead to the same machines."""
    assert [row for row in run("repeat") if row["outcome"] != "same"] == []


def test_reductions_keep_the_optimum():
    """Without one of the reductions or without any the optimum is the same, and these two remove machines here."""
    rows = run("reductions")
    removes = summary(rows)["removes"]

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert min(removes["cheapest"], removes["dominated"]) >= 0.2


def test_racks_keep_the_optimum():
    """Leaving racks out changes no optimum, and it has something to leave out in most problems of the slice."""
    rows = run("racks")

    assert [row for row in rows if row["outcome"] != "same"] == []
    assert summary(rows)["removes"]["racks"] >= 0.5
    assert summary(rows)["feasible"] >= 0.5


def test_campaign_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Seeds that are in the file are not run again, and the summary counts all rows."""
    monkeypatch.setattr(campaign, "RESULTS", tmp_path)
    assert main(["repeat", "--cases", "2", "--processes", "1"]) == 0
    first = (tmp_path / "repeat.csv").read_text(encoding="utf-8")

    assert main(["repeat", "--cases", "4", "--processes", "1", "--resume"]) == 0

    text = (tmp_path / "repeat.csv").read_text(encoding="utf-8")
    assert text.startswith(first)
    assert [row["seed"] for row in csv.DictReader(text.splitlines())] == ["0", "1", "2", "3"]
    assert '"cases": 4' in (tmp_path / "repeat.json").read_text(encoding="utf-8")


def test_difference_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file with a difference in it makes the command end with code 1, also when nothing is left to run."""
    monkeypatch.setattr(campaign, "RESULTS", tmp_path)
    rows = "seed,seconds,kinds,status,outcome\n0,0.1,ban,optimal,same\n1,0.1,ban,optimal,objectives differ\n"
    (tmp_path / "repeat.csv").write_text(rows, encoding="utf-8")

    assert main(["repeat", "--cases", "2", "--processes", "1", "--resume"]) == 1
    assert summary(read(tmp_path / "repeat.csv"))["differences"] == 1

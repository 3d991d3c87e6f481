"""Words that contradict each other are told as such, and what clusters and ports make of them is a rule."""

from typing import Any

import pytest

import obplace
from obplace.deployment_form import read
from obplace.document import to_document
from obplace.errors import DataError, UsageError
from obplace.pose import pose
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import Apart, Beside
from tests.answered import KIT
from tests.small import BOOK, machines, pool, problem

COLUMNS = "cpu,memory,storage,cost"
LARGE = "64,512 GB,8 TB,1"
NONE = {"observer": 0, "odp": 0, "ocp": 0, "oat": 0}


def faults(words: dict[str, Any], columns: str = "units,cost") -> tuple[str, ...]:
    """Return what is wrong with words on the roles web, db and agent."""
    with pytest.raises(UsageError) as caught:
        obplace.solve(
            pool(machines("10,1" + "," * (columns.count(",") - 1), columns=columns), KIT), catalogue=KIT, **words
        )
    return caught.value.problems


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"roles": {"web": "3..1"}}, "roles web is '3..1': 3 is more than 1"),
        ({"roles": {"web": "some"}}, "roles web is 'some', expected a number or a range: 3, 3..5, 3.. or ..5"),
        ({"roles": {"web": ".."}}, "roles web is '..', expected a number or a range"),
        ({"total": {"web+db": "9.."}}, "total web+db: at least 9, and at most 2 of them run"),
        ({"total": {"web+db": "..1"}}, "total web+db: at most 1, and at least 2 of them run"),
        ({"total": {"web+web": 2}}, "total 'web+web' names a role twice"),
        ({"total": {"web+bd": 2}}, "unknown role 'bd'; there is web, db, agent"),
        ({"ratio": {"web:db": "half"}}, "ratio web:db is 'half', expected A/B such as 1/2"),
        ({"ratio": {"web:db": "0/2"}}, "ratio web:db is '0/2', expected A/B such as 1/2"),
        ({"ratio": {"web": "1/2"}}, "ratio 'web', expected two roles: ROLE:OTHER"),
        ({"ratio": {"web:db": "3/1"}, "roles": {"web": "1..2"}}, "ratio web:db: 1 db want 3 web, at most 2 run"),
        ({"either": "web"}, "either 'web', expected several roles: ROLE:ROLE"),
        ({"apart": "web:web"}, "apart 'web:web', expected two roles"),
        ({"apart": "web:db:row"}, "unknown domain level 'row'"),
        ({"apart": "web:db", "together": "web:db"}, "together 'web:db': apart says that web and db never share a mach"),
        ({"apart": "web:db:rack", "together": "web:db"}, "together 'web:db': apart says that web and db never share"),
        ({"apart": "agent:db", "every": "agent:db"}, "every 'agent:db': apart says that db and agent never share"),
        (
            {"together": "agent:web", "roles": {"db": 0}},
            "together 'agent:web': agent and web may not share a server; share web:agent allow",
        ),
        ({"together": "agent"}, "together 'agent', expected two roles: ROLE:OTHER"),
        ({"every": "agent"}, "every 'agent', expected AGENT:ROLE or AGENT:any"),
        (
            {"every": "agent:any", "roles": {"db": 0}},
            "every 'agent:any': web and agent may not share a server; share agent:web allows it",
        ),
        ({"share": "web"}, "share 'web', expected GUEST:HOST"),
        ({"zones": {"web": "0x1"}}, "zones web is '0x1', expected R or RxN"),
        ({"zones": {"web": "a"}}, "zones web is 'a', expected R or RxN"),
        ({"zones": {"web": "3x2"}, "roles": {"web": 5}}, "zones web is '3x2', 6 copies, but roles web asks for 5"),
        ({"zones": {"web": 3}, "roles": {"web": 2}}, "zones web: 2 copies cannot run in 3 zones"),
        ({"zones": {"web": 3}, "spread": {"web": "zone"}}, "spread web: zones web says already where it runs"),
        ({"zones": {"web": 3}, "layout": {"web.rack": "2-2"}}, "layout web.rack is '2-2', 4 zones, but web runs in 3"),
        ({"zones": {"web": 3}, "layout": {"web.rack": "3-0"}}, "layout web.rack is '3-0', expected the zones in each"),
        ({"layout": {"web.rack": "1-1"}}, "layout web.rack: nothing says in how many zones web runs; say zones web"),
        ({"layout": {"web": "1-1"}}, "layout 'web', expected ROLE.LEVEL"),
        ({"limit": {"web.rack": 0}}, "limit web.rack: 0, expected 1 or more; roles web=0 leaves it out"),
        ({"limit": {"web.rack": -1}}, "limit web.rack: -1, expected a whole number"),
        ({"limit": {"web.row": 1}}, "unknown domain level 'row'"),
        ({"across": {"web.rack": 2}}, "across web.rack: 1 copies cannot lie in 2 domains"),
        ({"survive": {"web": "rows"}}, "unknown domain level 'rows'"),
        ({"where": {"web.cpu": "x"}}, "unknown column 'cpu'; there is arch, os, tags"),
        ({"where": {"web.arch": "!"}}, "where web.arch is '!', expected VALUE, VALUE|VALUE or !VALUE"),
        ({"where": {"web.arch": "|"}}, "where web.arch is '|', expected VALUE"),
        ({"same": {"web.tags": "all"}}, "unknown column 'tags'; there is arch, os"),
        ({"same": {"web.arch": "row"}}, "unknown domain level 'row'"),
        ({"alike": {"web.cpu": "any"}}, "unknown resource 'cpu'"),
        ({"alike": {"web.units": "some"}}, "alike web.units is 'some', "),
        ({"minimize": "alike"}, "minimize alike: say of what, such as alike observer.memory=any"),
        ({"budget": "lots"}, "budget 'lots', expected an amount such as 50000 or '50,000 USD'"),
        ({"budget": "1,5"}, "budget '1,5', expected an amount"),
        ({"budget": "-5"}, "budget '-5', expected an amount"),
        ({"roles": {"agent": 0}, "apart": "agent:db"}, "apart: no copy of agent is asked for"),
        ({"roles": {"agent": 0}, "limit": {"agent.rack": 1}}, "limit agent.rack: no copy of it is asked for"),
    ],
    ids=str,
)
def test_words_that_cannot_hold_are_told(words: dict[str, Any], fault: str) -> None:
    """What came, what it contradicts or what was expected; and nothing else is blamed for it."""
    (said,) = faults(words, "units,cost,rack,arch,os,tags,zone")

    assert said.startswith(fault)


def test_budget_in_another_currency_is_a_fault() -> None:
    """Prices in USD are no budget in EUR; thousands may have commas."""
    text = "machine,units,cost,currency\nm1,20,1500,USD\nm2,10,900,USD"

    with pytest.raises(UsageError, match="budget '1,600 EUR': the prices of frame are USD"):
        obplace.solve(pool(text, KIT), catalogue=KIT, budget="1,600 EUR")
    result = obplace.solve(pool(text, KIT), catalogue=KIT, roles={"db": 0, "agent": 0}, budget="900.00 usd")
    assert "the servers cost at most 900.00 usd" in to_document(result)["rules"]


def test_counts_that_raise_each_other_want_an_end() -> None:
    """One web for each db and one db for each web, both open: each is asked for its most."""
    words = {"roles": {"web": "1..", "db": "2.."}, "ratio": {"web:db": "1/1", "db:web": "1/1"}}

    assert faults(words) == (
        "roles web: say how many at most, such as 1..3",
        "roles db: say how many at most, such as 2..4",
    )


def test_a_wrong_count_is_blamed_once() -> None:
    """What other words say of a role whose count cannot be read is not held against them."""
    words = {"roles": {"web": "5..3"}, "zones": {"web": "3x1"}, "limit": {"web.zone": 1}, "total": {"web+db": 4}}

    assert faults(words, "units,cost,zone") == ("roles web is '5..3': 5 is more than 3",)


def test_faults_of_words_rules_and_pool_come_in_one_run() -> None:
    """Names, counts, contradictions and columns that are missing are all told."""
    words = {
        "level": "none",
        "roles": {"wbe": 1},
        "apart": "web:db",
        "together": "web:db",
        "limit": {"db.rack": 1},
        "budget": "much",
    }

    assert faults(words) == (
        "unknown level 'none'; there is only",
        "unknown role 'wbe' (nearest: web); there is web, db, agent",
        "together 'web:db': apart says that web and db never share a machine",
        "budget 'much', expected an amount such as 50000 or '50,000 USD'",
        "frame has no column 'rack', which limit db.rack reads",
    )


@pytest.mark.parametrize(
    ("words", "lack"),
    [
        ({"limit": {"web.rack": 1}}, "frame has no column 'rack', which limit web.rack reads"),
        ({"survive": {"web": "idc"}}, "frame has no column 'idc', which survive web reads"),
        ({"apart": "web:db:region"}, "frame has no column 'region', which apart reads"),
        ({"same": {"web.arch": "all"}}, "frame has no column 'arch', which same web.arch reads"),
        ({"where": {"web.tags": "x"}}, "frame has no column 'tags', which where web.tags reads"),
        ({"budget": "5"}, "frame has no prices: add a column 'cost', or leave the budget out"),
        ({"minimize": "cost"}, "frame has no prices: add a column 'cost', or minimize servers"),
    ],
    ids=str,
)
def test_pool_without_the_column_of_a_rule(words: dict[str, Any], lack: str) -> None:
    """The word that reads it is named."""
    with pytest.raises(DataError) as caught:
        obplace.solve(pool("machine,units\nm1,50", KIT), catalogue=KIT, **words)
    assert caught.value.problems == (lack,)


# Ports


def oceanbase(*rows: str, **words: Any) -> Result:
    """Return the result for machines m1, m2 ... by OceanBase's catalogue."""
    roles = {role: 0 for role in NONE if not words.get("clusters")} | words.pop("roles", {})
    result = obplace.solve(pool(machines(*rows, columns=COLUMNS)), threads=1, roles=roles, **words)
    assert result.proof is not None
    return result


def test_port_clash_keeps_roles_apart_and_is_told() -> None:
    """ODP and OCP both take 2883: allowed to share they still take two machines, until ports are waived."""
    words: dict[str, Any] = {"roles": {"odp": 1, "ocp": 1}, "share": "odp:ocp"}

    assert oceanbase(LARGE, **words).status == "infeasible"
    two = oceanbase(LARGE, LARGE, **words)
    assert two.plan is not None
    assert two.plan.servers == 2
    assert (
        "odp and ocp share no server: both take port 2883 (--waive ports once one of them is given others)"
        in two.problem.beyond
    )
    assert "odp and ocp share no server" in to_document(two)["rules"]
    one = oceanbase(LARGE, **words, waive="ports")
    assert one.plan is not None
    assert one.plan.servers == 1


def test_roles_of_one_port_cannot_be_told_to_share() -> None:
    """Together on a server and with one port is a contradiction, not a search for a plan."""
    words: dict[str, Any] = {"roles": {"odp": 1, "ocp": 1}, "share": "odp:ocp", "together": "odp:ocp"}

    with pytest.raises(UsageError, match="odp and ocp are to share servers, and both take port 2883; waive ports"):
        oceanbase(LARGE, **words)
    assert oceanbase(LARGE, **words, waive="ports").status == "optimal"


# Clusters


def test_clusters_share_the_pool_and_no_machine() -> None:
    """A cluster of two and one of one OBServer take three machines; two are too few."""
    words: dict[str, Any] = {
        "clusters": {"pay": {"copies": 2}, "log": {"copies": 1, "minimum": {"memory": "512 GB"}}},
        "roles": {"odp": 0, "ocp": 0, "oat": 0},
    }

    assert oceanbase(LARGE, LARGE, **words).status == "infeasible"
    result = oceanbase("8,32 GB,2 TB,1", LARGE, "8,32 GB,2 TB,1", **words)
    assert result.plan is not None
    assert [each.name for each in result.plan.where("observer@pay")] == ["m1", "m3"]
    assert [each.name for each in result.plan.where("observer@log")] == ["m2"]
    assert {"at least 2 observer@pay", "at most 1 observer@log"} <= set(to_document(result)["rules"])


def test_clusters_of_a_file_are_those_of_the_keyword(tmp_path: Any) -> None:
    """The same words from a file and from Python are the same problem."""
    file = tmp_path / "d.toml"
    file.write_text(
        'schema = "obplace.deployment/1"\n[clusters.pay]\ncopies = 2\n[clusters.log]\ncopies = 1\n'
        "[roles]\nodp = 2\n[apart]\n".replace("[apart]\n", ""),
    )
    table = machines(LARGE, LARGE, LARGE, columns=COLUMNS)
    said = {"clusters": {"pay": {"copies": 2}, "log": {"copies": 1}}, "roles": {"odp": 2}}

    _, deployment = read(str(file))
    assert pose(BOOK, deployment, pool(table)).rules == problem(table, **said).rules


def test_agent_is_beside_each_role_that_runs() -> None:
    """An agent on every server is one rule; on the servers of a role another."""
    posed = _posed(every="agent:any", share="agent:web")
    assert Beside(None, "agent") in posed.rules
    posed = _posed(every="agent:db", apart="agent:web")
    assert {Beside("db", "agent"), Apart("agent", "web", None)} <= set(posed.rules)


def _posed(**words: Any) -> Problem:
    return obplace.solve(pool(machines("50,1", "50,1", columns="units,cost"), KIT), catalogue=KIT, **words).problem

"""Each rule in the user's words, from both sides: the smallest problem that it forbids and the nearest it allows."""

import pytest

from tests.answered import asked, fails, rules, runs

# Numbers


@pytest.mark.parametrize(("said", "machines_used"), [("2..3", 2), ("2..", 2), (2, 2), ("..2", 0)])
def test_range_of_counts_runs_as_few_as_it_may(said: int | str, machines_used: int) -> None:
    """One machine is too few for two copies; of three, as many are used as the lower end says, the cheapest."""
    three = ("10,3", "10,1", "10,2")
    result = asked(three, roles={"web": said, "db": 0, "agent": "..1"})

    assert result.plan is not None
    assert result.plan.servers == machines_used
    assert result.plan.cost == sum((1, 2)[:machines_used])
    assert fails(("10,1",), roles={"web": said, "agent": "..1"}) == (machines_used == 2)
    assert ("at least 2 web" in rules(result)) == (machines_used == 2)


@pytest.mark.parametrize("said", ["1..2", "..2", 2])
def test_upper_end_of_a_range_holds(said: int | str) -> None:
    """Three pins of web are three copies: one more than the upper end; two are just as many."""
    three = ("10,1", "10,1", "10,1")

    assert fails(three, roles={"web": said}, pin={"web": "m1,m2,m3"})
    assert runs(three, roles={"web": said}, pin={"web": "m1,m2"}, by="at most 2 web") == "m1:web m2:web"


def test_open_range_takes_what_pins_ask_for() -> None:
    """One copy or more, and three machines named: three run."""
    three = ("10,1", "10,1", "10,1")

    assert runs(three, roles={"web": "1.."}, pin={"web": "m1,m2,m3"}, by="web runs on m3") == "m1:web m2:web m3:web"


def test_total_is_reached_by_whichever_role_is_cheaper() -> None:
    """Three together, at least one db: m1 alone runs both, 1 + 1; a third copy needs a second machine."""
    words = {"roles": {"web": "..3", "db": "1..3"}, "total": {"web+db": 3}}
    by = "at least 3 web and db together"

    assert runs(("20,1", "10,5"), **words, by=by) in ("m1:web+db m2:web", "m1:web+db m2:db")
    assert fails(("20,1",), **words)
    assert not fails(("20,1",), **words | {"total": {"web+db": "..3"}})


def test_total_has_an_upper_end() -> None:
    """Pins ask for a web and a db: two together, where one is all that may run."""
    words = {"roles": {"web": "..1", "db": "..1"}, "pin": {"web": "m1", "db": "m2"}}

    assert fails(("10,1", "10,1"), **words, total={"web+db": "..1"})
    assert runs(("10,1", "10,1"), **words, total={"web+db": "1..2"}, by="at most 2 web and db together")


def test_ratio_raises_a_count_that_nobody_gave() -> None:
    """Two web for each of two db are four: each db has one beside it, two more machines run the others."""
    words = {"ratio": {"web:db": "2/1"}, "roles": {"db": 2}}
    by = "at least 2 web for every 1 db"

    assert fails(("20,1", "20,1"), **words)
    assert fails(("20,1", "20,1", "10,1"), **words)
    four = runs(("20,1", "20,1", "10,1", "10,1"), **words, by=by)
    assert four == "m1:web+db m2:web+db m3:web m4:web"


def test_ratio_is_kept_in_proportion() -> None:
    """One for every two of three db is one and a half, so two: with a range of 1..2 the second runs."""
    three = ("20,1", "20,1", "10,1")
    by = "at least 1 web for every 2 db"
    words = {"ratio": {"web:db": "1/2"}}

    assert runs(three, roles={"db": 3, "web": "1..2"}, **words, by=by) == "m1:web+db m2:web+db m3:db"
    assert fails(("20,1", "10,1", "10,1"), roles={"db": 3, "web": "1..2"}, **words)
    assert runs(("20,1", "10,1", "10,1"), roles={"db": "2..3", "web": "1..2"}, **words, by=by) == "m1:web+db m2:db"


def test_either_runs_exactly_one_of_them() -> None:
    """Two web, or one db: on one machine the db, on two that cost less together still the db, for servers count."""
    words = {"either": "web:db", "roles": {"web": 2, "db": 1}}
    by = "exactly one of 2 web or 1 db"

    assert runs(("10,9", "10,1", "10,1"), **words, by=by) == "m2:db"
    assert fails(("10,1", "10,1", "10,1"), **words, pin={"web": "m1", "db": "m2"})
    assert runs(("10,1", "10,1"), **words, pin={"web": "m1"}, by=by) == "m1:web m2:web"
    assert fails(("10,1",), **words, pin={"web": "m1"})


def test_spare_machines_may_fail() -> None:
    """Two web of which one may fail are three; the document says what it is for."""
    words = {"roles": {"web": 2}, "spare": {"web": 1}}

    assert fails(("10,1", "10,1"), **words)
    assert runs(("10,1",) * 3, **words, by="2 web still run after any 1 machine failed") == "m1:web m2:web m3:web"


# Neighbours


def test_apart_forbids_sharing() -> None:
    """One machine of 20 units runs both; kept apart they take two."""
    words = {"roles": {"web": 1, "db": 1}}

    assert runs(("20,1", "10,5"), **words, by="at least 1 web") == "m1:web+db"
    assert fails(("20,1",), **words, apart="web:db")
    assert runs(("20,1", "10,5"), **words, apart="web:db", by="web and db share no server") in (
        "m1:db m2:web",
        "m1:web m2:db",
    )


def test_apart_by_level_forbids_a_common_domain() -> None:
    """Two machines of one rack will not do, nor one machine; two racks will."""
    words, columns = {"roles": {"web": 1, "db": 1}, "apart": "web:db:rack"}, "units,cost,rack"

    assert fails(("20,1,r", "10,1,r"), columns, **words)
    assert runs(("20,1,r", "10,1,r", "10,5,s"), columns, **words, by="web and db share no rack") != "m1:web+db"


def test_together_wants_the_other_on_each_server() -> None:
    """Each web beside a db: on a machine of its own it may not run; a db may run without."""
    by = "every server that runs web runs db too"
    words = {"roles": {"web": 1, "db": 2}, "together": "web:db"}

    assert fails(("10,1", "10,1", "10,1"), **words)
    assert runs(("10,1", "20,1", "10,1"), **words, by=by) in ("m1:db m2:web+db", "m2:web+db m3:db")


def test_together_raises_an_open_count() -> None:
    """Each of two db has a web beside it, as many as that takes."""
    words = {"roles": {"web": "1..", "db": 2}, "together": "db:web"}

    assert runs(("20,1", "20,1"), **words, by="every server that runs db runs web too") == "m1:web+db m2:web+db"
    assert fails(("20,1", "10,1"), **words)


def test_every_puts_an_agent_on_each_server_of_a_kind() -> None:
    """Two db of 10 units and an agent of 1 are 11: machines of 10 will not do; nobody says how many agents."""
    words = {"roles": {"db": 2}, "every": "agent:db"}

    assert fails(("11,1", "10,1"), **words)
    by = "every server that runs db runs agent too"
    assert runs(("11,1", "11,1"), **words, by=by) == "m1:db+agent m2:db+agent"


def test_agent_on_any_server() -> None:
    """A web and a db apart are two servers, each with the agent that may share with both."""
    words = {"roles": {"web": 1, "db": 1}, "every": "agent:any", "share": "agent:web", "apart": "web:db"}

    assert fails(("11,1", "10,1"), **words)
    found = runs(("11,1", "11,1"), **words, by="every server runs agent")
    assert found in ("m1:db+agent m2:web+agent", "m1:web+agent m2:db+agent")


def test_share_allows_what_the_catalogue_does_not() -> None:
    """An agent is no guest of a web; shared, both run on one machine of 11 units, and the plan says so."""
    words = {"roles": {"web": 1, "agent": 1}}

    assert fails(("11,1",), **words)
    assert fails(("10,1",), **words, share="agent:web")
    result = asked(("11,1",), **words, share="agent:web")
    assert result.plan is not None
    assert result.problem.beyond == ("agent may share a server with web, which the catalogue does not allow",)


# What machines are


@pytest.mark.parametrize(
    ("key", "value", "sentence", "chosen"),
    [
        ("web.arch", "aarch64", "web runs only where arch is aarch64", "m2"),
        ("web.os", "kylin|anolis", "web runs only where os is kylin or anolis", "m2"),
        ("web.os", "!centos", "web runs only where os is not centos", "m2"),
        ("web.tags", "edge", "web runs only where tags is edge", "m2"),
        ("web.tags", "!old|slow", "web runs only where tags is not old or slow", "m2"),
        ("web.arch", "!sparc", "web runs only where arch is not sparc", "m1"),
    ],
)
def test_where_a_role_may_run(key: str, value: str, sentence: str, chosen: str) -> None:
    """The cheaper machine is of the wrong kind, unless the word allows it; alone it is no plan."""
    columns = "units,cost,arch,os,tags"
    rows = ("10,1,x86_64,centos,slow", "10,5,aarch64,kylin,edge")
    words = {"roles": {"web": 1}, "where": {key: value}}

    assert runs(rows, columns, **words, by=sentence) == f"{chosen}:web"
    assert fails(rows[:1], columns, **words) == (chosen == "m2")


def test_blank_label_is_not_known_to_be_anything() -> None:
    """A machine without an architecture is barred where one is asked for, and allowed where one is excluded."""
    rows, columns = ("10,1,", "10,5,aarch64"), "units,cost,arch"

    assert runs(
        rows, columns, roles={"web": 1}, where={"web.arch": "aarch64"}, by="web runs only where arch is aarch64"
    ) == ("m2:web")
    assert runs(
        rows, columns, roles={"web": 1}, where={"web.arch": "!x86"}, by="web runs only where arch is not x86"
    ) == ("m1:web")


def test_machines_of_a_role_agree() -> None:
    """Two of one architecture, though a mix is cheaper; where there are not two of one, no plan."""
    rows, columns = ("10,1,x86", "10,2,arm", "10,5,arm"), "units,cost,arch"
    words = {"roles": {"web": 2}, "same": {"web.arch": "all"}}

    assert runs(rows, columns, **words, by="all web run on the same arch") == "m2:web m3:web"
    assert fails(rows[:2], columns, **words)
    assert not fails(rows[:2], columns, roles={"web": 2}, same={"web.arch": "any"})


def test_machines_agree_in_each_domain() -> None:
    """One system in each rack: x and y may be mixed over racks, not in one."""
    columns = "units,cost,os,rack"
    words = {"roles": {"web": 3}, "same": {"web.os": "rack"}}
    by = "all web of one rack run on the same os"

    assert runs(("10,1,x,r", "10,1,x,r", "10,1,y,s"), columns, **words, by=by) == "m1:web m2:web m3:web"
    assert fails(("10,1,x,r", "10,1,y,r", "10,1,y,s"), columns, **words)


@pytest.mark.parametrize(
    ("most", "chosen"), [("5", "m2:web m3:web"), ("15", "m1:web m2:web"), ("30%", "m1:web m2:web")]
)
def test_machines_differ_by_no_more(most: str, chosen: str) -> None:
    """10, 20 and 25 units: within 5 only the dearer two; 30 % of the largest, 7.5, allows no more than that either."""
    rows = ("10,1", "20,2", "25,5")
    words = {"roles": {"web": 2}, "alike": {"web.units": most}}
    if most == "30%":
        rows = ("18,1", "20,2", "25,5")  # 2 apart, and 7 of the largest

    result = asked(rows, **words)
    assert result.plan is not None
    assert " ".join(sorted(f"{each.name}:web" for each in result.plan.assignments)) == chosen
    assert any(text.startswith("the units of the servers of web differs by at most") for text in rules(result))
    assert fails(("10,1", "30,1"), **words)


def test_alike_as_an_objective() -> None:
    """Least difference first takes 20 and 25 for 7; servers and cost first take 10 and 20 for 3."""
    rows, words = ("10,1", "20,2", "25,5"), {"roles": {"web": 2}, "alike": {"web.units": "any"}}
    by = "the units of the servers of web may differ"

    assert runs(rows, **words, minimize="alike", by=by) == "m2:web m3:web"
    assert runs(rows, **words, by=by) == "m1:web m2:web"
    result = asked(rows, **words, minimize="alike")
    assert [(each.name, each.value, each.bound) for each in result.objectives] == [
        ("alike", 5, 5),
        ("servers", 2, 2),
        ("cost", 7, 7),
    ]


def test_budget_bounds_the_cost() -> None:
    """5 + 6 are 11: 10.99 is too little, 11 is enough, also where it is the number of servers that counts."""
    words = {"roles": {"web": 2}}

    assert fails(("10,5", "10,6"), **words, budget="10.99")
    assert runs(("10,5", "10,6"), **words, budget="11", by="the servers cost at most 11") == "m1:web m2:web"
    # One server for 9 would be fewest; for 5 there are two.
    words = {"roles": {"web": 1, "db": 1}}
    assert runs(("20,9", "10,2", "10,3"), **words, by="at least 1 web") == "m1:web+db"
    assert "m1" not in runs(("20,9", "10,2", "10,3"), **words, budget="5", by="the servers cost at most 5")


def test_pin_and_ban() -> None:
    """The dear machine is named, or the cheap one forbidden; what is pinned must be able to."""
    rows, words = ("10,1", "10,5"), {"roles": {"web": 1}}

    assert runs(rows, **words, pin={"web": "m2"}, by="web runs on m2") == "m2:web"
    assert runs(rows, **words, ban="m1", by="nothing runs on m1") == "m2:web"
    assert fails(rows, **words, ban="m1,m2")
    assert fails(("10,1", "9,1"), **words, pin={"web": "m2"})

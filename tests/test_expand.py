"""Presets, topologies, clusters and rules become plain words, in their order of force, each with its place."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from obplace.catalogue import Catalogue, all_topologies, load, shipped, topologies
from obplace.catalogue.load import build
from obplace.deployment import Deployment
from obplace.deployment_form import DeploymentForm, deployment_of, read
from obplace.errors import DataError, ObplaceError, UsageError
from obplace.expand import expand

BOOK = load("oceanbase-4.2.3")
BARE = replace(BOOK, rules={})  # no rule is in the way of what a test looks at


def plain(catalogue: Catalogue = BARE, **words: Any) -> dict[str, Any]:
    """Return what a deployment says in plain words."""
    return expand(catalogue, Deployment(**words))[1].said()


def roles(catalogue: Catalogue = BARE, **words: Any) -> list[str]:
    """Return the roles that there are for a deployment."""
    return list(expand(catalogue, Deployment(**words))[0].roles)


def faults(catalogue: Catalogue = BARE, kind: type[ObplaceError] = UsageError, **words: Any) -> tuple[str, ...]:
    """Return what is wrong with a deployment."""
    with pytest.raises(kind) as caught:
        expand(catalogue, Deployment(**words))
    return caught.value.problems


def filed(tmp_path: Path, text: str) -> Deployment:
    """Return the deployment of a file; the text begins on its line 2."""
    file = tmp_path / "d.toml"
    file.write_text('schema = "obplace.deployment/1"\n' + text, encoding="utf-8")
    return read(str(file))[1]


def custom(**more: Any) -> Catalogue:
    """Return a catalogue of a user's own, of an agent and a database."""
    role = {"minimum": {"only": {"needs": {"cpu": "1"}}}}
    return build(
        {
            "name": "own",
            "title": "own",
            "source": "own",
            "levels": ["only"],
            "resources": {"cpu": {"kind": "cpu", "combine": "sum"}},
            "roles": [{"name": "db", "copies": 3, **role}, {"name": "agent", "optional": True, **role}],
            **more,
        }
    )


def test_plain_words_stay_as_they_are() -> None:
    """Without a preset, topology, cluster or rule the very same catalogue and deployment come back."""
    asked = Deployment(roles={"odp": 5}, apart=("ocp:odp",))

    assert expand(BARE, asked) == (BARE, asked)


def test_rules_of_the_catalogue_are_words_too() -> None:
    """What the catalogue says for every deployment joins what the user says; for both it is said once."""
    catalogue, asked = expand(BOOK, Deployment(roles={"odp": 5}))

    assert asked.said() == {"roles": {"odp": 5}, "same": {"observer.arch": "all", "ocp.arch": "all"}}
    assert expand(catalogue, asked) == (catalogue, asked)


def test_any_switches_a_rule_off() -> None:
    """``any`` from the user takes the rule away and is no word itself; on a strange column it stays to be told."""
    assert plain(BOOK, same={"ocp.arch": "any"}) == {"same": {"observer.arch": "all"}}
    assert plain(BOOK, same={"ocp.arhc": "any"})["same"] == {
        "observer.arch": "all",
        "ocp.arch": "all",
        "ocp.arhc": "any",
    }


def test_rules_on_a_role_nobody_asks_for_are_left_out() -> None:
    """A rule of the catalogue never turns into a fault; the user's own word on such a role stays."""
    assert plain(BOOK, roles={"ocp": 0})["same"] == {"observer.arch": "all"}
    assert plain(BOOK, roles={"ocp": 0}, same={"ocp.os": "all"})["same"] == {"observer.arch": "all", "ocp.os": "all"}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ({}, False),
        ({"extra": ("agent",)}, True),
        ({"roles": {"agent": 2}}, True),
        ({"zones": {"agent": 3}}, True),
        ({"every": ("agent:db",)}, True),
        ({"either": ("agent:db",)}, True),
        ({"extra": ("agent",), "roles": {"agent": 0}}, False),
        ({"size": {"users": 10}}, True),
        ({"size": {"hosts": 10}}, False),
    ],
    ids=str,
)
def test_who_is_asked_for(words: dict[str, Any], kept: bool) -> None:
    """An optional role is asked for by any word that makes it run, and by none that leaves it out."""
    sizing = [{"role": "agent", "part": "users", "by": "users", "copies_per": 5}]
    catalogue = custom(rules={"apart": ["agent:db"], "where": {"agent.os": "linux"}}, sizing=sizing)
    said = plain(catalogue, **words)

    assert ("where" in said, "apart" in said) == (kept, kept)


def test_user_over_preset_over_topology_over_rules() -> None:
    """Each word comes from the strongest who says it; lists of names add up."""
    words = {"where": {"db.os": "preset", "db.arch": "preset"}, "limit": {"db.rack": 2}, "ban": ["m1"]}
    catalogue = custom(
        presets={"safe": {"title": "safe", "source": "own", **words}},
        rules={"where": {"db.os": "rule", "db.arch": "rule", "db.tags": "rule"}, "ban": ["m2"]},
    )

    assert plain(catalogue, preset="safe", where={"db.os": "user"}, ban=("m3",)) == {
        "where": {"db.os": "user", "db.arch": "preset", "db.tags": "rule"},
        "limit": {"db.rack": 2},
        "ban": ["m2", "m1", "m3"],
    }


def test_preset_over_topology() -> None:
    """The counts of a preset go before those of a topology."""
    assert plain(preset="arbitration", topology=("standalone",))["roles"] == {"observer": 2, "arbitration": 1}


def test_extra_over_a_preset_that_leaves_out() -> None:
    """A role that the user adds runs though the preset leaves it out."""
    assert plain(preset="command_line", extra=("ocp",)) == {"extra": ["ocp"]}


def test_preset_may_name_a_topology() -> None:
    """The topology of a preset is filled in like the user's."""
    preset = {"title": "wide", "source": "own", "topology": ["three-idcs:2"], "roles": {"oat": 0}}
    catalogue = replace(BARE, presets={"wide": replace(BOOK.presets["arbitration"], words=preset)})
    del preset["title"], preset["source"]

    assert plain(catalogue, preset="wide") == {
        "roles": {"oat": 0},
        "zones": {"observer": "3x2"},
        "layout": {"observer.idc": "1-1-1", "observer.region": "3"},
    }


@pytest.mark.parametrize(
    ("topology", "zones"),
    [("three-idcs", "3x1"), ("three-idcs:4", "3x4"), ("1-1-1", "3x1"), ("2-2-2-2-2", "5x2"), ("n-n-n:12", "3x12")],
)
def test_servers_per_zone(topology: str, zones: str) -> None:
    """N is 1 where none is said; a grid says zones and servers itself."""
    assert plain(topology=(topology,))["zones"] == {"observer": zones}


@pytest.mark.parametrize(
    ("topology", "fault"),
    [
        ("3-2-2", "the zone with the fewest servers counts and more elsewhere lie idle; expected three or more equal"),
        ("2-2", "topology '2-2': of two zones neither alone has the majority; expected three or more equal numbers"),
        ("1", "topology '1': a single zone keeps no majority"),
        ("0-0-0", "its numbers are the servers of each zone, from 1 on"),
        ("1-1-1:2", "its numbers are the servers of each zone"),
        ("three-idcs:0", "topology 'three-idcs:0', expected three-idcs:N with N servers per zone, from 1 on"),
        ("three-idcs:", "expected three-idcs:N"),
        ("three-idcs:two", "expected three-idcs:N"),
        ("ocp-three:2", "topology 'ocp-three:2' has no number of servers per zone, expected ocp-three"),
        ("three-idc", r"unknown topology 'three-idc' \(nearest: three-idcs\); there is standalone, n-n-n, three-idcs"),
    ],
)
def test_topology_that_cannot_be_had(topology: str, fault: str) -> None:
    """What is wrong with a topology is told with what was expected."""
    with pytest.raises(UsageError, match=fault):
        plain(topology=(topology,))


def test_topology_without_its_roles() -> None:
    """A topology that needs what the catalogue lacks says what, and which catalogues have it."""
    fault = "topology '2f1a' needs arbitration, not in oceanbase-4.1; oceanbase-4.2.3, oceanbase-4.2.5 have it"

    assert faults(load("oceanbase-4.1"), topology=("2f1a",)) == (fault,)
    assert faults(custom(), topology=("none",)) == ("unknown topology 'none'; own has none",)


def test_topologies_that_differ() -> None:
    """Two topologies on different roles go together; two that differ on a word are told."""
    together = plain(topology=("1-1-1", "ocp-three"))

    assert together == {"zones": {"observer": "3x1"}, "roles": {"ocp": 3}}
    assert faults(topology=("1-1-1", "2-2-2")) == (
        "zones observer is 3x1 by topology '1-1-1' and 3x2 by topology '2-2-2'; ask for one of them",
    )


def test_all_faults_at_once() -> None:
    """Presets, topologies and clusters are all looked at before anything is told."""
    clusters = {"a": {"zone": 3}, "two words": {"topology": "2-2"}}
    found = faults(preset="minimun", topology=("1-1",), clusters=clusters)

    assert [text.partition(",")[0].partition(";")[0] for text in found] == [
        "clusters.a.zone: Extra inputs are not permitted",
        "unknown preset 'minimun'",
        "topology '1-1': of two zones neither alone has the majority",
        "topology '2-2': of two zones neither alone has the majority",
        "cluster name 'a'",
        "cluster name 'two words'",
    ]


@pytest.mark.parametrize("name", ["a", "1a", "_a", "a-b", "a.b", "é1", "x" * 49])
def test_cluster_names_that_oceanbase_refuses(name: str) -> None:
    """A cluster has a name that OceanBase takes: a letter, then letters, digits and '_'."""
    assert len(faults(clusters={name: {}})) == 1
    assert f"observer@{'x' * 48}" in roles(clusters={"x" * 48: {}})


def test_each_cluster_has_a_role() -> None:
    """Each cluster's role stands where the plain one stood, with all that the catalogue says of that."""
    catalogue, asked = expand(BARE, Deployment(clusters={"sales": {"copies": 5, "zones": 5}, "hr": {}}))
    sales = catalogue.roles["observer@sales"]

    assert list(catalogue.roles) == ["observer@hr", "observer@sales", "odp", "ocp", "oat", "arbitration"]
    assert (sales.title, sales.copies, sales.quorum) == ("OBServer of cluster sales", 3, True)
    assert sales.minimums == BOOK.roles["observer"].minimums
    assert {(pair.guest, pair.host) for pair in catalogue.sharing} == {
        ("odp", "observer@hr"),
        ("odp", "observer@sales"),
        ("oat", "ocp"),
    }
    assert {each.role for each in catalogue.advice} >= {"observer@hr", "observer@sales"}
    assert asked.said() == {"roles": {"observer@sales": 5}, "zones": {"observer@sales": 5}}


def test_words_of_a_cluster_name_its_role() -> None:
    """Every word of a cluster's table becomes the same word of its role."""
    table = {
        "copies": "3..5",
        "survive": "idc",
        "spread": "zone:3",
        "spare": 1,
        "pin": ["m1", "m2"],
        "layout": {"idc": "1-1-1"},
        "minimum": {"memory": "64GB"},
    }

    assert plain(clusters={"hr": table}) == {
        "roles": {"observer@hr": "3..5"},
        "survive": {"observer@hr": "idc"},
        "spread": {"observer@hr": "zone:3"},
        "spare": {"observer@hr": 1},
        "pin": {"observer@hr": ["m1", "m2"]},
        "layout": {"observer@hr.idc": "1-1-1"},
        "minimum": {"observer@hr.memory": "64GB"},
    }


def test_words_of_the_plain_role_are_of_each_cluster() -> None:
    """Where only clusters run, what is said of the role is said of each; the cluster's own table goes before it."""
    said = plain(
        BOOK,
        clusters={"sales": {"minimum": {"memory": "512GB"}}, "hr": {}},
        included=("odp:observer",),
        minimum={"observer.memory": "64GB"},
        same={"observer.arch": "any"},
        apart=("arbitration:observer:idc",),
        total={"observer+odp": 8},
    )

    assert said["included"] == ["odp:observer@hr", "odp:observer@sales"]
    assert said["minimum"] == {"observer@sales.memory": "512GB", "observer@hr.memory": "64GB"}
    assert said["same"] == {"ocp.arch": "all"}
    assert said["apart"] == ["arbitration:observer@hr:idc", "arbitration:observer@sales:idc"]
    assert said["total"] == {"observer@hr+observer@sales+odp": 8}


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"ratio": {"odp:observer": "1/2"}}, "ratio odp:observer: name the cluster that is meant, such as observer@aa"),
        ({"pin": {"observer": ("m1",)}}, "pin observer: name the cluster"),
        ({"either": ("odp:observer",)}, "either odp:observer: name the cluster"),
        ({"together": ("odp:observer",)}, "together odp:observer: name the cluster"),
        ({"every": ("observer:odp",)}, "every observer:odp: name the cluster"),
    ],
    ids=str,
)
def test_words_that_must_name_a_cluster(words: dict[str, Any], fault: str) -> None:
    """What cannot be meant of several clusters at once is told; of one cluster, or named, it can."""
    assert fault in faults(clusters={"aa": {}, "bb": {}}, **words)[0]
    assert plain(clusters={"aa": {}}, **words)
    assert plain(clusters={"aa": {}, "bb": {}}, ratio={"odp:observer@aa": "1/2"}, every=("odp:observer",))


def test_a_table_counts_its_clusters(tmp_path: Path) -> None:
    """So many clusters of one table have all its words, names of their own in the order of numbers, and its lines."""
    said = plain(clusters={"pay": {"count": 11, "copies": 2}, "hr": {"copies": 5}})

    assert list(roles(clusters={"pay": {"count": 11}}))[:3] == ["observer@pay_1", "observer@pay_2", "observer@pay_3"]
    assert list(roles(clusters={"pay": {"count": 11}}))[9:11] == ["observer@pay_10", "observer@pay_11"]
    assert said["roles"] == {"observer@hr": 5} | {f"observer@pay_{n}": 2 for n in range(1, 12)}
    asked = filed(tmp_path, "[clusters.c]\ncount = 2\ncopies = 2\n")
    assert expand(BARE, asked)[1].places["roles.observer@c_2"] == "d.toml line 4"


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ({"pay": {"count": 2, "pin": ["m1"]}}, "2 clusters cannot all run on one machine"),
        ({"pay": {"count": 2}, "pay_2": {}}, "cluster pay: it counts to 2, and pay_2 has a table of its own"),
        ({"x" * 48: {"count": 1}}, "_1 is no name of a cluster, expected a letter"),
        ({"pay": {"count": 0}}, "clusters.pay.count: Input should be greater than or equal to 1"),
        ({"pay": {"count": 10_001}}, "clusters.pay.count: Input should be less than or equal to 10000"),
        ({"pay": {"count": "2"}}, "clusters.pay.count: Input should be a valid integer"),
    ],
)
def test_a_count_of_clusters_that_cannot_be(tables: dict[str, Any], fault: str) -> None:
    """What a number of clusters cannot mean is told."""
    assert any(fault in each for each in faults(clusters=tables))


def test_plain_role_beside_clusters() -> None:
    """A count of the plain role asks for it too: then its name means it alone, and the catalogue's rules mean all."""
    asked = {"clusters": {"hr": {}}, "minimum": {"observer.memory": "64GB"}}
    said = plain(BOOK, **asked, roles={"observer": 3})

    assert roles(BOOK, **asked, roles={"observer": 3})[:2] == ["observer@hr", "observer"]
    assert said["minimum"] == {"observer.memory": "64GB"}
    assert set(said["same"]) == {"observer@hr.arch", "observer.arch", "ocp.arch"}
    assert "observer" not in roles(BOOK, **asked, roles={"observer": 0})
    assert "roles" not in plain(BOOK, **asked, roles={"observer": 0})


def test_topology_of_a_cluster() -> None:
    """A cluster's topology is of its role; one for all is of each cluster, and two that differ are told."""
    tables = {"sales": {"topology": "2f1a:2"}, "hr": {"topology": "1-1-1"}}

    assert plain(clusters=tables) == {
        "roles": {"arbitration": 1},
        "zones": {"observer@sales": "2x2", "observer@hr": "3x1"},
        "layout": {"observer@sales.idc": "1-1"},
        "apart": ["arbitration:observer@sales:idc"],
    }
    assert plain(clusters={"sales": {}, "hr": {}}, topology=("1-1-1",))["zones"] == {
        "observer@sales": "3x1",
        "observer@hr": "3x1",
    }
    assert faults(clusters=tables, topology=("1-1-1",)) == (
        "zones observer@sales is 3x1 by topology '1-1-1' and 2x2 by topology '2f1a:2'; ask for one of them",
    )
    assert (
        "topology 'primary-standby' is of several clusters"
        in faults(clusters={"sales": {"topology": "primary-standby"}})[0]
    )


def test_topology_of_clusters() -> None:
    """A topology of several clusters makes their roles; the user's tables go before its words, key by key."""
    said = plain(topology=("primary-standby:2",), clusters={"standby": {"zones": "1x2", "spare": 1}})

    assert said == {
        "zones": {"observer@primary": "3x2", "observer@standby": "1x2"},
        "layout": {"observer@primary.idc": "3", "observer@standby.idc": "3"},
        "spare": {"observer@standby": 1},
        "apart": ["observer@primary:observer@standby:idc"],
    }


def test_order_of_clusters_is_nobodys() -> None:
    """The same clusters in another order are the same problem."""
    one = expand(BARE, Deployment(clusters={"aa": {"copies": 1}, "bb": {"copies": 3}}))
    other = expand(BARE, Deployment(clusters={"bb": {"copies": 3}, "aa": {"copies": 1}}))

    assert one == other
    assert list(one[0].roles) == list(other[0].roles)


def test_said_twice() -> None:
    """A cluster's table and a word that names its role must not differ."""
    words = {"zones": {"observer@hr": 3}, "pin": {"observer@hr": ("m1",)}}

    assert faults(clusters={"hr": {"zones": 5, "pin": ["m1"]}}, **words) == (
        "zones observer@hr is said twice: 5 by the table of the cluster, and 3",
    )


def test_catalogue_without_clusters() -> None:
    """A catalogue that does not say what a cluster is made of has none."""
    assert faults(custom(), clusters={"hr": {}}) == (
        "own does not say which role a cluster is made of, 'cluster = ROLE'",
    )
    assert roles(custom(cluster="db"), clusters={"hr": {}}) == ["db@hr", "agent"]


def test_words_of_an_own_catalogue_are_checked() -> None:
    """Rules and presets of a user's catalogue keep the form of a deployment, or are told as its content."""
    presets = {"odd": {"title": "odd", "source": "own", "zonse": {"db": 3}, "preset": "odd"}}
    catalogue = custom(rules={"limit": {"db.rack": "2"}}, presets=presets)

    assert faults(catalogue, DataError, preset="odd", roles={"db": 3}, zones={}) == (
        "catalogue own, preset odd: zonse: Extra inputs are not permitted",
        "catalogue own, rules: limit.db.rack: Input should be a valid integer",
    )
    assert faults(custom(rules={"topology": ["1-1-1"]}), DataError)[0].startswith("catalogue own, rules: they name a t")


def test_faults_stand_where_the_file_says_it(tmp_path: Path) -> None:
    """In a file each fault has its line, and all of them together are wrong content."""
    text = 'topology = ["2-2"]\npreset = "none"\n[clusters.sales]\ntopology = "3-2-2"\n[clusters.h]\nzones = 3\n'
    with pytest.raises(DataError) as caught:
        expand(BARE, filed(tmp_path, text))

    assert [fault.partition(": ")[0] for fault in caught.value.problems] == [
        "d.toml line 3",
        "d.toml line 2",
        "d.toml line 5",
        "d.toml line 6",
    ]


def test_words_take_the_place_of_what_they_came_from(tmp_path: Path) -> None:
    """Later faults point to the topology, preset or table that said a word; the user's own words keep theirs."""
    text = (
        'topology = ["ocp-three-idcs"]\npreset = "arbitration"\n[zones]\nodp = 2\n[clusters.hr]\ntopology = "1-1-1"\n'
        '[clusters.hr.minimum]\nmemory = "64GB"\n[same]\n"observer.os" = "all"\n'
    )
    places = expand(BOOK, filed(tmp_path, text))[1].places

    assert {key: places[key] for key in places if "@" in key or "ocp" in key or key.startswith("roles")} == {
        "roles": "d.toml line 3",
        "roles.observer@hr": "d.toml line 3",
        "roles.arbitration": "d.toml line 3",
        "roles.ocp": "d.toml line 2",
        "spread.ocp": "d.toml line 2",
        "zones.observer@hr": "d.toml line 7",
        "minimum.observer@hr.memory": "d.toml line 9",
        "same.observer@hr.os": "d.toml line 11",
        "same.observer@hr.arch": "catalogue oceanbase-4.2.3, rules",
        "same.ocp.arch": "catalogue oceanbase-4.2.3, rules",
    }
    assert places["zones.odp"] == "d.toml line 5"


def test_named_cluster_keeps_its_place(tmp_path: Path) -> None:
    """A word that names a cluster goes before one that means each of them, and keeps its own line."""
    text = '[zones]\n"observer@hr" = 5\nobserver = 3\n[clusters]\nhr = {}\nit = {}\n'
    asked = expand(BARE, filed(tmp_path, text))[1]

    assert asked.zones == {"observer@hr": 5, "observer@it": 3}
    assert asked.places["zones.observer@hr"] == "d.toml line 3"
    assert asked.places["zones.observer@it"] == "d.toml line 4"


def test_words_of_a_flag_have_no_place_in_the_file(tmp_path: Path) -> None:
    """A topology from the command line is not taken for a line of the file, beside whose words its own stand."""
    asked = Deployment(topology=("1-1-1",)).over(filed(tmp_path, "[zones]\nodp = 2\n"))
    places = expand(BARE, asked)[1].places

    assert places["zones.odp"] == "d.toml line 3"
    assert not {"zones", "zones.observer"} & set(places)


@pytest.mark.parametrize("name", shipped())
def test_words_that_ship_are_well(name: str) -> None:
    """Rules, presets and topologies of the catalogues that ship keep the form, so that no run need check them."""
    catalogue = load(name)
    for raw in (catalogue.rules, *(preset.words for preset in catalogue.presets.values())):
        assert deployment_of(DeploymentForm.model_validate(raw)).said() == Deployment(**raw).said()
    for preset in catalogue.presets:
        expand(catalogue, Deployment(preset=preset))
    for topology, each in topologies(catalogue).items():
        catalogue_, asked = expand(catalogue, Deployment(topology=(topology,)))
        DeploymentForm.model_validate(asked.said())
        assert set(asked.roles) | set(asked.zones) <= set(catalogue_.roles)
        assert each.needs


def test_topologies_that_ship_keep_the_form() -> None:
    """The words of every topology are those of a deployment."""
    for topology in all_topologies().values():
        assert set(DeploymentForm.model_validate(topology.words).model_fields_set) == set(topology.words)

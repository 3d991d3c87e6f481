"""What roles need for what they serve: hosts, OBServers, connections, data, each on the smallest pools that differ."""

from typing import Any

import pytest

import obplace
from obplace.document import to_document
from obplace.errors import UsageError
from obplace.result import Result
from tests.small import machines, pool

COLUMNS = "cpu,memory,storage,cost"
SERVER = "4,16 GB,1.2 TB,1"
NONE = {"observer": 0, "odp": 0, "ocp": 0, "oat": 0}


def asked(*rows: str, columns: str = COLUMNS, **words: Any) -> Result:
    """Return the result for machines m1, m2 ...; a role of which nothing is said does not run."""
    roles = {role: 0 for role in NONE if role not in words.get("zones", {})} | words.pop("roles", {})
    result = obplace.solve(pool(machines(*rows, columns=columns)), threads=1, roles=roles, **words)
    assert result.proof is not None
    return result


def possible(*rows: str, **words: Any) -> bool:
    """Is there a plan?"""
    return asked(*rows, **words).status == "optimal"


# Sizes


@pytest.mark.parametrize(("ocp", "enough"), [("17,60 GB,1.5 TB,1", True), ("16,60 GB,1.5 TB,1", False)])
def test_ocp_by_the_hosts_that_it_manages(ocp: str, enough: bool) -> None:
    """8 hosts, 3 OBServers: 4 + 4 + 4 + 5 = 17 cores, 8 + 8 + 16 + 28 = 60 GB; the page alone is content with 8."""
    words = {"roles": {"observer": 3, "ocp": 1}}

    assert possible(SERVER, SERVER, SERVER, ocp, **words)
    assert possible(SERVER, SERVER, SERVER, ocp, **words, size={"hosts": 8}) == enough


def test_needs_step_with_the_number_of_another_role() -> None:
    """Up to 10 OBServers 17 cores will do; an eleventh asks for 4 + 8 + 16 + 5 = 33 and 8 + 16 + 64 + 28 = 116 GB."""
    servers = [SERVER] * 11
    words: dict[str, Any] = {"roles": {"observer": "10..11", "ocp": 1}, "size": {"hosts": 10}}
    eleven = {"pin": {"observer": [f"m{number}" for number in range(1, 12)]}}

    ten = asked(*servers, "17,60 GB,3 TB,1", **words)
    assert ten.plan is not None
    assert ten.plan.servers == 11
    assert "what ocp needs goes by the number of observer, in 2 steps" in to_document(ten)["rules"]
    assert not possible(*servers, "17,60 GB,3 TB,1", **words, **eleven)
    assert possible(*servers, "33,116 GB,3 TB,1", **words | {"size": {"hosts": 10}}, **eleven)
    assert not possible(*servers, "33,115 GB,3 TB,1", **words, **eleven)


def test_disk_of_ocp_grows_with_each_observer() -> None:
    """500 + 100 + 160 GB for each OBServer: five need 1.4 TB, within the page's 1.5; six need 1.56."""
    words: dict[str, Any] = {"size": {"hosts": 6}}
    six = [SERVER] * 6

    assert possible(*six, "17,60 GB,1.5 TB,1", roles={"observer": 5, "ocp": 1}, **words)
    assert not possible(*six, "17,60 GB,1.5 TB,1", roles={"observer": 6, "ocp": 1}, **words)
    assert possible(*six, "17,60 GB,1.56 TB,1", roles={"observer": 6, "ocp": 1}, **words)


def test_minimum_of_the_user_goes_before_the_guide() -> None:
    """Who says how many cores OCP has is not contradicted by its guide."""
    words = {"roles": {"observer": 3, "ocp": 1}, "size": {"hosts": 8}}

    assert possible(SERVER, SERVER, SERVER, "8,60 GB,1.5 TB,1", **words, minimum={"ocp.cpu": "8"})


def test_connections_ask_for_proxies() -> None:
    """20,000 connections at 8,192 each are three ODP; what the user says of their number stands, and is noted."""
    table, odp = pool(machines(*["4,8 GB,200 GB,1"] * 3, columns=COLUMNS)), dict.fromkeys(("observer", "ocp", "oat"), 0)

    three = obplace.solve(table, threads=1, roles=odp, size={"connections": 20_000})
    assert three.plan is not None
    assert three.plan.servers == 3
    assert asked("4,8 GB,200 GB,1", size={"connections": 20_000}, roles={"odp": 1}).problem.beyond == (
        "at most 1 odp run, and its guide asks for 3 for what they serve",
    )
    least = asked(*["4,8 GB,200 GB,1"] * 3, size={"connections": 20_000}, roles={"odp": "1..4"})
    assert least.plan is not None
    assert least.plan.servers == 3


def test_size_beyond_the_guide_is_a_fault() -> None:
    """OCP is tested with 400 hosts."""
    with pytest.raises(UsageError, match="ocp: 401 managed hosts, and OCP is not tested beyond 400"):
        asked(SERVER, roles={"observer": 1, "ocp": 1}, size={"hosts": 401})


# Data
#
# An OBServer of 16 GB and 1.2 TB: 1,200 - 100 - 4 = 1,096 GB, of which 90 % are 986 for log and data; the log takes
# 4 times 80 % of 16 GiB, 55 GB: 931 GB are left for data.


def test_data_is_a_choice_of_how_many_servers_each_zone_has() -> None:
    """1.8 TB in each zone: two servers of 0.93 TB hold it, or one of 2.2 TB, (2,200 - 104) * 0.9 - 55 = 1,831 GB."""
    small, large = "4,16 GB,1.2 TB,1", "4,16 GB,2.2 TB,5"
    words = {"zones": {"observer": "3"}, "observers_for": "1.8 TB"}

    six = asked(*[small] * 6, **words)
    assert six.plan is not None
    assert six.plan.servers == 6
    assert sorted(each.machine.domains["zone"] for each in six.plan.assignments) == [
        zone for zone in ("zone1", "zone2", "zone3") for _ in range(2)
    ]
    assert not possible(*[small] * 5, **words)
    three = asked(*[small] * 6, *[large] * 3, **words)
    assert three.plan is not None
    assert three.plan.servers == 3
    cheap = asked(*[small] * 6, *[large] * 3, **words, minimize="cost")
    assert cheap.plan is not None
    assert (cheap.plan.servers, cheap.plan.cost) == (6, 6)
    assert "what observer needs goes by the number of observer, in 3 steps" in to_document(cheap)["rules"]


def test_growth_is_counted_in() -> None:
    """1.8 TB and 10 % are 1.98, 0.99 for each of two: too much; three hold 0.66 each."""
    words = {"zones": {"observer": "3"}, "observers_for": "1.8 TB", "growth": "10%"}

    assert not possible(*[SERVER] * 6, **words)
    assert possible(*[SERVER] * 9, **words)


def test_disk_budget_of_each_server() -> None:
    """512 GB: the log takes 4 * 0.8 * 512 GiB = 1,759 GB; of 1.2 TB that leaves nothing, of 2.2 TB 127 GB for data."""
    words = {"roles": {"observer": 1}}

    assert possible("4,512 GB,1.2 TB,1", **words)
    for disks in ("same", "separate"):
        assert not possible("4,512 GB,1.2 TB,1", **words, disks=disks)
        assert possible("4,512 GB,2.2 TB,1", **words, disks=disks)


def test_disk_budget_leaves_to_others_what_they_take() -> None:
    """An ODP beside takes 200 GB and 8 GB: of 2.2 TB that leaves less than the log needs, of 2.4 TB enough."""
    # (2,200 - 200 - 104) * 0.9 = 1,706 and (2,400 - 200 - 104) * 0.9 = 1,886; the log takes 4 * 0.8 * 504 GiB = 1,732.
    words: dict[str, Any] = {"roles": {"observer": 1, "odp": 1}, "disks": "same"}

    assert not possible("8,512 GB,2.2 TB,1", **words)
    assert possible("8,512 GB,2.4 TB,1", **words)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"growth": "10%"}, "growth 10%: of what? say observers_for"),
        ({"observers_for": "lots"}, "observers-for is 'lots', "),
        ({"observers_for": "1 TB", "growth": "more"}, "growth is 'more', "),
        ({"observers_for": "1 TB", "roles": {"observer": "..6"}}, "observers-for 1 TB: say in how many zones observer"),
        ({"observers_for": "1 TB", "roles": {"observer": 0}}, "observers-for 1 TB: expected one cluster, there are 0"),
        (
            {"observers_for": "1 TB", "roles": {"observer": 4}, "zones": {"observer": 3}},
            "observers-for 1 TB: 4 observer cannot be the same number in each of 3 zones",
        ),
        ({"size": {"host": 3}}, "unknown measure 'host' (nearest: hosts)"),
        ({"size": {"hosts": -1}}, "size hosts: -1, expected a whole number"),
    ],
    ids=str,
)
def test_what_cannot_be_served_is_told(words: dict[str, Any], fault: str) -> None:
    """What came, and what to say instead."""
    with pytest.raises(UsageError) as caught:
        asked(SERVER, **{"roles": {"observer": 3, "odp": 1}, **words})
    assert [text for text in caught.value.problems if text.startswith(fault)]

"""Known answers on pools where every machine is big enough for any legal mix, and the page's own hard cases."""

import pytest

from obplace.catalogue import load
from tests.small import best, machines, placement, refused

COLUMNS = "cpu,memory,storage,storage_class,nic"
BIG = machines(*["128,1024 GB,16 TB,nvme,25"] * 9, columns=COLUMNS)
HA = {"ocp": 3}


@pytest.mark.parametrize("level", ["functional", "performance"])
@pytest.mark.parametrize(
    ("asked", "servers"),
    [
        ({}, 4),  # ODP on OBServer three times, OAT on OCP
        ({"extra": "odc"}, 4),  # ODC on OCP too
        ({"extra": "oms"}, 5),  # OMS shares with nobody
        ({"extra": "odc,oms"}, 5),
        ({"extra": "oms", "roles": HA}, 7),  # 3 OBServer, 3 OCP, 1 OMS
        ({"roles": HA}, 6),
        ({"preset": "minimum"}, 2),  # one OBServer, OCP on a server of its own
        ({"roles": {"ocp": 0}}, 4),  # nobody left whom OAT may share with
        ({"roles": {"odp": 5}}, 6),  # three ODP on OBServer, two alone, OCP
        ({"roles": {"observer": 5}}, 6),
        ({"roles": {"observer": 0, "odp": 0, "oat": 0}}, 1),
    ],
    ids=str,
)
def test_fewest_servers(level: str, asked: dict, servers: int) -> None:
    """Design's golden answers, the same at both levels."""
    assert best(BIG, level=level, **asked).servers == servers


PAGE = "oceanbase-4.1"
LATER = "oceanbase-4.2.3"  # arbitration service; OAT is included in OCP, ODC no more a role
TRIO = {"observer": 3, "odp": 3}


@pytest.mark.parametrize(
    ("catalogue", "asked", "servers"),
    [
        # 3 hosts with OBServer and ODP, 1 with OCP, OAT and ODC: 3 + 1.
        pytest.param(PAGE, {"roles": TRIO | {"ocp": 1, "oat": 1, "odc": 1}}, 4, id="the page"),
        # OMS shares with nobody: 3 + 1 + 1.
        pytest.param(PAGE, {"roles": TRIO | {"ocp": 1, "oat": 1, "odc": 1, "oms": 1}}, 5, id="with OMS"),
        # One OCP a host: 3 + 3, and 1 for OMS.
        pytest.param(PAGE, {"roles": TRIO | {"ocp": 3, "oat": 1, "odc": 1, "oms": 1}}, 7, id="three OCPs and OMS"),
        pytest.param(PAGE, {"roles": TRIO | {"ocp": 3, "oat": 1, "odc": 1}}, 6, id="three OCPs"),
        # No OCP whose server OAT may use: 3 + 1; on an OBServer's, where the user says so, 3.
        pytest.param(LATER, {"roles": TRIO | {"ocp": 0, "oat": 1}}, 4, id="no OCP"),
        pytest.param(LATER, {"preset": "command_line"}, 4, id="no OCP, by its preset"),
        pytest.param(
            LATER, {"roles": TRIO | {"ocp": 0, "oat": 1}, "share": ("oat:observer",)}, 3, id="no OCP, OAT allowed"
        ),
        # OBServer and OCP never share: 1 + 1.
        pytest.param(PAGE, {"preset": "minimum"}, 2, id="the least"),
        # The arbitration service shares with nobody: 2 + 1, and OCP with OAT 1.
        pytest.param(
            LATER, {"roles": {"observer": 2, "odp": 0, "ocp": 1, "oat": 1, "arbitration": 1}}, 4, id="two replicas"
        ),
        pytest.param(LATER, {"preset": "arbitration", "roles": {"odp": 0}}, 4, id="two replicas, by their preset"),
    ],
)
def test_fewest_servers_of_every_kind_of_deployment(catalogue: str, asked: dict, servers: int) -> None:
    """Each request on machines that are big enough for any legal mix; two more that have no plan stand below."""
    assert best(BIG, load(catalogue), **asked).servers == servers


def test_shares_are_those_of_the_page() -> None:
    """The default deployment: three servers run OBServer and ODP, one runs OCP, OAT and ODC."""
    plan = best(BIG, extra="odc")

    assert sorted(placement(plan).values()) == [("observer", "odp")] * 3 + [("ocp", "oat", "odc")]


ALONE = {"roles": {"observer": 1, "odp": 1, "ocp": 0, "oat": 0}}


def test_needs_of_odp_are_added_to_those_of_observer() -> None:
    """4 C and 16 GB are an OBServer's; with ODP they would have to be 8 C and 24 GB."""
    small = machines("4,16 GB,1.4 TB,ssd,10", columns=COLUMNS)

    assert "cannot hold together" in refused(small, **ALONE)
    assert best(small, **ALONE, included="odp:observer").servers == 1
    assert best(machines("8,24 GB,1.4 TB,ssd,10", columns=COLUMNS), **ALONE).servers == 1


@pytest.mark.parametrize("short", ["7,24 GB,1.4 TB,ssd,10", "8,23 GB,1.4 TB,ssd,10", "8,24 GB,1.3 TB,ssd,10"])
def test_added_needs_are_exact(short: str) -> None:
    """A core, a GB or 0.1 TB less than the sum is not enough."""
    assert refused(machines(short, columns=COLUMNS), **ALONE)


def test_ocp_shares_with_neither_observer_nor_odp() -> None:
    """Three hosts of 8 C, 32 GB, 1.5 TB could hold OBServer and ODP, or OCP, but never all; a fourth host does."""
    host = "8,32 GB,1.5 TB,ssd,10"

    assert "cannot hold together" in refused(machines(*[host] * 3, columns=COLUMNS))
    assert best(machines(*[host] * 4, columns=COLUMNS)).servers == 4


def test_oat_and_odc_are_included_in_ocp() -> None:
    """A machine of exactly OCP's minimum holds OAT and ODC as well."""
    exact = machines("32,128 GB,1.5 TB,ssd,10", columns=COLUMNS)
    asked = {"observer": 0, "odp": 0}

    assert best(exact, level="performance", roles=asked, extra="odc").servers == 1


@pytest.mark.parametrize(
    "cells",
    [
        "31,256 GB,2 TB,ssd,10",
        "32,255 GB,2 TB,ssd,10",
        "32,256 GB,1.99 TB,ssd,10",
        "32,256 GB,2 TB,hdd,10",
        "32,256 GB,2 TB,ssd,1",
    ],
)
def test_observer_at_performance_level_needs_all_of_its_minimum(cells: str) -> None:
    """Exactly the minimum suffices; with less of any resource it does not."""
    asked = {"level": "performance", "roles": {"observer": 1, "odp": 0, "ocp": 0, "oat": 0}}

    assert best(machines("32,256 GB,2 TB,ssd,10", columns=COLUMNS), **asked).servers == 1
    assert "no machine can run observer" in refused(machines(cells, columns=COLUMNS), **asked)

"""What servers have against each other: addresses, ports, directories, architectures, zones, unknown roles."""

from dataclasses import replace

from tests.flown import LATEST, LOG_3, flown, one, short

SIZES = ("storage_unknown", "memory_unknown", "zone_unknown")


# Addresses


def test_server_without_an_address_is_to_be_checked() -> None:
    """Servers are known to obd by address, and a plan need not have them."""
    assert short(flown("machine roles ip\na odp -\nb odp 10.0.0.1\nc odp -")) == ["check no_address: a c"]


def test_name_is_no_address() -> None:
    """Addresses of both kinds do; a host name and a network do not."""
    found = flown("machine roles ip\na odp 10.0.0.1\nb odp fd00::1\nc odp db-1\nd odp 10.0.0.0/24")

    assert short(found) == ["error bad_address: c", "error bad_address: d"]
    assert one(flown("machine roles ip\nc odp db-1"), "bad_address").found == "the address is 'db-1'"


def test_servers_of_one_address_are_one_host() -> None:
    """The ports of both are those of one address; other addresses are left alone."""
    found = flown("machine roles ip\na odp 10.0.0.1\nb odp 10.0.0.1\nc odp 10.0.0.2")

    assert short(found) == [
        "error one_address: a b",
        "error OBD-1000 port_twice: a b",
        "error OBD-1004 directory_twice: a b",
    ]
    assert one(found, "port_twice").found.startswith("2 odp want ports 2883 (SQL) and 2884 (metrics)")


# Ports and directories


def test_two_of_a_role_on_a_server_clash_in_the_configuration() -> None:
    """One component with the same ports and directories twice: obd sees it before it starts anything."""
    found = flown("machine roles\na observer+observer")

    assert short(found, *SIZES) == ["error OBD-1000 port_twice: a", "error OBD-1004 directory_twice: a"]


def test_two_roles_clash_when_the_second_starts() -> None:
    """MetaDB is an OBServer, with its ports and its directories."""
    found = flown("machine roles\na observer+ocp")

    assert short(found, *SIZES) == ["error OBD-1001 port_taken: a", "error OBD-1002 directory_taken: a"]
    assert one(found, "port_taken").found == (
        "observer and ocp want ports 2881 (SQL; MetaDB SQL) and 2882 (RPC; MetaDB RPC) of one address"
    )
    assert one(found, "directory_taken").found == "observer and ocp want /data/1 and /data/log1"


def test_clusters_on_one_server_clash_like_roles() -> None:
    """Two clusters are two deployments, whose configurations obd never sees together."""
    found = flown("machine roles\na observer@sales+observer@stock")

    assert short(found, *SIZES) == ["error OBD-1001 port_taken: a", "error OBD-1002 directory_taken: a"]
    assert "observer@sales and observer@stock want" in one(found, "port_taken").found


def test_other_pairs_that_clash() -> None:
    """MetaDB has a proxy, OMS and ODC share 8089, the arbitration service has the RPC port of an OBServer."""
    clashes = {
        "ocp+odp": "2883 (MetaDB proxy; SQL)",
        "oms+odc": "8089 (console; actuator",
        "observer+arbitration": "2882 (RPC)",
    }
    for roles, port in clashes.items():
        assert port in one(flown(f"machine roles\na {roles}", replace(LOG_3, roles={})), "port_taken").found


def test_pairs_that_may_share_do_not_clash() -> None:
    """What the page puts on one server differs in ports and directories."""
    assert short(flown("machine roles\na observer+odp\nb ocp+oat+odc"), *SIZES) == ["check no_component: b"] * 2


# Architectures and zones


def test_cluster_of_two_architectures_is_warned_about() -> None:
    """In different zones it is at their risk; a machine whose architecture is not known says nothing."""
    text = "machine roles zone arch\na observer z1 x86_64\nb observer z2 aarch64\nc observer z3 -"
    found = flown(text)

    assert short(found, *SIZES) == ["warning arch_cluster: a b c"]
    assert one(found, "arch_cluster").found == "observer mixes architectures: 1 × aarch64 and 1 × x86_64"
    assert short(flown(text.replace("aarch64", "x86_64")), *SIZES) == []


def test_zone_of_two_architectures_is_refused() -> None:
    """A zone gets one package, so two servers of one zone are alike."""
    found = flown("machine roles zone arch\na observer z1 x86_64\nb observer z1 aarch64\nc observer z2 x86_64")

    assert short(found, *SIZES) == ["error arch_zone: a b", "warning arch_cluster: a b c"]


def test_each_cluster_has_its_own_architecture() -> None:
    """Two clusters may differ, and so may ODPs."""
    text = "machine roles arch\na observer@x x86_64\nb observer@y aarch64\nc odp x86_64\nd odp aarch64"

    assert short(flown(text), *SIZES) == []


def test_ocp_on_two_architectures_is_refused() -> None:
    """The images of MetaDB cannot be mixed."""
    found = flown("machine roles arch\na ocp x86_64\nb ocp aarch64\nc ocp x86_64")

    assert short(found) == ["error arch_ocp: a b c"]


def test_observers_without_a_zone_all_go_to_one() -> None:
    """All that have none go to zone1; a single OBServer is there anyway."""
    assert short(flown("machine roles zone\na observer z1\nb observer -"), "memory_unknown", "storage_unknown") == [
        "check zone_unknown: b"
    ]
    assert short(flown("machine roles\na observer"), "memory_unknown", "storage_unknown") == []


# Roles that are not obd's


def test_roles_that_obd_cannot_deploy_are_named() -> None:
    """OAT, ODC and the arbitration service have no component."""
    found = flown("machine roles\na oat\nb odc\nc arbitration\nd oms", LATEST)

    assert short(found) == ["check no_component: a", "check no_component: b", "check no_component: c"]
    assert found.findings[2].found == "obd has no component for the arbitration service"


def test_role_of_another_catalogue_is_not_judged() -> None:
    """Of a role that is not OceanBase's nothing is known."""
    found = flown("machine roles\na web+web", replace(LOG_3, roles={}))

    assert short(found) == ["check unknown_role: a"]
    assert one(found, "unknown_role").found == "what obd does with web is not known here"

"""What is to be checked on a host, by what runs there, how often, and on which architecture."""

from obplace.checklist import Checklist, gib, setting
from tests.flown import LATEST, flown


def texts(checklist: Checklist) -> dict[str, str]:
    """Return the text of each point by its topic."""
    return {each.topic: each.text for each in checklist.points}


def test_alike_hosts_share_a_checklist() -> None:
    """Two with the same roles and memory are one list; another size is another amount."""
    found = flown("machine roles memory\na observer 64\nb observer 64\nc observer 128\nd odp 64")

    assert [each.hosts for each in found.checklists] == [("a", "b"), ("c",), ("d",)]


def test_limits_grow_with_the_observers_of_a_host() -> None:
    """Two OBServers want twice the files; memory and log are those of both."""
    single, double = flown("machine roles memory\na observer 64\nb observer@x+observer@y 64").checklists

    assert texts(single)["ulimit -n"].startswith("20000 at least")
    assert texts(double)["ulimit -n"].startswith("40000 at least")
    assert "memory of 51.2 GiB at least" in texts(single)["memory"]
    assert "157.6 GiB available for log and slog" in texts(single)["disks"]
    assert "memory of 102.4 GiB at least" in texts(double)["memory"]


def test_processor_is_asked_for_by_architecture() -> None:
    """AVX on x86_64, LSE on AArch64, both where it is not known or no other."""
    text = "machine roles arch\na observer x86_64\nb observer aarch64\nc observer -\nd observer riscv64"
    cpus = [texts(each)["CPU"] for each in flown(text).checklists]

    assert cpus[0].startswith("lscpu lists avx;")
    assert cpus[1].startswith("lscpu lists atomics")
    assert cpus[2].endswith("the architecture is not known")
    assert len(cpus) == 3  # the last two are alike


def test_ports_and_directories_follow_the_roles() -> None:
    """A host keeps free what all its roles want, and no more."""
    found = flown("machine roles\na observer+odp\nb oms", LATEST).checklists

    assert texts(found[0])["ports"].startswith("free: 2881 (SQL), 2882 (RPC), 2883 (SQL), 2884 (metrics)")
    assert texts(found[0])["/data/log1"].startswith("empty and writable")
    assert "/data/oms" not in texts(found[0])
    assert texts(found[1])["/data/oms"].endswith("about 400 GB")


def test_ocp_is_asked_for_java_and_docker_hosts_for_docker() -> None:
    """What obd looks at differs by component."""
    ocp, oat = flown("machine roles\na ocp\nb oat").checklists

    assert [each.code for each in ocp.points if each.topic == "Java"] == ["OBD-4359"]
    assert "docker" in texts(oat)
    assert "ulimit -n" not in texts(ocp)


def test_unknown_memory_leaves_amounts_open() -> None:
    """Where the memory is not known, no number is made up."""
    assert "an amount that is not known here" in texts(flown("machine roles\na observer").checklists[0])["memory"]


def test_role_that_nobody_knows_has_an_empty_list() -> None:
    """The host still stands there."""
    (found,) = flown("machine roles\na web").checklists

    assert (found.hosts, found.points) == (("a",), ())


def test_sizes_are_written_rounded() -> None:
    """For people to a tenth, for a configuration down to whole G."""
    assert gib(13_743_895_347) == "12.8 GiB"
    assert gib(2**40) == "1,024 GiB"
    assert setting(13_743_895_347) == "12G"

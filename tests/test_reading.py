"""What is wrong with the words is told with file and line and exit code 1, or 2 where it stands on a flag."""

from pathlib import Path

import pytest

from tests.reply import Tell
from tests.small import machines

POOL = machines(*["8,32 GB,2 TB,5,r1"] * 5, columns="cpu,memory,storage,cost,rack")


@pytest.fixture
def ask(tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Return a function that solves pool.csv by a deployment file of these lines, the first of them line 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.csv").write_text(POOL)

    def asked(*lines: object, flags: str = "") -> object:
        (tmp_path / "d.toml").write_text("\n".join(('schema = "obplace.deployment/1"', *map(str, lines))))
        return tell("solve", "pool.csv", "-d", "d.toml", *flags.split())

    return asked  # type: ignore[return-value]


BAD = [
    ("topology = ['three-idc']", "d.toml line 2: unknown topology 'three-idc' (nearest: three-idcs)"),
    ("topology = ['3-2-2']", "d.toml line 2: topology '3-2-2': all zones of a tenant have the same number"),
    ("topology = ['2f1a']", "d.toml line 2: topology '2f1a' needs arbitration, not in oceanbase-4.1"),
    ("topology = ['three-idcs']", "d.toml line 2: pool.csv has no column 'idc', which layout observer.idc reads"),
    ("roles = { obsrver = 3 }", "d.toml line 2: unknown role 'obsrver' (nearest: observer)"),
    ("[roles]\nodp = '5..3'", "d.toml line 3: roles odp is '5..3': 5 is more than 3"),
    ("apart = ['odp:ocp']\ntogether = ['odp:ocp']", "d.toml line 3: together 'odp:ocp': apart says that odp and ocp"),
    ("[total]\n'odp+ocp' = '9..'", "d.toml line 2: total odp+ocp: at least 9, and at most 4 of them run"),
    ('[total]\n"odp+ocp" = "9.."', "d.toml line 3: total odp+ocp: at least 9, and at most 4 of them run"),
    ('[ratio]\n"odp:observer" = "2/1"\n[roles]\nodp = "..4"', "d.toml line 3: ratio odp:observer: 3 observer want 6"),
    ('[limit]\n"odp.row" = 1', "d.toml line 3: unknown domain level 'row'; there is region, idc, zone, rack"),
    ('[limit]\n"odp.zone" = 1', "d.toml line 3: pool.csv has no column 'zone', which limit odp.zone reads"),
    ('[where]\n"odp.colour" = "red"', "d.toml line 3: unknown column 'colour'; there is arch, os, tags"),
    ('[where]\n"odp.arch" = "!"', "d.toml line 3: where odp.arch is '!', expected VALUE"),
    ('[zones]\nobserver = 3\n[layout]\n"observer.rack" = "2-2"', "d.toml line 5: layout observer.rack is '2-2', 4 zo"),
    ("budget = 'much'", "d.toml line 2: budget 'much', expected an amount"),
    ("[size]\nhost = 5", "d.toml line 3: unknown measure 'host' (nearest: hosts)"),
    ("observers_for = '8TB'\ngrowth = 'x'", "d.toml line 3: growth is 'x', "),
    ("[clusters.a]\ncopies = 1", "d.toml line 2: cluster name 'a', expected a letter, then letters"),
    ("[clusters.pay]\ncopies = 3\n[clusters.pay]\ncopies = 1", "d.toml is not TOML: Cannot declare"),
    ("[clusters.pay]\ntopology = 'x'", "d.toml line 3: unknown topology 'x'"),
    ("[clusters.pay]\nzones = '2x0'", "d.toml line 3: zones observer@pay is '2x0', expected R or RxN"),
]


@pytest.mark.parametrize(("text", "fault"), BAD, ids=[text for text, _ in BAD])
def test_fault_in_a_file_is_told_with_its_line(ask: Tell, text: str, fault: str) -> None:
    """Exit 1, nothing on standard output, and one message."""
    code, out, err = ask(text)

    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"obplace: {fault}")


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        ("--topology 3-2-2", "topology '3-2-2': all zones of a tenant have the same number of units"),
        ("--apart odp:ocp --together odp:ocp", "together 'odp:ocp': apart says that odp and ocp never share a machine"),
        ("--total odp+ocp=9..", "total odp+ocp: at least 9, and at most 4 of them run"),
        ("--role odp=..4 --ratio odp:observer=2/1", "ratio odp:observer: 3 observer want 6 odp, at most 4 run"),
        ("--role odp=5..3", "roles odp is '5..3': 5 is more than 3"),
        ("--limit odp.row=1", "unknown domain level 'row'; there is region, idc, zone, rack"),
        ("--where odp.arch=!", "where odp.arch is '!', expected VALUE"),
        ("--budget much", "budget 'much', expected an amount"),
        ("--zones observer=3 --layout observer.rack=2-2", "layout observer.rack is '2-2', 4 zones, but observer runs"),
    ],
)
def test_fault_on_a_flag_is_told(ask: Tell, flags: str, fault: str) -> None:
    """Exit 2, and no line, for there is no file to look into."""
    code, out, err = ask(flags=flags)

    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(f"obplace: {fault}")


@pytest.mark.parametrize(
    "flags",
    [
        "--limit observer.rack=1",  # one rack for three of them
        "--budget 19.99",  # four servers for 5 each
        "--ratio observer:odp=2/1 --role observer=1..6",  # six OBServers, on five machines
        "--across observer.rack=2",
        "--survive observer=rack",
        "--role observer=4..6 --role ocp=2",
        "--size hosts=8",  # OCP then needs 17 cores
        "--disks same --minimum observer.storage=3TB",
    ],
)
def test_what_is_well_said_and_impossible_has_no_plan(ask: Tell, flags: str) -> None:
    """Exit 3, with a reason; without the flags there is a plan."""
    assert ask().code == 0
    code, out, err = ask(flags=flags)

    assert (code, err) == (3, "")
    assert "no plan exists" in out


def test_idc_in_two_regions_is_told_where_a_topology_reads_it(ask: Tell, tmp_path: Path) -> None:
    """The same name in two regions is a slip of the pool: both rows are named; where nothing reads it, no harm."""
    rows = ["8,32 GB,2 TB,n,east", "8,32 GB,2 TB,n,west", "8,32 GB,2 TB,s,east", "8,32 GB,2 TB,w,east"]
    table = machines(*rows, "8,32 GB,2 TB,w,east", columns="cpu,memory,storage,idc,region")
    (tmp_path / "pool.csv").write_text(table)
    code, out, err = ask("topology = ['three-idcs']")

    assert (code, out) == (1, "")
    assert err == "obplace: pool.csv: idc 'n' lies in two regions: east (line 2) and west (line 3)\n"
    assert ask().code == 0


def test_all_faults_of_a_file_come_in_one_run(ask: Tell) -> None:
    """Names, numbers, contradictions and what the pool does not have; a flag among them makes it exit 2."""
    lines = (
        "waive = ['nics']",
        "apart = ['odp:observer']",
        "every = ['odp:observer']",
        "[roles]",
        "odc = 'one'",
        "[spread]",
        "observer = 'zone'",
        "[limit]",
        '"ocp.rack" = 0',
    )
    expected = [
        "d.toml line 6: roles odc is 'one', expected a number or a range: 3, 3..5, 3.. or ..5",
        "d.toml line 2: unknown resource 'nics' (nearest: nic)",
        "d.toml line 10: limit ocp.rack: 0, expected 1 or more; roles ocp=0 leaves it out",
        "d.toml line 4: every 'odp:observer': apart says that observer and odp never share a machine",
        "d.toml line 8: pool.csv has no column 'zone', over which observer is to be spread",
    ]
    code, _, err = ask(*lines)
    assert (code, [line.split("; there is")[0] for line in err.splitlines()]) == (
        1,
        [f"obplace: {text}" for text in expected],
    )

    code, _, err = ask(*lines, flags="--budget much")
    assert code == 2
    assert "obplace: budget 'much', expected an amount such as 50000 or '50,000 USD'" in err.splitlines()


def test_name_that_nobody_knows_hides_no_other_fault(ask: Tell) -> None:
    """A preset, a topology and a cluster that cannot be read are told beside what else is wrong with the words."""
    lines = ("preset = 'none'", "topology = ['nowhere']", "waive = ['nics']", "[clusters.pay]", "copies = 1")
    code, _, err = ask(*lines, "[spare]", '"observer@pay" = 1')

    assert code == 1
    assert [line.split("; ")[0] for line in err.splitlines()] == [
        "obplace: d.toml line 2: unknown preset 'none'",
        "obplace: d.toml line 3: unknown topology 'nowhere'",
        "obplace: d.toml line 4: unknown resource 'nics' (nearest: nic)",
    ]

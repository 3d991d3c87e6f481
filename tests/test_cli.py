"""The command: exit codes, one document on standard output, messages on standard error, files whole or not at all."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import obplace
from obplace import cli, solver
from obplace.engine import Answer
from tests.hard import catalogue_file, pool_file
from tests.reply import Tell

POOL = "machine,cpu,memory,storage,cost\n" + "".join(f"m{k},16,64 GB,4 TB,{k}.50\n" for k in range(1, 6))
SMALL = "machine,cpu,memory,storage\nm1,2,4 GB,1 TB\nm2,2,8 GB,1 TB\n"
COMMAND = [sys.executable, "-c", "from obplace.cli import main; main()"]


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Return a pool of five machines for anything."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL)
    return path


# Found


def test_table_is_for_people(tell: Tell, pool: Path) -> None:
    """What is proven comes first, then who runs what, then what there is to know."""
    code, out, err = tell("solve", pool)

    assert (code, err) == (0, "")
    assert out.startswith("4 servers, cost 12.00: fewest servers, then lowest cost; proven, with a certificate\n")
    assert "m1 observer odp 8 / 16 24 / 64 GB 1.4 / 4 TB 1.50" in [" ".join(line.split()) for line in out.splitlines()]
    assert "- odp shares a server with observer: its needs are added to those of observer" in out
    assert out.splitlines()[-1].startswith("- solved in ")


def test_each_format_is_one_document(tell: Tell, pool: Path) -> None:
    """JSON, CSV and Markdown hold the same plan, and nothing else stands on standard output."""
    plan = json.loads(tell("solve", pool, "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(tell("solve", pool, "--format", "csv").out)))
    markdown = tell("solve", pool, "--format", "markdown").out

    names = [each["machine"] for each in plan["assignments"]]
    assert names == ["m1", "m2", "m3", "m4"]
    assert [row["machine"] for row in rows] == names
    assert [line.split(" | ")[0] for line in markdown.splitlines() if line.startswith("| m")][1:] == [
        f"| {name}" for name in names
    ]


def test_equal_questions_have_equal_bytes(tell: Tell, tmp_path: Path) -> None:
    """No times, hosts or versions are in the document, and the order of rows is not seen."""
    lines = POOL.splitlines()
    answers = set()
    for order in (lines[1:], lines[:0:-1]):
        path = tmp_path / "same.csv"
        path.write_text("\n".join([lines[0], *order]))
        answers.add(tell("solve", path, "--format", "json").out)
        answers.add(tell("solve", path, "--format", "json", "--seed", 3, "--threads", 4).out)

    assert len(answers) == 1


def test_standard_input_is_a_pool(tell: Tell) -> None:
    """A dash reads from a pipe."""
    code, out, _ = tell("solve", "-", "--format", "json", stdin=POOL.encode())

    assert (code, json.loads(out)["servers"]) == (0, 4)


def test_all_flags_reach_the_problem(tell: Tell, tmp_path: Path) -> None:
    """The deployment in the document is what the flags said."""
    path = tmp_path / "pool.csv"
    path.write_text(
        "machine,cpu,memory,storage,cost,zone,runs\n" + "".join(f"m{k},64,640,9000,1,z{k},\n" for k in range(9))
    )
    flags = "--level functional --role odp=2,oat=0 --role ocp=3 --with oms --with odc --minimize cost,servers"
    flags += " --spread observer=zone --spread ocp=zone:3 --included odp:observer --minimum observer.memory=20GB"
    flags += " --pin ocp=m8 --pin ocp=m7 --ban m0 --spare odp=1 --headroom 10% --tolerance memory=2%"
    flags += " --waive nic,storage_class --reuse"
    code, out, _ = tell("solve", path, "--format", "json", *flags.split())

    assert code == 0
    assert json.loads(out)["deployment"] == {
        "level": "functional",
        "roles": {"oat": 0, "ocp": 3, "odp": 2},
        "extra": ["oms", "odc"],
        "minimize": ["cost", "servers"],
        "spread": {"observer": "zone", "ocp": "zone:3"},
        "included": ["odp:observer"],
        "minimum": {"observer.memory": "20GB"},
        "pin": {"ocp": ["m8", "m7"]},
        "ban": ["m0"],
        "spare": {"odp": 1},
        "headroom": "10%",
        "tolerance": {"memory": "2%"},
        "waive": ["nic", "storage_class"],
        "reuse": True,
    }


def test_load_balancer_is_named(tell: Tell, pool: Path) -> None:
    """OCP on several servers wants one in front."""
    assert "put a load balancer (F5, SLB or NLB) in front" in tell("solve", pool, "--role", "ocp=2").out


# No plan


def test_no_machine_big_enough(tell: Tell, tmp_path: Path) -> None:
    """Exit 3, with the role, its minimum and the machine that comes nearest."""
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    code, out, err = tell("solve", path, "--role", "odp=0", "--role", "ocp=0", "--role", "oat=0")

    assert (code, err) == (3, "")
    assert out == (
        "no plan exists, with a certificate\n"
        "- no machine can run observer, which needs cpu 4, memory 16 GB, storage 1.2 TB; m2 comes nearest: cpu is 2, "
        "4 are needed, memory is 8 GB, 16 GB are needed, storage is 1 TB, 1.2 TB are needed\n"
        "- obplace explain with the same flags says what cannot hold together, and what to change\n"
    )


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
def test_no_plan_in_every_format(tell: Tell, tmp_path: Path, form: str) -> None:
    """The document says infeasible and why; people read the reason on standard error."""
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    code, out, err = tell("solve", path, "--format", form)

    assert code == 3
    assert "obplace: no machine can run observer" in err
    if form == "json":
        plan = json.loads(out)
        assert (plan["status"], plan["assignments"], plan["servers"], plan["cost"]) == ("infeasible", None, None, None)
        assert plan["reasons"][0].startswith("no machine can run observer")
    if form == "csv":
        assert out == ""
    if form == "markdown":
        assert out.startswith("**no plan exists")


def test_limit_without_a_plan(tell: Tell, pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4: nothing is known, and the document says so."""
    monkeypatch.setattr(solver, "greedy", lambda *_: None)
    monkeypatch.setattr(solver, "cpsat", lambda *_: Answer())
    code, out, err = tell("solve", pool, "--time-limit", "0.01", "--format", "json")

    assert code == 4
    assert json.loads(out)["status"] == "unknown"
    assert err == "obplace: the time limit was reached before a plan was found\n"


# Wrong files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, expected a header and one row for each machine"),
        (b"machine,cpu\n", "has a header but no machines"),
        (b"machine,cpu,memory,storage\nm1,lots,1,1\n", "line 2: cpu is 'lots', expected a number of cores"),
        (b"machine,cpu,memory,storage\nm1,-4,1,1\n", "line 2: cpu is '-4', expected"),
        (b"machine,cpu,memory,storage\nm1,nan,1,1\nm2,inf,1,1\n", "line 3: cpu is 'inf', expected"),
        (b"machine,cpu,memory,storage\nm1,1e300,1,1\n", "line 2: cpu is '1e300', expected"),
        (b"machine,cpu,memory,storage\nm1,1,1,1\nm1,1,1,1\n", "line 3: machine is 'm1' as on line 2"),
        (b"machine,cpu\nm1,4\n", "has no column 'memory', which observer, odp, ocp, oat need"),
        (b"\xff\xfe\x00", "pool.csv"),
        (b"\x00\x01\x02\x03", "pool.csv"),
        (b"PAR1garbage", "pool.csv"),
        (b"PK\x03\x04garbage", "pool.csv"),
        (b"[{", "pool.csv"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_wrong_content_is_told(tell: Tell, tmp_path: Path, content: bytes, message: str) -> None:
    """Exit 1, what is wrong on standard error, nothing on standard output."""
    path = tmp_path / "pool.csv"
    path.write_bytes(content)
    code, out, err = tell("solve", path)

    assert (code, out) == (1, "")
    assert message in err
    assert all(line.startswith("obplace: ") for line in err.splitlines())


def test_every_bad_cell_is_told_in_one_run(tell: Tell, tmp_path: Path) -> None:
    """Three faults are three messages; with --skip-bad-rows they are told and left out."""
    path = tmp_path / "pool.csv"
    path.write_text(POOL + "bad1,x,64,4000,1\nbad2,8,y,4000,z\n")
    code, out, err = tell("solve", path)
    assert (code, out, len(err.splitlines())) == (1, "", 3)

    code, out, err = tell("solve", path, "--skip-bad-rows", "--format", "json")
    assert (code, len(err.splitlines())) == (0, 3)
    assert json.loads(out)["notes"][-1] == f"3 faults in {path}: the rows that have them are left out"


def test_no_file_and_no_table(tell: Tell, tmp_path: Path) -> None:
    """A path that is not there, and one that is a directory."""
    assert tell("solve", tmp_path / "none.csv")[:2] == (1, "")
    code, _, err = tell("solve", tmp_path)
    assert (code, "is a directory, expected a file" in err) == (1, True)


# Wrong flags


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--role obsrver=3", "unknown role 'obsrver' (nearest: observer); there is observer, odp, ocp, oat, oms, odc"),
        ("--role observer=-1", "expected a whole number from 0 to 1,000,000"),
        ("--role observer=two", "--role 'observer=two', expected ROLE=N"),
        ("--role observer", "--role 'observer', expected ROLE=N"),
        ("--role observer=1,observer=2", "--role observer is given twice"),
        ("--pin ocp", "--pin 'ocp', expected ROLE=MACHINE"),
        ("--spread observer", "--spread 'observer', expected ROLE=LEVEL[:D]"),
        ("--gap lots", "--gap is 'lots', expected a percentage"),
        ("--level best", "unknown level 'best'"),
        ("--catalogue nobody", "no catalogue 'nobody': name a file, or one of oceanbase-4."),
        ("--minimize price", "unknown objective 'price'"),
        ("--ban m99", "no machine 'm99' in "),
        ("--bogus", "No such option: --bogus"),
        ("--threads 99", "--threads"),
        ("--time-limit 0", "--time-limit"),
    ],
)
def test_wrong_flags_are_told(tell: Tell, pool: Path, flags: str, message: str) -> None:
    """Exit 2, what came and what was expected on standard error, nothing on standard output."""
    code, out, err = tell("solve", pool, *flags.split())

    assert (code, out) == (2, "")
    assert message in err


def test_flags_that_cannot_be_read_are_told_together(tell: Tell, pool: Path) -> None:
    """One run names them all."""
    err = tell("solve", pool, "--role", "a", "--spare", "b=c", "--tolerance", "memory").err

    assert [line.split(",")[0] for line in err.splitlines()] == [
        "obplace: --role 'a'",
        "obplace: --spare 'b=c'",
        "obplace: --tolerance 'memory'",
    ]


def test_zero_copies_leave_a_role_out(tell: Tell, pool: Path) -> None:
    """That is no error, as long as something is left."""
    assert tell("solve", pool, "--role", "odp=0")[0] == 0
    code, _, err = tell("solve", pool, "--role", "observer=0,odp=0,ocp=0,oat=0")
    assert (code, err) == (2, "obplace: no role is left to place: ask for at least one copy of one role\n")


# Files


@pytest.mark.parametrize(("name", "start"), [("p.json", "{"), ("p.csv", "machine,roles"), ("p.md", "**"), ("p", "{")])
def test_suffix_says_the_format(tell: Tell, pool: Path, tmp_path: Path, name: str, start: str) -> None:
    """A file is written by its name; nothing stands on standard output, and nothing else is left in the directory."""
    code, out, err = tell("solve", pool, "-o", tmp_path / name)

    assert (code, out, err) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(start)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["pool.csv", name])


def test_file_holds_the_bytes_of_standard_output(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """Where a document goes does not change it; a dash is standard output."""
    out = tell("solve", pool, "--format", "json").out
    tell("solve", pool, "-o", tmp_path / "plan.json")

    assert (tmp_path / "plan.json").read_text() == out
    assert tell("solve", pool, "--format", "json", "-o", "-").out == out


def test_failure_leaves_a_file_as_it_was(tell: Tell, pool: Path, tmp_path: Path) -> None:
    """Wrong flags, wrong content, and no plan to put into a CSV: the old file stays."""
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "bad.csv").write_text("machine\n\x00")

    assert tell("solve", pool, "-o", tmp_path / "old.csv", "--role", "x=1")[0] == 2
    assert tell("solve", tmp_path / "bad.csv", "-o", tmp_path / "old.csv")[0] == 1
    assert tell("solve", pool, "-o", tmp_path / "old.csv", "--role", "observer=99")[0] == 3
    assert (tmp_path / "old.csv").read_text() == "old"


def test_interrupted_writing_leaves_the_old_file(
    tell: Tell, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle of writing is told, and the old file is whole."""
    old = tmp_path / "plan.json"
    old.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, _, err = tell("solve", pool, "-o", old)

    assert (code, err) == (2, f"obplace: cannot write {old}: No space left on device\n")
    assert old.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "pool.csv"]


@pytest.mark.parametrize("where", ["none/plan.json", "pool.csv/plan.json", ".", "x" * 300])
def test_place_that_cannot_be_written(tell: Tell, pool: Path, tmp_path: Path, where: str) -> None:
    """No such directory, a file for a directory, a directory for a file, a name too long: exit 2, nothing written."""
    code, out, err = tell("solve", pool, "-o", tmp_path / where)

    assert (code, out) == (2, "")
    assert err.startswith("obplace: cannot write ")
    assert pool.read_text() == POOL


def test_device_is_written_and_not_replaced(tell: Tell, pool: Path) -> None:
    """Whoever sends a plan to /dev/null keeps the device."""
    assert tell("solve", pool, "-o", os.devnull)[0] == 0
    assert not Path(os.devnull).is_file()


# Faults of ours


def test_internal_error_asks_to_be_reported(tell: Tell, pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 70, with what happened and no traceback."""
    monkeypatch.setattr(sys.modules["obplace.verify"], "verify", lambda *_: ["the moon is full"])
    code, out, err = tell("solve", pool)
    assert (code, out) == (70, "")
    assert err.splitlines() == ["obplace: the plan breaks a rule: the moon is full", f"obplace: {cli.REPORT}"]

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(sys.modules["obplace.verify"], "verify", broken)
    code, out, err = tell("solve", pool)
    assert (code, out) == (70, "")
    assert err.splitlines() == ["obplace: ZeroDivisionError: nobody thought of this", f"obplace: {cli.REPORT}"]


# Signals, pipes and terminals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_with_the_best_plan(tmp_path: Path, number: signal.Signals) -> None:
    """In the middle of a long search: exit 0, a feasible plan, and a note that it was interrupted."""
    (tmp_path / "own.toml").write_text(catalogue_file())
    (tmp_path / "pool.csv").write_text(pool_file())
    flags = ["solve", "pool.csv", "--catalogue", "own.toml", "--minimize", "cost", "--format", "json"]
    with subprocess.Popen(
        [*COMMAND, *flags], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while computed(process.pid) < 5:  # seconds: well into the search, also where other work slows the start
                time.sleep(0.1)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()

    plan = json.loads(out)
    assert (process.returncode, err) == (0, "")
    assert (plan["status"], plan["proof"]) == ("feasible", None)
    assert plan["notes"][-1] == "the search was interrupted: this is the best plan it had"


def computed(process: int) -> float:
    """Return how many seconds a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_reader_who_has_enough_ends_it_quietly() -> None:
    """A pipe closed by its reader is no error."""
    sample = f"{sys.executable} -c 'from obplace.cli import main; main()' sample 200000"
    done = subprocess.run(
        f"{sample} | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_progress_in_a_terminal_does_not_harm(pool: Path) -> None:
    """With a terminal on standard error the search is watched, and the plan is the same."""
    master, slave = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "solve", str(pool), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=slave,
        timeout=120,
        check=True,
    )
    os.close(slave)
    os.close(master)

    assert json.loads(done.stdout)["servers"] == 4


# The other commands


def test_roles_shows_every_number_with_its_source(tell: Tell) -> None:
    """All roles, both levels, who shares, presets."""
    code, out, _ = tell("roles")

    assert code == 0
    assert "- functional: cpu 4, memory 16 GB, storage 1.2 TB: “4 CPU cores, 16 GB of memory, and 1.2 TB of" in out
    assert "- odp on observer, added to its needs: “You can also use the OBServer node as the ODP server." in out
    assert "Preset minimum" in out
    assert [line.split(":")[0] for line in out.splitlines() if "by default" in line or "optional, 1" in line] == [
        "observer",
        "odp",
        "ocp",
        "oat",
        "oms",
        "odc",
    ]


def test_help_names_all_commands_and_flags(tell: Tell) -> None:
    """Whoever asks is answered on standard output."""
    assert all(name in tell("--help").out for name in ("solve", "verify", "roles", "sample"))
    code, out, _ = tell("solve", "-h")
    assert code == 0
    assert all(
        flag in out for flag in ("--spread", "--minimum", "--with", "--skip-bad-rows", "--time-limit", "--output")
    )


def test_sample_can_be_solved(tell: Tell) -> None:
    """What one command writes the other reads."""
    text = tell("sample", 200, "--seed", 4).out

    assert tell("solve", "-", "--level", "performance", stdin=text.encode())[0] == 0


def test_command_is_installed() -> None:
    """The script of the package is this command."""
    done = subprocess.run([*COMMAND, "roles"], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.startswith("oceanbase-4.1: OceanBase Database V4.1.0 to V4.2.2\n")
    assert obplace.__version__

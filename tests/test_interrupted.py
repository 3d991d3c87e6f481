"""Ctrl-C in a fleet, sent to the command as a terminal sends it, at any moment: what is known, or that nothing is."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from obplace.ask import book_of, read_pool
from obplace.deployment import Deployment
from obplace.pose import pose
from obplace.verify import verify
from tests.estates import catalogue, machines, table

LATE = """
import atexit, os, signal
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
from obplace.cli import main
main()
"""
READY = "import sys; from obplace.cli import main; print('ready', file=sys.stderr, flush=True); main()"
MOMENTS = 10
LONGEST = 2.8  # seconds from the start of the command to the interrupt
NONE = "obplace: interrupted before there was a plan\n"


def interrupted(folder: Path, book: Path, pool: Path, moment: float) -> tuple[int, str, str]:
    """Start to solve, interrupt after so many seconds, and return exit code, standard output and error."""
    flags = ["solve", str(pool), "--catalogue", str(book), "--format", "json"]
    with subprocess.Popen(
        [sys.executable, "-c", READY, *flags], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err


def test_interrupt_after_the_answer(tmp_path: Path) -> None:
    """When all is written and Python is about to end, Ctrl-C changes nothing."""
    pool, book = table(tmp_path, machines()), catalogue(tmp_path, roles=3)
    command = [sys.executable, "-c", LATE, "solve", str(pool), "--catalogue", str(book), "--format", "json"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["status"] == "optimal"


def test_interrupt_of_a_fleet_at_any_moment(tmp_path: Path) -> None:
    """Exit 0 with a plan that holds and a bound that no plan is below, or 4 and in words that there is none."""
    rng = Random(7)
    rows = [
        f"m{n},{rng.randint(20, 64)},{rng.randint(32, 128)} GB,{rng.randint(50, 300)},r{n % 12}" for n in range(120)
    ]
    book, pool = catalogue(tmp_path), table(tmp_path, rows)
    kit = book_of(str(book))
    problem = pose(kit, Deployment(), read_pool(pool, kit))
    values, bounds = [], [0]
    for moment in sorted(LONGEST * rng.random() ** 2 for _ in range(MOMENTS)):
        code, out, err = interrupted(tmp_path, book, pool, moment)
        if code == 4 and not out:
            assert err == NONE
        elif code == 4:
            assert json.loads(out)["reasons"] == ["interrupted before a plan was found"]
            assert err == "obplace: interrupted before a plan was found\n"
        else:
            assert (code, err) == (0, "")
            plan = json.loads(out)
            assert plan["status"] in ("feasible", "optimal")
            assert verify(problem, {each["machine"]: each["roles"] for each in plan["assignments"]}) == []
            values.append(plan["objectives"][0]["value"])
            bounds.append(plan["objectives"][0]["bound"] or 0)

    assert max(bounds) <= min(values, default=10**9)

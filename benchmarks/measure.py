"""Measure runs in processes of their own, and keep each as a row of CSV."""

import csv
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

# What the installed `obplace` script does; it also works from a checkout.
OBPLACE = (sys.executable, "-c", "import sys; from obplace.cli import main; sys.exit(main())")


@dataclass(frozen=True)
class Run:
    """One measured run.

    Attributes
    ----------
    question, instance
        The script, and which of its cases.
    rows, seed
        Machines in the pool, and what it was generated from.
    who
        The contestant.
    seconds, cpu_seconds, peak_mb
        Wall time, user plus system time of all threads, and the largest resident set in 2^20 bytes; None
        where a part of a process was timed, which has no peak of its own.
    status, value, bound
        What came out, in the pool's smallest unit of money; None where there is none, or where none was asked for.
    """

    question: str
    instance: str
    rows: int
    seed: int
    who: str
    seconds: float
    cpu_seconds: float
    peak_mb: float | None = None
    status: str = "done"
    value: int | None = None
    bound: int | None = None
    date: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    versions: str = field(default_factory=lambda: versions())


@dataclass(frozen=True)
class Usage:
    """What a process used, as in `Run`, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def process(command: Sequence[str]) -> Usage:
    """Run a command to its end; raise `RuntimeError` with what it said where it fails.

    Linux counts the resident set of the process that starts another into the peak of the latter, so whoever
    calls this should be small: no numpy, no pandas.
    """
    # An installed package comes with its bytecode; a checkout writes it in the first run, unless told not to.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}, expected 0; it printed {output!r}")
    seconds = time.perf_counter() - start
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)


def interleave(commands: Mapping[str, Sequence[str]], rounds: int) -> list[tuple[str, Usage]]:
    """Run the commands A B A B ..., so that whatever else the machine does hits each alike; one round warms up."""
    for command in commands.values():
        process(command)
    return [(who, process(command)) for _ in range(rounds) for who, command in commands.items()]


def median(runs: Iterable[Run], who: str, what: str = "cpu_seconds") -> float:
    """Return the median of one column over a contestant's runs."""
    return float(statistics.median(getattr(run, what) for run in runs if run.who == who))


def versions() -> str:
    """Return what was measured, and on what."""
    packages = ("obplace", "ortools", "highspy", "numpy", "pandas", "pyarrow")
    found = [f"{name} {version(name)}" for name in packages]
    return "; ".join([f"python {platform.python_version()}", *found, f"{platform.system()}, {os.cpu_count()} cores"])


def recorded(question: str) -> list[Run]:
    """Return the runs that are kept of a question."""
    path = RESULTS / f"{question}.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [Run(**{name: _value(name, text) for name, text in row.items()}) for row in csv.DictReader(file)]


def _value(name: str, text: str) -> Any:
    if name in ("rows", "seed", "value", "bound"):
        return int(text) if text else None
    if name in ("seconds", "cpu_seconds", "peak_mb"):
        return float(text) if text else None
    return text


def record(runs: Sequence[Run]) -> None:
    """Keep the runs of one question, in place of earlier runs of the same instances."""
    question = runs[0].question
    again = {run.instance for run in runs}
    kept = [run for run in recorded(question) if run.instance not in again]
    with (RESULTS / f"{question}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Run)], lineterminator="\n")
        writer.writeheader()
        for run in [*kept, *runs]:
            peak = None if run.peak_mb is None else round(run.peak_mb, 1)
            rounded = {"seconds": round(run.seconds, 4), "cpu_seconds": round(run.cpu_seconds, 4), "peak_mb": peak}
            writer.writerow(asdict(run) | rounded)

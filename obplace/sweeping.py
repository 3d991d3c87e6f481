"""Solve a grid of scenarios in parallel, those that share a kernel once, and keep what is finished in a journal."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from obplace.catalogue import Catalogue
from obplace.crew import Crew, crew
from obplace.deployment import Deployment
from obplace.digest import kernel_digest, pool_digest
from obplace.errors import DataError, InternalError, ObplaceError, UsageError
from obplace.grid import LOST, PRICE, SCHEMA, Scenario, changed, deployment
from obplace.kernel import reduce
from obplace.plan import money
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.solver import Solver

if TYPE_CHECKING:
    import pandas as pd

CRASHED = {"status": "crashed"}

Row = dict[str, Any]


@dataclass
class Shared:
    """What all scenarios have in common; each process reads the pool once, and keeps the pools that it changed."""

    pool: Pool
    catalogue: Catalogue
    base: Deployment
    time_limit: float | None = None
    pools: dict[tuple[object, object], Pool] = field(default_factory=dict)

    def problem(self, scenario: Scenario) -> Problem:
        """Return the problem of a scenario."""
        key = scenario.get(PRICE), scenario.get(LOST)
        if key not in self.pools:
            self.pools[key] = changed(self.pool, scenario)
        return pose(self.catalogue, deployment(self.base, scenario), self.pools[key])


def look(shared: Shared, scenario: Scenario) -> Row:
    """Return the number of a scenario's kernel, or why the scenario asks for what cannot be."""
    try:
        return {"kernel": kernel_digest(reduce(shared.problem(scenario)))}
    except InternalError:
        raise
    except ObplaceError as error:
        return {"status": "refused", "why": "; ".join(error.problems)}


def solved(shared: Shared, scenario: Scenario) -> Row:
    """Return what came of a scenario; money is text, exact."""
    result = Solver(threads=1, time_limit=shared.time_limit).solve(shared.problem(scenario))
    row: Row = {"status": result.status.value, "proof": result.proof.value if result.proof else None}
    for each in result.objectives:
        for name, units in ((each.name, each.value), (f"{each.name}_bound", each.bound)):
            if each.name == "cost" and units is not None:
                row[name] = str(money(units, shared.pool.price_decimals))
            else:
                row[name] = units
    if result.plan is not None:
        row["machines"] = json.dumps(
            {each.name: list(each.roles) for each in result.plan.assignments}, ensure_ascii=False
        )
    return row


def swept(
    shared: Shared,
    scenarios: Sequence[Scenario],
    backend: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    journal: Path | None = None,
    watch: Callable[[int], object] | None = None,
) -> "pd.DataFrame":
    """Return one row a scenario, solved by those whom `crew` finds; see `run` and `frame`."""
    hands = crew(shared, backend, workers, scheduler)
    try:
        return frame(scenarios, run(shared, scenarios, hands, journal, watch))
    finally:
        hands.close()


def run(
    shared: Shared,
    scenarios: Sequence[Scenario],
    hands: Crew,
    journal: Path | None = None,
    watch: Callable[[int], object] | None = None,
) -> list[Row]:
    """Return the rows of all scenarios, in their order; ``watch`` is told how many are finished."""
    watch = watch or (lambda _: None)
    with _Journal(journal, _question(shared, scenarios), len(scenarios)) as kept:
        done = kept.rows
        watch(len(done))
        open_ones = {number: each for number, each in enumerate(scenarios) if number not in done}
        # First what they come to: of those that share a kernel only the first is solved.
        by_kernel: dict[str, list[int]] = {}
        for number, found in hands.do(look, open_ones):
            if found is None or "kernel" not in found:
                kept.add(number, found or CRASHED)
                watch(len(done))
            else:
                by_kernel.setdefault(found["kernel"], []).append(number)
        known = {row["kernel"]: row for row in done.values() if row.get("kernel")}
        for kernel in by_kernel.keys() & known.keys():
            for number in by_kernel.pop(kernel):
                kept.add(number, known[kernel])
        firsts = {min(numbers): kernel for kernel, numbers in by_kernel.items()}
        for first, answer in hands.do(solved, {number: scenarios[number] for number in sorted(firsts)}):
            kernel = firsts[first]
            row = {**(answer or CRASHED), "kernel": kernel}
            for number in sorted(by_kernel[kernel]):
                kept.add(number, row)
            watch(len(done))
        return [done[number] for number in range(len(scenarios))]


def frame(scenarios: Sequence[Scenario], rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Return one row a scenario: what is different in it, then what came of it, money as exact decimals."""
    import pandas as pd

    found = [name for name in ("servers", "cost", "alike") if any(name in row for row in rows)]
    columns = ["status", "proof", *found, *(f"{name}_bound" for name in found), "machines", "kernel", "why"]
    records = []
    for scenario, row in zip(scenarios, rows, strict=True):
        record: Row = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in scenario.items()}
        for name in columns:
            value = row.get(name)
            record[name] = Decimal(value) if name in ("cost", "cost_bound") and value is not None else value
        records.append(record)
    made = pd.DataFrame(records, dtype=object)
    return made.astype({name: "Int64" for name in made.columns if name.removesuffix("_bound") in ("servers", "alike")})


def kind_of(output: Path | None) -> str:
    """Return how rows are written to a file of that name: csv, jsonl or parquet.

    Raises
    ------
    UsageError
        The name says something else.
    """
    kind = "csv" if output is None else output.suffix.lower().removeprefix(".")
    if kind not in ("csv", "jsonl", "parquet"):
        raise UsageError(f"{output}: a sweep is written as .csv, .jsonl or .parquet")
    return kind


def write(found: "pd.DataFrame", kind: str, output: Path | None) -> None:
    """Write rows to a file, or to standard output; money keeps its digits."""
    made = found if kind == "parquet" else found.map(lambda cell: str(cell) if isinstance(cell, Decimal) else cell)
    try:
        match kind:
            case "parquet":
                made.to_parquet(output, index=False)
            case "jsonl":
                made.to_json(output, orient="records", lines=True, force_ascii=False)
            case _:
                made.to_csv(output or sys.stdout, index=False, lineterminator="\n")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None


def _question(shared: Shared, scenarios: Sequence[Scenario]) -> str:
    asked = (shared.catalogue, shared.base.said(), shared.time_limit, [sorted(each.items()) for each in scenarios])
    return blake2b(
        (repr(asked) + pool_digest(shared.pool)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


class _Journal:
    """A file with a line for each finished scenario, so that an interrupted sweep can go on; or none."""

    def __init__(self, path: Path | None, question: str, scenarios: int) -> None:
        self.path = path
        self.question = question
        self.scenarios = scenarios
        self.rows: dict[int, Row] = {}
        self.stream: BinaryIO | None = None

    def __enter__(self) -> "_Journal":
        if self.path is None:
            return self
        try:
            whole = self._read() if self.path.exists() else 0
            self.stream = self.path.open("r+b" if whole else "wb")
        except OSError as error:
            raise UsageError(f"cannot use the journal {self.path}: {error.strerror}") from None
        self.stream.seek(whole)
        self.stream.truncate()  # a line that was being written when the sweep was ended
        if not whole:
            self._write({"schema": SCHEMA, "question": self.question})
        return self

    def __exit__(self, *_: object) -> None:
        if self.stream is not None:
            self.stream.close()

    def _read(self) -> int:
        """Read the finished scenarios, and return how many bytes hold whole lines."""
        text = Path(str(self.path)).read_bytes()
        whole = text.rfind(b"\n") + 1
        if not whole:
            return 0
        try:
            head, *lines = [json.loads(line) for line in text[:whole].splitlines()]
            if head["schema"] != SCHEMA:
                raise ValueError
            self.rows = {line.pop("scenario"): line for line in lines}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError(f"{self.path} is no journal of a sweep: name another file") from None
        if head["question"] != self.question:
            raise UsageError(f"{self.path} is the journal of another sweep: remove it, or name another file")
        return whole

    def add(self, number: int, row: Row) -> None:
        self.rows[number] = row
        self._write({"scenario": number, **row})

    def _write(self, line: Row) -> None:
        if self.stream is not None:
            self.stream.write((json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass"))
            self.stream.flush()

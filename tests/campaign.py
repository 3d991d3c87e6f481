"""Run many random problems against what must be true of them: ``python -m tests.campaign NAME --cases N --resume``.

A campaign is a function from a seed to a row; its rows go to benchmarks/campaigns/NAME.csv, one a case, and a
summary to NAME.json beside it. It ends with code 1 where a row's outcome is not "same".
"""

import argparse
import csv
import importlib.metadata
import json
import multiprocessing
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from random import Random

from obplace.errors import InternalError, ObplaceError
from obplace.kernel import ALL, Reduction, reduce
from obplace.plan import Plan, Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.verify import verify
from tests import bought, certified, conflicted, countered, filled, fleet_forger, forger, traded
from tests import others as others_of
from tests.drawn import Drawn
from tests.mixed import mixed
from tests.oracle import best, holds
from tests.oracle_search import surplus
from tests.problems import Answer, answer, differ, draw
from tests.racked import racked
from tests.twins import alike
from tests.twins import judged as twins_judged

RESULTS = Path(__file__).parent.parent / "benchmarks" / "campaigns"
CHUNK = 50  # cases between two writings
SAMPLE = 2  # of so many cases one is solved again without each kind of rule, to see whether the kind matters

Case = dict[str, str | int | float]
CAMPAIGNS: dict[str, Callable[[int], Case]] = {}


def campaign(function: Callable[[int], Case]) -> Callable[[int], Case]:
    """Register a campaign by the name of its function."""
    CAMPAIGNS[function.__name__] = function
    return function


@campaign
def oracle(seed: int) -> Case:
    """The solver finds what the oracle finds and has a proof for it, and its plan holds for both judges."""
    return _judged(draw(seed), sampled=seed % SAMPLE == 0)


@campaign
def rules(seed: int) -> Case:
    """The same over problems that mix all kinds of rules."""
    return _judged(mixed(seed), sampled=seed % SAMPLE == 0)


@campaign
def buying(seed: int) -> Case:
    """What is bought is what a search through every way to buy finds, and its certificate holds."""
    return bought.judged(seed)


@campaign
def columns(seed: int) -> Case:
    """Listing and generating find the same optimum, which is the oracle's, and no bound is above any plan."""
    return filled.judged(seed)


@campaign
def clusters(seed: int) -> Case:
    """Clusters that are alike made one or left alone, listed or generated: the optimum is the oracle's."""
    problem = alike(seed)
    wrong = twins_judged(problem)
    known = best(problem)
    return {
        "seed": seed,
        "status": "optimal" if known else "infeasible",
        "outcome": "; ".join(wrong) or "same",
        "kinds": " ".join(sorted({type(rule).__name__ for rule in problem.rules})),
    }


def _judged(drawn: Drawn, *, sampled: bool) -> Case:
    problem = drawn.pose()
    known = best(problem)
    result = Solver(threads=1).solve(problem)
    wrong = []
    if values(result) != (known.objectives if known else None):
        wrong.append(f"objectives {values(result)} instead of {known}")
    if result.status is not (Status.OPTIMAL if known else Status.INFEASIBLE):
        wrong.append(f"status {result.status}")
    if result.proof is None:
        wrong.append("unproven")
    if result.plan and known:
        placement = {each.name: each.roles for each in result.plan.assignments}
        zones = _given(problem, result.plan)
        wrong += [str(violation) for violation in verify(problem, placement, zones)]
        if not holds(problem, placement, zones):
            wrong.append("the oracle does not accept the plan")
        extra = sum(surplus(problem, each.machine) for each in result.plan.assignments)
        if extra != known.surplus:
            wrong.append(f"surplus {extra} instead of {known.surplus}")
    found = dict(zip(problem.objectives, known.objectives, strict=True)) if known else None
    matter = [kind for kind in drawn.kinds if sampled and _matters(drawn, kind, found)]
    return _facts(drawn, result) | {
        "oracle": _text(known.objectives if known else None),
        "sampled": int(sampled),
        "matter": " ".join(matter),
        "ways": known.ways if known else 0,
        "outcome": "; ".join(wrong) or "same",
    }


def _matters(drawn: Drawn, kind: str, found: Answer) -> bool:
    try:
        return differ(found, answer(drawn.without(kind)))
    except ObplaceError:
        return False  # what is left contradicts itself, which tells nothing


def _given(problem: Problem, plan: Plan) -> dict[str, str]:
    """Return the zones that a plan gives, by machine name."""
    own = problem.pool.take([each.machine.row for each in plan.assignments])
    pairs = [(each, machine.domains.get("zone")) for each, machine in zip(plan.assignments, own, strict=True)]
    return {each.name: zone for each, known in pairs if known is None and (zone := each.machine.domains.get("zone"))}


@campaign
def repeat(seed: int) -> Case:
    """The same question gives the same plan, machine by machine, whatever rows, seed and threads."""
    rng = Random(-1 - seed)
    drawn = _sized(seed, rng)
    first = Solver(threads=1).solve(drawn.pose())
    wrong = []
    for threads in (1, 2):
        order = list(range(len(drawn.rows)))
        rng.shuffle(order)
        again = Solver(threads=threads, seed=rng.randrange(1000)).solve(drawn.pose(order))
        if (again.status, values(again), _names(again)) != (first.status, values(first), _names(first)):
            wrong.append(f"rows {order}, {threads} threads: {_names(again)} instead of {_names(first)}")
    if first.plan and not first.settled:
        wrong.append("not settled")
    return {**_facts(drawn, first), "outcome": "; ".join(wrong) or "same"}


@campaign
def reductions(seed: int) -> Case:
    """Without one of the reductions, or without all, the optimum is the same."""
    drawn = _sized(seed, Random(-1 - seed))
    problem = drawn.pose()
    first = Solver(threads=1).solve(problem)
    everything = _machines(problem, frozenset())
    wrong = []
    removes = []
    for used in (frozenset[Reduction](), *(frozenset({each}) for each in sorted(ALL))):
        again = Solver(threads=1, reductions=used).solve(problem)
        if (again.status, values(again)) != (first.status, values(first)):
            wrong.append(f"with {sorted(used)}: {again.status} {values(again)} instead of {values(first)}")
        if _machines(problem, used) < everything:
            removes += sorted(used)
    return {**_facts(drawn, first), "removes": " ".join(removes), "outcome": "; ".join(wrong) or "same"}


@campaign
def racks(seed: int) -> Case:
    """With more racks than a plan touches, leaving racks out keeps the optimum, and rows in any order the plan."""
    problem = racked(seed)
    first = Solver(threads=1, reductions=frozenset()).solve(problem)
    wrong = []
    for used in (frozenset({Reduction.RACKS}), ALL):
        again = Solver(threads=1, reductions=used).solve(problem)
        if (again.status, values(again)) != (first.status, values(first)):
            wrong.append(f"with {sorted(used)}: {again.status} {values(again)} instead of {values(first)}")
    shuffled = Solver(threads=1).solve(racked(seed, shuffled=True))
    if _names(shuffled) != _names(again):
        wrong.append(f"rows shuffled: {_names(shuffled)} instead of {_names(again)}")
    everything = _machines(problem, frozenset())
    removes = [each for each in sorted(ALL) if _machines(problem, frozenset({each})) < everything]
    facts = {"machines": len(problem.pool), "kinds": "spread", "status": str(first.status)}
    return {
        **facts,
        "objectives": _text(values(first)),
        "removes": " ".join(removes),
        "outcome": "; ".join(wrong) or "same",
    }


@campaign
def certificates(seed: int) -> Case:
    """Every answer carries a certificate that the checker accepts on the pool, trees and proofs of no plan included."""
    return certified.judged(seed)


@campaign
def forgery(seed: int) -> Case:
    """Of forged plans the checker accepts only what the oracle confirms."""
    return forger.judged(seed)


@campaign
def fleet_forgery(seed: int) -> Case:
    """Of forged plans of fleets only what the oracle confirms is accepted, and no bound is above the optimum."""
    return fleet_forger.judged(seed)


@campaign
def conflicts(seed: int) -> Case:
    """Conflicts are minimal, repairs hold, and the first repair is the best that exhaustive search finds."""
    return conflicted.judged(seed)


@campaign
def whatif(seed: int) -> Case:
    """The price and size that bring a machine into the plan or out of it are those that exhaustive search finds."""
    return countered.judged(seed)


@campaign
def frontier(seed: int) -> Case:
    """A frontier is what going through all plans finds, and every plan on it holds and is proven."""
    return traded.judged(seed)


@campaign
def others(seed: int) -> Case:
    """The best few plans are those of going through all of them, and the few that differ are the farthest."""
    return others_of.judged(seed)


def _sized(seed: int, rng: Random) -> Drawn:
    """Return the problem of a seed, every other one with more machines: in few there is little to remove."""
    return draw(seed).larger(rng) if seed % 2 else draw(seed)


def _machines(problem: Problem, used: frozenset[Reduction]) -> int:
    return sum(each.size for each in reduce(problem, used).classes)


def values(result: Result) -> tuple[int | None, ...] | None:
    """Return the objectives of a result; None where there is no plan."""
    return tuple(each.value for each in result.objectives) if result.plan else None


def _names(result: Result) -> list[tuple[str, tuple[str, ...]]] | None:
    return [(each.name, each.roles) for each in result.plan.assignments] if result.plan else None


def _facts(drawn: Drawn, result: Result) -> Case:
    return {
        "catalogue": drawn.catalogue.name,
        "machines": len(drawn.rows),
        "kinds": " ".join(drawn.kinds),
        "status": str(result.status),
        "objectives": _text(values(result)),
    }


def _text(objectives: Sequence[int | None] | None) -> str:
    return "" if objectives is None else " ".join(map(str, objectives))


def case(name: str, seed: int) -> Case:
    """Return the row of one case; a failure of obplace itself is an outcome too."""
    start = time.perf_counter()
    try:
        row = CAMPAIGNS[name](seed)
    except InternalError as error:
        row = {"outcome": f"InternalError: {error}"}
    return {"seed": seed, "seconds": round(time.perf_counter() - start, 3), **row}


def _numbered(job: tuple[str, int]) -> Case:
    return case(*job)


def run(name: str, seeds: Sequence[int], processes: int, file: Path) -> None:
    """Run the cases of these seeds and append their rows to the file, chunk by chunk."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        rows = pool.imap(_numbered, [(name, seed) for seed in seeds], chunksize=5)
        while chunk := list(islice(rows, CHUNK)):
            _append(file, chunk)
            print(f"{name}: seed {chunk[-1]['seed']}, {len(chunk)} more", file=sys.stderr)  # noqa: T201  a long run


def _append(file: Path, rows: Sequence[Case]) -> None:
    new = not file.exists()
    if new:
        columns = max((list(row) for row in rows), key=len)
    else:
        with file.open(encoding="utf-8", newline="") as stream:
            columns = next(csv.reader(stream))
    with file.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def read(file: Path) -> list[dict[str, str]]:
    """Return the rows kept so far, each seed once."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return list({row["seed"]: row for row in csv.DictReader(stream)}.values())


def summary(rows: Sequence[dict[str, str]]) -> dict[str, object]:
    """Return what the cases say together: differences, and how much of what was drawn matters."""
    cases = len(rows)
    feasible = [row for row in rows if row["status"] == "optimal"]
    answer: dict[str, object] = {
        "cases": cases,
        "seeds": [min(int(row["seed"]) for row in rows), max(int(row["seed"]) for row in rows)],
        "differences": sum(row["outcome"] != "same" for row in rows),
        "feasible": round(len(feasible) / cases, 3),
        "contains": _shares(rows, "kinds", dict.fromkeys(_words(rows, "kinds"), cases)),
    }
    if "matter" in rows[0]:
        sampled = [row for row in rows if row["sampled"] == "1"]
        answer["sampled"] = len(sampled)
        answer["matters"] = _shares(sampled, "matter", _words(sampled, "kinds"))
        counted = [int(row["ways"]) for row in feasible if row["ways"]]
        answer["ties"] = round(sum(ways > 1 for ways in counted) / max(1, len(counted)), 3)
    if "removes" in rows[0]:
        answer["removes"] = _shares(rows, "removes", dict.fromkeys(map(str, sorted(ALL)), cases))
    if "told" in rows[0]:
        answer["told"] = dict(sorted(_words(rows, "told").items()))
    if "leaves" in rows[0]:
        answer |= certified.table(rows)
    if "members" in rows[0]:
        answer |= conflicted.table(rows)
    if "forgeries" in rows[0]:
        answer |= (fleet_forger if "of_whole_machines" in rows[0] else forger).table(rows)
    packages = ("ortools", "numpy", "pandas", "pyarrow")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return answer | {"versions": versions | {"python": platform.python_version()}}


def _words(rows: Sequence[dict[str, str]], column: str) -> Counter[str]:
    return Counter(word for row in rows for word in row[column].split())


def _shares(rows: Sequence[dict[str, str]], column: str, of: dict[str, int]) -> dict[str, float]:
    found = _words(rows, column)
    return {word: round(found[word] / of[word], 3) for word in sorted(of)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign and keep what it found; return 1 where something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("name", choices=sorted(CAMPAIGNS))
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--resume", action="store_true", help="keep the rows there are, skip their seeds")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    chosen = parser.parse_args(arguments)
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{chosen.name}.csv"
    if not chosen.resume:
        file.unlink(missing_ok=True)
    done = {int(row["seed"]) for row in read(file)}
    seeds = [seed for seed in range(chosen.start, chosen.start + chosen.cases) if seed not in done]
    run(chosen.name, seeds, chosen.processes, file)
    rows = read(file)
    found = summary(rows)
    (RESULTS / f"{chosen.name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))  # noqa: T201  the result of the command
    return int(found["differences"] != 0)


if __name__ == "__main__":
    sys.exit(main())

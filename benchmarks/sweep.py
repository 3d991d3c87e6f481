"""The question: what a scenario of a large sweep costs on this machine, and what a second Dask worker brings.

A thousand scenarios on 5,000 machines by two processes, start-up counted in: wall time and CPU of a scenario. Then a
part of them by one and by two Dask workers of one thread each, in turn: the ratio of wall times. Both need two cores
that nobody else uses; the CPU of a scenario divided by two says what they would take.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import pools
from benchmarks.measure import Run, record

ROWS = 5_000
SEED = 1
LOST, PART, ROUNDS = 125, 120, 3
EACH, RATIO = 0.040, 1.7  # targets: seconds a scenario on two cores; one worker's wall time to that of two


def main() -> None:
    """Measure both."""
    from distributed import Client, LocalCluster

    from obplace.catalogue import load
    from obplace.deployment import Deployment
    from obplace.grid import scenarios
    from obplace.pool import Pool
    from obplace.sweeping import Shared, swept

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.csv")
        pools.write("sample", ROWS, SEED, path)
        book = load()
        pool = Pool.read(path, book.kinds)
    lost = [each["lost"] for each in scenarios({"lost": "rack"}, pool)][:LOST]
    grid = {
        "level": ["functional", "performance"],
        "roles.odp": [3, 4],
        "price": ["+0%", "zone=z1:+20%"],
        "lost": lost,
    }
    cases = scenarios(grid, pool)
    shared = Shared(pool, book, Deployment())

    start, before = time.perf_counter(), os.times()
    found = swept(shared, cases, workers=2)
    seconds, after = time.perf_counter() - start, os.times()
    cpu = sum(
        getattr(after, name) - getattr(before, name) for name in ("user", "system", "children_user", "children_system")
    )
    kernels = found["kernel"].nunique()
    runs = [
        Run("sweep", f"{len(cases)} scenarios", ROWS, SEED, "2 processes", seconds, cpu, None, f"{kernels} kernels")
    ]
    print(f"{len(cases)} scenarios, {kernels} kernels: {seconds / len(cases) * 1000:.0f} ms each, "
          f"{cpu / len(cases) / 2 * 1000:.0f} ms CPU each on each of two cores (target {EACH * 1000:.0f})")  # fmt: skip

    record(runs)

    runs = []
    walls: dict[int, list[float]] = {1: [], 2: []}
    for number in range(ROUNDS + 1):
        for workers in walls:
            with (
                LocalCluster(
                    n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
                ) as cluster,
                Client(cluster),
            ):
                swept(shared, cases[:4], "dask")  # loads everything in the workers
                start = time.perf_counter()
                swept(shared, cases[::6][:PART], "dask")
                seconds = time.perf_counter() - start
            if number:
                walls[workers].append(seconds)
                runs.append(Run("sweep", f"{PART} scenarios", ROWS, SEED, f"{workers} Dask workers", seconds, 0.0))
    one, two = (statistics.median(walls[workers]) for workers in (1, 2))
    print(f"{PART} scenarios: one Dask worker {one:.1f} s, two {two:.1f} s: ratio {one / two:.2f} (target {RATIO})")
    record(runs)


if __name__ == "__main__":
    main()

"""Who does the work of a sweep: processes of this machine, or workers of a Dask or Ray cluster.

A process that dies takes no scenario with it: those that were under way are done again, each alone in a process, and
one that ends its process twice more is told as crashed.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, Protocol

from obplace.errors import UsageError

PATIENCE: Final = 5  # seconds for a scheduler to answer
ROUNDS: Final = 3  # times that a Dask cluster may lose all its workers
BACKENDS: Final = ("processes", "dask", "ray")

Work = Callable[[Any, Any], Any]  # of what all share, and of one item


class Crew(Protocol):
    """Whoever can do some work."""

    def do(self, work: Work, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Yield the number and the answer of each item as they come; None where the item ends every process."""
        ...

    def close(self) -> None:
        """Let them go."""
        ...


class Processes:
    """Processes of this machine, each with its own copy of what they share."""

    def __init__(self, shared: object, workers: int | None = None) -> None:
        self.shared = shared
        self.workers = workers or os.cpu_count() or 1
        self.pool: ProcessPoolExecutor | None = None

    def do(self, work: Work, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Yield answers; the work is a function that another process can import."""
        left = dict(items)
        while left:
            futures = {self.executor().submit(_do, work, item): number for number, item in left.items()}
            for future in as_completed(futures):
                try:
                    answer = future.result()
                except BrokenProcessPool:
                    continue
                yield futures[future], answer
                del left[futures[future]]
            if left:
                # They are begun in order, so what was under way is among the first that are left.
                self.close()
                for number in list(left)[: self.workers + 1]:
                    yield number, self.alone(work, left.pop(number))
                self.close()

    def alone(self, work: Work, item: object) -> object:
        """Return the answer of an item that may end its process, the only one; None where it does so twice."""
        for _ in range(2):
            try:
                return self.executor(1).submit(_do, work, item).result()
            except BrokenProcessPool:
                self.close()
        return None

    def executor(self, workers: int | None = None) -> ProcessPoolExecutor:
        """Return the processes, begun if there are none."""
        if self.pool is None:
            # Native libraries do not survive a fork; what the processes share is sent to each once.
            self.pool = ProcessPoolExecutor(workers or self.workers, get_context("spawn"), _begin, (self.shared,))
        return self.pool

    def close(self) -> None:
        """End the processes; what they have not begun is dropped."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)
            self.pool = None


_shared: Any = None  # of a process that was begun by `Processes`


def _begin(shared: object) -> None:
    global _shared  # what all tasks of this process read
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began the processes ends them


def _do(work: Work, item: object) -> object:
    return work(_shared, item)


class Dask:
    """Workers of a Dask cluster, each with what they share in its memory once.

    By Dask's own client: joblib's backend for Dask takes twice as long for tasks of some milliseconds, and where there
    is one worker runs them here. The cluster itself gives the work of a worker that is gone to another.
    """

    def __init__(self, shared: object, scheduler: str | None = None) -> None:
        self.own: Any = None
        self.shared = shared
        try:
            from distributed import Client, KilledWorker, as_completed, get_client

            if scheduler is not None:
                self.own = Client(scheduler, timeout=PATIENCE)  # type: ignore[no-untyped-call]
            self.client = self.own or get_client()
        except ImportError as error:
            raise _missing("dask", error) from None
        except (OSError, ValueError) as error:
            where = f"answers at {scheduler}" if scheduler else "is connected: create a dask.distributed.Client first"
            raise UsageError(f"no Dask scheduler {where} ({error})") from None
        self.as_completed, self.killed = as_completed, KilledWorker
        # Dask names data by their content, and may just be forgetting those of an earlier sweep.
        self.held = self.client.scatter(shared, broadcast=True, hash=False)

    def do(self, work: Work, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Yield answers; None where an item ended several workers one after the other."""
        left = dict(items)
        for _ in range(ROUNDS):
            futures = {self.client.submit(work, self.held, item, pure=False): number for number, item in left.items()}
            for future in self.as_completed(list(futures)):  # type: ignore[no-untyped-call]
                try:
                    answer = future.result()
                except self.killed:
                    answer = None
                except CancelledError:
                    continue  # the last worker that held what they share is gone
                del left[futures[future]]
                yield futures.pop(future), answer
            if not left:
                return
            self.held = self.client.scatter(self.shared, broadcast=True, hash=False)
        for number, item in left.items():  # one of them ends every worker, and takes the others with it
            self.held = self.client.scatter(self.shared, broadcast=True, hash=False)
            try:
                yield number, self.client.submit(work, self.held, item, pure=False).result()
            except (self.killed, CancelledError):
                yield number, None

    def close(self) -> None:
        """Forget what was shared, and leave the cluster if it was joined here."""
        del self.held
        if self.own is not None:
            self.own.close()


class Ray:
    """Workers of a Ray cluster, by joblib's backend for it."""

    def __init__(self, shared: object) -> None:
        self.shared = shared
        try:
            import joblib
            from ray.util.joblib import register_ray
        except ImportError as error:
            raise _missing("ray", error) from None
        register_ray()
        self.joblib = joblib

    def do(self, work: Work, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Yield answers as joblib has them."""
        jobs = (self.joblib.delayed(_numbered)(work, self.shared, number, item) for number, item in items.items())
        with self.joblib.parallel_config(backend="ray"):
            yield from self.joblib.Parallel(n_jobs=-1)(jobs)

    def close(self) -> None:
        """The cluster is not ours."""


def _numbered(work: Work, shared: object, number: int, item: object) -> tuple[int, object]:
    return number, work(shared, item)


def _missing(backend: str, error: ImportError) -> UsageError:
    packages = "'obplace[cluster]'" if backend == "dask" else "joblib 'ray[default]'"
    return UsageError(f"backend {backend} needs {error.name}: python -m pip install {packages}")


def crew(shared: object, backend: str | None, workers: int | None, scheduler: str | None) -> Crew:
    """Return those who do the work.

    Raises
    ------
    UsageError
        There is no such backend, its library is not installed, or nobody answers there.
    """
    if backend not in (None, *BACKENDS):
        raise UsageError(f"unknown backend '{backend}'; expected {', '.join(BACKENDS)}")
    if backend in (None, "processes"):
        if scheduler is not None:
            raise UsageError("a scheduler goes with the backend dask")
        return Processes(shared, workers)
    if workers is not None:
        raise UsageError(f"workers are those of the cluster with backend {backend}: leave out their number")
    if backend == "dask":
        return Dask(shared, scheduler)
    if scheduler is not None:
        raise UsageError("a scheduler goes with the backend dask")
    return Ray(shared)

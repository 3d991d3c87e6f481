"""Who does the work of a sweep: processes of this machine, or workers of a cluster by joblib.

A process that dies takes no scenario with it: those that were under way are done again, each alone in a process, and
one that ends its process again is told as crashed.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, Protocol
from uuid import uuid4

from obplace.errors import InternalError, UsageError

PATIENCE: Final = 5  # seconds for a scheduler to answer
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
        """Return the answer of an item that may end its process, the only one; None where it does."""
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


class Cluster:
    """Workers of a Dask or Ray cluster, by joblib; a worker has what they share in its memory once."""

    def __init__(self, shared: object, backend: str, scheduler: str | None = None) -> None:
        self.held = _Held(shared, uuid4().hex)
        self.client: Any = None
        try:
            import joblib

            self.joblib = joblib
            if backend == "ray":
                from ray.util.joblib import register_ray

                register_ray()
            elif scheduler is not None:
                from distributed import Client

                self.client = Client(scheduler, timeout=PATIENCE)  # type: ignore[no-untyped-call]
            else:
                from distributed import get_client

                get_client()
        except ImportError as error:
            raise UsageError(
                f"backend {backend} needs {error.name}: python -m pip install 'obplace[cluster]'"
                + (" ray" if backend == "ray" else "")
            ) from None
        except (OSError, ValueError) as error:
            where = f"at {scheduler}" if scheduler else "is connected: create a dask.distributed.Client first"
            raise UsageError(f"no Dask scheduler {'answers ' if scheduler else ''}{where} ({error})") from None
        # What is named here is sent to each worker once; Ray does so by itself.
        how = {"scatter": [self.held]} if backend == "dask" else {}
        with self.joblib.parallel_config(backend=backend, **how):
            self.parallel = self.joblib.Parallel(n_jobs=-1, return_as="generator_unordered").__enter__()

    def do(self, work: Work, items: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        """Yield answers; the cluster itself gives the work of a worker that is gone to another."""
        jobs = (self.joblib.delayed(_numbered)(work, self.held, number, item) for number, item in items.items())
        try:
            yield from self.parallel(jobs)
        except Exception as error:
            if type(error).__name__ == "KilledWorker":
                raise InternalError(f"a scenario ends each worker that it is given to: {error}") from None
            raise

    def close(self) -> None:
        """Leave the cluster, if it was joined here."""
        self.parallel.__exit__(None, None, None)
        if self.client is not None:
            self.client.close()


@dataclass(frozen=True)
class _Held:
    """What they share, under a name of its own: Dask names data by their content, and may just be forgetting it."""

    shared: object
    name: str


def _numbered(work: Work, held: _Held, number: int, item: object) -> tuple[int, object]:
    return number, work(held.shared, item)


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
    return Cluster(shared, str(backend), scheduler)

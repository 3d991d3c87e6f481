"""Write the pools that the benchmarks read; in a process of its own, because it takes memory."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import process

PLAIN = ("machine", "cpu", "memory_gb", "storage_gb", "nic_gbps", "cost", "zone", "rack")


def write(kind: str, rows: int, seed: int, path: Path) -> None:
    """Write a pool of so many machines: ``sample`` as `obplace sample` makes it, ``plain`` with eight columns."""
    process([sys.executable, "-m", "benchmarks.pools", kind, str(rows), str(seed), str(path)])


def _plain(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the sampled machines with bare numbers for all quantities, and the columns in PLAIN alone."""
    header = next(pieces).strip().split(",")
    yield ",".join(PLAIN) + "\n"
    places = [header.index("storage" if name == "storage_gb" else name) for name in PLAIN]
    sizes: dict[str, str] = {}
    for piece in pieces:
        lines = []
        for line in piece.splitlines():
            cells = line.split(",")
            size = cells[places[3]]
            if size not in sizes:
                number, unit = size.split()
                sizes[size] = str(round(float(number) * {"GB": 1, "TB": 1000}[unit]))
            cells[places[3]] = sizes[size]
            lines.append(",".join([cells[place] for place in places]))
        yield "\n".join(lines) + "\n"


def _main() -> None:
    from obplace.sample import sample

    kind, rows, seed, path = sys.argv[1:]
    pieces = sample(int(rows), int(seed))
    with Path(path).open("w") as file:
        file.writelines(_plain(pieces) if kind == "plain" else pieces)


if __name__ == "__main__":
    _main()

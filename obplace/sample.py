"""Make up realistic pools of any size, to play with and to measure with."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from obplace.errors import UsageError

HEADER = "machine,ip,cpu,memory_gb,storage,storage_class,nic_gbps,cost,region,idc,zone,rack,arch\n"
REGION = "east"
IDCS = 3  # each with one zone
PER_RACK = 40

HOSTS_PER_SUBNET = 254  # .0 and .255 are no hosts
SUBNETS_PER_OCTET = 256
OCTETS_PER_IDC = 256 // IDCS
MAX_ROWS = IDCS * OCTETS_PER_IDC * SUBNETS_PER_OCTET * HOSTS_PER_SUBNET  # what 10.0.0.0/8 can number

CHUNK = 1 << 16  # rows formatted at once: enough to vectorise, little enough to forget
DRAWS = 4  # random numbers a row takes from the stream
NOISE = 300_000  # parts per million; two of these make a price 0.7 to 1.3 times its list price


@dataclass(frozen=True)
class Generation:
    """One purchase of like machines; each draws one memory, one storage and one NIC from those listed."""

    weight: int  # machines in a thousand
    cpu: int
    memory_gb: tuple[int, ...]
    storage_gb: tuple[int, ...]
    storage_class: str
    nic_gbps: tuple[int, ...]
    arch: str = "x86_64"


# About 43 in 100 can run an OBServer at performance level (32 C, 256 GB, 2 TB SSD, 10 Gbit/s): of 13 machines
# in a zone, as a pool of 40 has them, none can with probability 0.0007. 1.92 TB narrowly misses, as in life.
GENERATIONS = (
    Generation(60, 2, (8,), (480,), "ssd", (1,)),
    Generation(80, 4, (16,), (480, 960), "ssd", (1,)),
    Generation(90, 8, (32, 64), (1200, 2400), "hdd", (1,)),
    Generation(110, 16, (64, 128), (960, 1920), "ssd", (10,)),
    Generation(60, 16, (64,), (4000, 8000), "hdd", (1, 10)),
    Generation(80, 24, (96, 192), (1920, 3840), "ssd", (10,)),
    Generation(120, 32, (128, 256), (1920, 3840), "ssd", (10,)),
    Generation(140, 32, (256,), (3840, 7680), "ssd", (10, 25)),
    Generation(90, 48, (256, 384), (3840, 7680), "nvme", (25,)),
    Generation(80, 64, (256, 512), (3840, 7680), "nvme", (25,)),
    Generation(30, 96, (384, 768), (7680, 15360), "nvme", (25,)),
    Generation(20, 128, (1024,), (7680, 15360), "nvme", (25,)),
    Generation(30, 64, (256,), (3840, 7680), "ssd", (10, 25), "aarch64"),
    Generation(10, 128, (512,), (7680,), "nvme", (25,), "aarch64"),
)

# A made-up monthly price list in hundredths of the currency.
PER_MACHINE = 4_000
PER_CORE = 2_400
PER_GB_MEMORY = 350
PER_GB_STORAGE = {"hdd": 2, "ssd": 8, "nvme": 12}
PER_GBPS = 600


@dataclass(frozen=True)
class Configurations:
    """All that a machine can be, flattened so that a row is one index into each tuple or array.

    Parameters
    ----------
    text
        The cells from cpu to nic_gbps, joined.
    arch
        The cell arch.
    price
        List price in hundredths, shape (configurations,).
    first, count
        Where a generation's configurations begin and how many they are, shape (generations,).
    """

    text: tuple[str, ...]
    arch: tuple[str, ...]
    price: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]


def sample(rows: int, seed: int = 0) -> Iterator[str]:
    """Yield a pool of machines as CSV text: the header line, then pieces of many lines each.

    Parameters
    ----------
    rows
        How many machines. The first machines of a larger pool are those of a smaller one.
    seed
        The same seed gives the same bytes on every platform.

    Raises
    ------
    UsageError
        If ``rows`` is not between 1 and what 10.0.0.0/8 can number, or ``seed`` is negative.
    """
    if not 1 <= rows <= MAX_ROWS:
        raise UsageError(f"a sample of {rows:,} machines, expected from 1 to {MAX_ROWS:,}: each has its own ip")
    if seed < 0:
        raise UsageError(f"seed is {seed}, expected 0 or more")
    return _pieces(rows, seed)


def _pieces(rows: int, seed: int) -> Iterator[str]:
    # NumPy promises the raw stream of a bit generator, not what its distributions make of it. With integers
    # alone no mathematical library can change a byte either.
    stream = np.random.PCG64(seed)
    configurations = _configurations()
    yield HEADER
    for first in range(0, rows, CHUNK):
        size = min(CHUNK, rows - first)
        draws = np.asarray(stream.random_raw(size * DRAWS)).reshape(size, DRAWS)
        yield "".join(_lines(first, draws, configurations))


def _configurations() -> Configurations:
    text: list[str] = []
    arch: list[str] = []
    price: list[int] = []
    count: list[int] = []
    for generation in GENERATIONS:
        options = list(product(generation.memory_gb, generation.storage_gb, generation.nic_gbps))
        count.append(len(options))
        for memory, storage, nic in options:
            kind = generation.storage_class
            text.append(f"{generation.cpu},{memory},{_storage(storage)},{kind},{nic}")
            arch.append(generation.arch)
            price.append(
                PER_MACHINE
                + PER_CORE * generation.cpu
                + PER_GB_MEMORY * memory
                + PER_GB_STORAGE[kind] * storage
                + PER_GBPS * nic
            )
    counts = np.array(count, dtype=np.int64)
    return Configurations(tuple(text), tuple(arch), np.array(price, dtype=np.int64), np.cumsum(counts) - counts, counts)


def _storage(gb: int) -> str:
    """Return a size as vendors write it: '480 GB', '1.92 TB'."""
    return f"{gb} GB" if gb < 1000 else f"{gb / 1000:g} TB"


def _lines(first: int, draws: NDArray[np.uint64], configurations: Configurations) -> Iterator[str]:
    """Yield the CSV lines of the machines from ``first`` on; ``draws`` has shape (machines, DRAWS)."""
    chosen, cents = _hardware(draws, configurations)
    number = np.arange(first, first + len(draws))
    idc, place = number % IDCS, number // IDCS
    subnet, host = place // HOSTS_PER_SUBNET, place % HOSTS_PER_SUBNET + 1
    octet = idc * OCTETS_PER_IDC + subnet // SUBNETS_PER_OCTET
    columns = (
        number + 1,
        octet,
        subnet % SUBNETS_PER_OCTET,
        host,
        chosen,
        cents,
        idc + 1,
        place // PER_RACK + 1,
    )
    text, arch = configurations.text, configurations.arch
    for n, b, c, d, spec, price, i, rack in zip(*(column.tolist() for column in columns), strict=True):
        yield (
            f"srv-{n:04},10.{b}.{c}.{d},{text[spec]},{price // 100}.{price % 100:02},"
            f"{REGION},idc{i},z{i},r{rack:04},{arch[spec]}\n"
        )


def _hardware(draws: NDArray[np.uint64], configurations: Configurations) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each machine's configuration and its price in hundredths, both of shape (machines,)."""
    weights = np.cumsum([generation.weight for generation in GENERATIONS])
    generation = np.searchsorted(weights, _below(draws[:, 0], int(weights[-1])), side="right")
    chosen = configurations.first[generation] + _below(draws[:, 1], configurations.count[generation])
    noise = 1_000_000 - NOISE + _below(draws[:, 2], NOISE + 1) + _below(draws[:, 3], NOISE + 1)
    return chosen, configurations.price[chosen] * noise // 1_000_000


def _below(draws: NDArray[np.uint64], limit: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers in [0, limit), one for each draw of 64 bits; the bias is below limit / 2^64."""
    return (draws % np.asarray(limit, dtype=np.uint64)).astype(np.int64)

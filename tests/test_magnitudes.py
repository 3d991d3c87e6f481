"""Numbers beyond any real pool, from the file to the answer: solved exactly or refused in words, never wrapped."""

from pathlib import Path

import pytest

from tests.estates import catalogue, table
from tests.reply import Tell

COLUMNS = "machine,cpu,memory,storage,cost,quantity"
FINE = {"cpu": "40", "memory": "64 GB", "storage": "4 TB", "cost": "5", "quantity": "1"}
MANY = str(10**12)
DIGITS = "use prices with fewer digits"


def pool(folder: Path, **cells: str) -> Path:
    """Write ten rows with these cells, and what is fine in the others."""
    row = ",".join((FINE | cells).values())
    return table(folder, [f"m{n},{row}" for n in range(10)], COLUMNS)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        ({"quantity": MANY}, "4 servers, cost 20: "),
        ({"quantity": str(4 * 10**18)}, "4 servers, cost 20: "),
        ({"cost": str(10**15), "quantity": MANY}, "4 servers, cost 4,000,000,000,000,000: "),
        ({"memory": f"{10**18} B", "quantity": MANY}, "4 servers, cost 20: "),
        ({"cpu": str(4 * 10**15)}, "4 servers, cost 20: "),
    ],
)
def test_few_roles_have_a_plan(tell: Tell, tmp_path: Path, cells: dict[str, str], first: str):
    """However many machines of whatever size there are, four are used, and their cost is exact and proven."""
    code, out, err = tell("solve", pool(tmp_path, **cells))

    assert (code, err) == (0, "")
    assert out.startswith(f"{first}fewest servers, then lowest cost; proven, with a certificate\n")


@pytest.mark.parametrize(
    ("cells", "code", "text"),
    [
        ({"cost": str(10**18)}, 2, f"the cost of the machines add up to more than 2^53 units; {DIGITS}\n"),
        ({"cost": str(10**19)}, 1, "line 2: cost is '10000000000000000000', expected a price such as 2210.50"),
        ({"quantity": str(10**19)}, 1, "line 2: quantity is '10000000000000000000', expected a whole number such as 3"),
        ({"memory": f"{10**19} B"}, 1, "line 2: memory is '10000000000000000000 B', expected a quantity"),
    ],
)
def test_few_roles_beyond_what_is_exact(tell: Tell, tmp_path: Path, cells: dict[str, str], code: int, text: str):
    """What cannot be added up exactly is refused with what to change, and nothing is solved."""
    reply = tell("solve", pool(tmp_path, **cells))

    assert (reply.code, reply.out) == (code, "")
    assert text in reply.err


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        ({"memory": f"{10**18} B"}, "5 servers, cost 25: "),
        ({"cpu": str(4 * 10**15), "memory": "4000000000 GB"}, "1 server, cost 5: "),
        ({"quantity": MANY}, "7 servers, cost 35: "),
    ],
)
def test_fleet_has_a_plan(tell: Tell, tmp_path: Path, cells: dict[str, str], first: str):
    """A machine counts as having no more than all copies need, and no more machines count than copies run."""
    book = catalogue(tmp_path)
    code, out, err = tell("solve", pool(tmp_path, **cells), "--catalogue", book, "--time-limit", "1")

    assert (code, err) == (0, "")
    assert out.startswith(first)


@pytest.mark.parametrize(
    ("cells", "flags", "text"),
    [
        (
            {"quantity": str(10**15)},
            [],
            f"servers and cost of all machines add up to more than 2^53 units; {DIGITS}, or a pool of fewer machines",
        ),
        ({"cost": str(10**15), "quantity": "3"}, [], "servers and cost of all machines add up to more than 2^53 units"),
        ({"cost": str(9 * 10**18)}, ["--minimize", "cost"], "cost and servers of all machines add up to more than"),
        (
            {"memory": f"{10**18} B"},
            ["--minimum", "role0.memory=9999999999999999B"],
            (
                "memory of all copies adds up to more than 2^53 parts of 1 B, the largest that all needs are multiples "
                "of; ask for rounder or smaller amounts (--minimum)"
            ),
        ),
        (
            {},
            ["--role", f"role0={10**9}"],
            "role role0: 1000000000 copies, expected a whole number from 0 to 1,000,000",
        ),
    ],
)
def test_fleet_beyond_what_is_exact(tell: Tell, tmp_path: Path, cells: dict[str, str], flags: list[str], text: str):
    """Refused in the words of the question, before any sum is made in 64 bits."""
    code, out, err = tell("solve", pool(tmp_path, **cells), "--catalogue", catalogue(tmp_path), *flags)

    assert (code, out) == (2, "")
    assert err.startswith(f"obplace: {text}")


def test_huge_need_of_a_fleet_fits_nowhere(tell: Tell, tmp_path: Path):
    """10^18 bytes in whole GB add up exactly, and are what no machine has."""
    ask = ["--minimum", "role0.memory=900000000GB", "--role", "role1=1000000"]
    code, out, _ = tell("solve", pool(tmp_path), "--catalogue", catalogue(tmp_path), *ask)

    assert code == 3
    assert (
        "- no machine can run role0, which needs cpu 1, memory 878906.25 TB; m0 comes nearest: memory is 64 GB" in out
    )
    assert "- all copies together need cpu 2000174, and the 10 machines that can run any of them have room for 4" in out


@pytest.mark.parametrize(
    ("price", "stock", "code", "text"),
    [
        (10**15, 10**12, 2, f"the cost of the machines add up to more than 2^53 units; {DIGITS}"),
        (9 * 10**18, 10**12, 1, "prices are too large to be exact with their decimals; use fewer of them"),
    ],
)
def test_offers_beyond_what_is_exact(tell: Tell, tmp_path: Path, price: int, stock: int, code: int, text: str):
    """Prices by the month over a horizon are no way around it."""
    offers = table(tmp_path, [f"a,{price},{stock},64,256 GB,4 TB"], "offer,monthly,stock,cpu,memory,storage")
    reply = tell("solve", "--offers", offers, "--horizon", "36")

    assert (reply.code, reply.out) == (code, "")
    assert text in reply.err

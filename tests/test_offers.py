"""What can be bought: tables of offers read, placed beside a pool, and every fault told with its line and column."""

from io import StringIO
from typing import Any

import pandas as pd
import pytest

from obplace.catalogue import load
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.pool import Offers, Pool
from obplace.pose import pose
from obplace.problem import Problem
from tests.small import BOOK, machines, pool, solved

ANY = "8,32 GB,2 TB,ssd,10"
HARDWARE = "cpu,memory,storage,storage_class,nic"


def offers(text: str, **how: Any) -> Offers:
    """Return the offers of a table in a text."""
    lines = [",".join(cell.strip() for cell in line.split(",")) for line in text.strip().splitlines()]
    frame = pd.read_csv(StringIO("\n".join(lines)), dtype=str, keep_default_na=False)
    return Offers.from_frame(frame, BOOK.kinds, **how)


def posed(text: str, owned: str | None = None, **words: Any) -> Problem:
    """Return the problem over these offers, and over what is owned."""
    return pose(BOOK, Deployment(**words), None if owned is None else pool(owned), offers(text))


def names(problem: Problem) -> list[str]:
    """Return the names of all rows, in their order."""
    return problem.pool.names(range(len(problem.pool)))


def prices(problem: Problem) -> dict[str, str]:
    """Return what each row costs, as money."""
    found = problem.pool.take(range(len(problem.pool)))
    scale = 10**problem.pool.price_decimals
    return {each.name: f"{(each.price or 0) / scale:g}" for each in found}


# Faults


def test_every_fault_has_its_row_and_column() -> None:
    """No price, a negative stock, overlapping orders and two currencies are all told, in one run."""
    table = f"""
        offer,{HARDWARE},price,from,to,stock
        none,{ANY},,,,
        neg,{ANY},5 USD,,,-3
        two,{ANY},5 USD,1,9,
        two,{ANY},4 USD,9,,
        eur,{ANY},5 EUR,,,
        short,{ANY},5 USD,4,,3
        back,{ANY},5 USD,4,2,
        zero,{ANY},5 USD,0,,
    """
    with pytest.raises(DataError) as caught:
        offers(table)

    assert caught.value.problems == (
        "frame row 0: cost is blank, expected a price; what is not for sale can be left out by --skip-bad-rows",
        "frame row 1: stock is '-3', expected a whole number of machines such as 10, blank for any number",
        "frame row 3: from overlaps the orders of 'two' on row 2, expected each size of order once; say from and to",
        "frame row 4: cost is in EUR, expected USD as on row 1; one pool has one currency",
        "frame row 5: from is more than the stock, expected as many or fewer",
        "frame row 6: to is below from, expected as many or more",
        "frame row 7: from is 0, expected 1 or more",
    )


def test_rows_of_one_offer_are_one_machine() -> None:
    """What differs besides price and order is told where it stands."""
    table = f"offer,{HARDWARE},price,from,to\ndb,{ANY},5,1,1\ndb,16,32 GB,2 TB,ssd,10,4,2,"
    with pytest.raises(DataError, match="row 1: cpu is not that of 'db' on row 0, expected the same"):
        offers(table)


def test_what_sells_a_resource_has_a_price_by_the_gb() -> None:
    """It has no stock, and sells storage or memory."""
    table = """
        offer,resource,price per GB,stock,price
        gp3,storage,,,
        disc,disc,0.1,,
        few,storage,0.1,3,
    """
    with pytest.raises(DataError) as caught:
        offers(table)

    said = "\n".join(caught.value.problems)
    assert "row 0: resource has no price, expected a price_per_gb or running_per_gb" in said
    assert "row 1: resource is 'disc', expected storage or memory, or blank for a machine" in said
    assert "row 2: resource has a stock or an order, expected none: it is sold by the GB" in said


def test_rows_without_a_price_can_be_left_out() -> None:
    """They are told, and the others are used."""
    read = offers(f"offer,{HARDWARE},price\na,{ANY},5\nb,{ANY},", skip_bad=True)

    assert read.names == ["a"]
    assert len(read.table.skipped) == 1


def test_headers_name_one_currency() -> None:
    """What is paid at once and what is paid every month are the same money."""
    with pytest.raises(DataError, match=r"'price_usd' and 'monthly_eur' name USD and EUR, expected one currency"):
        offers(f"offer,{HARDWARE},price_usd,monthly_eur\na,{ANY},5,1")


def test_pool_and_offers_have_one_currency() -> None:
    """Two files in two currencies cannot be added up."""
    owned = machines(f"{ANY},5", columns=f"{HARDWARE},cost_usd")
    with pytest.raises(DataError, match="its prices are in EUR, those of frame in USD; expected one currency"):
        posed(f"offer,{HARDWARE},price_eur\na,{ANY},5", owned)


def test_an_offer_has_a_name_of_its_own() -> None:
    """A machine that is owned may be called so already."""
    owned = machines(f"{ANY},5", columns=f"{HARDWARE},cost")
    with pytest.raises(DataError, match="'m1' is what another machine is called too; give the offer another name"):
        posed(f"offer,{HARDWARE},price\nm1,{ANY},5", owned)


def test_prices_at_once_and_by_the_month_need_a_horizon() -> None:
    """Nobody can add them up without it; and it says nothing where nothing is bought."""
    with pytest.raises(UsageError, match="say a horizon, such as 36 months"):
        posed(f"offer,{HARDWARE},price,monthly\na,{ANY},5,1")
    with pytest.raises(UsageError, match="a horizon goes with offers: say what can be bought, or leave it out"):
        pose(BOOK, Deployment(horizon=3), pool(machines(f"{ANY},5", columns=f"{HARDWARE},cost")))
    with pytest.raises(UsageError, match="the horizon is 0, expected 1 month or more"):
        posed(f"offer,{HARDWARE},price\na,{ANY},5", horizon=0)


def test_there_is_something_to_choose_from() -> None:
    """A pool, or offers, or both."""
    with pytest.raises(UsageError, match="nothing to choose from: give a pool, or offers, or both"):
        pose(BOOK, Deployment(), None)


def test_something_has_to_be_sold_besides_storage() -> None:
    """Storage alone runs nothing."""
    with pytest.raises(DataError, match="sells no machines, expected a row for each machine type"):
        posed("offer,resource,price per GB,price\ngp3,storage,0.1,")


# Money


def test_a_machine_costs_its_price_and_its_months() -> None:
    """Over 36 months, what is owned too: 'Monthly cost' is every month's; hours count 730 a month."""
    owned = machines(f"{ANY},2.50", columns=f"{HARDWARE},Monthly cost")
    table = f"offer,{HARDWARE},price,monthly\na,{ANY},1000,10.25\nb,{ANY},,20"

    assert prices(posed(table, owned, horizon=36)) == {"m1": "90", "a": "1369", "b": "720"}
    assert prices(posed(f"offer,{HARDWARE},price per hour\na,{ANY},0.0255", horizon=2)) == {"a": "37.23"}


@pytest.mark.parametrize("column", ["price", "monthly", "price per hour"])
def test_prices_stay_exact_or_are_refused(column: str) -> None:
    """What 64 bits cannot hold, with the decimals that others have, is too large."""
    with pytest.raises(DataError, match="too large to be exact"):
        posed(f"offer,{HARDWARE},{column}\na,{ANY},9000000000000\nb,{ANY},0.000000001", horizon=9)


def test_what_is_owned_and_has_no_price_costs_nothing() -> None:
    """A pool without the column is there to be used."""
    assert prices(posed(f"offer,{HARDWARE},price\na,{ANY},7", machines(ANY, columns=HARDWARE))) == {"m1": "0", "a": "7"}


# Places


def test_an_offer_stands_where_it_says_or_anywhere() -> None:
    """Several places stand in one cell; a blank one is wherever machines stand, or other offers may."""
    table = f"offer,{HARDWARE},price,zone\na,{ANY},5,z1|z9\nb,{ANY},6,\nc,{ANY},7,z2"
    owned = machines(f"{ANY},z1", f"{ANY},z2", columns=f"{HARDWARE},zone")

    assert names(posed(table, owned))[2:] == ["a@z1", "a@z9", "b@z1", "b@z2", "b@z9", "c"]


def test_idcs_follow_from_zones_that_are_known() -> None:
    """Where the pool says in which IDC a zone lies, so do offers that name the zone alone; racks have to be named."""
    table = f"offer,{HARDWARE},price,zone\na,{ANY},5,z1|z2"
    owned = machines(f"{ANY},d1,r1,z1", f"{ANY},d2,r2,z2", columns=f"{HARDWARE},idc,rack,zone")
    problem = posed(table, owned)

    assert [each.domains for each in problem.pool.take([2, 3])] == [
        {"idc": "d1", "rack": None, "zone": "z1"},
        {"idc": "d2", "rack": None, "zone": "z2"},
    ]


def test_storage_is_bought_up_to_what_is_needed() -> None:
    """1.2 TB for an OBServer, with ODP 1.4 TB, OCP 1.5 TB, ODP alone 200 GB: each is a way to buy the machine."""
    table = f"offer,resource,{HARDWARE},price,price per GB\na,,8,32 GB,,,10,50,\ngp3,storage,,,,ssd,,,0.01"

    assert prices(posed(table)) == {
        "a": "50",
        "a+200GB": "52",
        "a+1200GB": "62",
        "a+1400GB": "64",
        "a+1500GB": "65",
    }


def test_a_way_to_buy_can_be_named() -> None:
    """A role is pinned to a machine with just so much storage, as to any other of the pool; another is banned."""
    table = f"offer,resource,{HARDWARE},price,price per GB\na,,8,32 GB,,,10,50,\ngp3,storage,,,,ssd,,,0.01"
    problem = posed(table, pin={"odp": ("a+1400GB",)}, ban=("a+200GB",))
    result = solved(problem)

    assert result.plan is not None
    assert {each.name for each in result.plan.where("odp")} >= {"a+1400GB#1"}
    with pytest.raises(UsageError, match="no machine 'a"):
        posed(table, ban=("a+7GB",))


def test_a_machine_may_have_some_of_its_own_storage() -> None:
    """Only what is missing is bought, and what it then has is of the lower class of both."""
    table = f"offer,resource,{HARDWARE},price,price per GB\na,,8,32 GB,1 TB,nvme,10,50,\ngp3,storage,,,,ssd,,,0.01"
    problem = posed(table, roles={"observer": 3, "odp": 0, "ocp": 0, "oat": 0})
    found = problem.pool.take(range(len(problem.pool)))

    assert [(each.name, each.capacity["storage"], each.capacity["storage_class"]) for each in found] == [
        ("a", 10**12, 2),
        ("a+200GB", 12 * 10**11, 1),
    ]


def test_any_catalogue_has_offers() -> None:
    """The resources of a table are those of the catalogue in force."""
    kit = load("oceanbase-4.2.5")

    assert isinstance(pose(kit, Deployment(), None, offers(f"offer,{HARDWARE},price\na,{ANY},5")).pool, Pool)

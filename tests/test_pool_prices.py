"""Prices are exact, and one pool has one currency."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obplace.errors import DataError
from obplace.pool import Pool


@pytest.fixture
def pool(tmp_path: Path):
    """Return a function that reads a table from text."""

    def read(text: str, **options) -> Pool:
        path = tmp_path / "pool.csv"
        path.write_text(text)
        return Pool.read(path, **options)

    return read


def prices(pool: Pool) -> list[int | None]:
    """Return the scaled prices of all machines."""
    return [machine.price for machine in pool.take(range(len(pool)))]


@pytest.mark.parametrize("text", ["machine,cost\na,0.0255\nb,3\nc,\n", "machine,cost\na,$0.0255\nb,3\nc,\n"])
def test_scale_is_the_most_decimals_used(pool, text: str) -> None:
    """The column is scaled by its most precise price, by the fast and by the slow way alike; blank is unknown."""
    read = pool(text)
    assert read.price_decimals == 4
    assert prices(read) == [255, 30000, None]
    assert next(iter(read)).priced.tolist() == [True, True, False]


def test_trailing_zeros_do_not_count(pool) -> None:
    """12.500 has one decimal, however many zeros follow."""
    read = pool("machine,cost\na,12.5000000000\nb,1e1\n")
    assert (read.price_decimals, prices(read)) == (1, [125, 100])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.lists(st.decimals(0, 10**9, places=9, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_prices_are_exact(pool, values) -> None:
    """Scaled back, each price is the decimal that was written; text with signs reads as plain numbers do."""
    plain = pool("machine,cost\n" + "".join(f"m{row},{value:f}\n" for row, value in enumerate(values)))
    signed = pool("machine,cost\n" + "".join(f"m{row},€{value:f}\n" for row, value in enumerate(values)))
    assert prices(plain) == prices(signed) == [int(value * 10**plain.price_decimals) for value in values]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("0.12345678901", "expected at most 9 decimals"),
        ("-5", "expected a price such as 2210.50"),
        ("-5 €", "expected a price such as 2210.50"),
        ("nan", "expected a price such as 2210.50"),
        ("inf", "expected a price such as 2210.50"),
        ("1e19", "below 9.2e18"),
        ("99999999999999999999", "below 9.2e18"),
        ("5 apples", "expected a price such as 2210.50"),
        ("$5 CNY", "expected a price such as 2210.50"),
    ],
)
def test_bad_prices_are_bad_cells(pool, cell: str, message: str) -> None:
    """A price that is no exact amount of at most 9 decimals is told with its line."""
    with pytest.raises(DataError, match=f"line 3: cost is .*{message}"):
        pool(f"machine,cost\na,1\nb,{cell}\n")


def test_price_beyond_64_bits_once_scaled_is_bad(pool) -> None:
    """What another row's decimals make too large is told, too."""
    with pytest.raises(DataError, match="line 2: cost is too large to be exact with the 2 decimals"):
        pool("machine,cost\na,9000000000000000000\nb,0.01\n")


@pytest.mark.parametrize(
    "text",
    ["machine,cost_cny\na,5\n", "machine,cost\na,¥5\n", "machine,cost\na,5 元\n", "machine,cost,currency\na,5,RMB\n"],
)
def test_currency_comes_from_header_cell_or_column(pool, text: str) -> None:
    """Codes, signs and names are one currency."""
    assert pool(text).currency == "CNY"


def test_prices_without_a_currency_take_the_one_of_the_others(pool) -> None:
    """A bare number is in the currency of the pool; a pool that names none has none."""
    assert pool("machine,cost\na,5\nb,6 EUR\n").currency == "EUR"
    assert pool("machine,cost\na,5\n").currency is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("machine,cost\na,$5\nb,¥6\n", "line 3: cost is in CNY, expected USD as on line 2; one pool has one currency"),
        ("machine,cost_usd\na,5\nb,6 EUR\n", "line 3: cost is in EUR, expected USD as in the header"),
        ("machine,cost,currency\na,5,USD\nb,6,EUR\n", "line 3: cost is in EUR, expected USD as on line 2"),
        ("machine,cost,currency\na,5 USD,EUR\n", "line 2: cost is in EUR and USD, expected one currency"),
        ("machine,cost,currency\na,5,money\n", "line 2: currency is 'money', expected a currency such as CNY"),
    ],
)
def test_two_currencies_are_bad_rows(pool, text: str, message: str) -> None:
    """The first currency holds; who names another is told where the first stands."""
    with pytest.raises(DataError, match=message):
        pool(text)


def test_currency_of_a_row_without_price_does_not_matter(pool) -> None:
    """Only prices have a currency."""
    assert pool("machine,cost,currency\na,5,USD\nb,,EUR\n").currency == "USD"

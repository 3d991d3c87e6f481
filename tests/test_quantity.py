"""Quantities as people write them, and the integers that they are."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obplace.quantity import LIMIT, Kind, decimal_mark, parse, percent, show, units

GB, TB = 1024**3, 10**12


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("8", Kind.CPU, 8000),
        ("8 C", Kind.CPU, 8000),
        ("0.5 cores", Kind.CPU, 500),
        ("8 vCPU", Kind.CPU, 8000),
        ("1930m", Kind.CPU, 1930),
        ("8核", Kind.CPU, 8000),
        ("256", Kind.MEMORY, 256 * GB),
        ("256GB", Kind.MEMORY, 256 * GB),
        ("256 gib", Kind.MEMORY, 256 * GB),
        ("1392Mi", Kind.MEMORY, 1392 * 1024**2),
        ("1.5 TB", Kind.MEMORY, 1536 * GB),
        ("960", Kind.STORAGE, 960 * 10**9),
        ("1.92 TB", Kind.STORAGE, 1_920_000_000_000),
        ("1 TiB", Kind.STORAGE, 1024**4),
        ("1e3 GB", Kind.STORAGE, TB),
        ("1,234,567 KB", Kind.STORAGE, 1_234_567_000),
        ("10", Kind.NIC, 10**10),
        ("10GE", Kind.NIC, 10**10),
        ("25 GbE", Kind.NIC, 25 * 10**9),
        ("10 Gbit/s", Kind.NIC, 10**10),
        ("10Gb/s", Kind.NIC, 10**10),
        ("750 Mbps", Kind.NIC, 750 * 10**6),
        ("SATA", Kind.CLASS, 0),
        ("SATA SSD", Kind.CLASS, 1),
        ("NVMe SSD", Kind.CLASS, 2),
        ("固态硬盘", Kind.CLASS, 1),
        ("3", Kind.COUNT, 3),
        ("3.0", Kind.COUNT, 3),
    ],
)
def test_parse_reads_the_field_s_own_spellings(text: str, kind: Kind, value: int) -> None:
    """Memory is binary, storage and bandwidth are decimal unless an 'i' says otherwise; bare numbers have defaults."""
    assert parse(text, kind) == value


@pytest.mark.parametrize(
    "text", ["", "lots", "-1", "nan", "inf", "1e300", "1e99999999", "12 34", "1_000", "0x10", "5 GBit of RAM", "١٢"]
)
@pytest.mark.parametrize("kind", [Kind.CPU, Kind.MEMORY, Kind.STORAGE, Kind.NIC, Kind.COUNT, Kind.CLASS])
def test_parse_refuses_what_is_no_quantity(text: str, kind: Kind) -> None:
    """Nothing is guessed from text, negative or endless numbers."""
    with pytest.raises(ValueError, match=r"^expected "):
        parse(text, kind)


def test_parse_names_an_example_of_the_kind() -> None:
    """The message shows what would have been right."""
    with pytest.raises(ValueError, match=r"expected a quantity such as 256 or '256 GB'"):
        parse("lots", Kind.MEMORY)


def test_bytes_per_second_are_no_bandwidth() -> None:
    """10 GB/s is eight times 10 Gb/s, so the capital B is refused instead of misread."""
    with pytest.raises(ValueError, match="10 Gbit/s"):
        parse("10 GB/s", Kind.NIC)


def test_unit_of_the_header_is_for_bare_numbers_only() -> None:
    """A unit in the cell wins over the one in the header."""
    assert parse("2048", Kind.MEMORY, unit="mb") == 2 * GB
    assert parse("2 GB", Kind.MEMORY, unit="mb") == 2 * GB


def test_fractions_round_against_the_claim() -> None:
    """A capacity never claims more than is there, a requirement never less than is needed."""
    assert parse("0.0019", Kind.CPU) == 1
    assert parse("0.0019", Kind.CPU, round_up=True) == 2


def test_counts_have_no_fractions() -> None:
    """Half a machine is a mistake, not one to be rounded."""
    with pytest.raises(ValueError, match="whole number"):
        parse("2.5", Kind.COUNT)


def test_lone_group_of_three_is_ambiguous() -> None:
    """'1,234' is refused until somebody says which mark is the decimal one."""
    with pytest.raises(ValueError, match=r"one way only: this is 1.234 or 1234; pass --decimal"):
        parse("1,234", Kind.STORAGE)

    assert parse("1,234", Kind.STORAGE, decimal=".") == 1234 * 10**9
    assert parse("1,234", Kind.STORAGE, decimal=",") == 1234 * 10**6


def test_decimal_comma_takes_its_own_thousands() -> None:
    """With a decimal comma, points, spaces and apostrophes group thousands, consistently."""
    for text in ("1.234,5 GB", "1 234,5 GB", "1'234,5 GB", "1\u202f234,5 GB"):
        assert parse(text, Kind.STORAGE, decimal=",") == 1_234_500_000_000
    with pytest.raises(ValueError, match="expected a quantity"):
        parse("1.5 GB", Kind.STORAGE, decimal=",")


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        *(("1,5", ","), ("1.234,50 GB", ","), ("0,123", ","), ("1234,567", ","), ("1.234.567", ",")),
        *(("1.5 TB", "."), ("1,234.5", "."), ("1,234,567", ".")),
        *(("1,234", None), ("1.234", None), ("256 GB", None), ("lots", None), ("", None)),
    ],
)
def test_decimal_mark_is_told_only_by_proof(text: str, mark: str | None) -> None:
    """A group of three digits after a single mark proves nothing."""
    assert decimal_mark(text) == mark


@given(st.sampled_from([kind for kind in Kind if kind is not Kind.CLASS]), st.integers(0, LIMIT - 1))
def test_show_is_exact(kind: Kind, value: int) -> None:
    """What is shown is the same integer when it is parsed again."""
    assert parse(show(value, kind), kind) == value


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (32_000, Kind.CPU, "32"),
        (1930, Kind.CPU, "1.93"),
        (256 * GB, Kind.MEMORY, "256 GB"),
        (3055 * 1024**2, Kind.MEMORY, "3055 MB"),
        (1_200_000_000_000, Kind.STORAGE, "1.2 TB"),
        (10**10, Kind.NIC, "10 Gbit/s"),
        (1, Kind.CLASS, "ssd"),
        (0, Kind.STORAGE, "0 B"),
    ],
)
def test_show_is_for_people(value: int, kind: Kind, shown: str) -> None:
    """The largest unit that needs at most three decimals is used."""
    assert show(value, kind) == shown


@given(st.text(max_size=20), st.sampled_from(list(Kind)), st.sampled_from([None, ".", ","]))
def test_any_text_is_a_quantity_or_a_value_error(text: str, kind: Kind, decimal: str | None) -> None:
    """No text ends in another exception, or in a number outside the range."""
    try:
        value = parse(text, kind, decimal=decimal)
    except ValueError:
        return
    assert 0 <= value < LIMIT


def test_units_are_what_headers_may_name() -> None:
    """The units of a kind are given in lower case and without the empty one."""
    assert {"mb", "mib", "gb", "tb"} <= units(Kind.MEMORY)
    assert "" not in units(Kind.CPU)


def test_percent_is_exact() -> None:
    """A percentage is a fraction, never a float."""
    assert percent("2%") == Fraction(1, 50)
    assert percent(" 0.5 % ") == Fraction(1, 200)


@pytest.mark.parametrize("text", ["0.02", "2", "100%", "-1%", "%", "nan%"])
def test_percent_refuses_what_could_mean_two_things(text: str) -> None:
    """Without its sign 0.02 is 2% to some and 0.02% to others; 100% and more has no meaning here."""
    with pytest.raises(ValueError, match="expected a percentage"):
        percent(text)

"""Turn quantities as people write them into exact integers in base units, and back, without any float."""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Final


class Kind(StrEnum):
    """What a quantity measures, and with it the base unit of its integer.

    ``cpu`` millicores, ``memory`` and ``storage`` bytes, ``nic`` bit/s, ``count`` pieces, ``class`` a rank
    (hdd 0, ssd 1, nvme 2).
    """

    CPU = "cpu"
    MEMORY = "memory"
    STORAGE = "storage"
    NIC = "nic"
    CLASS = "class"
    COUNT = "count"


LIMIT: Final = 2**62  # sums of a few capacities must still fit into 64 bits

_EXPECTED: Final = {
    Kind.CPU: "expected a number of cores such as 8 or '8 cores'",
    Kind.MEMORY: "expected a quantity such as 256 or '256 GB'",
    Kind.STORAGE: "expected a quantity such as 960 or '1.92 TB'",
    Kind.NIC: "expected a bandwidth such as 10 or '10 Gbit/s'",
    Kind.CLASS: "expected hdd, ssd or nvme",
    Kind.COUNT: "expected a whole number such as 3",
}

_CLASSES: Final = ("hdd", "ssd", "nvme")
_CLASS_WORDS: Final = {
    **dict.fromkeys(("hdd", "sas", "sata", "nlsas", "sashdd", "satahdd", "spinning", "rotational"), 0),
    **dict.fromkeys(("机械硬盘", "机械", "机械盘"), 0),
    **dict.fromkeys(("ssd", "satassd", "sasssd", "flash", "solidstate", "固态硬盘", "固态", "固态盘"), 1),
    **dict.fromkeys(("nvme", "nvmessd", "ssdnvme", "pciessd", "nvmeflash", "nvme固态硬盘", "nvme硬盘"), 2),
}

_POWERS: Final = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def _bytes(plain: int) -> dict[str, int]:
    """Return the units of bytes in lower case, where 'kb' means ``plain`` bytes and 'kib' always 1024."""
    units = {"b": 1, "byte": 1, "bytes": 1}
    for letter, power in _POWERS.items():
        units |= dict.fromkeys((letter, f"{letter}b"), plain**power)
        units |= dict.fromkeys((f"{letter}i", f"{letter}ib"), 1024**power)
    return units


def _bits() -> dict[str, int]:
    """Return the units of bandwidth in lower case."""
    units = {"bit/s": 1, "bps": 1}
    for letter, power in _POWERS.items():
        for ending in ("", "b", "bit", "bit/s", "bps", "b/s", "bits/s", "be", "e"):
            units[letter + ending] = 1000**power
    return units


_UNITS: Final[dict[Kind, dict[str, int]]] = {
    Kind.CPU: {
        **dict.fromkeys(("", "c", "core", "cores", "cpu", "cpus", "vcpu", "vcpus", "核", "核心"), 1000),
        "m": 1,
    },
    Kind.MEMORY: {"": 1024**3, **_bytes(1024)},
    Kind.STORAGE: {"": 1000**3, **_bytes(1000)},
    Kind.NIC: {"": 1000**3, **_bits()},
    Kind.CLASS: {},
    Kind.COUNT: {"": 1},
}

_SHOWN: Final[dict[Kind, tuple[tuple[str, int], ...]]] = {
    Kind.MEMORY: (("PB", 1024**5), ("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024), ("B", 1)),
    Kind.STORAGE: (
        *(("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 1000), ("B", 1)),
        *(("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2)),
    ),
    Kind.NIC: (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("Kbit/s", 1000), ("bit/s", 1)),
}

_SPACES: Final = " \u00a0\u202f\u2009"
_SPLIT: Final = re.compile(rf"(\+?[0-9.,'’{_SPACES}]*[0-9.,](?:e[+-]?[0-9]+(?![^\W0-9]))?)\s*(.*)", re.I | re.S)
_PLAIN: Final = re.compile(r"\+?([0-9]+(?:,[0-9]{3})*)?(?:\.([0-9]*))?(?:e([+-]?[0-9]{1,3}))?", re.I)
_COMMA: Final = re.compile(
    rf"\+?([0-9]+|[0-9]{{1,3}}(?:([.'’{_SPACES}])[0-9]{{3}})(?:\2[0-9]{{3}})*)?(?:,([0-9]*))?(?:e([+-]?[0-9]{{1,3}}))?",
    re.I,
)
_AMBIGUOUS: Final = re.compile(r"\+?[1-9][0-9]{0,2},[0-9]{3}")
_LONGEST: Final = 40  # digits; anything longer is no quantity, and huge powers of ten would only eat memory


def number(text: str, *, decimal: str | None = None) -> tuple[int, int]:
    """Read a non-negative number exactly.

    Parameters
    ----------
    text
        Digits with an optional fraction, thousands in groups of three, an optional exponent.
    decimal
        The decimal mark, '.' or ','; with None it is '.', and a lone '1,234' is refused, for nobody can know
        which of the two it means.

    Returns
    -------
    tuple of int
        Mantissa and power of ten; the mantissa has no trailing zero unless it is 0.

    Raises
    ------
    ValueError
        When the text is no such number; the message starts with 'expected'.
    """
    text = text.strip()
    if decimal is None and "," in text and _AMBIGUOUS.fullmatch(text):
        raise ValueError(
            "expected a number that can be read in one way only: this is 1.234 or 1234; "
            "pass --decimal . or --decimal , to say which mark is the decimal one"
        )
    if decimal == ",":
        match = _COMMA.fullmatch(text)
        whole, fraction, power = match.group(1, 3, 4) if match else (None, None, None)
    else:
        match = _PLAIN.fullmatch(text)
        whole, fraction, power = match.group(1, 2, 3) if match else (None, None, None)
        if whole and "," in whole and len(whole.split(",", 1)[0]) > 3:
            match = None
    if not match or not (whole or fraction) or len(text) > _LONGEST or abs(int(power or 0)) > _LONGEST:
        raise ValueError(f"expected a number such as {'1234,5' if decimal == ',' else '1234.5'}")
    digits = (whole or "") + (fraction or "")
    digits = digits if digits.isdecimal() else re.sub(r"[^0-9]", "", digits)
    significant = digits.rstrip("0")
    if not significant:
        return 0, 0
    return int(significant), int(power or 0) - len(fraction or "") + len(digits) - len(significant)


def decimal_mark(text: str) -> str | None:
    """Return which decimal mark the first number in a text proves, or None where it proves nothing."""
    match = _SPLIT.match(text.strip())
    token = match[1] if match else ""
    if re.fullmatch(r"\+?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|\+?[0-9]{1,3}(?:,[0-9]{3}){2,}", token):
        return "."
    if re.fullmatch(r"\+?[0-9]+\.[0-9]+", token):
        return None if re.fullmatch(r"\+?[1-9][0-9]{0,2}\.[0-9]{3}", token) else "."
    if _COMMA.fullmatch(token) and not _AMBIGUOUS.fullmatch(token) and ("," in token or token.count(".") > 1):
        return ","
    return None


def parse(text: str, kind: Kind, *, unit: str | None = None, decimal: str | None = None, round_up: bool = False) -> int:
    """Return a quantity in the base unit of its kind.

    Parameters
    ----------
    text
        Such as '32', '256 GB', '1.92 TB', '10GE', 'SSD'.
    kind
        What is measured; it also decides whether KB is 1000 or 1024 bytes, and what a bare number means.
    unit
        The unit of a bare number, from a header such as memory_mb; None for the kind's own default.
    decimal
        See `number`.
    round_up
        Round a fraction of the base unit up, as a requirement needs; else down, so that no capacity is
        claimed that is not there.

    Raises
    ------
    ValueError
        When the text is no such quantity; the message starts with 'expected'.
    """
    if kind is Kind.CLASS:
        return _rank(text)
    match = _SPLIT.fullmatch(text.strip())
    if not match:
        raise ValueError(_EXPECTED[kind])
    factor = _factor(match[2].strip() or unit or "", kind)
    try:
        mantissa, power = number(match[1], decimal=decimal)
    except ValueError as error:
        raise ValueError(str(error) if "--decimal" in str(error) else _EXPECTED[kind]) from None
    exact = mantissa * factor * Fraction(10) ** power
    if kind is Kind.COUNT and exact.denominator != 1:
        raise ValueError(_EXPECTED[kind])
    value = -(-exact.numerator // exact.denominator) if round_up else exact.numerator // exact.denominator
    if value >= LIMIT:
        raise ValueError(f"{_EXPECTED[kind]}, and below {show(LIMIT, kind)}")
    return value


def _rank(text: str) -> int:
    rank = _CLASS_WORDS.get(re.sub(r"[\s_-]", "", text).casefold())
    if rank is None:
        raise ValueError(_EXPECTED[Kind.CLASS])
    return rank


def _factor(unit: str, kind: Kind) -> int:
    """Return how many base units one ``unit`` has."""
    # 10 GB/s is 80 Gbit/s; only a B written small, or capitals throughout, may stand for bits.
    bytes_per_second = kind is Kind.NIC and re.fullmatch(r"[A-Za-z]?B(?:ps|/s)?", unit)
    milli = kind is Kind.CPU and unit == "M"  # Kubernetes writes 1930m; a capital M would be mega
    factor = None if bytes_per_second or milli else _UNITS[kind].get(unit.casefold())
    if factor is None:
        raise ValueError(_EXPECTED[kind])
    return factor


def units(kind: Kind) -> frozenset[str]:
    """Return the units of a kind in lower case, as a header may name them."""
    return frozenset(_UNITS[kind]) - {""}


def show(value: int, kind: Kind) -> str:
    """Write a quantity for people; parsed again it is the same integer."""
    if kind is Kind.CLASS:
        return _CLASSES[value]
    if kind is Kind.COUNT:
        return str(value)
    if kind is Kind.CPU:
        return _thousandths(value)
    # Three decimals at most: what needs more is shown in a finer unit, so that nothing is rounded.
    exact = [
        f"{_thousandths(value * 1000 // size)} {unit}"
        for unit, size in _SHOWN[kind]
        if size == 1 or (value >= size and value * 1000 % size == 0)
    ]
    return min(exact, key=len)


def _thousandths(value: int) -> str:
    whole, rest = divmod(value, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def percent(text: str) -> Fraction:
    """Return a percentage such as '2%' as a fraction of one, from 0% to below 100%.

    Raises
    ------
    ValueError
        Also for '0.02' without the sign, which could mean 2% or 0.02%.
    """
    stripped = text.strip()
    try:
        if not stripped.endswith("%"):
            raise ValueError("no sign")
        mantissa, power = number(stripped[:-1])
    except ValueError:
        raise ValueError("expected a percentage with its sign, such as 2%") from None
    value = mantissa * Fraction(10) ** (power - 2)
    if value >= 1:
        raise ValueError("expected a percentage from 0% to below 100%")
    return value

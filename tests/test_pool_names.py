"""Names stay what they are, and two of one name are found among many."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obplace.pool.names import clean, clean_names, hashes, is_plain, numbered, repeated, rows_of, strings

texts = st.lists(st.one_of(st.text(max_size=20), st.text("ab", min_size=250, max_size=270)), max_size=30)


@given(texts)
def test_strings_builds_what_arrow_would(values: list[str]) -> None:
    """A StringArray from buffers equals the one of pa.array."""
    assert strings(values).equals(pa.array(values, pa.string()))


@given(texts, st.integers(0, 5))
def test_equal_texts_have_equal_hashes(values: list[str], start: int) -> None:
    """The hash depends on the text alone, not on its row, its neighbours or a slice."""
    whole = hashes(strings(values)).tolist()
    assert hashes(strings(values).slice(start)).tolist() == whole[start:]
    assert [hashes(strings([value]))[0] for value in values] == whole


def test_hashes_of_similar_names_differ() -> None:
    """A hundred thousand numbered names have nearly as many hashes."""
    found = hashes(strings([f"srv-{number:07d}" for number in range(100_000)]))
    assert len(set(found.tolist())) > 99_990


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "", "long" * 80]), max_size=6), max_size=4))
def test_repeated_groups_rows_of_one_name(batches: list[list[str]]) -> None:
    """All rows of a name that occurs twice or more form a group, across batches; blanks are no name."""
    arrays = [strings(batch) for batch in batches]
    flat = [name for batch in batches for name in batch]
    expected = [
        [row for row, other in enumerate(flat) if other == name]
        for name in dict.fromkeys(flat)
        if name and flat.count(name) > 1
    ]
    assert sorted(repeated(arrays, [hashes(array) for array in arrays])) == sorted(expected)


def test_rows_of_finds_only_what_exists() -> None:
    """A name that is not there is left out."""
    held = strings(["a", "b", "c"])

    assert rows_of(held, hashes(held), ["c", "x", "a"]) == {"a": 0, "c": 2}
    assert rows_of(held, hashes(held), []) == {}


@pytest.mark.parametrize(
    ("values", "plain"),
    [(["a b", "x-1", ""], True), ([" a"], False), (["a "], False), (["é"], False), (["a\t"], False), ([], True)],
)
def test_plain_is_printable_ascii_without_outer_spaces(values: list[str], plain: bool) -> None:
    """Only what cleaning would leave as it is counts as plain."""
    assert is_plain(strings(["skipped\0", *values]).slice(1)) is plain


def test_clean_joins_the_forms_of_one_letter() -> None:
    """A letter with a combining accent is the accented letter."""
    assert clean("  Cafe\u0301 ") == "Caf\u00e9"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x9b", "\u200b", "\u202e", "\u2066", "\ufeff"])
def test_unseen_characters_are_refused(character: str) -> None:
    """Terminal escapes, zero-width and bidirectional characters are no part of a name."""
    cleaned, wrong = clean_names(strings(["ok ", f"a{character}b"]))
    assert cleaned[0].as_py() == "ok"
    assert list(wrong) == [1]


def test_numbered_splits_equal_machines() -> None:
    """NAME#k is the k-th of the equal machines of a row; other names are whole."""
    assert numbered("srv#2") == ("srv", 2)
    assert numbered("a#b#10") == ("a#b", 10)
    assert [numbered(name) for name in ("srv", "srv#0", "srv#02", "#1", "srv#")] == [None] * 5

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upload.file_name import MAX_NAME_BYTES, normalize_name

NAMES = st.one_of(st.text(max_size=400), st.text(max_size=300).map(lambda stem: stem + ".pdf"))


@given(NAMES)
def test_every_normalized_name_is_safe_in_a_key(name: str) -> None:
    safe = normalize_name(name)
    assert len(safe.encode()) <= MAX_NAME_BYTES
    assert not set(safe) & set('/\\${}<>"%^`|~#[]\r\n\t\0:*?;&=@')
    assert not any(unicodedata.category(character)[0] in "CSZ" for character in safe.replace(" ", "").replace("+", ""))
    assert unicodedata.is_normalized("NFC", safe)


@given(NAMES)
def test_normalizing_twice_changes_nothing(name: str) -> None:
    once = normalize_name(name)
    assert normalize_name(once) == once


@given(NAMES)
def test_a_normalized_name_has_a_stem_and_an_extension_or_is_empty(name: str) -> None:
    safe = normalize_name(name)
    stem, dot, extension = safe.rpartition(".")
    assert not safe or (stem and dot and extension)


@pytest.mark.parametrize(
    "name,expected",
    [
        ("report.pdf", "report.pdf"),
        ("Report 2026.PDF", "Report 2026.pdf"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("cafe\u0301.md", "caf\u00e9.md"),
        ("\u6771\u4eac.txt", "\u6771\u4eac.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("a\x00b\x1f.txt", "ab.txt"),
        ("${filename}.txt", "__filename_.txt"),
        ("a \t\n b.txt", "a b.txt"),
        ("..hidden.txt", "hidden.txt"),
        ("archive.tar.gz", "archive.tar.gz"),
    ],
)
def test_a_name_keeps_its_safe_characters(name: str, expected: str) -> None:
    assert normalize_name(name) == expected


@pytest.mark.parametrize("name", ["", ".pdf", "  .pdf", "report", "report.", "/", "folder/", "....", "\u202e.pdf"])
def test_a_name_without_stem_or_extension_is_unusable(name: str) -> None:
    assert normalize_name(name) == ""


def test_a_long_name_is_cut_between_characters_and_keeps_its_extension() -> None:
    safe = normalize_name("\u6771" * 300 + ".pdf")
    assert safe.endswith("\u6771.pdf")
    assert MAX_NAME_BYTES - 3 < len(safe.encode()) <= MAX_NAME_BYTES

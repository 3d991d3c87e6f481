"""Whatever path is given, it is read or refused with the reason."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from obplace.errors import DataError
from obplace.pool import Pool


@pytest.mark.parametrize(
    "content", [b"machine,cpu\na,x\n", b'[{"machine": "a", "cpu": "x"}]', b'{"machine": "a", "cpu": "x"}']
)
def test_standard_input_is_read_by_content(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """'-' takes any text format, and messages name standard input."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    with pytest.raises(DataError, match=r"standard input (line 2|item 1|line 1): cpu is 'x'"):
        Pool.read("-")


def test_missing_file(tmp_path: Path) -> None:
    """A path that leads nowhere is told."""
    with pytest.raises(DataError, match=r"pool.csv does not exist"):
        Pool.read(tmp_path / "pool.csv")


def test_directory(tmp_path: Path) -> None:
    """A directory is told to be one."""
    with pytest.raises(DataError, match="is a directory, expected a file"):
        Pool.read(tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason of the operating system is passed on."""
    (tmp_path / "pool.csv").write_text("machine\na\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DataError, match=r"pool.csv cannot be read: Permission denied"):
        Pool.read(tmp_path / "pool.csv")


def test_named_pipe_is_read_once(tmp_path: Path) -> None:
    """A pipe cannot be read again, so it is kept; even its bad rows have their lines."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("machine,cost\na,$1\nb,x\n",))
    writer.start()
    with pytest.raises(DataError, match="pipe line 3: cost is 'x'"):
        Pool.read(path)
    writer.join()


@pytest.mark.parametrize(
    ("magic", "what"),
    [
        (b"\xd0\xcf\x11\xe0", "an old .* Excel workbook"),
        (b"\x1f\x8b", "compressed with gzip; unpack it first"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (b"BZh", "compressed with bzip2"),
    ],
)
def test_foreign_formats_are_named(tmp_path: Path, magic: bytes, what: str) -> None:
    """What is clearly something else is called by its name."""
    (tmp_path / "pool.csv").write_bytes(magic + b"...")
    with pytest.raises(DataError, match=f"pool.csv is {what}"):
        Pool.read(tmp_path / "pool.csv")


@pytest.mark.parametrize("name", ["pool.parquet", "pool.xlsx"])
def test_wrong_suffix_is_told(tmp_path: Path, name: str) -> None:
    """A text under the name of a binary format is not guessed at."""
    (tmp_path / name).write_text("machine\na\n")
    with pytest.raises(DataError, match="although it is called so"):
        Pool.read(tmp_path / name)


def test_process_ends_in_peace_after_a_bad_file(tmp_path: Path) -> None:
    """No thread of the reader outlives the error and aborts the process at its exit."""
    path = tmp_path / "pool.csv"
    path.write_text("machine,cpu\n" + "".join(f"m{row},x\n" for row in range(50_000)))
    code = "import sys\nfrom obplace.pool import Pool\ntry: Pool.read(sys.argv[1])\nexcept Exception: sys.exit(7)"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 7


def test_fast_path_needs_no_slow_imports(tmp_path: Path) -> None:
    """Reading a plain CSV imports neither pandas nor pyarrow.compute, which cost more than the reading."""
    path = tmp_path / "pool.csv"
    path.write_text("machine,cpu,cost,rack\na,1,2.5,r1\nb,é,3,r2\n")
    code = (
        "import sys\nfrom obplace.pool import Pool\npool = Pool.read(sys.argv[1], {})\npool.take([0, 1])\n"
        "pool.find(['a'])\npool.largest, pool.blanks, pool.zone_conflicts\n"
        "sys.exit(len({'pandas', 'pyarrow.compute', 'matplotlib', 'ortools'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0

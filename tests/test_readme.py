"""What the README shows is what comes out: each ``console`` example is run, and only seconds may differ."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
SECONDS = re.compile(r"- solved in .*?(?=\n\S|\Z)", re.S)  # with what is wrapped below it


class Command(NamedTuple):
    """A line after ``$`` and what the README shows below it."""

    line: str
    shown: str


def examples() -> Iterator[list[Command]]:
    """Return the commands of each example, in order."""
    for fence in FENCE.findall(README):
        parts = re.split(r"^\$ (.*)\n", fence, flags=re.M)
        yield [Command(line, shown) for line, shown in zip(parts[1::2], parts[2::2], strict=True)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with the pools of the repository, where commands may leave files; 80 columns wide."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "obplace"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from obplace.cli import main; main()' \"$@\"\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def masked(text: str) -> str:
    """Return an output without its seconds."""
    return SECONDS.sub("- solved in ...", text.rstrip())


@pytest.mark.parametrize("commands", list(examples()), ids=lambda commands: commands[0].line)
def test_example_shows_what_comes_out(commands: list[Command], home: Path) -> None:
    """The commands of an example run one after the other in a shell, and print what stands there."""
    for command in commands:
        done = subprocess.run(
            command.line, shell=True, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
        )

        assert masked(done.stdout) == masked(command.shown), command.line


def test_main_job_and_its_check_are_shown() -> None:
    """There are examples, of both commands that a reader wants first."""
    lines = [command.line for commands in examples() for command in commands]

    assert any(line.startswith("obplace solve data/") for line in lines)
    assert any(line.startswith("obplace verify ") for line in lines)


def test_files_that_are_named_are_there() -> None:
    """Every link into the repository leads somewhere."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

"""The command run inside the tests, as a shell would run it: arguments in, exit code and both streams out."""

import io
import signal
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from obplace.cli import main


class Reply(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


Tell = Callable[..., Reply]


class _Stdin(io.TextIOWrapper):
    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


def teller(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Return a function that runs the command with some arguments, and bytes on its standard input."""

    def tell(*arguments: object, stdin: bytes = b"") -> Reply:
        monkeypatch.setattr(sys, "argv", ["obplace", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", _Stdin(stdin))
        monkeypatch.delenv("COLUMNS", raising=False)
        before = signal.getsignal(signal.SIGTERM)
        capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as caught:
                main()
        finally:
            signal.signal(signal.SIGTERM, before)
        out, err = capsys.readouterr()
        code = caught.value.code
        assert isinstance(code, int)
        assert "Traceback" not in err
        return Reply(code, out, err)

    return tell

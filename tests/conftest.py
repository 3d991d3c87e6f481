"""What the tests of several modules start from."""

import pytest

from tests.reply import Tell, teller


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Return a function that runs the command."""
    return teller(monkeypatch, capsys)

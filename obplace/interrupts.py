"""Ctrl-C, noted as well as raised: an import or native code in the middle of which it comes may swallow it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

asked = threading.Event()  # somebody has asked to stop


def note(number: int, frame: Any) -> NoReturn:
    """Handle a signal: note it and raise KeyboardInterrupt."""
    asked.set()
    signal.default_int_handler(number, frame)


@contextlib.contextmanager
def noted() -> Iterator[None]:
    """Note Ctrl-C while inside, if this is the main thread and nobody else handles it."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked.clear()

"""Ctrl-C, noted as well as raised: an import or native code in the middle of which it comes may swallow it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

halt = threading.Event()  # somebody has asked to stop
_holding: list[None] = []  # one for each `held` that is entered


def note(number: int, frame: FrameType | None) -> None:
    """Handle a signal: note it and raise KeyboardInterrupt.

    In the middle of an import, or of what is `held`, it is noted only. A library that is half imported prints what is
    raised, or makes another error of it; whoever asks next sees what was noted.
    """
    halt.set()
    if _holding:
        return
    within = frame
    while within is not None:
        if within.f_code.co_filename.startswith("<frozen importlib"):
            return
        within = within.f_back
    signal.default_int_handler(number, frame)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Only note Ctrl-C while inside, for work that asks `halt` itself or must not be left half done."""
    _holding.append(None)
    try:
        yield
    finally:
        _holding.pop()


def ignored() -> None:
    """Ignore Ctrl-C from now on: when all is written the interpreter's own end is not to be interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def noted(*others: signal.Signals) -> Iterator[None]:
    """Note Ctrl-C, and others, while inside: in the main thread, where nobody else handles or ignores them."""
    unheard = (signal.SIG_DFL, signal.default_int_handler)
    before = {
        number: handler for number in (signal.SIGINT, *others) if (handler := signal.getsignal(number)) in unheard
    }
    if not before or threading.current_thread() is not threading.main_thread():
        yield
        return
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        halt.clear()

"""How a task ends early: exceptions, and what is told of them."""

from __future__ import annotations


class Skip(Exception):
    """The input is none of this processor's business: no rows, and no failure. Its text is the reason."""


class Failure(Exception):
    """The task has failed, and the exception's text is all of the message.

    Any other exception fails the task as well. Its type is then in the message, and its traceback in the log.
    """


def message(error: Exception) -> str:
    """What is on record of an exception that failed a task."""
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"

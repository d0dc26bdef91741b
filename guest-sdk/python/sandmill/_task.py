"""What can be asked in a task, and how one is run."""

from __future__ import annotations

import traceback

from . import _boundary
from ._input import Input
from ._outcome import Failure, Skip


def param(name: str, default: str | None = None) -> str | None:
    """The value of `--param name=value`, or the default if there is no such parameter."""
    value = _boundary.current.param(name)
    return default if value is None else value


def log(line: str) -> None:
    """Adds a line to the task's log, as `print` does."""
    _boundary.current.log(_boundary.sound(line))


def run_task(process, input: Input) -> str:
    """Calls the processor. What it raises is raised; else those of its rows come back which sandmill has not seen."""
    input._rows.add_all(process(input))
    return input._rows.take()


def log_traceback(error: Exception) -> None:
    """Where an exception comes from, unless it was meant to be one."""
    if not isinstance(error, (Failure, Skip)):
        log("".join(traceback.format_exception(error)).rstrip())

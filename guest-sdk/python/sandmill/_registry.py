"""What the processor's module has registered, for `component` to find."""

from __future__ import annotations

import dataclasses


class Registered:
    process = None
    init = None
    columns: list[str] | None = None


def processor(function=None, *, columns=None):
    """Makes a function the processor: it is called once for every input, with an `Input`.

    It returns a row, or several (it may be a generator), or None. A row is a dict, a dataclass or a named tuple.

    `columns` declares the columns of every row, in their order: names, or the class of the rows. Then the results have
    all of them even if no task succeeds, and a row that has others is a failure. Without it the columns are those that
    any row has.
    """

    def register(function):
        if Registered.process is not None:
            raise TypeError(f"there are two processors: {Registered.process.__name__} and {function.__name__}")
        Registered.process = function
        Registered.columns = None if columns is None else names(columns)
        return function

    return register if function is None else register(function)


def init(function):
    """Has a function called once in every sandbox, before the first task. If it fails, no task can run."""
    Registered.init = function
    return function


def names(columns) -> list[str]:
    if isinstance(columns, str):
        raise TypeError("columns are a list of names")
    if dataclasses.is_dataclass(columns):
        return [field.name for field in dataclasses.fields(columns)]
    return list(getattr(columns, "_fields", columns))

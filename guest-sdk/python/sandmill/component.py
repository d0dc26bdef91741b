"""The component: what sandmill calls. It is what `componentize-py` is told to build, and takes the user's module
`processor` in."""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import host, types

from . import _boundary
from ._input import Input
from ._outcome import Skip, message
from ._registry import Registered
from ._task import log_traceback, run_task


class World:
    """The imports of the world, in which rows are JSON."""

    read = staticmethod(host.read)
    param = staticmethod(host.param)
    reject = staticmethod(host.reject)
    write_file = staticmethod(host.write_file)
    shared_len = staticmethod(host.shared_len)
    shared_read = staticmethod(host.shared_read)
    log = staticmethod(host.log)

    @staticmethod
    def emit(json: str) -> None:
        host.emit(types.Rows_Json(json))


import processor  # noqa: E402, F401  It registers itself.

if Registered.process is None:
    raise TypeError("processor.py has no processor: put @sandmill.processor above the function")

# From here on: while this module is loaded there is no host yet.
_boundary.current = World()


class Guest:
    def process(self, task: types.Task, input: types.Input) -> types.Rows:
        content = input.value if isinstance(input, types.Input_Whole) else None
        taken = Input(task.path, task.input_bytes, content, task.chunk_offset, task.first_record)
        try:
            return types.Rows_Json(run_task(Registered.process, taken))
        except Skip as skip:
            raise Err(types.Failure_Skip(_boundary.sound(str(skip)))) from None
        except Exception as error:
            log_traceback(error)
            raise Err(types.Failure_Error(_boundary.sound(message(error)))) from None


class GuestColumns:
    def columns(self) -> list[str] | None:
        return Registered.columns


class GuestInit:
    def init(self) -> None:
        if Registered.init is None:
            return
        try:
            Registered.init()
        except Exception as error:
            log_traceback(error)
            raise Err(_boundary.sound(message(error))) from None

"""Processors for sandmill in Python; README.md tells how."""

from ._input import Input
from ._outcome import Failure, Skip
from ._registry import init, processor
from ._shared import open_shared
from ._task import log, param

__all__ = ["Failure", "Input", "Skip", "init", "log", "open_shared", "param", "processor"]

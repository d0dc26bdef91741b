"""What differs in WebAssembly from other Pythons: the world, and how tasks end. tests/python.rs runs it."""

import random
import time

from sandmill import Skip, init, log, open_shared, param, processor


def raises(input):
    raise KeyError("raised")


def skips(input):
    raise Skip("not for us \ud800")


def prints(input):
    print("printed", 1)
    log("half \ud800")


def asks(input):
    return {"random": random.random(), "now": time.time(), "sum": sum({"a": 1, "b": 2}.values())}


def writes(input):
    input.write_file("notes/a.txt", "noted ä\n")
    with open_shared("words") as words:
        words.seek(4)
        return {"words": words.read().decode()}


def recurses(input):
    return recurses(input)


def fills(input):
    kept = []
    while True:
        kept.append(bytes(1 << 20))


WAYS = {way.__name__: way for way in [raises, skips, prints, asks, writes, recurses, fills]}


@init
def check():
    if param("do") not in WAYS:
        raise ValueError("`do` is none of those")


@processor
def act(input):
    return WAYS[param("do")](input)

"""Sums up what is in each basket, with the SDK. basket.py parses."""

from basket import CATEGORIES, read
from sandmill import Input, processor


@processor(columns=CATEGORIES)
def count(input: Input):
    return read(input.text())

"""Run it with `PYTHONPATH=../../guest-sdk/python python3 -m unittest`."""

import unittest

from processor import describe, sentence_lengths
from sandmill.testing import run


class Test(unittest.TestCase):
    def test_sentences_end_at_marks_and_blank_lines(self):
        self.assertEqual(sentence_lengths('He said "no." (Twice!) Version 1.5 is out…\n\nA title\n\nEnd'), [3, 1, 5, 2, 1])

    def test_a_text_without_words_is_skipped(self):
        self.assertEqual(run(describe, "--- ... 🍌\n").skipped, "0 words")
        self.assertEqual(run(describe, b"\xff\xfe").skipped, "not text")

    def test_words_are_counted_whatever_their_case(self):
        row = run(describe, "Die Mühle, die MÜHLE; don't, don’t. Straße STRASSE").rows[0]
        self.assertEqual((row["words"], row["distinct"], row["once"], row["longest"]), (8, 5, 2, "strasse"))


if __name__ == "__main__":
    unittest.main()

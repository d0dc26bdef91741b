"""The SDK, run natively: `python3 -m unittest discover tests` from the folder above."""

from __future__ import annotations

import csv
import dataclasses
import io
import unittest
from typing import NamedTuple

from sandmill import Failure, Skip, _registry, log, open_shared, param
from sandmill.testing import Rejected, run


@dataclasses.dataclass
class Counts:
    lines: int
    words: int


class Named(NamedTuple):
    word: str
    count: float


class Rows(unittest.TestCase):
    def test_a_row_is_a_dict_a_dataclass_or_a_named_tuple(self):
        for row in [{"lines": 1, "words": 2}, Counts(1, 2)]:
            self.assertEqual(run(lambda input, row=row: row).rows, [{"lines": 1, "words": 2}])
        self.assertEqual(run(lambda input: Named("ä\u2028", 0.5)).rows, [{"word": "ä\u2028", "count": 0.5}])
        self.assertEqual(run(lambda input: None).rows, [])
        for what in ["text", [1], 1]:
            self.assertIn("TypeError", run(lambda input, what=what: what).error)

    def test_rows_are_returned_yielded_or_emitted_in_order_whatever_their_number(self):
        def yields(input):
            row = {}
            for number in range(20_000):
                row["number"] = number
                yield row

        def emits(input):
            for number in range(19_999):
                input.emit({"number": number})
            return [{"number": 19_999}]

        expected = [{"number": number} for number in range(20_000)]
        self.assertEqual(run(yields).rows, expected)
        self.assertEqual(run(emits).rows, expected)

    def test_what_json_cannot_say_is_an_error(self):
        self.assertIn("ValueError: Out of range float", run(lambda input: {"a": float("nan")}).error)
        self.assertIn("half of a surrogate pair: '\\ud800'", run(lambda input: {"a": "x\ud800"}).error)
        self.assertIn("TypeError", run(lambda input: {"a": b""}).error)

    def test_columns_are_names_or_the_class_of_the_rows(self):
        self.assertEqual(_registry.names(["a", "b"]), ["a", "b"])
        self.assertEqual(_registry.names(Counts), ["lines", "words"])
        self.assertEqual(_registry.names(Named), ["word", "count"])
        with self.assertRaises(TypeError):
            _registry.names("ab")


class Inputs(unittest.TestCase):
    WAYS = ({}, {"pulled": True}, {"knows_size": False})

    def test_an_input_is_taken_whole_in_lines_or_as_a_file(self):
        content = "a,b\r\nä,\n\n\rend".encode() + b"x" * 200_000
        for way in self.WAYS:
            given = lambda take, way=way: run(lambda input: {"it": take(input), "size": input.size}, content, **way)
            text = content.decode()
            for take, expected in [
                (lambda input: input.text(), text),
                (lambda input: input.text() + input.text(), text + text),
                (lambda input: input.readall().decode(), text),
                (lambda input: input.read(5).decode() + "|" + input.text(), "a,b\r\n|" + text[5:]),
                (lambda input: list(input.lines()), ["a,b", "ä,", "", "\rend" + "x" * 200_000]),
                (lambda input: next(input.lines()), "a,b"),
                (lambda input: [line.decode() for line in io.BufferedReader(input)][:2], ["a,b\r\n", "ä,\n"]),
                (lambda input: next(csv.reader(io.TextIOWrapper(io.BufferedReader(input)))), ["a", "b"]),
            ]:
                with self.subTest(way=way, expected=expected[:3]):
                    tried = given(take)
                    self.assertEqual(tried.error, None)
                    self.assertEqual(tried.rows[0]["it"], expected)

    def test_the_size_is_known_when_all_has_been_read(self):
        def sizes(input):
            before = input.size
            input.read(3)
            content = input.bytes()
            return {"before": before, "rest": len(content), "after": input.size}

        for way, before in zip(self.WAYS, [10, 10, None]):
            self.assertEqual(run(sizes, b"0123456789", **way).rows, [{"before": before, "rest": 7, "after": 10}])
        self.assertEqual(run(lambda input: {"size": input.size}, knows_size=False).rows, [{"size": None}])

    def test_what_is_not_text_fails_unless_it_is_to_be_replaced(self):
        self.assertIn("UnicodeDecodeError", run(lambda input: {"a": input.text()}, b"a\xff").error)
        self.assertIn("UnicodeDecodeError", run(lambda input: {"a": list(input.lines())}, b"a\xff").error)
        self.assertEqual(run(lambda input: {"a": input.text("replace")}, b"a\xff").rows, [{"a": "a\ufffd"}])
        self.assertEqual(run(lambda input: {"a": next(input.lines("replace"))}, b"a\xff").rows, [{"a": "a\ufffd"}])


class Outcomes(unittest.TestCase):
    def test_a_task_fails_or_is_skipped_and_has_no_rows_then(self):
        def process(input):
            input.emit({"a": 1})
            input.reject(1, "broken")
            raise error

        error = Skip("not for us")
        tried = run(process)
        self.assertEqual((tried.skipped, tried.rows, tried.rejects, tried.log), ("not for us", [], [], []))
        error = Failure("not a basket")
        tried = run(process)
        self.assertEqual((tried.error, tried.rows, tried.rejects, tried.log), ("not a basket", [], [], []))
        error = KeyError("name")
        tried = run(process)
        self.assertEqual(tried.error, "KeyError: 'name'")
        self.assertIn("raise error", tried.log[0])

    def test_rejects_parameters_and_the_log(self):
        def process(input):
            input.reject(3, "not text \ud800", offset=17)
            log("said")
            return {"top": param("top"), "rest": param("rest", "all"), "none": param("none"), "path": input.path}

        tried = run(process, path="a/b", params={"top": "3"})
        self.assertEqual(tried.rejects, [Rejected(3, "not text ?", 17)])
        self.assertEqual(tried.log, ["said"])
        self.assertEqual(tried.rows, [{"top": "3", "rest": "all", "none": None, "path": "a/b"}])

    def test_files_and_shared_data(self):
        def process(input):
            input.write_file("a/b", "ä")
            input.write_file("a/b", b"\0")
            with open_shared("words") as words:
                words.seek(-4, io.SEEK_END)
                tail = words.read().decode()
                words.seek(0)
                return {"words": [line.decode() for line in words], "tail": tail}

        tried = run(process, shared={"words": b"one\ntwo\n"})
        self.assertEqual(tried.files, {"a/b": b"\xc3\xa4\0"})
        self.assertEqual(tried.rows, [{"words": ["one\n", "two\n"], "tail": "two\n"}])
        self.assertIn("FileNotFoundError: there is no 'words'", run(process).error)

    def test_without_a_task_nothing_can_be_asked(self):
        with self.assertRaisesRegex(RuntimeError, "there is no task yet"):
            param("top")


if __name__ == "__main__":
    unittest.main()

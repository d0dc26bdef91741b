// What the SDK for Go can do. Each line of the input says what is to be done; the README beside has the list.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"sandmill"
)

type told struct {
	Line     int64   `json:"line"`
	Text     string  `json:"text"`
	Length   int     `json:"length"`
	Above    int     `json:"above"`
	HalfMore float64 `json:"half_more"`
	IsLong   bool    `json:"is_long"`
	Note     *string `json:"note"`
	Source   string  `json:"source"`
}

func tour(in *sandmill.Input) error {
	row := told{Source: in.Path()}
	if note, found := sandmill.Param("note"); found {
		row.Note = &note
	}
	reader := bufio.NewReader(in)
	var offset int64
	for {
		// The only error is the end of the input, after which there is nothing.
		line, _ := reader.ReadBytes('\n')
		if len(line) == 0 {
			return nil
		}
		start := offset
		offset += int64(len(line))
		row.Line++
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		text := string(line)
		switch {
		case !utf8.Valid(line):
			in.Reject(row.Line, start, "not text")
		case text == "":
			in.Reject(row.Line, start, "empty")
		case text == "skip":
			return sandmill.Skip(fmt.Sprintf("line %d asks for it", row.Line))
		case text == "fail":
			return fmt.Errorf("line %d asks for it", row.Line)
		case strings.HasPrefix(text, "log "):
			sandmill.Logf("%s", text)
		default:
			row.Text, row.Length, row.Above = text, len(text), len(text)-10
			row.HalfMore, row.IsLong = float64(len(text))+0.5, len(text) > 20
			if err := in.Emit(row); err != nil {
				return err
			}
		}
	}
}

func init() {
	sandmill.Columns("line", "text", "length", "above", "half_more", "is_long", "note", "source")
	sandmill.Process(tour)
}

func main() {} // Go wants one; it is never called.

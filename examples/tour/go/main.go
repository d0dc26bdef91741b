// What the SDK for Go can do. Each line of the input says what is to be done; the README beside has the list.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
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
	if how, found := sandmill.Param("read"); found {
		return readAtOnce(in, how == "whole", row)
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
		case strings.HasPrefix(text, "file "):
			writeLine(in, text)
		case strings.HasPrefix(text, "shared "):
			described, err := describeShared(strings.TrimPrefix(text, "shared "))
			if errors.Is(err, fs.ErrNotExist) {
				in.Reject(row.Line, start, "not shared")
			} else if err := tell(in, row, described); err != nil {
				return err
			}
		default:
			if err := tell(in, row, text); err != nil {
				return err
			}
		}
	}
}

func tell(in *sandmill.Input, row told, text string) error {
	row.Text, row.Length, row.Above = text, len(text), len(text)-10
	row.HalfMore, row.IsLong = float64(len(text))+0.5, len(text) > 20
	return in.Emit(row)
}

func hashOn(hash uint32, bytes []byte) uint32 {
	for _, b := range bytes {
		hash = hash*31 + uint32(b)
	}
	return hash
}

// writeLine is for `file NAME TEXT`: the text and a newline are appended to the file.
func writeLine(in *sandmill.Input, line string) {
	name, text, _ := strings.Cut(strings.TrimPrefix(line, "file "), " ")
	in.WriteFile(name, []byte(text+"\n"))
}

// describeShared tells what is in a file of the shared data, taken whole and read in parts.
func describeShared(name string) (string, error) {
	bytes, err := fs.ReadFile(sandmill.Shared(), name)
	if err != nil {
		return "", err
	}
	file, err := sandmill.OpenShared(name)
	if err != nil {
		return "", err
	}
	var parts uint32
	var offset int64
	part := make([]byte, 1000)
	// The only error is the end of the file.
	for n := 1; n > 0; offset += int64(n) {
		n, _ = file.ReadAt(part, offset)
		parts = hashOn(parts, part[:n])
	}
	beyond, _ := file.ReadAt(part, offset+1)
	return fmt.Sprintf("size %d, hash %d, in parts %d, hash %d, beyond %d",
		file.Size(), hashOn(0, bytes), offset, parts, beyond), nil
}

// readAtOnce gives one row about all of the input, which is taken whole or read in parts, and written to the file of the
// parameter copy if there is one.
func readAtOnce(in *sandmill.Input, whole bool, row told) error {
	size := "unknown"
	if in.Size() >= 0 {
		size = strconv.FormatInt(in.Size(), 10)
	}
	var hash uint32
	name, copied := sandmill.Param("copy")
	if whole {
		hash = hashOn(hash, in.Bytes())
		if copied {
			in.WriteFile(name, in.Bytes())
		}
	} else {
		out := bufio.NewWriter(io.Discard)
		if copied {
			out = bufio.NewWriter(in.CreateFile(name))
		}
		part := make([]byte, 10_000)
		for n, err := in.Read(part); err == nil; n, err = in.Read(part) {
			hash = hashOn(hash, part[:n])
			out.Write(part[:n])
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	row.Line, _ = in.FirstRecord()
	row.Text = fmt.Sprintf("at %d, size %s, hash %d", in.ChunkOffset(), size, hash)
	row.Length = int(in.Size())
	row.Above, row.HalfMore, row.IsLong = row.Length-10, float64(row.Length)+0.5, row.Length > 20
	return in.Emit(row)
}

func init() {
	sandmill.Rows(told{})
	sandmill.Process(tour)
}

func main() {} // Go wants one; it is never called.

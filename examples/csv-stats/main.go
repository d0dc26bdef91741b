// Says what is in each column of a CSV file: how many values, which range, how many different ones.
//
// column.go looks at the values; this is the processor itself.
package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"sandmill"
)

var (
	separator     = ','
	distinctLimit = 10_000
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// prepare reads the parameters.
func prepare() error {
	if value, found := sandmill.Param("separator"); found {
		char, size := utf8.DecodeRuneInString(value)
		if size == 0 || size != len(value) {
			return fmt.Errorf("the separator is one character, not %q", value)
		}
		separator = char
	}
	if value, found := sandmill.Param("distinct"); found {
		limit, err := strconv.Atoi(value)
		if err != nil || limit < 1 || limit > 1_000_000 {
			return fmt.Errorf("distinct is a number from 1 to 1000000, not %q", value)
		}
		distinctLimit = limit
	}
	return nil
}

func describe(in *sandmill.Input) error {
	reader := bufio.NewReader(in)
	var skipped int64
	if start, _ := reader.Peek(len(byteOrderMark)); bytes.Equal(start, byteOrderMark) {
		reader.Discard(len(byteOrderMark))
		skipped = int64(len(byteOrderMark))
	}
	records := csv.NewReader(reader)
	records.Comma = separator
	records.ReuseRecord = true

	header, err := records.Read()
	if err == io.EOF {
		return sandmill.Skip("there is no header")
	}
	if err != nil {
		return err
	}
	columns := make([]*column, len(header))
	for i, name := range header {
		columns[i] = newColumn(i+1, name)
	}
	for number := int64(1); ; number++ {
		offset := skipped + records.InputOffset()
		record, err := records.Read()
		var broken *csv.ParseError
		switch {
		case err == io.EOF:
			return emit(in, columns)
		case errors.As(err, &broken):
			in.Reject(number, offset, broken.Err.Error())
			continue
		case err != nil:
			return err
		}
		for i, value := range record {
			columns[i].add(value)
		}
	}
}

func emit(in *sandmill.Input, columns []*column) error {
	for _, column := range columns {
		if err := in.Emit(column.row()); err != nil {
			return err
		}
	}
	return nil
}

func init() {
	sandmill.Rows(row{})
	sandmill.Init(prepare)
	sandmill.Process(describe)
}

func main() {} // Go wants one; it is never called.

package sandmill

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Rows go to the host in portions of about this size: a call for each row would cost more than writing it.
const portionBytes = 64 << 10

// Rows that the host has not seen yet, one a line.
type rows struct {
	buffer bytes.Buffer
	err    error
}

func (r *rows) add(row any) error {
	if r.err != nil {
		return r.err
	}
	if r.err = encode(&r.buffer, row); r.err != nil {
		return r.err
	}
	if r.buffer.Len() >= portionBytes {
		r.flush()
	}
	return nil
}

// encode writes a row as a line.
func encode(buffer *bytes.Buffer, row any) error {
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(row)
}

// columnsOf is the names in a row, in their order.
func columnsOf(row any) ([]string, error) {
	var line bytes.Buffer
	if err := encode(&line, row); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(&line)
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("%T is no row: it is not written as a JSON object", row)
	}
	columns := []string{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		columns = append(columns, name.(string))
		var cell json.RawMessage
		if err := decoder.Decode(&cell); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

func (r *rows) flush() {
	if r.buffer.Len() > 0 {
		hostEmit(r.buffer.Bytes())
	}
	r.buffer.Reset()
}

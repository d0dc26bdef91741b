package sandmill

import (
	"bytes"
	"encoding/json"
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
	encoder := json.NewEncoder(&r.buffer)
	encoder.SetEscapeHTML(false)
	if r.err = encoder.Encode(row); r.err != nil {
		return r.err
	}
	if r.buffer.Len() >= portionBytes {
		r.flush()
	}
	return nil
}

func (r *rows) flush() {
	if r.buffer.Len() > 0 {
		hostEmit(r.buffer.Bytes())
	}
	r.buffer.Reset()
}

package main

import (
	"encoding/json/jsontext"
	"fmt"
	"io"
	"strconv"
)

// The largest count, and the largest sum.
const most = 1<<53 - 1

type counts struct {
	Fruits     uint64 `json:"fruits"`
	Vegetables uint64 `json:"vegetables"`
	Meat       uint64 `json:"meat"`
}

// read reads a basket token by token: names may come twice within a category, and numbers are to be whole.
func read(input io.Reader) (*counts, error) {
	json := jsontext.NewDecoder(input, jsontext.AllowDuplicateNames(true))
	if err := expect(json, jsontext.KindBeginObject); err != nil {
		return nil, err
	}
	var sums counts
	categories := map[string]*uint64{"fruits": &sums.Fruits, "vegetables": &sums.Vegetables, "meat": &sums.Meat}
	for json.PeekKind() == jsontext.KindString {
		name, err := json.ReadToken()
		if err != nil {
			return nil, err
		}
		category := name.String()
		sum, found := categories[category]
		if !found {
			return nil, fmt.Errorf("the category %q is unknown or there twice", category)
		}
		delete(categories, category)
		if err := addUp(json, sum); err != nil {
			return nil, err
		}
	}
	if err := expect(json, jsontext.KindEndObject); err != nil {
		return nil, err
	}
	switch _, err := json.ReadToken(); err {
	case io.EOF:
		return &sums, nil
	case nil:
		return nil, fmt.Errorf("something follows the basket")
	default:
		return nil, err
	}
}

// addUp adds up the counts of a category.
func addUp(json *jsontext.Decoder, sum *uint64) error {
	if err := expect(json, jsontext.KindBeginObject); err != nil {
		return err
	}
	for json.PeekKind() == jsontext.KindString {
		if _, err := json.ReadToken(); err != nil {
			return err
		}
		count, err := json.ReadToken()
		if err != nil {
			return err
		}
		if count.Kind() != jsontext.KindNumber {
			return fmt.Errorf("%v is no count", count.Kind())
		}
		number, err := strconv.ParseUint(count.String(), 10, 64)
		if err != nil {
			return err
		}
		if number > most || *sum+number > most {
			return fmt.Errorf("counts and sums are at most %d", most)
		}
		*sum += number
	}
	return expect(json, jsontext.KindEndObject)
}

func expect(json *jsontext.Decoder, kind jsontext.Kind) error {
	token, err := json.ReadToken()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err == nil && token.Kind() != kind {
		err = fmt.Errorf("%v is expected, not %v", kind, token.Kind())
	}
	return err
}

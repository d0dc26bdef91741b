package main

import (
	"hash/fnv"
	"math"
	"strconv"
	"strings"
)

// What is known of a column. It needs little memory, however many values there are.
type column struct {
	number                 int
	name                   string
	values, empty, numbers uint64
	min, max, mean         float64
	// Hashes of the values; nil when they are more than are counted.
	distinct map[uint64]struct{}
}

// A row of the results. What is not known is null, an empty cell.
type row struct {
	Column   int      `json:"column"`
	Name     string   `json:"name"`
	Values   uint64   `json:"values"`
	Empty    uint64   `json:"empty"`
	Numbers  uint64   `json:"numbers"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Mean     *float64 `json:"mean"`
	Distinct *int     `json:"distinct"`
}

func newColumn(number int, name string) *column {
	return &column{number: number, name: name, distinct: map[uint64]struct{}{}}
}

func (c *column) add(value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		c.empty++
		return
	}
	c.values++
	if c.distinct != nil {
		hash := fnv.New64a()
		hash.Write([]byte(value))
		c.distinct[hash.Sum64()] = struct{}{}
		if len(c.distinct) > distinctLimit {
			c.distinct = nil
		}
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return
	}
	if c.numbers == 0 {
		c.min, c.max = number, number
	}
	c.numbers++
	c.min, c.max = math.Min(c.min, number), math.Max(c.max, number)
	// A sum could become larger than any number is.
	c.mean += number/float64(c.numbers) - c.mean/float64(c.numbers)
}

func (c *column) row() row {
	row := row{Column: c.number, Name: c.name, Values: c.values, Empty: c.empty, Numbers: c.numbers}
	if c.numbers > 0 {
		row.Min, row.Max, row.Mean = &c.min, &c.max, &c.mean
	}
	if c.distinct != nil {
		distinct := len(c.distinct)
		row.Distinct = &distinct
	}
	return row
}

package main

import (
	"reflect"
	"testing"

	"sandmill"
)

func TestColumnsAreDescribed(t *testing.T) {
	tried := sandmill.Try(describe, sandmill.Task{Input: "a,b\n1,x\n3,\n\"\n"})
	want := []string{
		`{"column":1,"name":"a","values":2,"empty":0,"numbers":2,"min":1,"max":3,"mean":2,"distinct":2}`,
		`{"column":2,"name":"b","values":1,"empty":1,"numbers":0,"min":null,"max":null,"mean":null,"distinct":1}`,
	}
	if !reflect.DeepEqual(tried.Rows, want) || tried.Err != nil {
		t.Errorf("%+v", tried)
	}
	if len(tried.Rejects) != 1 || tried.Rejects[0].Record != 3 || tried.Rejects[0].Offset != 11 {
		t.Errorf("%+v", tried.Rejects)
	}
}

func TestAnEmptyFileIsSkipped(t *testing.T) {
	if tried := sandmill.Try(describe, sandmill.Task{}); !tried.Skipped {
		t.Errorf("%+v", tried)
	}
}

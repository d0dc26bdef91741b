//go:build !wasip1

package sandmill

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRowsAreGivenInOrderAndAsJSON(t *testing.T) {
	tried := Try(func(in *Input) error {
		in.Emit(map[string]any{"b": "<&>", "a": 1})
		return in.Emit(struct {
			Name string `json:"name"`
		}{in.Path()})
	}, Task{Path: "a/b.txt"})
	if want := []string{`{"a":1,"b":"<&>"}`, `{"name":"a/b.txt"}`}; !reflect.DeepEqual(tried.Rows, want) || tried.Err != nil {
		t.Errorf("%+v", tried)
	}
}

func TestManyRowsGoInPortions(t *testing.T) {
	tried := Try(func(in *Input) error {
		for range 3 {
			in.Emit(map[string]string{"x": strings.Repeat("x", portionBytes)})
		}
		if len(tried.Rows) != 3 || in.rows.buffer.Len() != 0 {
			t.Error("rows are held back")
		}
		return nil
	}, Task{})
	if len(tried.Rows) != 3 {
		t.Errorf("%d rows", len(tried.Rows))
	}
}

func TestARowThatCannotBeWrittenFailsTheTask(t *testing.T) {
	tried := Try(func(in *Input) error {
		in.Emit(map[string]float64{"x": math.NaN()})
		in.Emit(map[string]float64{"x": 1})
		return nil
	}, Task{})
	if tried.Err == nil || tried.Rows != nil || tried.Skipped {
		t.Errorf("%+v", tried)
	}
}

func TestAnErrorFailsTheTaskAndASkipSkipsIt(t *testing.T) {
	task := func(err error) Tried {
		return Try(func(in *Input) error {
			in.Emit(map[string]int{"x": 1})
			in.Reject(1, -1, "not used")
			return err
		}, Task{})
	}
	if tried := task(errors.New("broken")); tried.Err.Error() != "broken" || tried.Skipped || tried.Rows != nil {
		t.Errorf("%+v", tried)
	}
	tried := task(fmt.Errorf("look: %w", Skip("not a PNG")))
	if tried.Err.Error() != "look: not a PNG" || !tried.Skipped || tried.Rows != nil || tried.Rejects != nil {
		t.Errorf("%+v", tried)
	}
	if tried = task(nil); len(tried.Rows) != 1 || tried.Rejects[0] != (Rejected{1, -1, "not used"}) {
		t.Errorf("%+v", tried)
	}
	if reply := replyTo(fmt.Errorf("look: %w", Skip("no"))); string(reply) != "\x02look: no" {
		t.Errorf("%q", reply)
	}
	if reply := replyTo(errors.New("")); string(reply) != "\x01" {
		t.Errorf("%q", reply)
	}
}

func TestAPanicFailsTheTaskAndItsStackIsLogged(t *testing.T) {
	tried := Try(func(in *Input) error {
		in.Emit(map[string]int{"x": 1})
		return fmt.Errorf("%d", []int{}[in.Size()])
	}, Task{})
	if tried.Err == nil || !strings.Contains(tried.Err.Error(), "panic: runtime error: index out of range") {
		t.Errorf("%+v", tried)
	}
	if tried.Rows != nil || len(tried.Log) != 1 || !strings.Contains(tried.Log[0], "sandmill_test.go") {
		t.Errorf("%+v", tried)
	}
	if err := runInit(func() error { panic("no") }); err == nil || err.Error() != "panic: no" {
		t.Error(err)
	}
}

func TestAnInputIsTheSameWhetherItIsInMemoryOrPulled(t *testing.T) {
	text := strings.Repeat("0123456789", 20_000)
	for _, pulled := range []bool{false, true} {
		Try(func(in *Input) error {
			head := make([]byte, 15)
			if _, err := io.ReadFull(in, head); err != nil || string(head) != text[:15] {
				t.Errorf("%q, %v", head, err)
			}
			if string(in.Bytes()) != text[15:] || string(in.Bytes()) != text[15:] {
				t.Error("Bytes is not the rest")
			}
			rest, err := io.ReadAll(in)
			if err != nil || string(rest) != text[15:] || len(in.Bytes()) != 0 || in.Size() != 200_000 {
				t.Errorf("%d bytes, %v", len(rest), err)
			}
			return nil
		}, Task{Input: text, Pulled: pulled})
		Try(func(in *Input) error {
			if n, err := in.Read(nil); n != 0 || err != nil || len(in.Bytes()) != 0 {
				t.Error(n, err)
			}
			if n, err := in.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Error(n, err)
			}
			return nil
		}, Task{Pulled: pulled})
	}
}

func TestASizeThatIsNotKnownIsWhenAllHasBeenRead(t *testing.T) {
	text := strings.Repeat("0123456789", 50_000)
	Try(func(in *Input) error {
		in.Read(make([]byte, 7))
		if in.Size() != -1 || string(in.Bytes()) != text[7:] || in.Size() != 500_000 {
			t.Error(in.Size())
		}
		return nil
	}, Task{Input: text, UnknownSize: true})
	Try(func(in *Input) error {
		if rest, err := io.ReadAll(in); string(rest) != text || err != nil || in.Size() != 500_000 {
			t.Error(len(rest), err, in.Size())
		}
		return nil
	}, Task{Input: text, UnknownSize: true})
}

func TestAChunkKnowsItsPlace(t *testing.T) {
	Try(func(in *Input) error {
		if number, known := in.FirstRecord(); in.ChunkOffset() != 70 || number != 5 || !known {
			t.Error(in.ChunkOffset(), number, known)
		}
		return nil
	}, Task{ChunkOffset: 70, FirstRecord: 5})
	Try(func(in *Input) error {
		if _, known := in.FirstRecord(); known {
			t.Error("nobody has said so")
		}
		return nil
	}, Task{})
}

func TestParametersAndColumns(t *testing.T) {
	Try(func(in *Input) error {
		if value, found := Param("a"); value != "1" || !found {
			t.Error(value, found)
		}
		if value, found := Param("b"); value != "" || found {
			t.Error(value, found)
		}
		return nil
	}, Task{Params: map[string]string{"a": "1"}})
	if columns := declaredColumns([]string{"a", `"`}); string(columns) != `["a","\""]` {
		t.Errorf("%s", columns)
	}
	if declaredColumns(nil) != nil {
		t.Error("declared")
	}
}

func TestTheColumnsOfARow(t *testing.T) {
	type inner struct {
		Middle []int `json:"middle"`
	}
	row := struct {
		Last string `json:"<last>"`
		inner
		First *int           `json:"first"`
		Any   map[string]int `json:"any"`
		Empty int            `json:"empty,omitempty"`
	}{Any: map[string]int{"deeper": 1}}
	defer func() { processor.columns = nil }()
	Rows(row)
	if got := strings.Join(processor.columns, " "); got != "<last> middle first any" {
		t.Error(got)
	}
	for _, row := range []any{1, nil, []int{1}, "{}", func() {}} {
		if _, err := columnsOf(row); err == nil {
			t.Errorf("%T is no row", row)
		}
	}
}

func TestFilesAreThereIfTheTaskIsDone(t *testing.T) {
	task := func(err error) Tried {
		return Try(func(in *Input) error {
			in.WriteFile("a/whole", []byte("1\n"))
			in.WriteFile("a/whole", []byte("2\n"))
			in.CreateFile("empty")
			fmt.Fprintf(in.CreateFile("printed"), "%d %s", 3, "bags")
			return err
		}, Task{})
	}
	want := map[string]string{"a/whole": "1\n2\n", "empty": "", "printed": "3 bags"}
	if tried := task(nil); !reflect.DeepEqual(tried.Files, want) {
		t.Errorf("%+v", tried)
	}
	for _, err := range []error{errors.New("broken"), Skip("not this one")} {
		if tried := task(err); tried.Files != nil {
			t.Errorf("%+v", tried)
		}
	}
}

func TestSharedDataIsAFileSystemWithoutFolders(t *testing.T) {
	Try(func(in *Input) error {
		if content, err := fs.ReadFile(Shared(), "en/words.txt"); string(content) != "some words" || err != nil {
			t.Errorf("%q, %v", content, err)
		}
		file, err := OpenShared("en/words.txt")
		if err != nil || file.Size() != 10 {
			t.Fatal(err)
		}
		if err := iotest.TestReader(file, []byte("some words")); err != nil {
			t.Error(err)
		}
		if info, err := file.Stat(); err != nil || info.Name() != "words.txt" || info.Size() != 10 || info.IsDir() {
			t.Error(info, err)
		}
		for _, name := range []string{"en", ".", "", "words.txt", "/en/words.txt"} {
			if _, err := fs.ReadFile(Shared(), name); !errors.Is(err, fs.ErrNotExist) {
				t.Error(name, err)
			}
			if file, err := Shared().Open(name); file != nil {
				t.Error(name, file, err)
			}
		}
		return nil
	}, Task{Shared: map[string]string{"en/words.txt": "some words", "empty": ""}})
}

func TestThereMustBeAProcessor(t *testing.T) {
	if tried := Try(nil, Task{}); tried.Err != errNoProcessor {
		t.Errorf("%+v", tried)
	}
}

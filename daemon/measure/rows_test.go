package measure

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/telemetry"
)

func readAll(t *table, labels ...string) ([]Sample, error) {
	m := telemetry.Measure{Name: "m", Value: "n", Labels: labels, MaxSeries: 3}
	r := reader{settings: m, hide: func(s string) string { return strings.ReplaceAll(s, "hunter2hunter2", "…") }}
	return r.read(t)
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		in   any
		want float64
		err  string
	}{
		{int64(-3), -3, ""},
		{uint64(math.MaxUint64), math.MaxUint64, ""},
		{float32(0.1), 0.1, ""},
		{1.5, 1.5, ""},
		{true, 1, ""},
		{false, 0, ""},
		{"12.50", 12.5, ""},
		{[]byte("-0.001"), -0.001, ""},
		{"1e3", 1000, ""},
		{nil, 0, `column "n" is NULL`},
		{"canary", 0, `column "n" is text, not a number`},
		{"", 0, "is text"},
		{" 1", 0, "is text"},
		{"0x10", 0, "is text"},
		{"1_000", 0, "is text"},
		{"1-2", 0, "is text"},
		{"$1,000.00", 0, "is text"},
		{[]byte{1}, 0, "is text"},
		{"NaN", 0, "not a finite number"},
		{"-Infinity", 0, "not a finite number"},
		{"1e400", 0, "not a finite number"},
		{math.NaN(), 0, "not a finite number"},
		{math.Inf(1), 0, "not a finite number"},
		{time.Now(), 0, "is a time"},
		{[]int{1}, 0, "convert it"},
	} {
		got, err := readAll(&table{columns: []string{"n"}, rows: [][]any{{c.in}}})
		switch {
		case c.err == "" && (err != nil || got[0].Value != c.want):
			t.Errorf("%v: %v, %v", c.in, got, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%v: %v, %v; want an error with %q", c.in, got, err, c.err)
		}
	}
}

func TestLabels(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		in   any
		want string
		err  string
	}{
		{"open", `{state="open",z=""}`, ""},
		{"a\"b\\c\nd\x1b", `{state="a\"b\\c d",z=""}`, ""},
		{nil, `{state="",z=""}`, ""},
		{int64(7), `{state="7",z=""}`, ""},
		{true, `{state="true",z=""}`, ""},
		{at, `{state="2030-01-02T03:04:05Z",z=""}`, ""},
		{float32(0.1), `{state="0.1",z=""}`, ""},
		{"the key hunter2hunter2", `{state="the key …",z=""}`, ""},
		{strings.Repeat("canary", 100), "", "more than 256 bytes"},
		{[]byte{0xff, 0xfe}, "", "not UTF-8"},
	} {
		got, err := readAll(&table{columns: []string{"z", "n", "state", "more"}, rows: [][]any{{nil, int64(1), c.in, "x"}}}, "z", "state")
		switch {
		case c.err == "" && (err != nil || got[0].Series() != c.want):
			t.Errorf("%v: %v, %v; want %s", c.in, got, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "canary")):
			t.Errorf("%v: %v, %v; want an error with %q", c.in, got, err, c.err)
		}
	}
}

func TestBadResults(t *testing.T) {
	row := func(s string) []any { return []any{s, int64(1)} }
	for name, c := range map[string]struct {
		table table
		err   string
	}{
		"too many rows":    {table{columns: []string{"state", "n"}, rows: [][]any{row("a"), row("b"), row("c"), row("d")}}, "more than 3 rows"},
		"the same labels":  {table{columns: []string{"state", "n"}, rows: [][]any{row("canary"), row("b"), row("canary")}}, "rows 1 and 3 have the same labels"},
		"no value column":  {table{columns: []string{"state", "N"}}, `no column "n", which value names; its columns are: "state", "N"`},
		"no label column":  {table{columns: []string{"n"}}, `no column "state", which labels names`},
		"two such columns": {table{columns: []string{"n", "state", "n"}}, `several columns "n"`},
		"an error amid":    {table{columns: []string{"state", "n"}, rows: [][]any{row("a")}, err: errors.New("the server has gone away")}, "gone away"},
	} {
		got, err := readAll(&c.table, "state")
		if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "canary") || got != nil {
			t.Errorf("%s: %v, %v; want an error with %q", name, got, err, c.err)
		}
	}
	if got, err := readAll(&table{columns: []string{"state", "n"}}, "state"); err != nil || len(got) != 0 {
		t.Errorf("no rows: %v, %v", got, err)
	}
}

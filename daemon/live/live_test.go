package live_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"vega/daemon/live"
	"vega/policies/check"
)

var began = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func record(b *live.Board, name string, n int, status check.Status) {
	_ = b.Record(context.Background(), check.Run{Integration: name, Status: status, Began: began.Add(time.Duration(n) * time.Second), Took: time.Duration(n) * time.Millisecond})
}

func TestRowHasTheLastRunsInOrder(t *testing.T) {
	b := live.New()
	for n := range 2*live.Beats + 5 {
		record(b, "web", n, check.Healthy)
	}
	row := b.Row("web")
	if len(row.Beats) != live.Beats || !row.Since.Equal(began) {
		t.Fatalf("%d runs since %v", len(row.Beats), row.Since)
	}
	for n, beat := range row.Beats {
		if want := float32(n + live.Beats + 5); beat.Took != want || beat.Status != check.Healthy {
			t.Errorf("run %d: %+v, want %v ms", n, beat, want)
		}
	}
}

func TestSinceIsWhenTheStatusBegan(t *testing.T) {
	b := live.New()
	for n, s := range []check.Status{check.Healthy, check.Unhealthy, check.Unhealthy, check.Unknown, check.Unknown} {
		record(b, "web", n, s)
	}
	if row := b.Row("web"); !row.Since.Equal(began.Add(3 * time.Second)) {
		t.Errorf("since %v", row.Since)
	}
}

func TestStatusesSurvive(t *testing.T) {
	b := live.New()
	all := []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown, check.Disabled}
	for n, s := range all {
		record(b, "web", n, s)
	}
	record(b, "web", 5, "of a later version")
	var got []check.Status
	for _, beat := range b.Row("web").Beats {
		got = append(got, beat.Status)
	}
	if !slices.Equal(got, append(all, check.Unknown)) {
		t.Errorf("%v", got)
	}
}

func TestConfigureForgetsTheOthers(t *testing.T) {
	b := live.New()
	b.Configure([]string{"kept", "removed"})
	record(b, "kept", 1, check.Healthy)
	record(b, "removed", 1, check.Healthy)
	b.Configure([]string{"kept"})
	record(b, "removed", 2, check.Healthy) // a run that ends after the reload
	if n := len(b.Row("removed").Beats); n != 0 {
		t.Errorf("%d runs of an integration that was removed", n)
	}
	if n := len(b.Row("kept").Beats); n != 1 {
		t.Errorf("%d runs of one that was kept", n)
	}
}

// BenchmarkRecord measures what a run costs, with 10,000 integrations.
func BenchmarkRecord(b *testing.B) {
	board, names := live.New(), make([]string, 10_000)
	for n := range names {
		names[n] = fmt.Sprintf("integration-%d", n)
	}
	board.Configure(names)
	run := check.Run{Status: check.Healthy, Began: began, Took: time.Millisecond}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		run.Integration = names[n%len(names)]
		n++
		_ = board.Record(context.Background(), run)
	}
}

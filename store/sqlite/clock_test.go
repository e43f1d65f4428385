package sqlite_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/clock"
	"vega/store/sqlite"
	"vega/store/storetest"
)

const (
	day  = 24 * time.Hour
	turn = 30 * time.Minute // of retention
)

// machine is a store on a machine whose clocks a test moves.
type machine struct {
	*sqlite.Store
	t    *testing.T
	path string

	mu    sync.Mutex // held to change wall and awake, which the store reads in the background
	wall  time.Time
	awake time.Duration

	said []bool // whether the clock is trusted, each time that it changed
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, path: filepath.Join(t.TempDir(), "vega.db"), wall: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	m.start()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *machine) start() {
	m.t.Helper()
	var err error
	m.Store, err = sqlite.Open(m.t.Context(), m.path,
		sqlite.Clock(m.read),
		sqlite.ClockChanged(func(v clock.Verdict) { m.said = append(m.said, v.Trusted) }))
	if err != nil {
		m.t.Fatal(err)
	}
}

// read returns what the clocks show.
func (m *machine) read() clock.Reading {
	m.mu.Lock()
	defer m.mu.Unlock()
	return clock.Reading{Wall: m.wall, Awake: m.awake, Boot: m.awake}
}

// set moves the clocks.
func (m *machine) set(wall time.Time, awake time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wall, m.awake = wall, awake
}

// restart stops vega for a time, as the wall clock says.
func (m *machine) restart(stopped time.Duration) {
	m.t.Helper()
	if err := m.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.set(m.wall.Add(stopped), 0)
	m.start()
}

// live lets time pass, with a turn of retention now and then. It stores a run and a
// conversation an hour, and returns what was deleted.
func (m *machine) live(d time.Duration, keep time.Duration) (all store.Retained) {
	m.t.Helper()
	for n := range int(d / turn) {
		m.set(m.wall.Add(turn), m.awake+turn)
		if n%2 == 0 {
			storetest.AppendRuns(m.t, m.Store, storetest.RunOf("web", m.wall))
			log(m.t, m.Store, store.Conversation{SessionID: "s", Source: "x", At: m.wall})
		}
		done, err := m.Retain(m.t.Context(), store.Retention{Runs: keep, Conversations: keep})
		if err != nil {
			m.t.Fatal(err)
		}
		all.Runs, all.Conversations, all.Misdated = all.Runs+done.Runs, all.Conversations+done.Conversations, all.Misdated+done.Misdated
	}
	return all
}

func (m *machine) expect(what string, got, want store.Retained) {
	m.t.Helper()
	if got.Bytes = 0; got != want {
		m.t.Errorf("%s: deleted %+v, want %+v", what, got, want)
	}
}

func (m *machine) expectRows(what string, runs, conversations int) {
	m.t.Helper()
	got := query(m.t, m.Store, "SELECT (SELECT count(*) FROM runs) || ' ' || (SELECT count(*) FROM conversations)")
	if want := fmt.Sprint(runs, " ", conversations); got != want {
		m.t.Errorf("%s: %s rows, want %s", what, got, want)
	}
}

func TestRetentionIgnoresAJumpAhead(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, day, 400 * day} {
		m := newMachine(t)
		m.expect("at first", m.live(3*day, 30*day), store.Retained{})
		m.set(m.wall.Add(jump), m.awake)
		m.expect("after the jump", m.live(6*time.Hour, 2*day), store.Retained{Runs: 30, Conversations: 30})
		m.restart(time.Second)
		m.expect("restarted", m.live(6*time.Hour, 2*day), store.Retained{Runs: 6, Conversations: 6})
		m.set(m.wall.Add(-jump), m.awake)
		m.expect("back", m.live(day, 2*day), store.Retained{Runs: 24, Conversations: 24})
		if fmt.Sprint(m.said) != "[false false true]" { // the second by the start
			t.Errorf("%v: said %v", jump, m.said)
		}
	}
}

func TestRetentionTrustsANewClockAfterADay(t *testing.T) {
	m := newMachine(t)
	m.live(3*day, 30*day)
	m.set(m.wall.Add(400*day), m.awake)
	m.expect("in doubt", m.live(day, 30*day), store.Retained{})
	m.expect("trusted", m.live(time.Hour, 30*day), store.Retained{Runs: 72, Conversations: 72})
	if fmt.Sprint(m.said) != "[false true]" {
		t.Errorf("said %v", m.said)
	}
}

// Runs of the future are deleted with their neighbours, and counted.
func TestRunsOfTheFutureDoNotBlockRetention(t *testing.T) {
	for _, ahead := range []time.Duration{90 * day, 400 * day, 270 * 365 * day} {
		m := newMachine(t)
		m.set(m.wall.Add(ahead), m.awake)
		m.live(12*time.Hour, 30*day)
		m.set(m.wall.Add(-ahead), m.awake)
		m.expect("meanwhile", m.live(30*day-time.Hour, 30*day), store.Retained{})
		m.expectRows("meanwhile", 12+30*24-1, 12+30*24-1)
		m.expect("then", m.live(2*time.Hour, 30*day), store.Retained{Runs: 13, Conversations: 13, Misdated: 24})
	}
}

// So are those of the first start of a board that began in 1970.
func TestRunsFrom1970AreKept(t *testing.T) {
	m := newMachine(t)
	right := m.wall
	m.set(time.Unix(0, 0), m.awake)
	m.restart(0)
	m.live(12*time.Hour, 30*day)
	m.set(right.Add(12*time.Hour), m.awake)
	m.expect("set", m.live(5*day, 30*day), store.Retained{})
	m.set(time.Unix(0, 0), m.awake)
	m.restart(0)
	m.live(12*time.Hour, 30*day)
	m.set(right.Add(6*day), m.awake)
	m.expect("set again", m.live(25*day, 30*day), store.Retained{Runs: 24, Conversations: 24, Misdated: 24})
	m.expect("later", m.live(5*day+time.Hour, 30*day), store.Retained{Runs: 121, Conversations: 121, Misdated: 24})
}

// A clock that stays in 1970 deletes what it knows to be old.
func TestRetentionWithoutAClock(t *testing.T) {
	m := newMachine(t)
	m.set(time.Unix(0, 0), m.awake)
	m.restart(0)
	m.expect("at first", m.live(30*day, 30*day), store.Retained{})
	m.expect("later", m.live(day, 30*day), store.Retained{Runs: 24, Conversations: 24})
}

// The size of the file is not a matter of clocks.
func TestShrinkingIgnoresClocks(t *testing.T) {
	m := newMachine(t)
	for _, at := range []time.Time{m.wall.Add(400 * day), m.wall, time.Unix(0, 0)} {
		var runs []*check.Run
		for range 1000 {
			runs = append(runs, storetest.RunOf("web", at))
		}
		storetest.AppendRuns(t, m.Store, runs...)
	}
	m.set(m.wall.Add(400*day), m.awake)
	done, err := m.Retain(t.Context(), store.Retention{Bytes: 1})
	if err != nil || done.Runs != 3000 || done.Misdated != 0 {
		t.Errorf("%+v %v", done, err)
	}
}

// A file of a version that did not know the clock begins with its newest run.
func TestTheFirstStartOfAnOldFile(t *testing.T) {
	m := newMachine(t)
	m.live(3*day, 30*day)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	execSQL(t, raw(t, m.path), "DELETE FROM clock")
	m.set(m.wall.Add(400*day), 0)
	m.start()
	m.expect("ahead", m.live(6*time.Hour, 30*day), store.Retained{})
	m.restart(time.Second)
	m.expect("restarted", m.live(6*time.Hour, 30*day), store.Retained{})
	if fmt.Sprint(m.said) != "[false false]" {
		t.Errorf("said %v", m.said)
	}
}

// A memory that is changed after the clock was set back is not older than itself.
func TestMemoriesAreUpdatedAfterTheyAreCreated(t *testing.T) {
	m := newMachine(t)
	if err := m.SetMemory(t.Context(), "k", "before"); err != nil {
		t.Fatal(err)
	}
	execSQL(t, raw(t, m.path), "UPDATE memories SET created = created + 3600000000, updated = updated + 3600000000")
	if err := m.SetMemory(t.Context(), "k", "after"); err != nil {
		t.Fatal(err)
	}
	got, err := m.Memory(t.Context(), "k")
	if err != nil || got.Value != "after" || got.Updated.Before(got.Created) {
		t.Errorf("%+v %v", got, err)
	}
}

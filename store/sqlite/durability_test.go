//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/storetest"
)

// writeForever writes from several goroutines and prints what was acknowledged,
// one line each: c and the ID of a conversation, or r, an integration and its
// number of runs.
func writeForever(path string) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	for range 4 {
		go func() {
			for {
				id, err := s.LogConversation(ctx, store.Conversation{SessionID: "s", Source: "x", Prompt: strings.Repeat("p", 500)})
				if err != nil {
					say("! %v", err)
					return
				}
				say("c %d", id)
			}
		}()
	}
	name := strconv.FormatInt(time.Now().UnixNano(), 36)
	for n := 1; ; n++ {
		if err := s.AppendRun(ctx, storetest.RunOf(name, time.Now())); err != nil {
			say("! %v", err)
			return
		}
		if n%20 == 0 {
			if err := s.FlushRuns(ctx); err != nil {
				say("! %v", err)
				return
			}
			say("r %s %d", name, n)
		}
	}
}

// Everything that was acknowledged survives a kill at any time. VEGA_KILLS=100
// sets the number of kills.
func TestKillLosesNothing(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("VEGA_KILLS"))
	kills = max(kills, 5)
	path := filepath.Join(t.TempDir(), "vega.db")
	conversations, runs := 0, map[string]int{}
	last := int64(0)
	for range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "VEGA_TEST_STORE="+path, "VEGA_TEST_WRITE=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for left := 20 + rand.IntN(500); ; left-- {
			if left == 0 {
				_ = cmd.Process.Kill() // in the middle of the next write
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				break // a partial line was not acknowledged
			}
			switch f := strings.Fields(line); f[0] {
			case "c":
				conversations++
				id, _ := strconv.ParseInt(f[1], 10, 64)
				last = max(last, id)
			case "r":
				runs[f[1]], _ = strconv.Atoi(f[2])
			default:
				t.Fatal(line)
			}
		}
		_ = cmd.Wait() // killed
		s := openUnclosed(t, path)
		if got := query(t, s, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("after a kill: %s", got)
		}
		closeStore(t, s)
	}
	s := open(t, path)
	kept, _ := strconv.Atoi(query(t, s, "SELECT count(*) FROM conversations"))
	if kept < conversations || conversations == 0 {
		t.Errorf("%d conversations of %d acknowledged", kept, conversations)
	}
	if _, err := s.Conversation(t.Context(), last); err != nil {
		t.Error(err)
	}
	acknowledged := 0
	for name, n := range runs {
		acknowledged += n
		if got, _ := strconv.Atoi(query(t, s, "SELECT count(*) FROM runs WHERE integration = (SELECT id FROM run_names WHERE name = '"+name+"')")); got < n {
			t.Errorf("%d runs of %d acknowledged", got, n)
		}
	}
	t.Logf("%d kills, integrity_check ok after each: %d conversations and %d runs were acknowledged, none was lost", kills, conversations, acknowledged)
}

func TestLockedFileIsAnOutageUntilItIsUnlocked(t *testing.T) {
	t.Parallel() // SQLite waits for 5 seconds
	path := filepath.Join(t.TempDir(), "vega.db")
	var changes []error
	s, err := sqlite.Open(t.Context(), path, sqlite.ReportTo(&store.Health{Changed: func(o store.Outage) { changes = append(changes, o.Err) }}))
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	other := raw(t, path)
	other.SetMaxOpenConns(1)
	execSQL(t, other, "BEGIN IMMEDIATE")
	err = s.SetMemory(t.Context(), "k", "v")
	if e, ok := errors.AsType[*store.UnavailableError](err); !ok || e.Reason != "the file is locked by another program; stop that program, or wait until it is done" {
		t.Errorf("locked: %v", err)
	}
	if s.Degraded() == nil {
		t.Error("nothing can be stored, and the store is not degraded")
	}
	execSQL(t, other, "ROLLBACK")
	if err := s.SetMemory(t.Context(), "k", "v"); err != nil || s.Degraded() != nil {
		t.Errorf("unlocked: %v, %v", err, s.Degraded())
	}
	if len(changes) != 2 || changes[0] == nil || changes[1] != nil {
		t.Errorf("reported changes: %v", changes)
	}
}

func TestFullDiskIsAnOutageUntilThereIsSpace(t *testing.T) {
	dir := realtest.SmallDisk(t, 2<<20)
	path := filepath.Join(dir, "vega.db")
	s := openUnclosed(t, path)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := 0
	var err error
	for err == nil && kept < 10_000 {
		if _, err = s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x", Prompt: strings.Repeat("p", 4000)}); err == nil {
			kept++
		}
	}
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") {
		t.Fatalf("after %d: %v", kept, err)
	}
	if d := s.Degraded(); d == nil || !strings.Contains(d.Error(), "nothing could be stored since") {
		t.Errorf("degraded: %v", d)
	}
	if err := s.AppendRun(t.Context(), storetest.RunOf("web", time.Now())); err != nil {
		t.Error(err) // it waits in the queue
	}
	if err := s.FlushRuns(t.Context()); err == nil {
		t.Log("a run still fitted")
	}
	if all, err := latest(t, s, 5); err != nil || len(all) != 5 {
		t.Errorf("reading: %d, %v", len(all), err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	// The kernel may give the space back a little later.
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(10 * time.Millisecond) {
		if err := s.FlushRuns(t.Context()); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if _, err := s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x"}); err != nil || s.Degraded() != nil {
		t.Errorf("with free space: %v, %v", err, s.Degraded())
	}
	if p, err := s.Runs(t.Context(), store.RunQuery{Integration: "web", Limit: 10}); err != nil || len(p.Runs) != 1 {
		t.Errorf("the queued run: %d, %v", len(p.Runs), err)
	}
	if got := query(t, s, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
	if got := query(t, s, "SELECT count(*) FROM conversations"); got != strconv.Itoa(kept+1) {
		t.Errorf("%s conversations, %d were acknowledged", got, kept+1)
	}
	closeStore(t, s)
}

// No query fails because the database is busy. VEGA_SOAK=60s sets the duration.
func TestReadersAndWritersAtOnce(t *testing.T) {
	d, _ := time.ParseDuration(os.Getenv("VEGA_SOAK"))
	d = max(d, time.Second)
	s := fresh(t)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				_, err := s.LogConversation(ctx, store.Conversation{SessionID: fmt.Sprint("s", n), Source: "x", Prompt: strings.Repeat("p", 1000)})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.HistoryPage(ctx, store.Query{Session: fmt.Sprint("s", n)}); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	stats := s.Profiler().Stats()
	for _, q := range stats.Failed {
		code := 0
		_, _ = fmt.Sscanf(q.Error, "*sqlite.Error: code %d", &code)
		if primary := code & 0xff; primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED {
			t.Errorf("%s: %s", q.Function, q.Error)
		}
	}
	for _, f := range stats.Statements {
		if f.Failed > 16 || f.Total > 100 {
			t.Logf("%-16s %8d, %d failed; p50 %.2f ms, p99 %.2f, max %.2f", f.Function, f.Total, f.Failed, f.P50MS, f.P99MS, f.MaxMS)
		}
	}
}

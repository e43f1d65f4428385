package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/config/telemetry"
	"vega/plugins/shortage"
	"vega/policies/check"
	"vega/store"
)

// table is the result of a query.
type table struct {
	columns []string
	rows    [][]any
	err     error // after the rows
	at      int
	closed  *int
}

func (t *table) Columns() ([]string, error) { return t.columns, nil }
func (t *table) Err() error                 { return t.err }
func (t *table) Next() bool                 { t.at++; return t.at <= len(t.rows) }

func (t *table) Close() error {
	if t.closed != nil {
		*t.closed++
	}
	return nil
}

func (t *table) Scan(dest ...any) error {
	for n, d := range dest {
		if err := d.(interface{ Scan(any) error }).Scan(t.rows[t.at-1][n]); err != nil {
			return err
		}
	}
	return nil
}

// database answers the queries of a Set.
type database struct {
	mu      sync.Mutex
	answer  func(ctx context.Context, query string) (Rows, error)
	at      map[string][]time.Time // of queries
	running int
	most    int
}

func (d *database) Query(ctx context.Context, _, query string) (Rows, error) {
	d.mu.Lock()
	if d.at == nil {
		d.at = map[string][]time.Time{}
	}
	d.at[query] = append(d.at[query], time.Now())
	d.running++
	d.most = max(d.most, d.running)
	answer := d.answer
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.running--
		d.mu.Unlock()
	}()
	return answer(ctx, query)
}

func (d *database) set(answer func(ctx context.Context, query string) (Rows, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

func (d *database) ran(query string) []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[query]
}

func value(v any) func(context.Context, string) (Rows, error) {
	return func(context.Context, string) (Rows, error) {
		return &table{columns: []string{"n"}, rows: [][]any{{v}}}, nil
	}
}

func failing(err error) func(context.Context, string) (Rows, error) {
	return func(context.Context, string) (Rows, error) { return nil, err }
}

func minutely(name string) telemetry.Measure {
	return telemetry.Measure{Name: name, Database: "app", Query: "SELECT " + name, Value: "n", Interval: time.Minute, Timeout: 5 * time.Second, MaxSeries: 3}
}

// run runs a Set in a bubble with virtual time.
func run(t *testing.T, d *database, f func(s *Set, log *bytes.Buffer), all ...telemetry.Measure) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Query: d.Query})
		s.Configure(all, func(text string) string { return strings.ReplaceAll(text, "hunter2hunter2", "…") })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { s.Run(ctx); close(ended) }()
		f(s, &log)
		cancel()
		<-ended
	})
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func status(t *testing.T, s *Set, state State, reason string, series int) {
	t.Helper()
	got := s.Status()[0]
	if got.State != state || got.Series != series || !strings.Contains(got.Reason, reason) || (reason == "") != (got.Reason == "") {
		t.Errorf("%s, %d series, reason %q; want %s, %d, %q", got.State, got.Series, got.Reason, state, series, reason)
	}
	if n := len(s.Samples()); n != series {
		t.Errorf("%d samples, want %d", n, series)
	}
}

func TestAValueGoesAfterThreeIntervals(t *testing.T) {
	d := &database{answer: value(int64(7))}
	run(t, d, func(s *Set, log *bytes.Buffer) {
		status(t, s, Unknown, "not run yet", 0)
		pass(soon)
		status(t, s, Up, "", 1)
		if got := s.Samples()[0]; got.Value != 7 || got.Metric != "a" || got.Series() != "" {
			t.Errorf("%+v", got)
		}
		d.set(failing(errors.New(`database "app": connecting: connection refused`)))
		pass(2 * time.Minute)
		status(t, s, Down, "connection refused", 1)
		pass(2 * time.Minute)
		status(t, s, Down, "connection refused", 0)
		if all, reason, ok := s.Series("a"); len(all) != 0 || !ok || !strings.Contains(reason, "connection refused") {
			t.Errorf("%v, %q, %v", all, reason, ok)
		}
		if n := strings.Count(log.String(), "could not be measured"); n != 1 {
			t.Errorf("%d log lines:\n%s", n, log)
		}
		d.set(value(int64(8)))
		pass(time.Minute)
		status(t, s, Up, "", 1)
		if !strings.Contains(log.String(), "measured again") {
			t.Errorf("log:\n%s", log)
		}
	}, minutely("a"))
}

// TestASlowBlockHasItsOutcome has queries that take longer than three intervals.
func TestASlowBlockHasItsOutcome(t *testing.T) {
	slow := minutely("a")
	slow.Interval = time.Second
	d := &database{answer: func(context.Context, string) (Rows, error) {
		time.Sleep(4 * time.Second)
		return value(int64(7))(nil, "")
	}}
	run(t, d, func(s *Set, _ *bytes.Buffer) {
		pass(soon)
		for range 20 {
			status(t, s, Up, "", 1)
			pass(700 * time.Millisecond)
		}
		d.set(func(ctx context.Context, _ string) (Rows, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		pass(30 * time.Second)
		for range 20 {
			status(t, s, Down, "timeout of 5s", 0)
			pass(700 * time.Millisecond)
		}
	}, slow)
}

func TestVegasOwnTroubleIsNeitherDownNorAValue(t *testing.T) {
	d := &database{answer: value(int64(7))}
	run(t, d, func(s *Set, log *bytes.Buffer) {
		pass(soon)
		d.set(failing(fmt.Errorf("dial: %w", syscall.EMFILE)))
		pass(time.Minute)
		status(t, s, Unknown, "no file descriptors left", 1)
		d.set(failing(shortage.New(syscall.EBUSY, "other checks use all connections", "use longer intervals")))
		pass(4 * time.Minute)
		status(t, s, Unknown, "other checks use all", 0)
		if n := strings.Count(log.String(), "vega could not measure"); n != 2 {
			t.Errorf("%d log lines:\n%s", n, log)
		}
	}, minutely("a"))
}

func TestAPanicIsVegasOwnTrouble(t *testing.T) {
	d := &database{}
	d.set(func(context.Context, string) (Rows, error) { panic("a driver") })
	run(t, d, func(s *Set, log *bytes.Buffer) {
		pass(time.Minute)
		status(t, s, Unknown, "internal error", 0)
		if !strings.Contains(log.String(), "please report it") {
			t.Errorf("%s", log)
		}
		d.set(value(int64(5)))
		pass(2 * time.Minute)
		status(t, s, Up, "", 1)
	}, minutely("a"))
}

func TestBlocksKeepTheirPhase(t *testing.T) {
	d := &database{answer: value(int64(1))}
	all := []telemetry.Measure{minutely("a"), minutely("b"), minutely("c")}
	var first []time.Time
	run(t, d, func(s *Set, _ *bytes.Buffer) {
		pass(90 * time.Second)
		s.Configure(all[:2], s.hide) // c goes
		ofC := len(d.ran("SELECT c"))
		if n := len(s.Samples()); n != 2 {
			t.Errorf("%d samples of two blocks", n)
		}
		moved := minutely("a")
		moved.Position, moved.Help, moved.Timeout = "vega.hcl:9", "help", time.Second
		s.Configure([]telemetry.Measure{moved, all[1]}, s.hide)
		pass(10 * time.Minute)
		first = d.ran("SELECT a")
		for n, at := range first {
			if n > 1 && at.Sub(first[n-1]) != time.Minute {
				t.Errorf("run %d of a came %v after the one before", n, at.Sub(first[n-1]))
			}
		}
		if first[1].Truncate(time.Minute).Equal(first[1]) || len(first) < 11 || len(d.ran("SELECT c")) > ofC {
			t.Errorf("%d runs of a, %d of c, the second of a at %v", len(first), len(d.ran("SELECT c")), first[1])
		}
		if at := d.ran("SELECT b")[1]; at.Sub(first[1])%time.Minute == 0 {
			t.Error("a and b run at the same time")
		}
	}, all...)
	again := &database{answer: value(int64(1))}
	run(t, again, func(*Set, *bytes.Buffer) { pass(3 * time.Minute) }, all...)
	if later := again.ran("SELECT a"); later[1].Sub(first[1])%time.Minute != 0 {
		t.Errorf("a restart moved a from %v to %v", first[1], later[1])
	}
}

func TestAChangedBlockLosesItsValue(t *testing.T) {
	d := &database{answer: value(int64(1))}
	run(t, d, func(s *Set, _ *bytes.Buffer) {
		pass(soon)
		changed := minutely("a")
		changed.Query = "SELECT other"
		s.Configure([]telemetry.Measure{changed}, s.hide)
		status(t, s, Unknown, "not run yet", 0)
		pass(soon)
		status(t, s, Up, "", 1)
		if len(d.ran("SELECT other")) == 0 {
			t.Error("the new query did not run soon")
		}
	}, minutely("a"))
}

// hang answers when ctx ends, as a database does that gets no response.
func hang(ctx context.Context, _ string) (Rows, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestASlowQueryEnds(t *testing.T) {
	d := &database{answer: hang}
	run(t, d, func(s *Set, _ *bytes.Buffer) {
		pass(soon + 5*time.Second)
		status(t, s, Down, "no result within its timeout of 5s", 0)
		pass(55 * time.Second) // the next one has begun or will soon
		s.Configure(nil, s.hide)
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.running != 0 {
			t.Error("the query of a removed block still runs")
		}
	}, minutely("a"))
	if d.running != 0 { // Run has returned
		t.Error("a query outlived Run")
	}
}

func TestAStarvedVegaIsUnknown(t *testing.T) {
	for late, want := range map[time.Duration]State{0: Down, 400 * time.Millisecond: Down, 600 * time.Millisecond: Unknown, time.Minute: Unknown} {
		synctest.Test(t, func(t *testing.T) {
			d := &database{answer: hang}
			s := New(Options{Log: slog.New(slog.DiscardHandler), Query: d.Query, Contention: func() func() check.Contention {
				return func() check.Contention { return check.Contention{Late: late} }
			}})
			s.Configure([]telemetry.Measure{minutely("a")}, func(s string) string { return s })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			s.Run(ctx)
			if got := s.Status()[0]; got.State != want || strings.Contains(got.Reason, "had no processor for") != (want == Unknown) {
				t.Errorf("%v without a processor: %+v", late, got)
			}
		})
	}
}

func TestShutdownEndsQueriesAndSaysNothing(t *testing.T) {
	d := &database{answer: hang}
	var log *bytes.Buffer
	slow := minutely("a")
	slow.Timeout = time.Hour
	run(t, d, func(_ *Set, l *bytes.Buffer) { log = l; pass(soon) }, slow)
	if d.running != 0 || len(d.ran("SELECT a")) != 1 || log.Len() > 0 {
		t.Errorf("%d queries run, %d ran; log: %s", d.running, len(d.ran("SELECT a")), log)
	}
}

func TestFewQueriesRunAtOnce(t *testing.T) {
	d := &database{answer: func(ctx context.Context, _ string) (Rows, error) {
		time.Sleep(2 * time.Second)
		return value(int64(1))(ctx, "")
	}}
	var all []telemetry.Measure
	for n := range 20 {
		all = append(all, minutely(fmt.Sprintf("m%d", n)))
	}
	run(t, d, func(s *Set, _ *bytes.Buffer) {
		pass(time.Minute)
		if n := len(s.Samples()); n != 20 {
			t.Errorf("%d samples", n)
		}
	}, all...)
	if d.most != together {
		t.Errorf("%d queries ran at once", d.most)
	}
}

// history is the store of a test.
type history struct {
	got   []Sample
	calls int
	err   error
	slow  time.Duration
}

func (h *history) record(_ context.Context, all []Sample) error {
	time.Sleep(h.slow)
	h.calls++
	if h.err == nil {
		h.got = append(h.got, all...)
	}
	return h.err
}

func recorded(t *testing.T, h *history, f func(d *database, s *Set), all ...telemetry.Measure) (log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &database{answer: value(int64(1))}
		var b bytes.Buffer
		s := New(Options{Log: slog.New(slog.NewTextHandler(&b, nil)), Query: d.Query, Record: h.record})
		s.Configure(all, func(s string) string { return s })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		s.Run(ctx)
		f(d, s)
		log = b.String()
	})
	return log
}

func TestEachResultIsRecordedInOrder(t *testing.T) {
	var h history
	recorded(t, &h, func(d *database, _ *Set) {
		at := d.ran("SELECT a")
		for n, s := range h.got {
			if !s.At.Equal(at[n]) {
				t.Errorf("sample %d is of %v, want %v", n, s.At, at[n])
			}
		}
		if len(h.got) != len(at) {
			t.Errorf("%d recorded, %d queries", len(h.got), len(at))
		}
	}, minutely("a"))
}

// TestASlowStoreDelaysNoQuery has a store that takes a minute for each batch.
func TestASlowStoreDelaysNoQuery(t *testing.T) {
	h := history{slow: time.Minute}
	quick := minutely("a")
	quick.Interval = time.Second
	recorded(t, &h, func(d *database, _ *Set) {
		if n := len(d.ran("SELECT a")); n < 295 || len(h.got) != n || h.calls > 7 {
			t.Errorf("%d queries, %d recorded with %d calls", n, len(h.got), h.calls)
		}
	}, quick)
}

func TestAStoreThatFailsIsLoggedOnce(t *testing.T) {
	h := history{err: errors.New("the disk is full")}
	log := recorded(t, &h, func(_ *database, s *Set) { status(t, s, Up, "", 1) }, minutely("a"))
	if strings.Count(log, "the disk is full") != 1 || h.calls < 5 {
		t.Errorf("%d calls; log:\n%s", h.calls, log)
	}
}

func TestOnlyTheSamplesThatAreLeftOutAreLost(t *testing.T) {
	h := history{err: fmt.Errorf("store: %w", &store.ManySeriesError{Metric: "a", Left: 2})}
	log := recorded(t, &h, func(*database, *Set) {}, minutely("a"))
	if strings.Count(log, "choose labels") != 1 || !strings.Contains(log, "lost=2") {
		t.Errorf("log:\n%s", log)
	}
}

func TestPendingSamplesAreBounded(t *testing.T) {
	var h history
	var log bytes.Buffer
	r := newRecorder(slog.New(slog.NewTextHandler(&log, nil)), h.record)
	for range maxPending/1000 + 5 {
		r.add(make([]Sample, 1000))
	}
	r.flush(t.Context())
	if len(h.got) != maxPending || !strings.Contains(log.String(), "too slow") || !strings.Contains(log.String(), "lost=5000") {
		t.Errorf("%d recorded; log: %s", len(h.got), &log)
	}
}

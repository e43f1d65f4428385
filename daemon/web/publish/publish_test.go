package publish

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies/check"
)

func TestStateOf(t *testing.T) {
	for _, tt := range []struct {
		status      check.Status
		maintenance bool
		want        State
	}{
		{check.Healthy, false, Operational},
		{check.Degraded, false, Degraded},
		{check.Unhealthy, false, Down},
		{check.Unhealthy, true, Maintenance},
		{check.Unknown, false, Unknown},
		{check.Disabled, false, NotChecked},
		{"", false, Unknown},
	} {
		if got := StateOf(tt.status, tt.maintenance); got != tt.want {
			t.Errorf("%q, maintenance %v: %q, want %q", tt.status, tt.maintenance, got, tt.want)
		}
	}
}

func TestWorstState(t *testing.T) {
	for _, tt := range []struct {
		states []State
		want   State
	}{
		{nil, NotChecked},
		{[]State{NotChecked, Operational}, Operational},
		{[]State{Operational, Unknown, Maintenance}, Unknown},
		{[]State{Degraded, Down, Operational}, Down},
	} {
		p := Page{}
		for _, s := range tt.states {
			p.Entries = append(p.Entries, Entry{State: s})
		}
		if got := p.State(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.states, got, tt.want)
		}
	}
}

// TestPercent never shows 100 % for an integration that was down.
func TestPercent(t *testing.T) {
	for part, want := range map[float64]string{1: "100.00 %", 0.999999: "99.99 %", 0.9995: "99.95 %", 0: "0.00 %", 0.5: "50.00 %"} {
		if got := Percent(part); got != want {
			t.Errorf("%v: %s, want %s", part, got, want)
		}
	}
}

func TestUptime(t *testing.T) {
	if _, ok := Uptime([]Day{{}, {Maintenance: time.Hour}}); ok {
		t.Error("maintenance counts")
	}
	if part, ok := Uptime([]Day{{Up: 3 * time.Hour}, {Down: time.Hour}}); !ok || part != 0.75 {
		t.Errorf("%v", part)
	}
}

// TestBadge reads the badges of hostile names as XML and as JSON.
func TestBadge(t *testing.T) {
	for _, name := range []string{"Search", `<script>alert(1)</script>`, `"&'`, "検索 🔍", ""} {
		b := UptimeBadge(name, "30d", 0.9942, true)
		var svg strings.Builder
		if err := b.SVG().Render(&svg); err != nil {
			t.Fatal(err)
		}
		var texts []string
		d := xml.NewDecoder(strings.NewReader(svg.String()))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v: %s", name, err, svg.String())
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Errorf("%q: a script", name)
			}
			if c, ok := token.(xml.CharData); ok {
				texts = append(texts, string(c))
			}
		}
		if want := []string{name + " 30d: 99.42 %", name + " 30d", "99.42 %"}; strings.Join(texts, "|") != strings.Join(want, "|") {
			t.Errorf("%q: %q, want %q", name, texts, want)
		}
		var shield struct {
			SchemaVersion         int
			Label, Message, Color string
		}
		if err := json.Unmarshal(b.JSON(), &shield); err != nil || shield.SchemaVersion != 1 || shield.Label != name+" 30d" || shield.Message != "99.42 %" || shield.Color != "green" {
			t.Errorf("%q: %+v %v", name, shield, err)
		}
	}
}

func TestBadgeColors(t *testing.T) {
	for s := range ofState {
		if colors[StateBadge("x", s).Color] == "" {
			t.Errorf("%s has no colour", s)
		}
	}
	for _, part := range []float64{0, 0.9, 0.95, 0.99, 0.999, 1} {
		if colors[UptimeBadge("x", "7d", part, true).Color] == "" {
			t.Errorf("%v has no colour", part)
		}
	}
	if b := UptimeBadge("x", "7d", 0, false); b.Message != "unknown" {
		t.Errorf("%+v", b)
	}
}

// TestCacheMakesOne asks 1,000 times at once, and again when the answer is stale.
func TestCacheMakesOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Cache
		var calls atomic.Int32
		ask := func() string {
			body, err := c.Get(t.Context(), "page", time.Now, func() ([]byte, error) {
				time.Sleep(time.Second)
				return []byte{byte('0' + calls.Add(1))}, nil
			})
			if err != nil {
				t.Error(err)
			}
			return string(body)
		}
		crowd := func(want string) {
			for range 1000 {
				go func() {
					if got := ask(); !strings.Contains(want, got) {
						t.Errorf("%q, want one of %q", got, want)
					}
				}()
			}
			synctest.Wait()
		}
		crowd("1")
		time.Sleep(2 * time.Second)
		crowd("1") // fresh
		if n := calls.Load(); n != 1 {
			t.Fatalf("made %d times", n)
		}
		time.Sleep(Fresh)
		crowd("12") // all but one get the last one meanwhile
		time.Sleep(2 * time.Second)
		if n := calls.Load(); n != 2 {
			t.Fatalf("made %d times", n)
		}
		time.Sleep(2 * stale)
		crowd("3") // the last one is too old
		time.Sleep(2 * time.Second)
		if n := calls.Load(); n != 3 {
			t.Fatalf("made %d times", n)
		}
	})
}

// TestCacheWaitersEnd checks that those who wait for an answer that is never made end with
// their requests, rather than one after the other.
func TestCacheWaitersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Cache
		away := func() ([]byte, error) {
			time.Sleep(time.Minute)
			return nil, errors.New("away")
		}
		go func() { _, _ = c.Get(t.Context(), "page", time.Now, away) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := c.Get(ctx, "page", time.Now, away); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		time.Sleep(time.Minute) // the first one ends
	})
}

func TestCacheKeepsNoError(t *testing.T) {
	var c Cache
	wrong := errors.New("away")
	if _, err := c.Get(t.Context(), "page", time.Now, func() ([]byte, error) { return nil, wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if body, err := c.Get(t.Context(), "page", time.Now, func() ([]byte, error) { return []byte("x"), nil }); err != nil || string(body) != "x" {
		t.Errorf("%q %v", body, err)
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Second: "1 min", 59 * time.Minute: "59 min", 90 * time.Minute: "1 h 30 min", 26 * time.Hour: "1 d 2 h"} {
		if got := lasted(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// TestPeriod does not claim 90 days for what was first checked yesterday.
func TestPeriod(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	days := []Day{{Date: at}, {Date: at.AddDate(0, 0, 1)}, {Date: at.AddDate(0, 0, 2)}}
	if got := period(days); got != "in 3 days" {
		t.Error(got)
	}
	days[1].Down = time.Second
	if got := period(days); got != "since 2 March 2026" {
		t.Error(got)
	}
	days[0].Up = time.Second
	if got := period(days); got != "in 3 days" {
		t.Error(got)
	}
}

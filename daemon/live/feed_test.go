package live_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/live"
	"vega/policies/check"
)

// counter encodes messages as they are, and counts them.
type counter struct{ encoded atomic.Int64 }

func (c *counter) encode(m live.Message) ([]byte, error) {
	c.encoded.Add(1)
	names := slices.Compact(slices.Sorted(slices.Values(m.Names)))
	return json.Marshal(live.Message{From: m.From, Reload: m.Reload, Names: names})
}

func follow(t *testing.T, f *live.Feed) *live.Viewer {
	t.Helper()
	v, err := f.Follow()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// read returns the generation of the event and its message.
func read(t *testing.T, event []byte) (id string, m live.Message) {
	t.Helper()
	lines := strings.Split(string(event), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "id: ") || !strings.HasPrefix(lines[1], "data: ") {
		t.Fatalf("%q is no event", event)
	}
	if err := json.Unmarshal([]byte(lines[1][6:]), &m); err != nil {
		t.Fatal(err)
	}
	return lines[0][4:], m
}

func next(t *testing.T, v *live.Viewer) (id string, m live.Message) {
	t.Helper()
	time.Sleep(1100 * time.Millisecond)
	select {
	case event := <-v.Events():
		return read(t, event)
	default:
		t.Fatal("no event")
		return "", m
	}
}

func TestOneEventASecondForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := live.New(), &counter{}
		f := live.NewFeed(b, c.encode)
		viewers := make([]*live.Viewer, 100)
		for n := range viewers {
			viewers[n] = follow(t, f)
		}
		for n := range 50 {
			record(b, fmt.Sprintf("web-%d", n%5), n, check.Healthy)
		}
		for _, v := range viewers[:1] {
			if _, m := next(t, v); !slices.Equal(m.Names, []string{"web-0", "web-1", "web-2", "web-3", "web-4"}) || m.Reload != 0 {
				t.Errorf("%+v", m)
			}
		}
		for _, v := range viewers[1:] {
			read(t, <-v.Events())
		}
		if c.encoded.Load() != 1 {
			t.Errorf("encoded %d times", c.encoded.Load())
		}
		time.Sleep(time.Minute)
		for _, v := range viewers {
			if len(v.Events()) > 0 {
				t.Error("an event without a change")
			}
			v.Leave()
		}
	})
}

func TestViewerWhoIsBehindGetsOneReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		f := live.NewFeed(b, (&counter{}).encode)
		slow, fast := follow(t, f), follow(t, f)
		defer slow.Leave()
		defer fast.Leave()
		var last string
		for n := range 10 {
			record(b, "web", n, check.Healthy)
			last, _ = next(t, fast)
		}
		var got []live.Message
		var id string
		for len(slow.Events()) > 0 {
			var m live.Message
			id, m = read(t, <-slow.Events())
			got = append(got, m)
		}
		if len(got) > 2 || got[0].Reload == 0 {
			t.Errorf("%+v", got)
		}
		if got[len(got)-1].Reload == 0 && id != last {
			t.Errorf("the last event is %s, want %s", id, last)
		}
	})
}

func TestViewerWhoComesBackGetsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		b.Configure([]string{"a", "b", "c"})
		f := live.NewFeed(b, (&counter{}).encode)
		v := follow(t, f)
		defer v.Leave()
		seen := b.Generation()
		for n, name := range []string{"a", "b", "a"} {
			record(b, name, n, check.Healthy)
			next(t, v)
		}
		for _, c := range []struct {
			id     string
			names  []string
			reload bool
		}{
			{seen, []string{"a", "b"}, false},
			{b.Generation(), nil, false},
			{"", nil, false},
			{"another-1", nil, true}, // vega was restarted
			{strings.Replace(seen, "-0", "-99", 1), nil, true},
			{strings.Replace(seen, "-0", "-x", 1), nil, true},
			{"-", nil, true},
			{strings.Repeat("9", 8000), nil, true},
		} {
			id, m := read(t, v.Missed(c.id))
			if id != b.Generation() || !slices.Equal(m.Names, c.names) || (m.Reload > 0) != c.reload {
				t.Errorf("after %.20q: %s %+v", c.id, id, m)
			}
		}
	})
}

func TestReloadOfTheConfigurationReachesOldPagesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		b.Configure([]string{"a"})
		f := live.NewFeed(b, (&counter{}).encode)
		v := follow(t, f)
		defer v.Leave()
		before := b.Generation()
		record(b, "a", 1, check.Healthy)
		b.Configure([]string{"a", "b"})
		after := b.Generation()
		id, m := next(t, v)
		if !slices.Equal(m.Names, []string{"a"}) || after != before[:len(before)-1]+fmt.Sprint(m.Reload) {
			t.Errorf("%s %+v; pages are of %s and %s", id, m, before, after)
		}
		if _, m := read(t, v.Missed(before)); m.Reload == 0 {
			t.Errorf("an old page gets %+v", m)
		}
		if _, m := read(t, v.Missed(after)); m.Reload != 0 || len(m.Names) > 0 {
			t.Errorf("a new page gets %+v", m)
		}
	})
}

func TestTooManyViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := live.NewFeed(live.New(), (&counter{}).encode)
		var all []*live.Viewer
		for range live.Viewers {
			all = append(all, follow(t, f))
		}
		if _, err := f.Follow(); !errors.Is(err, live.ErrFull) {
			t.Errorf("%v", err)
		}
		for _, v := range all {
			v.Leave()
			v.Leave() // again
		}
		if f.Count() != 0 {
			t.Errorf("%d viewers", f.Count())
		}
		time.Sleep(2 * time.Second)
		follow(t, f).Leave()
	})
}

// TestChangesBeforeTheFirstViewerAreNotSent checks that a viewer gets what changed after its
// page, and no more, however much changed before.
func TestChangesBeforeTheFirstViewerAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		f := live.NewFeed(b, (&counter{}).encode)
		for range 2 {
			for n := range 1000 {
				record(b, fmt.Sprint(n), n, check.Healthy)
			}
			seen := b.Generation()
			record(b, "7", 7, check.Healthy)
			v := follow(t, f)
			record(b, "8", 8, check.Healthy)
			if _, m := read(t, v.Missed(seen)); !slices.Equal(m.Names, []string{"7"}) || m.Reload != 0 {
				t.Errorf("missed: %+v", m)
			}
			if _, m := next(t, v); !slices.Equal(m.Names, []string{"8"}) || m.Reload != 0 {
				t.Errorf("then: %+v", m)
			}
			v.Leave()
		}
	})
}

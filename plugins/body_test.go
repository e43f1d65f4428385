package plugins

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// answered returns the response to a request of a guest that may hold so many bytes,
// and that imports the json call or does not.
func answered(t *testing.T, body string, memory manifest.Size, asks bool) (*guest, *response) {
	t.Helper()
	s, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := &Module{Module: &manifest.Module{}, sandbox: s}
	if asks {
		m.Imports = []manifest.Import{{Module: abi.Module, Name: "json"}}
	}
	g, err := m.newGuest(&Input{Memory: memory}, &manifest.Probe{}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	g.run = t.Context()
	t.Cleanup(func() {
		g.handles.closeAll()
		if held := g.account.Held(); held != 0 {
			t.Errorf("%d bytes are held once all is closed", held)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := newResponse(g, &egress.Response{Header: http.Header{}, Body: io.NopCloser(iotest.HalfReader(strings.NewReader(body)))}, &request{Request: egress.Request{MaxBody: 8 << 20}})
	if _, err := g.handles.add(r, 0); err != nil {
		t.Fatal(err)
	}
	return g, r
}

func find(r *response, path string) (string, error) {
	v, err := r.find(path)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = v.Write(&b, r.guest)
	return b.String(), err
}

func jsonOf(n int) string { return `{"a":"` + strings.Repeat("x", n-14) + `","b":1}` }

// A body can be read before the json call, after it, and in part before. It is
// counted as about as large as it is.
func TestBodyIsKept(t *testing.T) {
	for _, size := range []int{20, 600, 32<<10 - 1, 32 << 10, 32<<10 + 1, 200_000, 3 << 20} {
		for _, before := range []int{0, 5, size} {
			body := jsonOf(size)
			g, r := answered(t, body, 0, true)
			read := make([]byte, before)
			if _, err := io.ReadFull(reading{r}, read); err != nil {
				t.Fatal(err)
			}
			if before == size {
				if n, err := r.read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
					t.Errorf("%d: %d %v", size, n, err)
				}
			}
			for range 2 {
				if got, err := find(r, "b"); got != "1" || err != nil {
					t.Fatalf("%d, %d read before: %q %v", size, before, got, err)
				}
			}
			if held := int(g.account.Held()); held < size || held > 2*size+(64<<10) {
				t.Errorf("%d bytes are held for %d", held, size)
			}
			rest, err := io.ReadAll(reading{r})
			if err != nil || string(read)+string(rest) != body {
				t.Errorf("%d, %d read before: another body, %v", size, before, err)
			}
		}
	}
}

// reading reads a response as a guest does.
type reading struct{ *response }

func (r reading) Read(p []byte) (int, error) { return r.response.read(p) }

// A body that can't be JSON, or whose guest can't ask for JSON, is not kept.
func TestBodyIsNotKeptForNothing(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		asks bool
	}{
		"HTML": {"\n <html>" + strings.Repeat("x", 100_000), true}, "JSON that nobody asks for": {jsonOf(100_000), false},
	} {
		g, r := answered(t, c.body, 0, c.asks)
		read, err := io.ReadAll(reading{r})
		if err != nil || string(read) != c.body {
			t.Errorf("%s: %d bytes, %v", name, len(read), err)
		}
		if held := g.account.Held(); held != 0 {
			t.Errorf("%s: %d bytes are held", name, held)
		}
		if _, err := find(r, "b"); errno(err) != abi.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
		if c.asks {
			if _, err := find(r, "b"); !strings.Contains(err.Error(), "the body is not JSON: byte 2: '<' where a value is expected") {
				t.Errorf("%v", err)
			}
		}
	}
}

// A guest that only reads a body does not need memory to keep it. The json call
// does, and reports that.
func TestReadingNeedsNoMemory(t *testing.T) {
	body := jsonOf(1 << 20)
	g, r := answered(t, body, 500_000, true)
	read, err := io.ReadAll(reading{r})
	if err != nil || string(read) != body || g.account.Held() != 0 || g.overdrawn != nil {
		t.Errorf("%d bytes, %v; %d are held, %v", len(read), err, g.account.Held(), g.overdrawn)
	}
	for range 2 {
		if _, err := find(r, "b"); errno(err) != abi.ErrQuota || g.overdrawn == nil || !strings.Contains(err.Error(), "raise memory in the integration") {
			t.Errorf("%v, %v", err, g.overdrawn)
		}
	}
	g, r = answered(t, body, 500_000, true)
	if _, err := find(r, "b"); errno(err) != abi.ErrQuota || g.overdrawn == nil || g.own != nil {
		t.Errorf("%v, %v, %v", err, g.overdrawn, g.own)
	}
	g, r = answered(t, body, 0, true)
	g.module.sandbox.SetHostMemory(500_000)
	if _, err := find(r, "b"); errno(err) != abi.ErrQuota || g.own == nil || g.overdrawn != nil || !strings.Contains(err.Error(), "raise host_memory in the sandbox block") {
		t.Errorf("%v, %v, %v", err, g.overdrawn, g.own)
	}
}

// If memory is needed, a body that is kept in case the guest asks for JSON is
// dropped; one for which it has asked stays.
func TestUnusedBodyIsDropped(t *testing.T) {
	body := jsonOf(1 << 20)
	g, r := answered(t, body, 2<<20, true)
	if _, err := io.ReadAll(reading{r}); err != nil || g.account.Held() < 1<<20 {
		t.Fatal(err, g.account.Held())
	}
	if !g.GrowMemory(1500<<10, 2<<20) || g.account.Held() != 0 {
		t.Errorf("its own memory can't grow, %d bytes are held", g.account.Held())
	}
	if _, err := find(r, "b"); errno(err) != abi.ErrQuota {
		t.Errorf("%v", err)
	}
	g, r = answered(t, body, 2<<20, true)
	if _, err := find(r, "b"); err != nil {
		t.Fatal(err)
	}
	if g.GrowMemory(1500<<10, 2<<20) {
		t.Error("its own memory grows over what is held")
	}
	if _, err := find(r, "b"); err != nil {
		t.Error(err)
	}
}

func TestErrorsOfJSON(t *testing.T) {
	for body, c := range map[string]struct {
		code abi.Errno
		says string
	}{
		`{"a":1`:                 {abi.ErrInvalid, "the body is not JSON: byte 6: it ends"},
		`{"b":1,"b":2}`:          {abi.ErrInvalid, `has the key "b" twice`},
		strings.Repeat("[", 2e6): {abi.ErrTooLarge, "nested deeper than 1000 levels"},
		`{"a":1}`:                {abi.ErrNotSet, `JSON path "b"`},
		"":                       {abi.ErrInvalid, "not JSON"},
	} {
		_, r := answered(t, body, 0, true)
		for range 2 {
			if _, err := find(r, "b"); errno(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%.20q: %v", body, err)
			}
		}
	}
}

// A body that fails in the middle fails the json call each time, and reading at the
// same place.
func TestBodyThatFails(t *testing.T) {
	_, r := answered(t, "", 0, true)
	failed := errors.New("cut")
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader([]byte(`{"a":`)), iotest.ErrReader(failed)))
	for range 2 {
		if _, err := find(r, "a"); !errors.Is(err, failed) {
			t.Errorf("%v", err)
		}
	}
	if read, err := io.ReadAll(reading{r}); string(read) != `{"a":` || !errors.Is(err, failed) {
		t.Errorf("%q %v", read, err)
	}
	g, r := answered(t, jsonOf(1<<20), 0, true)
	ctx, cancel := context.WithCancel(t.Context())
	g.run = ctx
	cancel()
	if _, err := find(r, "a"); err == nil || errno(err) == abi.ErrNotSet {
		t.Errorf("a run that has ended: %v", err)
	}
}

// passed is a context whose deadline has passed, but whose timer has not run yet.
type passed struct{ context.Context }

func (passed) Deadline() (time.Time, bool) { return time.Now().Add(-time.Nanosecond), true }

// TestAWaitUntilTheDeadlineIsOver checks that a wait that lasts as long as the run counts
// as one that the run's deadline ended, whichever of their timers runs first.
func TestAWaitUntilTheDeadlineIsOver(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	later, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		over bool
	}{
		"the deadline passed": {passed{t.Context()}, true}, "canceled": {ended, true},
		"time is left": {later, false}, "without a deadline": {t.Context(), false},
	} {
		if over(c.ctx) != c.over {
			t.Errorf("%s: %v", name, !c.over)
		}
	}
}

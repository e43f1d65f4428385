package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/policies/check"
)

func TestDivideDescriptors(t *testing.T) {
	databases := func(n int) (all []config.Database) {
		for range n {
			all = append(all, config.Database{Driver: "postgres"})
		}
		return all
	}
	for _, c := range []struct {
		name        string
		limit, open int
		cfg         config.Config
		serving     bool
		want        string // connections+spare, concurrent checks
	}{
		{"no limit", 0, 20, config.Config{}, true, "1024+16, 1024"},
		{"a large one", 1 << 20, 20, config.Config{}, true, "1024+16, 1024"},
		{"an old system's", 4096, 20, config.Config{}, true, "1024+16, 1024"},
		{"a shell's", 1024, 20, config.Config{}, true, "305+16, 321"},
		{"a small one", 256, 20, config.Config{}, true, "57+8, 65"},
		{"a tiny one", 48, 20, config.Config{}, true, "3+1, 5"},
		{"a command", 48, 16, config.Config{}, false, "0+0, 10"},
		{"databases", 256, 20, config.Config{Databases: databases(10)}, true, "40+5, 45"},
		{"more databases than the limit allows", 256, 20, config.Config{Databases: databases(100)}, true, "35+4, 39"},
		{"as configured", 1024, 20, config.Config{Server: config.Server{MaxConnections: 100}}, true, "100+14, 425"},
		{"more connections than the limit allows", 1024, 20, config.Config{Server: config.Server{MaxConnections: 5000}}, true, "707+16, 120"},
		{"far too small", 24, 20, config.Config{}, true, "error"},
		{"too small for a command", 17, 16, config.Config{}, false, "error"},
	} {
		d := &descriptors{limit: c.limit, opened: c.open, serving: c.serving}
		s, err := d.divide(&c.cfg)
		got := "error"
		if err == nil {
			clients := s.clients
			if c.serving {
				clients.Connections = d.clientsOf(&c.cfg).Connections
			}
			got = fmt.Sprintf("%d+%d, %d", clients.Connections, clients.Spare, s.maxRunning())
			if used := s.clients.Connections + s.clients.Spare + s.checks; c.limit > 0 && used+c.open > c.limit {
				t.Errorf("%s: %d of %d are assigned", c.name, used, c.limit-c.open)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestConnectionsPerClient(t *testing.T) {
	for _, c := range []struct{ limit, all, one, want int }{
		{1 << 20, 0, 0, 512}, {256, 0, 0, 28}, {48, 0, 0, 2}, {1 << 20, 10, 0, 8}, {1 << 20, 4, 0, 3}, {1 << 20, 1, 0, 1}, {1 << 20, 4, 4, 4}, {1 << 20, 100, 7, 7}, {1 << 20, 100, 700, 100},
	} {
		d := &descriptors{limit: c.limit, opened: 20, serving: true}
		got := d.clientsOf(&config.Config{Server: config.Server{MaxConnections: c.all, MaxPerClient: c.one}})
		if got.PerClient != c.want {
			t.Errorf("limit %d, max_connections %d, per client %d: %+v, want %d", c.limit, c.all, c.one, got, c.want)
		}
	}
}

// hanging returns a target that reports each request and responds only once the test
// releases it.
func hanging(t *testing.T) (url string, asked chan string, release chan struct{}) {
	t.Helper()
	asked, release = make(chan string, 10), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked, release
}

func getting(name, timeout, url string) string {
	return fmt.Sprintf("integration %q {\n  probe = tiny.get\n  interval = \"0s\"\n  timeout = %q\n  config {\n    url = %q\n  }\n}\n", name, timeout, url)
}

// TestRunWaitsForDescriptors checks that a run starts after another has released its
// descriptors.
func TestRunWaitsForDescriptors(t *testing.T) {
	url, asked, release := hanging(t)
	h := build(t, getting("a", "30s", url+"/a")+getting("b", "30s", url+"/b"))
	h.engine.Share(engine.SocketsPerRun, 0)
	answer := make(chan string, 1)
	go func() { answer <- h.status() }()
	first := <-asked
	if len(asked) > 0 {
		t.Errorf("%s and %s ran at the same time", first, <-asked)
	}
	close(release)
	if got := <-answer; got != "a=healthy b=healthy" {
		t.Error(got)
	}
}

// TestWaitDoesNotBlameTheTarget checks that the cause is host for a run that never
// started, and for one that started too late for its target to respond.
func TestWaitDoesNotBlameTheTarget(t *testing.T) {
	url, asked, release := hanging(t)
	other, _, _ := hanging(t)
	h := build(t, getting("holder", "30s", url)+getting("late", "3s", other)+getting("never", "1s", other))
	h.engine.Share(engine.SocketsPerRun, 48)
	held := make(chan engine.Report, 1)
	go func() { held <- h.ask(engine.Query{Names: []string{"holder"}}).Integrations[0] }()
	<-asked
	late := make(chan engine.Report, 1)
	go func() { late <- h.ask(engine.Query{Names: []string{"late"}}).Integrations[0] }()
	for h.engine.Places().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	never := h.ask(engine.Query{Names: []string{"never"}}).Integrations[0] // takes one of the three seconds that the late run has
	close(release)
	if r := <-held; r.Status != check.Healthy {
		t.Errorf("the run that held the descriptors: %s/%s %q", r.Status, r.Cause, r.Message)
	}
	for name, r := range map[string]engine.Report{"late": <-late, "never": never} {
		if r.Status != check.Unknown || r.Cause != check.Host || !strings.Contains(r.Message, "vega's limit of 48 file descriptors restricts concurrent checks to 1; raise LimitNOFILE") {
			t.Errorf("%s: %s/%s %q", name, r.Status, r.Cause, r.Message)
		}
	}
}

// TestReloadDividesDescriptorsAgain checks that descriptors reserved for a new
// database are not available to checks.
func TestReloadDividesDescriptorsAgain(t *testing.T) {
	h := build(t, "")
	h.descriptors.limit, h.descriptors.opened = 256, 20
	before := h.descriptors.checks.Size()
	h.configure("database \"app\" {\n  driver = \"postgres\"\n  dsn = \"postgres://app@127.0.0.1/app\"\n}\n")
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	s, err := h.descriptors.divide(h.inForce().Config)
	if err != nil || h.descriptors.checks.Size() != s.checks || s.checks == before {
		t.Errorf("%d before, %d now, want %+v, %v", before, h.descriptors.checks.Size(), s, err)
	}
}

// TestDescriptorsAreNotHeldBeyondARun counts descriptors after many runs, some of
// which failed.
func TestDescriptorsAreNotHeldBeyondARun(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	h := build(t, getting("refused", "5s", gone.URL)+getting("name", "5s", "http://no-such.invalid/"))
	h.engine.Share(2*engine.SocketsPerRun, 0)
	for range 20 {
		h.ask(engine.Query{})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	all, err := h.descriptors.checks.Allow(ctx, 2*engine.SocketsPerRun)
	if err != nil {
		t.Fatalf("not all descriptors were released: %v", err)
	}
	all.End()
}

package plugintest_test

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	_ "modernc.org/sqlite"

	"vega/daemon/realtest"
	"vega/daemon/realtest/cases"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/core/fixtures"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/icmp"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

const token = "a-real-token-of-the-operator"

// file is a SQLite file that serves as a configured database.
type file struct{ *sql.DB }

func (f file) Query(ctx context.Context, _, query string) (plugins.Rows, error) {
	return f.QueryContext(ctx, query) //nolint:rowserrcheck // the guest's side checks and closes
}

func coreKit(t *testing.T, o plugintest.Options) *plugintest.Kit {
	t.Helper()
	o.Bundled, o.CacheDir = true, compiled.Cache()
	k, err := plugintest.Open(t.Context(), plugins.Core(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// recorded is a run of a bundled probe against a real server.
type recorded struct {
	probe  string
	values manifest.Values
	block  []grant.Rule
}

// chat is a WebSocket that repeats what it is sent, and the login.
func chat(w http.ResponseWriter, q *http.Request) {
	c, err := websocket.Accept(w, q, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }() // the test looks at what was said before
	for {
		kind, message, err := c.Read(q.Context())
		if err != nil || c.Write(q.Context(), kind, []byte("you said "+string(message)+", "+q.Header.Get("Authorization"))) != nil {
			return
		}
	}
}

// healthy starts a gRPC server with the health service and returns its address.
func healthy(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	healthpb.RegisterHealthServer(s, health.NewServer())
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

func world(t *testing.T) ([]recorded, plugintest.Options) {
	text := manifest.Plain
	authority := fixtures.NewAuthority(t)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Set-Cookie", "session=a-secret-of-the-server")
		if q.URL.Path == "/live" {
			chat(w, q)
			return
		}
		_, _ = w.Write([]byte(`{"status":"up","echo":"` + q.Header.Get("Authorization") + `"}`))
	}))
	web.TLS = authority.Config(t, time.Hour*24*90, "localhost")
	web.StartTLS()
	home := httptest.NewServer(fixtures.HomeAssistant(token, "RUNNING"))
	t.Cleanup(func() { web.Close(); home.Close() })
	network := egress.New("")
	network.RootCAs = authority.Pool
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE jobs (id INTEGER, note TEXT); INSERT INTO jobs VALUES (1, NULL), (2, 'é')"); err != nil {
		t.Fatal(err)
	}
	secret := manifest.Text{{Text: "Bearer "}, {Text: token, Secret: true}}
	_, port, _ := strings.Cut(web.Listener.Addr().String(), ":")
	answers := func(n int) manifest.Values {
		return manifest.Values{"name": text("vega.test"), "type": text("A"), "server": text(fixtures.DNS(t, "vega.test. 60 IN A 192.0.2.1"))}
	}
	var ping []recorded
	if icmp.Allowed() == nil {
		ping = []recorded{{"icmp", manifest.Values{
			"host": text("127.0.0.1"), "count": 3.0, "interval": 10 * time.Millisecond, "wait": time.Second, "size": 56.0, "degraded_loss": 0.0, "max_loss": 99.0,
		}, nil}}
	}
	return append(ping, []recorded{
		{"http", manifest.Values{
			"url": text("https://localhost:" + port + "/health"), "method": text("GET"), "headers": map[string]manifest.Value{"Authorization": secret},
			"expect_json": map[string]manifest.Value{"status": text("up")}, "max_latency": time.Hour,
		}, nil},
		{"home_assistant", manifest.Values{"base_url": text(home.URL), "token": manifest.Text{{Text: token, Secret: true}}}, nil},
		{"websocket", manifest.Values{
			"url": text("wss://localhost:" + port + "/live"), "headers": map[string]manifest.Value{"Authorization": secret},
			"send": text("hello"), "expect": text("you said hello, Bearer "), "min_cert_days": 1.0,
		}, nil},
		{"grpc", manifest.Values{"url": text("http://" + healthy(t))}, nil},
		{"docker", manifest.Values{"socket": text(overSocket(t, `{"State":{"Status":"running"}}`)), "containers": []manifest.Value{text("web")}}, nil},
		{"redis", manifest.Values{"address": text(fixtures.RedisServer{}.Listen(t))}, nil},
		{"dns", answers(1), nil},
		{"database", manifest.Values{"database": text("app"), "query": text("SELECT id, note FROM jobs"), "min_rows": 1.0}, nil},
		{"smtp", manifest.Values{"address": text(fixtures.SMTP(t, authority.Config(t, time.Hour*24*90, "127.0.0.1"), "220 mail.vega.test ESMTP")), "starttls": true}, nil},
	}...), plugintest.Options{Network: network, Databases: file{db}}
}

// overSocket answers over a socket in the file system, whose path is short.
func overSocket(t *testing.T, answer string) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-socket-") //nolint:usetesting // that of a test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })}}
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}

// A run is recorded from a real server, written to a file without secrets, read
// again, and replayed without the outside.
func TestRecordAndReplay(t *testing.T) {
	runs, o := world(t)
	k := coreKit(t, o)
	offline := coreKit(t, plugintest.Options{})
	for _, r := range runs {
		t.Run(r.probe, func(t *testing.T) {
			p, err := k.Probe(r.probe)
			if err != nil {
				t.Fatal(err)
			}
			written := map[string]bool{}
			for name := range r.values {
				written[name] = true
			}
			granted, missing := grant.Effective(grant.Request{Probe: p, Values: r.values, Written: written, Bundled: true})
			if len(missing) > 0 {
				t.Fatal(missing)
			}
			in := plugins.Input{Integration: "it", Probe: r.probe, Values: r.values, Grants: granted, Timeout: realtest.Patience}
			in.Grants.Plaintext = true
			c, run, err := k.Record(t.Context(), in, false)
			if err != nil {
				t.Fatal(err)
			}
			if run.Status != check.Healthy {
				t.Fatalf("%s (%s): %s", run.Status, run.Cause, run.Message)
			}
			path := filepath.Join(t.TempDir(), "case.json")
			if err := c.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{token, "a-secret-of-the-server"} {
				if strings.Contains(string(text), s) {
					t.Errorf("the recording contains %q:\n%s", s, text)
				}
			}
			again, err := plugintest.ReadCase(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for _, d := range again.Differs(cases.Replay(t, offline, again)) {
					t.Error(d)
				}
			}
			verdicts := cases.Faults(t, offline, again)
			for _, v := range verdicts {
				t.Logf("%-50s %s %s: %s", v.Fault, v.Status, v.Cause, v.Message)
				if v.Wrong != "" {
					t.Errorf("%s: %s", v.Fault, v.Wrong)
				}
				if v.Advice != "" {
					t.Logf("    %s", v.Advice)
				}
			}
			if trailers := slices.ContainsFunc(verdicts, func(v plugintest.Verdict) bool { return strings.HasPrefix(v.Fault, "http: the answer of gRPC") }); trailers != (r.probe == "grpc") {
				t.Errorf("faults in trailers: %v", trailers)
			}
			if len(verdicts) < 5 {
				t.Errorf("tried %d faults", len(verdicts))
			}
		})
	}
}

// The learned grant is what a person would have written.
func TestLearn(t *testing.T) {
	runs, o := world(t)
	k := coreKit(t, o)
	for _, r := range runs {
		t.Run(r.probe, func(t *testing.T) {
			in := plugins.Input{Integration: "it", Probe: r.probe, Values: r.values, Timeout: realtest.Patience}
			in.Grants.Plaintext = true
			_, run, err := k.Record(t.Context(), in, true)
			if err != nil {
				t.Fatal(err)
			}
			p, err := k.Probe(r.probe)
			if err != nil {
				t.Fatal(err)
			}
			written := map[string]bool{}
			for name := range r.values {
				written[name] = true
			}
			follows, _ := grant.Effective(grant.Request{Probe: p, Values: r.values, Written: written, Bundled: true})
			got := run.Learned.Without(grant.Set{})
			t.Log(got.Block())
			in.Grants = grant.Set{Plaintext: true, Rules: parse(t, got)}
			for _, rule := range in.Grants.Rules {
				if !granted(follows, rule) {
					t.Errorf("%s is not implied by the config, %v", rule, follows.Rules)
				}
			}
			_, run, err = k.Record(t.Context(), in, false)
			if err != nil || run.Status != check.Healthy {
				t.Errorf("%v: with the learned grant it is %s: %s", err, run.Status, run.Message)
			}
			for n := range in.Grants.Rules {
				less := in
				less.Grants.Rules = append(append([]grant.Rule{}, in.Grants.Rules[:n]...), in.Grants.Rules[n+1:]...)
				if _, run, err := k.Record(t.Context(), less, false); err == nil || run.Cause != check.Denied {
					t.Errorf("%v: without %s it is %s (%s)", err, in.Grants.Rules[n], run.Status, run.Cause)
				}
			}
		})
	}
}

// The block omits what follows from the config, and contains the target of a
// redirect.
func TestLearnRedirect(t *testing.T) {
	_, o := world(t)
	k := coreKit(t, o)
	end := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer end.Close()
	start := httptest.NewServer(http.RedirectHandler(end.URL, http.StatusFound))
	defer start.Close()
	c, run, err := k.Record(t.Context(), plugins.Input{Integration: "it", Probe: "http", Timeout: realtest.Patience, Values: manifest.Values{
		"url": manifest.Plain(start.URL), "method": manifest.Plain("GET"), "follow_redirects": true,
	}}, true)
	if err != nil || run.Status != check.Healthy {
		t.Fatal(err, run)
	}
	if got, want := c.Grant.Block(), "grant {\n  http = [\"GET "+end.URL+"\"]\n}\n"; got != want {
		t.Errorf("learned %q, want %q", got, want)
	}
	learned, err := k.Learn(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	implied, err := k.Implied(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := learned.Learned.Without(implied).Block(); got != c.Grant.Block() {
		t.Errorf("a replay learns %q, the recording %q", got, c.Grant.Block())
	}
	c.Grant = plugintest.Grant{}
	if run, err := k.Replay(t.Context(), c); err != nil || run.Cause != check.Denied {
		t.Errorf("%v: without the grant it is %s (%s)", err, run.Status, run.Cause)
	}
}

// An echo request to an address of a granted range is learned as that address, which is
// all that the run needs.
func TestLearnEchoOfARange(t *testing.T) {
	k := coreKit(t, plugintest.Options{})
	c := &plugintest.Case{Probe: "icmp", Config: map[string]any{"host": "10.1.2.3", "count": 2.0}, Grant: plugintest.Grant{ICMP: []string{"10.1.0.0/16"}}}
	c.World.ICMP = []plugintest.Ping{{Host: "10.1.2.3", Address: "10.1.2.3", Replies: []plugintest.Reply{{RTTMS: 1, From: "10.1.2.3"}}}}
	run, err := k.Learn(t.Context(), c)
	if err != nil || run.Status != check.Healthy {
		t.Fatal(err, run)
	}
	if got, want := run.Learned.Without(grant.Set{}).Block(), "grant {\n  icmp = [\"10.1.2.3\"]\n}\n"; got != want {
		t.Errorf("learned %q, want %q", got, want)
	}
}

func parse(t *testing.T, g plugintest.Grant) (rules []grant.Rule) {
	t.Helper()
	for kind, all := range map[manifest.Kind][]string{manifest.HTTP: g.HTTP, manifest.Net: g.Net, manifest.DNS: g.DNS, manifest.SQL: g.SQL, manifest.ICMP: g.ICMP, manifest.WebSocket: g.WebSocket, manifest.SSH: g.SSH, manifest.Unix: g.Unix} {
		for _, text := range all {
			r, err := grant.Parse(kind, text)
			if err != nil {
				t.Fatal(err)
			}
			r.Origin = grant.FromBlock
			rules = append(rules, r)
		}
	}
	return rules
}

func granted(s grant.Set, rule grant.Rule) bool {
	for _, r := range s.Rules {
		if r.Kind == rule.Kind && r.String() == rule.String() {
			return true
		}
	}
	return false
}

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"vega/daemon/realtest"
	"vega/policies/incident"
)

// wholeStory, if set, makes the test of the alerts take as long as they do: five minutes
// for that on the CPU, two for that on slow queries.
const wholeStory = "VEGA_ALERTS_WHOLE"

// listener receives the messages of a webhook.
type listener struct {
	*httptest.Server
	mu  sync.Mutex
	got []heard
}

// heard is a notice in a webhook, with the text of its message.
type heard struct {
	incident.Notice
	Head string `json:"head"`
	text string
}

// listen starts a receiver.
func listen(t *testing.T) *listener {
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var payload struct {
			Data struct {
				Text    string
				Notices []heard
			}
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &payload)
		}
		if err != nil {
			t.Errorf("a webhook: %v: %s", err, body)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, n := range payload.Data.Notices {
			n.text = payload.Data.Text
			l.got = append(l.got, n)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// of returns the notices of a kind whose incident has that alert.
func (l *listener) of(kind incident.NoticeKind, alert string) (all []heard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.got {
		for _, a := range n.Incident.Alerts {
			if n.Kind == kind && a == alert {
				all = append(all, n)
			}
		}
	}
	return all
}

// scene is one of the built-in alerts on a running vega.
type scene struct {
	*process
	*listener
	dir, alert string
}

// play starts vega with more configuration.
func play(t *testing.T, alert, more string) *scene {
	t.Helper()
	s := &scene{listener: listen(t), dir: t.TempDir(), alert: alert}
	s.configure(t, more)
	s.process = serveWith(t, s.dir, os.Environ())
	return s
}

// end stops vega. Use it with defer: the context of the test ends before its cleanups.
func (s *scene) end(t *testing.T) {
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func (s *scene) configure(t *testing.T, more string) {
	t.Helper()
	write(t, s.dir, "vega.hcl", fmt.Sprintf("notifier \"hook\" {\n  type = \"webhook\"\n  url  = %q\n}\n", s.URL)+more)
}

// expect waits for the message that the alert fires or is over, and logs it. There must be
// one.
func (s *scene) expect(t *testing.T, kind incident.NoticeKind) {
	t.Helper()
	s.until(fmt.Sprintf("a message: %s of %s", kind, s.alert), func() bool { return len(s.of(kind, s.alert)) > 0 })
	all := s.of(kind, s.alert)
	if len(all) != 1 {
		t.Errorf("%d messages: %s of %s", len(all), kind, s.alert)
	}
	t.Logf("%s of %s:\n%s", kind, s.alert, all[0].text)
}

// TestSevenAlerts makes each of the built-in alerts fire and clear, with what it is for:
// a target that fails, a slow query, a process that takes the memory or the CPU of a
// container, descriptors, a stuck pool, a configuration that is rejected.
func TestSevenAlerts(t *testing.T) {
	t.Parallel()
	dsn := realtest.Postgres(t)
	var all sync.WaitGroup // they mostly wait, so that they don't count as parallel tests
	for name, test := range map[string]func(*testing.T){
		"health-checks": healthChecks, "slow-queries": func(t *testing.T) { slowQueries(t, dsn) }, "memory": memoryAlert, "cpu": cpuAlert,
		"file-descriptors": fileDescriptors, "pool": func(t *testing.T) { poolStuck(t, dsn) }, "configuration": rejectedConfiguration,
	} {
		all.Go(func() { t.Run(name, test) })
	}
	all.Wait()
}

func healthChecks(t *testing.T) {
	var down atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer target.Close()
	s := play(t, "health-checks", fmt.Sprintf("integration \"shop\" {\n  probe    = core.http\n  interval = \"2s\"\n  timeout  = \"2s\"\n  config {\n    url = %q\n  }\n}\n", target.URL))
	defer s.end(t)
	s.until("healthy", func() bool { return s.statuses()["healthy"] == 1 })
	down.Store(true)
	s.expect(t, incident.Opening)
	down.Store(false)
	s.expect(t, incident.Resolve)
}

// database returns a connection to a server, and a function for the blocks of integrations
// that run a query on it.
func database(t *testing.T, dsn string) (*sql.DB, func(query string, checks int) string) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, func(query string, checks int) string {
		text := fmt.Sprintf("database \"app\" {\n  driver = \"postgres\"\n  dsn    = %q\n}\n", dsn)
		for n := range checks {
			text += fmt.Sprintf("integration \"query-%d\" {\n  probe    = core.database\n  interval = \"2s\"\n  timeout  = \"30s\"\n  config {\n    database = database.app\n    query    = %q\n  }\n}\n", n, query)
		}
		return text
	}
}

func execute(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statement string,
) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func slowQueries(t *testing.T, dsn string) {
	db, config := database(t, dsn)
	execute(t, db, "CREATE TABLE delay (seconds float); INSERT INTO delay VALUES (0)")
	s := play(t, "slow-queries", config("SELECT 1 FROM delay, pg_sleep(seconds)", 1))
	defer s.end(t)
	s.until("healthy", func() bool { return s.statuses()["healthy"] == 1 })
	execute(t, db, "UPDATE delay SET seconds = 1.5")
	s.expect(t, incident.Opening)
	execute(t, db, "UPDATE delay SET seconds = 0")
	if os.Getenv(wholeStory) == "" { // else the figure covers two minutes
		if status, body, err := s.send("POST", "/admin/database/reset-stats"); err != nil || status >= 300 {
			t.Fatalf("%d %s %v", status, body, err)
		}
	}
	s.expect(t, incident.Resolve)
}

func poolStuck(t *testing.T, dsn string) {
	db, config := database(t, dsn)
	execute(t, db, "CREATE TABLE gate (n int)")
	s := play(t, "pool", config("SELECT count(*) FROM gate", 6))
	defer s.end(t)
	s.until("healthy", func() bool { return s.statuses()["healthy"] == 6 })
	held, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, held, "LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
	s.expect(t, incident.Opening)
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.expect(t, incident.Resolve)
}

func memoryAlert(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make cgroups")
	}
	bytes := strconv.Itoa(hogMemory)
	group, err := cgroup(t, "alert-memory", "memory", setting{"memory.limit_in_bytes", bytes}, setting{"memory.max", bytes})
	if err != nil {
		realtest.Missing(t, "can't make a cgroup with a memory limit: "+err.Error())
	}
	s := play(t, "memory", "")
	defer s.end(t)
	join(t, group, s.cmd.Process.Pid)
	_, end := memoryHog(t, group, hogMemory*7/8)
	s.expect(t, incident.Opening)
	end()
	s.expect(t, incident.Resolve)
	join(t, filepath.Dir(group), s.cmd.Process.Pid)
}

// cpuAlert shortens the five minutes, unless the whole story is asked for.
func cpuAlert(t *testing.T) {
	more := "alert \"cpu\" {\n  metric = system.cpu.system_percent\n  above  = 80\n  for    = \"20s\"\n}\n"
	whole := os.Getenv(wholeStory) != ""
	if whole {
		more = ""
	}
	s := play(t, "cpu", more)
	defer s.end(t)
	end := confinedCPUHog(t, s.process)
	if whole {
		time.Sleep(5 * time.Minute) // longer than expect waits
	}
	s.expect(t, incident.Opening)
	end()
	s.expect(t, incident.Resolve)
}

func fileDescriptors(t *testing.T) {
	s := play(t, "file-descriptors", "")
	defer s.end(t)
	end := descriptorHog(t, s.process)
	s.expect(t, incident.Opening)
	end()
	s.expect(t, incident.Resolve)
}

func rejectedConfiguration(t *testing.T) {
	s := play(t, "configuration", "")
	defer s.end(t)
	s.configure(t, "server {\n  port = \"eighty\"\n}\n")
	s.expect(t, incident.Opening)
	if text := s.of(incident.Opening, s.alert)[0].text; !strings.Contains(text, "the old configuration stays in use: vega.hcl:") {
		t.Error(text)
	}
	s.configure(t, "")
	s.expect(t, incident.Resolve)
}

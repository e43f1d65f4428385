package attack

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/realtest"
)

// Opens more silent connections than vega may have open files.
func TestIdleConnections(t *testing.T) {
	url := serving(t, []byte("fine"))
	web := strings.Replace(bind("web", "core.http", fmt.Sprintf("    url = %q", url)), `"0s"`, `"1s"`, 1)
	d := home(t, web, nil)
	if !d.run(time.Minute, "ulimit -n 256;") {
		t.Fatalf("vega does not answer:\n%s", d.written())
	}
	d.check(time.Minute)
	var open []net.Conn
	for range 400 {
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(d.url, "http://"), time.Second)
		if err != nil {
			break
		}
		open = append(open, c)
	}
	time.Sleep(5 * time.Second) // a few runs of the check
	held := d.answers(10)
	for _, c := range open {
		_ = c.Close()
	}
	said := ""
	for line := range strings.Lines(d.written()) {
		if strings.Contains(line, `"unhealthy"`) {
			said = strings.TrimSpace(line)
		}
	}
	report(t, d, held && said == "", "%d connected; %.300s", len(open), said)
}

// Takes an advisory lock that should not outlive its run.
func TestLockOutlivesRun(t *testing.T) {
	dsn := realtest.Postgres(t)
	wasm := guestFile(t)
	hcl := "database \"app\" {\n  driver = \"postgres\"\n  dsn    = env(\"DSN\")\n}\n" +
		bind("lock", "core.database", "    database = database.app\n    query = \"SELECT pg_try_advisory_lock(7)\"")
	d := home(t, hcl, wasm).start("DSN=" + dsn)
	got := d.check(time.Minute)["lock"]
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	free := false
	if err := db.QueryRowContext(t.Context(), "SELECT pg_try_advisory_lock(7)").Scan(&free); err != nil {
		t.Fatal(err)
	}
	report(t, d, free, "%s %s: %.100s; the lock is free: %t", got.Status, got.Cause, got.Message, free)
}

// Sends a write that is in flight when vega is asked to stop.
func TestWriteAtTheEnd(t *testing.T) {
	d := home(t, "", nil).start()
	body, writer := io.Pipe()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, d.url+"/v1/conversations", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", d.key)
	r.Header.Set("Content-Type", "application/json")
	type answer struct {
		status int
		body   string
	}
	answered := make(chan answer, 1)
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- answer{0, err.Error()}
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body) // whatever arrived
		answered <- answer{res.StatusCode, string(b)}
	}()
	_, _ = io.WriteString(writer, `{"session_id":"s","prompt":"hello","response":"there",`)
	time.Sleep(500 * time.Millisecond)
	d.signal(syscall.SIGTERM)
	time.Sleep(1500 * time.Millisecond)
	_, _ = io.WriteString(writer, `"source":"test"}`)
	_ = writer.Close()
	got := <-answered
	report(t, d, got.status >= 200 && got.status < 300, "%d %.150s", got.status, got.body)
}

// Lets every user write to plugins/.
func TestWritablePlugins(t *testing.T) {
	d := home(t, "", map[string][]byte{})
	if err := os.Mkdir(filepath.Join(d.dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(d.dir, "plugins"), 0o777); err != nil {
		t.Fatal(err)
	}
	d.start()
	said := ""
	for line := range strings.Lines(d.written()) {
		if strings.Contains(line, `"level":"WARN"`) && strings.Contains(line, "plugins") {
			said = strings.TrimSpace(line)
		}
	}
	report(t, d, said != "", "%.200s", said)
}

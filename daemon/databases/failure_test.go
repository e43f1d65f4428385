package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/fault"
	"vega/plugins/manifest"
)

// TestQueriesThatNoDatabaseAccepts checks that an error that is the query's own
// is told apart from one of the database.
func TestQueriesThatNoDatabaseAccepts(t *testing.T) {
	t.Parallel()
	for driver, dsn := range map[string]func(testing.TB) string{
		"postgres": func(t testing.TB) string { return realtest.Postgres(t) }, "mysql": realtest.MariaDB, "sqlite": emptySQLite,
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(dsn(t))})
			for query, want := range map[string]string{
				"SELECT count(*) FRM t WHERE": "bad",
				"SELECT 1; SELECT 2":          "refused",
				"DELETE FROM t":               "refused",
				"SELECT 1 FROM nope":          "",
			} {
				_, err := answer(t.Context(), d, "app", query)
				if err == nil || errors.Is(err, plugins.ErrBadQuery) != (want == "bad") || errors.Is(err, plugins.ErrRefused) != (want == "refused") {
					t.Errorf("%s: %v; want %q", query, err, want)
				}
			}
		})
	}
}

// TestLockedSQLiteFile checks that a query of a file that another program has
// locked ends at its deadline and says why.
func TestLockedSQLiteFile(t *testing.T) {
	t.Parallel()
	path := emptySQLite(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	d := testDatabases(t, Config{Name: "app", Driver: "sqlite", DSN: manifest.Plain(path)})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = answer(ctx, d, "app", "SELECT a FROM t")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "locked by another connection") {
		t.Errorf("%v", err)
	}
}

// TestUnreadableFileIsVegasFault checks the error of a SQLite file that vega's
// user may not read.
func TestUnreadableFileIsVegasFault(t *testing.T) {
	s := source{config: Config{Name: "app"}, scrub: newScrubber(nil, "")}
	for want, cause := range map[string]error{
		"give vega's user read access to it":  &fs.PathError{Op: "open", Path: "/x/app.db", Err: syscall.EACCES},
		"give vega's user write access to it": &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)},
		"check its firewall":                  &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EACCES)},
	} {
		err := s.explain(t.Context(), fmt.Errorf("read: %w", cause))
		if own := fault.Of(err); own == nil || !strings.Contains(own.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// A missing file is not vega's: the file is the target.
func TestMissingFileIsTheTarget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone.db")
	d := testDatabases(t, Config{Name: "app", Driver: "sqlite", DSN: manifest.Plain(path)})
	for range 2 {
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if !errors.Is(err, fault.Target) || fault.Of(err) != nil {
			t.Errorf("%v", err)
		}
	}
}

// What a server says when it lets nobody in is passed on, also without a
// SQLSTATE, and another protocol is not taken for a long row.
func TestRefusedLogins(t *testing.T) {
	mysqlSays := func(number uint16, text string) string {
		packet := string([]byte{0xff, byte(number), byte(number >> 8)}) + text
		return string([]byte{byte(len(packet)), 0, 0, 0}) + packet
	}
	pgSays := func(state, text string) string {
		body := "SFATAL\x00VFATAL\x00C" + state + "\x00M" + text + "\x00\x00"
		return "E" + string([]byte{0, 0, 0, byte(len(body) + 4)}) + body
	}
	for _, c := range []struct{ driver, server, says string }{
		{"mysql", mysqlSays(1040, "Too many connections"), "Too many connections (error 1040)"},
		{"mysql", mysqlSays(1130, "Host '192.0.2.1' is not allowed to connect"), "not allowed to connect (error 1130)"},
		{"mysql", mysqlSays(9999, "may quote data"), "vega hides the message"},
		{"postgres", pgSays("08P01", "unsupported startup parameter: search_path"), "unsupported startup parameter: search_path (SQLSTATE 08P01)"},
		{"postgres", "HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak PostgreSQL"},
		{"postgres", "SSH-2.0-OpenSSH_9.2\r\n", "does not speak PostgreSQL"},
		{"postgres", "Z\x00\x00\x00\x0a5.5.5-10.11.19-MariaDB\x00", "does not speak PostgreSQL"},
		{"mysql", "SSH-2.0-OpenSSH_9.2\r\n", "does not speak MySQL"},
		{"mysql", "220 mail.example.com ESMTP\r\n", "does not speak MySQL"},
		{"mysql", "+PONG\r\n", "does not speak MySQL"},
	} {
		address := saying(t, c.driver == "postgres", c.server)
		dsn := "u@tcp(" + address + ")/x"
		if c.driver == "postgres" {
			dsn = "postgres://u@" + address + "/x?sslmode=disable"
		}
		d := testDatabases(t, Config{Name: "app", Driver: c.driver, DSN: manifest.Plain(dsn)})
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if err == nil || !strings.Contains(err.Error(), c.says) || !errors.Is(err, fault.Target) {
			t.Errorf("%s %q: %v", c.driver, c.server, err)
		}
	}
}

// saying serves a text on every connection, after the client's if it speaks
// first.
func saying(t *testing.T, after bool, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if after {
				_, _ = c.Read(make([]byte, 4096))
			}
			_, _ = c.Write([]byte(text))
			go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// An option of a dsn that a server refuses says nothing about the server, and the
// refusal may quote a part of the dsn.
func TestRefusedOptionsAreNotTheFaultOfTheDatabase(t *testing.T) {
	t.Parallel()
	pg, my := realtest.Postgres(t), realtest.MariaDB(t)
	for _, c := range []struct{ driver, dsn string }{
		{"postgres", pg + "&canary=1&TimeZone=UTC"},
		{"postgres", pg + "&TimeZone=canary"},
		{"mysql", my + "?canary=1"},
		{"mysql", my + "?charset=canary"},
		{"mysql", my + "?wait_timeout='canary'"},
		{"mysql", my + "?allowNativePasswords=false"},
	} {
		for _, dsn := range []manifest.Text{manifest.Plain(c.dsn), secretDSN(c.dsn)} {
			d := testDatabases(t, Config{Name: "app", Driver: c.driver, DSN: dsn})
			_, err := answer(t.Context(), d, "app", "SELECT 1")
			if fault.Of(err) == nil || !strings.Contains(err.Error(), `dsn`) || strings.Contains(err.Error(), "canary") && dsn.HasSecret() {
				t.Errorf("%s: %v", c.dsn, err)
			}
		}
	}
}

// The driver for MySQL does not say why a connection broke.
func TestBrokenConnectionsKeepTheirKind(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	silent := saying(t, true, "")
	for dsn, want := range map[string]struct {
		kind error
		text string
	}{
		"u@tcp(" + l.Addr().String() + ")/x":       {fault.Reset, ""},
		"u@tcp(" + silent + ")/x?readTimeout=10ms": {fault.TimedOut, "no response within the timeout in its dsn"},
	} {
		d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(dsn)})
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// A server that hangs when the transaction is rolled back, for which the driver
// has no deadline, keeps no connection of vega's.
func TestHungRollbackEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	dsn := realtest.MariaDB(t)
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	hung := hangsAt(t, cfg.Addr, "ROLLBACK")
	d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(strings.Replace(dsn, cfg.Addr, hung, 1))})
	for range maxConnections + 1 {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err := answer(ctx, d, "app", "SELECT 1")
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
}

// hangsAt forwards connections to a server until the client sends a text.
func hangsAt(t *testing.T, server, text string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	forward := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		s, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }()
		go func() { _, _ = io.Copy(c, s) }()
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			if !strings.Contains(string(buf[:n]), text) {
				_, _ = s.Write(buf[:n])
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go forward(c)
		}
	}()
	return l.Addr().String()
}

package databases

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
)

// postgresMessage is a message of PostgreSQL's protocol.
func postgresMessage(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

// flood is a PostgreSQL server that answers so many of the login, the begin of a
// transaction and the begin of a result as it should, and then sends notices
// without end, with a row after so many thousand of them unless that is 0. It
// counts their bytes.
func flood(t *testing.T, answered, noticesPerRow int) (dsn string, sent *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	notices := []byte(strings.Repeat(string(postgresMessage('N', "SNOTICE\x00C00000\x00Mx\x00\x00")), 1000))
	row := postgresMessage('D', "\x00\x01\x00\x00\x00\x011")
	sent = new(atomic.Int64)
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		head := make([]byte, 4)
		_, err := io.ReadFull(c, head)
		if err == nil {
			_, err = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head))-4)
		}
		answers := [][]byte{
			append(postgresMessage('R', "\x00\x00\x00\x00"), postgresMessage('Z', "I")...),
			append(postgresMessage('C', "BEGIN\x00"), postgresMessage('Z', "T")...),
			append(append(postgresMessage('1', ""), postgresMessage('2', "")...), postgresMessage('T', "\x00\x01a\x00"+strings.Repeat("\x00", 6)+"\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00")...),
		}
		for i, answer := range answers[:answered] {
			if i > 0 && err == nil { // the next query
				_, err = c.Read(make([]byte, 4096))
			}
			if err == nil {
				_, err = c.Write(answer)
			}
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		for i := 1; err == nil; i++ {
			var n int
			n, err = c.Write(notices)
			sent.Add(int64(n))
			if err == nil && noticesPerRow > 0 && i%noticesPerRow == 0 {
				_, err = c.Write(row)
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return fmt.Sprintf("postgres://u@%s/x?sslmode=disable", l.Addr()), sent
}

// TestServerThatSendsNoRows: a server that sends notices without end is left soon,
// whether it sends them while it lets vega in, in place of rows or between them.
func TestServerThatSendsNoRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answered, perRow int
	}{"at the login": {0, 0}, "to begin with": {1, 0}, "before the first row": {3, 0}, "between rows": {3, 10}} {
		t.Run(name, func(t *testing.T) {
			dsn, sent := flood(t, c.answered, c.perRow)
			d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain(dsn)})
			_, err := answer(t.Context(), d, "app", "SELECT 1")
			if !errors.Is(err, plugins.ErrTooLarge) || !strings.Contains(err.Error(), "the server sent more than 1MiB that came to no row, such as notices; set") {
				t.Errorf("%v", err)
			}
			if n := sent.Load(); n > 64<<20 { // the kernel's buffers, several connections
				t.Errorf("the server could send %d bytes", n)
			}
		})
	}
}

// TestManyRowsEarnTheirBytes: a result of any length comes, be its rows short or
// long, however the server writes them.
func TestManyRowsEarnTheirBytes(t *testing.T) {
	t.Parallel()
	for driver, c := range map[string]struct {
		dsn     func(testing.TB) string
		queries []string
	}{
		"postgres": {func(t testing.TB) string { return realtest.Postgres(t) }, []string{
			"SELECT 1, NULL, true, 0::float8, ''::bytea, now() FROM generate_series(1, 100000)",
			"SELECT decode(repeat('00', 400000), 'hex') FROM generate_series(1, 10)",
		}},
		"mysql": {realtest.MariaDB, []string{
			"SELECT 1, NULL, true, 0e0, '', now() FROM seq_1_to_100000",
			"SELECT repeat('x', 900000) FROM seq_1_to_10",
		}},
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(c.dsn(t))})
			for _, q := range c.queries {
				if _, err := answer(t.Context(), d, "app", q); err != nil {
					t.Errorf("%s: %v", q, err)
				}
			}
		})
	}
}

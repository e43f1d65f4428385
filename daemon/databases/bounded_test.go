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

// postgresMessage encodes a message of the PostgreSQL protocol.
func postgresMessage(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

// flood starts a PostgreSQL server that sends the first answered of three correct
// responses (to the login, to BEGIN and the start of a result) and then an endless
// stream of notices. Unless noticesPerRow is 0, it sends a row after every
// noticesPerRow thousand notices. It counts the bytes of the notices in sent.
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

// TestEndlessNoticesAreCutOff checks that vega disconnects from a server that sends
// endless notices, whether during the login, instead of rows or between rows.
func TestEndlessNoticesAreCutOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answered, perRow int
	}{"at the login": {0, 0}, "to begin with": {1, 0}, "before the first row": {3, 0}, "between rows": {3, 10}} {
		t.Run(name, func(t *testing.T) {
			dsn, sent := flood(t, c.answered, c.perRow)
			d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain(dsn)})
			_, err := answer(t.Context(), d, "app", "SELECT 1")
			if !errors.Is(err, plugins.ErrTooLarge) || !strings.Contains(err.Error(), "the server sent more than 1MiB of notices or other messages without a row; set") {
				t.Errorf("%v", err)
			}
			if n := sent.Load(); n > 64<<20 { // allows for kernel buffers and several connections
				t.Errorf("the server could send %d bytes", n)
			}
		})
	}
}

// TestLongResultsAreRead checks that the limit allows results of any length, with
// short rows or long ones.
func TestLongResultsAreRead(t *testing.T) {
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

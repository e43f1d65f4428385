package databases

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"vega/plugins/fault"
	"vega/plugins/manifest"
)

// mysqlServer serves MySQL by a script: it sends the packets of one turn at the beginning, and
// those of the next after whatever the client sends. After the last turn, it closes the
// connection. script is asked once for each connection.
func mysqlServer(t *testing.T, script func() [][]string) (dsn string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		for n, turn := range script() {
			sequence := 0
			if n > 0 {
				head := make([]byte, packetHeader)
				if _, err := io.ReadFull(c, head); err != nil {
					return
				}
				sequence = int(head[3]) + 1
				if _, err := io.CopyN(io.Discard, c, int64(head[0])|int64(head[1])<<8); err != nil {
					return
				}
			}
			var out []byte
			for i, p := range turn {
				out = append(out, byte(len(p)), byte(len(p)>>8), byte(len(p)>>16), byte(sequence+i))
				out = append(out, p...)
			}
			if _, err := c.Write(out); err != nil {
				return
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
	return fmt.Sprintf("u:p@tcp(%s)/x", l.Addr())
}

// What a server says in a session in which all is well.
const (
	mysqlOK  = "\x00\x00\x00\x02\x00\x00\x00"
	mysqlEOF = "\xfe\x00\x00\x02\x00"
)

// mysqlGreeting is the greeting of a server with a way to log in.
func mysqlGreeting(plugin string) string {
	return "\x0a8.0.1\x00\x01\x00\x00\x00AAAAAAAA\x00\x0b\xa2\x21\x02\x00\x28\x00\x15" + strings.Repeat("\x00", 10) + "AAAAAAAAAAAA\x00" + plugin + "\x00"
}

func mysqlSession() [][]string {
	column := "\x03def\x00\x00\x00\x01a\x00\x0c\x21\x00\xff\x00\x00\x00\x03\x00\x00\x00\x00\x00"
	return [][]string{{mysqlGreeting("mysql_native_password")}, {mysqlOK}, {mysqlOK}, {"\x01", column, mysqlEOF, "\x011", mysqlEOF}, {mysqlOK}}
}

// TestShortMySQLPackets sends each packet of a session with each length that is too short. The
// driver panics at many of them. Whatever it does, the query ends with an error or a result,
// and holds no connection afterwards.
func TestShortMySQLPackets(t *testing.T) {
	t.Parallel()
	var scripts [][][]string
	for i, turn := range mysqlSession() {
		for j, p := range turn {
			for n := range len(p) {
				cut := slices.Clone(mysqlSession()[:i+1])
				cut[i] = append(slices.Clone(turn[:j]), p[:n])
				scripts = append(scripts, cut)
			}
		}
	}
	next := make(chan [][]string, 1)
	d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(mysqlServer(t, func() [][]string { return <-next }))})
	for _, script := range scripts {
		next <- script
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if own := fault.Of(err); own != nil && !strings.Contains(own.What, "can't read what the server") {
			t.Fatalf("%q: %v", script[len(script)-1], err)
		}
	}
	next <- mysqlSession()
	if got, err := answer(t.Context(), d, "app", "SELECT 1"); err != nil || !strings.Contains(got, "1") {
		t.Errorf("a good session afterwards: %q, %v", got, err)
	}
}

// TestMySQLLoginsAreChecked checks that vega recognizes what the driver would panic at, or
// compute for minutes.
func TestMySQLLoginsAreChecked(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	sha2 := []string{mysqlGreeting("caching_sha2_password")}
	for name, script := range map[string][][]string{
		"a greeting without a key":       {{"\x0a8\x00"}},
		"a greeting without an end":      {{"\x0a8.0.1"}},
		"an error without a code":        {sha2, {"\xff"}},
		"an error with half a state":     {sha2, {"\xff\x10\x04#"}},
		"success without its fields":     {sha2, {"\x00"}},
		"success with half an integer":   {sha2, {"\x00\xfe\xff\xff"}},
		"a key of another kind":          {sha2, {"\x01\x04"}, {"\x01" + key}},
		"a key of 45 kB":                 {sha2, {"\x01\x04"}, {"\x01" + strings.Repeat("A", 60_000)}},
		"a switch without enough random": {sha2, {"\xfemysql_native_password\x00AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(mysqlServer(t, func() [][]string { return script }))})
			for range 2 * maxConnections {
				_, err := answer(t.Context(), d, "app", "SELECT 1")
				if !errors.Is(err, fault.Target) || !strings.Contains(err.Error(), "does not speak MySQL") {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestPanicOfADriverIsVegasOwn checks that a panic after the login, which vega does not
// foresee, ends the query and the connection, and nothing else.
func TestPanicOfADriverIsVegasOwn(t *testing.T) {
	t.Parallel()
	good := mysqlSession()
	short := append(slices.Clone(good[:2]), []string{"\x00"})
	d := testDatabases(t, Config{Name: "app", Driver: "mysql", DSN: manifest.Plain(mysqlServer(t, func() [][]string { return short }))})
	for range 2 * maxConnections {
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if own := fault.Of(err); own == nil || !strings.Contains(own.What, `vega can't read what the server of database "app" sends: the driver failed (runtime error: `) {
			t.Fatal(err)
		}
	}
}

// TestLoginsByScramAreBounded checks that a server can't keep a processor busy for as long as
// it wants: the driver hashes the password as often as the server says.
func TestLoginsByScramAreBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	sasl := string(postgresMessage('R', "\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00"))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 4096)
			_, _ = c.Read(b)
			_, _ = io.WriteString(c, sasl)
			n, _ := c.Read(b)
			_, nonce, _ := strings.Cut(string(b[:n]), "r=")
			for _, part := range postgresMessage('R', "\x00\x00\x00\x0br="+nonce+"x,s=c2FsdA==,i=9999999") {
				_, _ = c.Write([]byte{part}) // in pieces
			}
			_, _ = c.Read(b)
			_ = c.Close()
		}
	}()
	d := testDatabases(t, Config{Name: "app", Driver: "postgres", DSN: manifest.Plain("postgres://u:p@" + l.Addr().String() + "/x?sslmode=disable")})
	_, err = answer(t.Context(), d, "app", "SELECT 1")
	if own := fault.Of(err); own == nil || !strings.Contains(err.Error(), "asks for 9999999 iterations of SCRAM, more than the 1000000") {
		t.Error(err)
	}
}

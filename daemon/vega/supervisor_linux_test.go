package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// TestSupervisorIsTold checks what systemd is sent: ready once vega answers, around
// a reload, and when it stops.
func TestSupervisorIsTold(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "data_dir = \".vega\"\n")
	for name, socket := range map[string]string{"path": filepath.Join(dir, "notify"), "abstract": "@vega-test-" + filepath.Base(filepath.Dir(dir))} {
		t.Run(name, func(t *testing.T) {
			from, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
			if err != nil {
				t.Fatal(err)
			}
			defer from.Close()
			p := serveWith(t, dir, append(os.Environ(), "NOTIFY_SOCKET="+socket))
			want := func(state, status string) {
				t.Helper()
				buffer := make([]byte, 1024)
				if err := from.SetReadDeadline(time.Now().Add(realtest.Patience)); err != nil {
					t.Fatal(err)
				}
				n, err := from.Read(buffer)
				if err != nil {
					t.Fatalf("waiting for %s: %v", state, err)
				}
				if got := string(buffer[:n]); !strings.HasPrefix(got, state+"\nSTATUS="+status) {
					t.Fatalf("got %q, want %s with the status %q", got, state, status)
				}
			}
			want("READY=1", "answers on http://127.0.0.1:")
			p.hup()
			want("RELOADING=1", "reloads the configuration\nMONOTONIC_USEC=")
			want("READY=1", "answers on ")
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			want("STOPPING=1", "")
		})
	}
}

// TestSupervisorThatIsGone checks that vega serves although nobody takes its reports.
func TestSupervisorThatIsGone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "data_dir = \".vega\"\n")
	p := serveWith(t, dir, append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(dir, "nobody")))
	p.until("the log says that nobody listens", func() bool { return strings.Contains(p.written(), "can't be told its state") })
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
}

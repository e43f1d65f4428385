package system

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain runs the helper process of TestRareStatesWithoutNetlink instead of the
// tests if the environment requests it.
func TestMain(m *testing.M) {
	if os.Getenv("VEGA_TEST_HELPER") == "starved" {
		if err := starved(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestRareStatesAreListedOncePerSecond(t *testing.T) {
	r := New()
	if _, err := r.Sockets(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.walk.at, r.walk.states = time.Now().Add(time.Hour), map[string]int{"LAST_ACK": 3}
	states, err := r.Sockets(t.Context())
	if err != nil || states["LAST_ACK"] != 3 {
		t.Errorf("%v, %v", states, err)
	}
	states["LAST_ACK"] = 4
	if r.walk.states["LAST_ACK"] != 3 {
		t.Error("the caller shares the cached map")
	}
}

const sockstat = `sockets: used 50000
TCP: inuse 30000 orphan 0 tw 700 alloc 30010 mem 194
UDP: inuse 9 mem 3
UDPLITE: inuse 1
RAW: inuse 1
FRAG: inuse 0 memory 0
`

const snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 17040 11851 5136 432 29000 436428
`

// TestTooManySocketsAreNotListed checks that the result has only the counts that the
// kernel keeps.
func TestTooManySocketsAreNotListed(t *testing.T) {
	r := newAt(t.TempDir())
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(r.root+"/proc/net", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(r.root+"/proc/net/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("sockstat", sockstat)
	if states, err := r.Sockets(t.Context()); err == nil || states != nil {
		t.Errorf("without snmp: %v, %v", states, err)
	}
	put("snmp", snmp)
	put("sockstat6", "TCP6: inuse 5\nUDP6: inuse 1\nUDPLITE6: inuse 4\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n")
	states, err := r.Sockets(t.Context())
	if err == nil || !strings.Contains(err.Error(), "too many TCP sockets to list (30705)") {
		t.Errorf("%v", err)
	}
	if states["ESTABLISHED"] != 29000 || states["TIME_WAIT"] != 700 || states[StatusOther] != 1005 || states[StatusUDP] != 10 || len(states) != 4 {
		t.Errorf("%v", states)
	}
	put("sockstat", "TCP: inuse many\n")
	if _, err := r.Sockets(t.Context()); err == nil || !strings.Contains(err.Error(), "sockstat") {
		t.Errorf("%v", err)
	}
}

func TestMalformedNetlinkMessages(t *testing.T) {
	for _, b := range [][]byte{
		nil,
		{1},
		make([]byte, 16),
		{255, 255, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		{17, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		{17, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	} {
		_, _ = eachMessage(b, func([]byte) bool { t.Errorf("%v holds a socket", b); return true })
	}
}

// starved prints the rare states of a process that may not open a netlink
// socket.
func starved() error {
	r := New()
	c, err1 := r.countSockets()
	err2 := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: 1024})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	states, err := r.rareStates(c)
	fmt.Println(states, err)
	return nil
}

// TestRareStatesWithoutNetlink checks the fallback to the kernel's counts, which is
// used in a sandbox or when file descriptors run out.
func TestRareStatesWithoutNetlink(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "VEGA_TEST_HELPER=starved")
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), "map[OTHER:") || !strings.Contains(string(got), "open a netlink socket: too many open files; OTHER counts") {
		t.Errorf("%s", got)
	}
}

func TestConnectionOverIPv6(t *testing.T) {
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Log("no IPv6 on this host:", err)
		return
	}
	defer listener.Close()
	conn, err := net.Dial("tcp6", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	found := false
	err = New().Connections(t.Context(), func(c Connection) {
		found = found || c.Own && c.Remote.String() == "::1" && c.Status == "ESTABLISHED"
	})
	if err != nil || !found {
		t.Errorf("%v, %v", found, err)
	}
}

func TestKindOf(t *testing.T) {
	for target, want := range map[string]string{
		"socket:[12]": "socket", "pipe:[3]": "pipe", "anon_inode:[eventfd]": "eventfd", "anon_inode:inotify": "inotify",
		"/dev/null": "device", "/data/vega.db": "file", "/data/x (deleted)": "deleted_file", "net:[4026]": "net", "": "other",
	} {
		if got := kindOf(target); got != want {
			t.Errorf("%q is of kind %s, want %s", target, got, want)
		}
	}
}

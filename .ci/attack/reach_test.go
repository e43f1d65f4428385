package attack

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// scripted runs a script of raw calls by a probe of the guest, and returns what each
// call returned, by the number of its line. before stands in front of the integration,
// blocks in it, config in its config block.
func scripted(t *testing.T, probe, before, config, blocks string, script ...string) (*daemon, []string) {
	t.Helper()
	hcl := before + fmt.Sprintf("integration \"attack\" {\n  probe    = guest.%s\n  interval = \"0s\"\n  timeout  = \"10s\"\n%s\n  config {\n%s\n    send = %q\n  }\n}\n", probe, blocks, config, strings.Join(script, "\n"))
	d := home(t, hcl, guestFile(t))
	kept := filepath.Join(scratch, "cache")
	if _, err := os.Stat(kept); err == nil {
		cp(t, kept, filepath.Join(d.dir, ".vega", "cache"))
	} else {
		defer func() {
			if d.url != "" {
				cp(t, filepath.Join(d.dir, ".vega", "cache"), kept)
			}
		}()
	}
	if !d.run(time.Minute, "", "TOKEN="+token) {
		return d, nil
	}
	got := d.check(time.Minute)["attack"]
	lines := make([]string, len(script))
	for i := range lines {
		lines[i] = got.Details[fmt.Sprint(i)]
	}
	if got.Message != "done" {
		lines = append(lines, fmt.Sprintf("%s %s: %s", got.Status, got.Cause, got.Message))
	}
	return d, lines
}

// cp copies compiled code, so that it is made once for all attacks.
func cp(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// refusedWith reports whether a line is the error with this number.
func refusedWith(line string, errnos ...int) bool {
	for _, n := range errnos {
		if strings.HasPrefix(line, fmt.Sprintf("%d ", n)) {
			return true
		}
	}
	return false
}

// attempts runs one call in several forms. Each must fail with one of the errnos.
func attempts(t *testing.T, what string, probe, config, blocks string, calls []string, errnos ...int) {
	t.Helper()
	d, lines := scripted(t, probe, "", config, blocks, calls...)
	if lines == nil {
		t.Fatal(d.written())
	}
	d.answers(3)
	held, through := len(lines) == len(calls), ""
	for i := range calls {
		if !refusedWith(lines[i], errnos...) {
			held = false
			through += fmt.Sprintf("%s → %.200s; ", calls[i], lines[i])
		}
	}
	report(t, d, held, "%s: %d of %d refused; %s%.160s", what, len(calls)-strings.Count(through, "→"), len(calls), through, lines[0])
}

// The errnos that the attacks expect.
const (
	denied      = -2
	tooLarge    = -8
	invalid     = -9
	quota       = -10
	cannotJudge = -12
	failed      = -13
)

// everything grants echo requests to every address that a range can stand for.
const everything = "  grant {\n    icmp = [\"0.0.0.0/0\", \"::/0\"]\n  }"

// Pings addresses that a range never stands for.
func TestPingUnspecified(t *testing.T) {
	attempts(t, "unspecified", "echo", "", everything, []string{"echo|0.0.0.0|1|8", "echo|::|1|8", "echo|0.0.0.1|1|8"}, denied)
}

func TestPingBroadcast(t *testing.T) {
	calls := []string{"echo|255.255.255.255|1|8"}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range interfaces {
		if in, ok := a.(*net.IPNet); ok && in.IP.To4() != nil && !in.IP.IsLoopback() {
			if ones, bits := in.Mask.Size(); bits-ones < 2 {
				continue
			}
			last := append(net.IP(nil), in.IP.To4()...)
			for i := range last {
				last[i] |= ^in.Mask[len(in.Mask)-4+i]
			}
			calls = append(calls, fmt.Sprintf("echo|%s|1|8", last))
		}
	}
	attempts(t, "broadcast", "echo", "", everything, calls, denied, cannotJudge, failed)
}

func TestPingMulticast(t *testing.T) {
	attempts(t, "multicast", "echo", "", everything, []string{"echo|224.0.0.1|1|8", "echo|239.255.255.250|1|8", "echo|ff02::1|1|8", "echo|ff0e::1|1|8"}, denied, invalid)
}

func TestPingLinkLocal(t *testing.T) {
	attempts(t, "link-local", "echo", "", everything, []string{"echo|169.254.1.1|1|8", "echo|fe80::1|1|8", "echo|fe80::1%lo|1|8", "echo|fe80::1%25eth0|1|8"}, denied, invalid)
}

func TestPingMetadata(t *testing.T) {
	attempts(t, "cloud metadata", "echo", "", everything, []string{"echo|169.254.169.254|1|8", "echo|100.100.100.200|1|8", "echo|fd00:ec2::254|1|8", "echo|64:ff9b::a9fe:a9fe|1|8"}, denied)
}

func TestPingLoopbackByRange(t *testing.T) {
	attempts(t, "loopback", "echo", "", everything, []string{"echo|127.0.0.1|1|8", "echo|::1|1|8", "echo|127.8.8.8|1|8", "echo|localhost|1|8"}, denied)
}

func TestPingMappedAddress(t *testing.T) {
	attempts(t, "IPv4 in IPv6", "echo", "", everything, []string{"echo|::ffff:127.0.0.1|1|8", "echo|::ffff:169.254.169.254|1|8", "echo|::127.0.0.1|1|8", "echo|2002:7f00:1::|1|8", "echo|[::ffff:7f00:1]|1|8"}, denied, invalid)
}

func TestPingOddForms(t *testing.T) {
	attempts(t, "decimal, octal, hexadecimal, short", "echo", "", everything,
		[]string{"echo|2130706433|1|8", "echo|0177.0.0.1|1|8", "echo|0x7f.1|1|8", "echo|127.1|1|8", "echo|127.0.0.1.|1|8", "echo|①②⑦.0.0.1|1|8", "echo| 127.0.0.1|1|8", "echo|127.0.0.1<LF>|1|8", "echo||1|8"}, denied, invalid)
}

func TestPingOtherHost(t *testing.T) {
	attempts(t, "granted: 127.0.0.1", "echo", `    host = "127.0.0.1"`, "", []string{"echo|127.0.0.2|1|8", "echo|localhost|1|8", "echo|one.example|1|8", "echo|::1|1|8"}, denied)
}

// Sends more requests, faster and larger ones, than any check needs.
func TestPingFlood(t *testing.T) {
	d, lines := scripted(t, "echo", "", `    host = "127.0.0.1"`, "",
		"echo|127.0.0.1|1|8", "echo|127.0.0.1|1000000|8|0|0", "echo|127.0.0.1|1000|8|0|0", "echo|127.0.0.1|2147483647|8|0|1", "echo|127.0.0.1|-1|8|0|1", "echo|127.0.0.1|0|8|0|1", "repeat|100000", "echo|127.0.0.1|1|8|0|0")
	if lines == nil {
		t.Fatal(d.written())
	}
	d.answers(10)
	held := strings.HasPrefix(lines[1], "-") && strings.HasPrefix(lines[3], "-") && strings.HasPrefix(lines[4], "-") && strings.HasPrefix(lines[5], "-") &&
		!strings.HasPrefix(lines[7], "100000 times") && d.answered == d.asked
	report(t, d, held, "%.900s", strings.Join(lines, "; "))
}

func TestPingOversize(t *testing.T) {
	d, lines := scripted(t, "echo", "", `    host = "127.0.0.1"`, "", "echo|127.0.0.1|1|65536", "echo|127.0.0.1|1|2147483647", "echo|127.0.0.1|1|-1", "echo|127.0.0.1|1|8|256", "echo|127.0.0.1|1|8|-1")
	if lines == nil {
		t.Fatal(d.written())
	}
	held := true
	for _, l := range lines {
		held = held && refusedWith(l, invalid, tooLarge, quota)
	}
	report(t, d, held, "%.900s", strings.Join(lines, "; "))
}

// listener accepts connections, and records what it receives in each.
type listener struct {
	net.Listener
	mu   sync.Mutex
	text []string
}

func listen(t *testing.T, network, address string, answer string) *listener {
	t.Helper()
	in, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: in}
	t.Cleanup(func() { _ = in.Close() })
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			go l.serve(c, answer)
		}
	}()
	return l
}

func (l *listener) serve(c net.Conn, answer string) {
	defer c.Close()
	l.mu.Lock()
	at := len(l.text)
	l.text = append(l.text, "")
	l.mu.Unlock()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		l.mu.Lock()
		l.text[at] += line
		l.mu.Unlock()
		if line == "\r\n" && answer != "" {
			_, _ = c.Write([]byte(answer)) // the peer may have gone
		}
		if err != nil {
			return
		}
	}
}

// received returns what arrived, in all connections.
func (l *listener) received() (connections int, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.text), strings.Join(l.text, "\n---\n")
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The network of the pinged addresses: four groups in a namespace, each with a loss.
const (
	pingSpace = "vega-bench-ping"
	pingHosts = 250 // of each group
	pingsEach = 3
)

var pingLoss = []int{0, 1, 50, 100} // percent, of 10.97.4.0/24 to 10.97.7.0/24

func pingAddress(group, n int) string { return fmt.Sprintf("10.97.%d.%d", 4+group, n+1) }

// pings measures checks of 1,000 addresses, and fping next to them. Counters of the
// kernel say how many replies were dropped.
func pings(ctx context.Context, b *bench) error {
	fping, err := peer("/usr/bin/fping", "fping")
	if err != nil {
		return err
	}
	defer run0("ip", "netns", "del", pingSpace)
	if err := preparePings(ctx, pingLoss); err != nil {
		return err
	}
	var hcl, list strings.Builder
	for group := range pingLoss {
		for n := range pingHosts {
			to := pingAddress(group, n)
			list.WriteString(to + "\n")
			// Every run is degraded, so the log has the figures of all of them.
			fmt.Fprintf(&hcl, "integration \"ping-%d-%d\" {\n  probe    = core.icmp\n  interval = %q\n  timeout  = \"5s\"\n  config {\n    host    = %q\n    max_rtt = \"1us\"\n  }\n}\n", group, n, b.fleetEvery.String(), to)
		}
	}
	v, err := b.serve(ctx, "ping", hcl.String(), nil)
	if err != nil {
		return err
	}
	tap, err := watchPings(v.ready)
	if err != nil {
		return err
	}
	cpu, began := v.cpu(), time.Now()
	sleep(ctx, b.fleetFor)
	used, lasted := v.cpu()-cpu, time.Since(began)
	held, err := footprintOf(v.cmd.Process.Pid)
	if err != nil {
		return err
	}
	runs, err := v.stop()
	if err != nil {
		return err
	}
	seen := arrivalsOf(tap(), v.ready, b.fleetEvery)
	t := &table{}
	t.row(fmt.Sprintf("%d addresses every %v, %d requests each", len(pingLoss)*pingHosts, b.fleetEvery, pingsEach), "vega", "goal")
	t.row("addresses seen, gap off the interval p99", fmt.Sprintf("%d, %s", seen.checks, show(quantile(seen.off, 0.99))))
	t.row("CPU, each run degraded and logged", fmt.Sprintf("%.2f %% of a core", 100*used.Seconds()/lasted.Seconds()))
	t.row("RSS, threads, descriptors", fmt.Sprintf("%s, %d, %d", mib(held.rss), held.thread, held.fds))
	reportPings(ctx, t, ofVega(runs))
	t.print()

	if err := b.wellPings(ctx); err != nil {
		return err
	}
	if err := preparePings(ctx, pingLoss); err != nil {
		return err
	}
	targets := filepath.Join(b.dir, "targets")
	if err := os.WriteFile(targets, []byte(list.String()), 0o600); err != nil {
		return err
	}
	before, start := cpuOfChildren(), time.Now()
	all := newPingFigures()
	for time.Since(start) < b.fleetFor && ctx.Err() == nil {
		turn := time.Now()
		out, _ := exec.CommandContext(ctx, fping, "-q", "-C", strconv.Itoa(pingsEach), "-p", "200", "-t", "1000", "-i", "1", "-f", targets).CombinedOutput() // fails for losses
		all.addFping(string(out))
		sleep(ctx, b.fleetEvery-time.Since(turn))
	}
	t = &table{}
	t.row("the same", "fping", "")
	t.row("CPU, one process every interval", fmt.Sprintf("%.2f %% of a core", 100*(cpuOfChildren()-before).Seconds()/time.Since(start).Seconds()))
	reportPings(ctx, t, all)
	t.print()
	return nil
}

// wellPings compares checks of the same addresses that find nothing: by ping, and by a
// connection over TCP, for what a run costs without ping.
func (b *bench) wellPings(ctx context.Context) error {
	if err := preparePings(ctx, make([]int, len(pingLoss))); err != nil {
		return err
	}
	listener, err := listenInPingSpace()
	if err != nil {
		return err
	}
	defer listener.Close()
	t := &table{}
	t.row("the same addresses, all well", "CPU", "per run")
	for _, c := range []struct{ name, probe, config string }{
		{fmt.Sprintf("ping, %d requests", pingsEach), "core.icmp", "host = %q"},
		{"TCP, one connection", "core.tcp", "address = \"%s:7\""},
	} {
		var hcl strings.Builder
		for group := range pingLoss {
			for n := range pingHosts {
				fmt.Fprintf(&hcl, "integration \"well-%d-%d\" {\n  probe    = %s\n  interval = %q\n  timeout  = \"5s\"\n  config {\n    "+c.config+"\n  }\n}\n", group, n, c.probe, b.fleetEvery.String(), pingAddress(group, n))
			}
		}
		v, err := b.serve(ctx, "well", hcl.String(), nil)
		if err != nil {
			return err
		}
		cpu, began := v.cpu(), time.Now()
		sleep(ctx, b.fleetFor)
		used, lasted := v.cpu()-cpu, time.Since(began)
		if _, err := v.stop(); err != nil {
			return err
		}
		runs := lasted.Seconds() / b.fleetEvery.Seconds() * float64(len(pingLoss)*pingHosts)
		t.row(c.name, fmt.Sprintf("%.2f %% of a core", 100*used.Seconds()/lasted.Seconds()), fmt.Sprintf("%.2f ms", 1000*used.Seconds()/runs))
	}
	t.print()
	return nil
}

// listenInPingSpace accepts connections to port 7 of each address, and closes them.
func listenInPingSpace() (net.Listener, error) {
	var listener net.Listener
	err := inPingSpace(func() (err error) {
		listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp4", ":7")
		return err
	})
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return listener, nil
}

func run0(name string, args ...string) { _ = exec.Command(name, args...).Run() } //nolint:noctx // cleaning up

// preparePings makes the namespace, with counters at zero and a loss for each group.
func preparePings(ctx context.Context, losses []int) error {
	run0("ip", "netns", "del", pingSpace)
	var rules strings.Builder
	rules.WriteString("table ip t {\n")
	for group := range pingLoss {
		fmt.Fprintf(&rules, "counter asked%d {}\ncounter passed%d {}\n", group, group)
	}
	rules.WriteString("chain c { type filter hook output priority 0;\n")
	for group, loss := range losses {
		fmt.Fprintf(&rules, "ip saddr 10.97.%d.0/24 icmp type echo-reply counter name asked%d\n", 4+group, group)
		switch loss {
		case 0:
		case 100:
			fmt.Fprintf(&rules, "ip saddr 10.97.%d.0/24 icmp type echo-reply drop\n", 4+group)
		default:
			fmt.Fprintf(&rules, "ip saddr 10.97.%d.0/24 icmp type echo-reply numgen random mod 100 < %d drop\n", 4+group, loss)
		}
		fmt.Fprintf(&rules, "ip saddr 10.97.%d.0/24 icmp type echo-reply counter name passed%d\n", 4+group, group)
	}
	rules.WriteString("}\n}\n")
	for _, c := range []string{
		"ip netns add " + pingSpace, "ip link add vbp0 type veth peer name vbp1 netns " + pingSpace,
		"ip addr add 10.97.0.1/30 dev vbp0", "ip link set vbp0 up", "ip route add 10.97.4.0/22 via 10.97.0.2",
		"ip -n " + pingSpace + " addr add 10.97.0.2/30 dev vbp1", "ip -n " + pingSpace + " link set vbp1 up", "ip -n " + pingSpace + " link set lo up",
		"ip -n " + pingSpace + " route add local 10.97.4.0/22 dev lo", "ip netns exec " + pingSpace + " nft -f -",
	} {
		words := strings.Fields(c)
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Stdin = strings.NewReader(rules.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", c, err, out)
		}
	}
	return nil
}

// inPingSpace calls open, which opens a socket, in the namespace.
func inPingSpace(open func() error) error {
	opened := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		opened <- func() error {
			ns, err := os.Open("/run/netns/" + pingSpace)
			if err != nil {
				return err
			}
			defer ns.Close()
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return open()
		}()
	}()
	return <-opened
}

// watchPings records the first request of each run at its target, until the function
// that it returns is called.
func watchPings(time.Time) (func() map[string][]time.Time, error) {
	var fd int
	err := inPingSpace(func() (err error) {
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 8) // ETH_P_IP, in network order
		if err != nil {
			return err
		}
		return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
	})
	if err != nil {
		return nil, err
	}
	seen, stop, done := map[string][]time.Time{}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 128)
		for {
			select {
			case <-stop:
				return
			default:
			}
			n, from, err := unix.Recvfrom(fd, buf, 0)
			link, isLink := from.(*unix.SockaddrLinklayer)
			if err != nil || n < 28 || buf[9] != 1 || buf[20] != 8 || isLink && link.Pkttype == unix.PACKET_OUTGOING {
				continue
			}
			to, now := fmt.Sprintf("%d.%d.%d.%d", buf[16], buf[17], buf[18], buf[19]), time.Now()
			if times := seen[to]; len(times) == 0 || now.Sub(times[len(times)-1]) > 1500*time.Millisecond {
				seen[to] = append(times, now)
			}
		}
	}()
	return func() map[string][]time.Time {
		close(stop)
		<-done
		_ = syscall.Close(fd)
		return seen
	}, nil
}

// pingFigures are what a program reports, by group.
type pingFigures struct {
	sent, arrived []int
	spread        []time.Duration // longest minus shortest round trip of a run without loss
}

func newPingFigures() *pingFigures {
	return &pingFigures{sent: make([]int, len(pingLoss)), arrived: make([]int, len(pingLoss))}
}

var pingMessage = regexp.MustCompile(`answered (\w+) of (\d+)(?:.*min ([0-9.]+) ms, max ([0-9.]+) ms)?`)

func ofVega(runs []runLine) *pingFigures {
	p := newPingFigures()
	for _, r := range runs {
		var group, n int
		m := pingMessage.FindStringSubmatch(r.Message)
		if _, err := fmt.Sscanf(r.Integration, "ping-%d-%d", &group, &n); err != nil || m == nil {
			fmt.Println("not counted:", r.Integration, r.Status, r.Cause, r.Message)
			continue
		}
		sent, _ := strconv.Atoi(m[2])
		arrived, _ := strconv.Atoi(m[1]) // "none" is 0
		p.sent[group] += sent
		p.arrived[group] += arrived
		if least, err := strconv.ParseFloat(m[3], 64); err == nil && arrived == pingsEach {
			most, _ := strconv.ParseFloat(m[4], 64)
			p.spread = append(p.spread, time.Duration((most-least)*float64(time.Millisecond)))
		}
	}
	return p
}

// addFping adds lines such as "10.97.4.1 : 0.04 - 0.05".
func (p *pingFigures) addFping(out string) {
	for line := range strings.Lines(out) {
		var a, b, group, n int
		if _, err := fmt.Sscanf(line, "%d.%d.%d.%d", &a, &b, &group, &n); err != nil || group < 4 {
			continue
		}
		_, rest, _ := strings.Cut(line, ":")
		var times []float64
		for _, field := range strings.Fields(rest) {
			p.sent[group-4]++
			if ms, err := strconv.ParseFloat(field, 64); err == nil {
				p.arrived[group-4]++
				times = append(times, ms)
			}
		}
		if len(times) == pingsEach {
			p.spread = append(p.spread, time.Duration((max(times[0], times[1], times[2])-min(times[0], times[1], times[2]))*float64(time.Millisecond)))
		}
	}
}

// reportPings compares the figures of a program with the kernel's.
func reportPings(ctx context.Context, t *table, p *pingFigures) {
	for group, loss := range pingLoss {
		asked, passed := pingCounter(ctx, fmt.Sprintf("asked%d", group)), pingCounter(ctx, fmt.Sprintf("passed%d", group))
		t.row(fmt.Sprintf("loss %d %%: sent and answered, counted by the kernel", loss), fmt.Sprintf("%d, %d", asked, passed))
		t.row("… reported", fmt.Sprintf("%d, %d", p.sent[group], p.arrived[group]), goal(p.sent[group] == asked && p.arrived[group] == passed, "the same"))
	}
	t.row("longest minus shortest round trip, p50", median(p.spread))
	t.row("… p99", quantile(p.spread, 0.99), goal(quantile(p.spread, 0.99) <= 200*time.Microsecond, "≤0.2 ms"))
}

func pingCounter(ctx context.Context, name string) int {
	out, err := exec.CommandContext(ctx, "ip", "netns", "exec", pingSpace, "nft", "-j", "list", "counter", "ip", "t", name).Output()
	var list struct {
		Nftables []struct{ Counter *struct{ Packets int } }
	}
	if err != nil || json.Unmarshal(out, &list) != nil {
		return -1
	}
	for _, e := range list.Nftables {
		if e.Counter != nil {
			return e.Counter.Packets
		}
	}
	return -1
}

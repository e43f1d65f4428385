package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/policies/check"
)

// plainly runs a command in a shell as it is.
const plainly = `exec "$@"`

const (
	gateway     = "10.97.0.2"
	ownAddress  = "10.97.0.1"
	checksInAll = 200
)

// ground is two network namespaces, joined by a wire: vega's, and the one of
// its targets and its resolver, which vega reaches through a gateway.
type ground struct {
	t         *testing.T
	dir       string
	vega, far string // names of the namespaces
	program   string
	targets   *exec.Cmd
	resolver  *exec.Cmd
	leaf      *realtest.Leaf
	authority string // the file of the targets' authority
	group     string // the cgroup that vega is to run in; \"\" for none
}

func newGround(t *testing.T) *ground {
	t.Helper()
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make network namespaces")
	}
	ip := realtest.Program(t, "ip", "iproute2")
	if out, err := exec.CommandContext(t.Context(), ip, "netns", "list").CombinedOutput(); err != nil {
		realtest.Missing(t, "no network namespaces: "+string(out))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ca := realtest.NewCA(t)
	g := &ground{t: t, dir: t.TempDir(), vega: fmt.Sprintf("vega-test-%d-a", os.Getpid()), far: fmt.Sprintf("vega-test-%d-b", os.Getpid()), leaf: ca.Valid(targetName), authority: ca.File}
	for name := range map[string]bool{"vega": true, answers: true} { // the name decides what the test binary does
		if err := os.Symlink(self, filepath.Join(g.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	g.program = filepath.Join(g.dir, "vega")
	for _, ns := range []string{g.vega, g.far} {
		if out, err := exec.CommandContext(t.Context(), ip, "netns", "add", ns).CombinedOutput(); err != nil {
			realtest.Missing(t, "can't make a network namespace: "+string(out))
		}
		t.Cleanup(func() { _ = exec.CommandContext(context.Background(), ip, "netns", "del", ns).Run() })
	}
	for _, args := range []string{
		"link add va netns " + g.vega + " type veth peer name vb netns " + g.far,
		"-n " + g.vega + " link set lo up", "-n " + g.far + " link set lo up",
		"-n " + g.vega + " addr add " + ownAddress + "/24 dev va", "-n " + g.far + " addr add " + gateway + "/24 dev vb",
		"-n " + g.far + " addr add " + targetAddress + "/32 dev lo", "-n " + g.far + " addr add " + resolverAddress + "/32 dev lo",
		"-n " + g.far + " link set vb up",
		"-n " + g.far + " rule add pref 10 lookup local", "-n " + g.far + " rule del pref 0", // so that a rule can come before it
	} {
		g.ip(args)
	}
	g.restore()
	if err := compiled.Core(filepath.Join(g.dir, ".vega")); err != nil {
		t.Fatal(err)
	}
	g.configure("  resolver = \"" + resolverAddress + "\"\n")
	g.startTargets()
	g.startResolver("works")
	return g
}

// configure writes 200 integrations of four kinds.
func (g *ground) configure(network string) {
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "network {\n%s  ca_file = %q\n}\n", network, g.authority)
	for n := range checksInAll {
		probe, config := "core.http", fmt.Sprintf("url = \"http://%s/%d\"", targetName, n)
		switch n % 4 {
		case 1:
			probe, config = "core.tcp", fmt.Sprintf("address = \"%s:7\"\n    expect = \"hello\"", targetName)
		case 2:
			probe, config = "core.tls", fmt.Sprintf("address = \"%s:443\"", targetName)
		case 3:
			probe, config = "core.dns", fmt.Sprintf("name = %q", targetName)
		}
		fmt.Fprintf(&hcl, "integration \"%s-%d\" {\n  probe    = %s\n  timeout  = \"5s\"\n  interval = \"0s\"\n  config {\n    %s\n  }\n}\n", strings.TrimPrefix(probe, "core."), n, probe, config)
	}
	write(g.t, g.dir, "vega.hcl", hcl.String())
}

func (g *ground) ip(args string) {
	g.t.Helper()
	if out, err := exec.CommandContext(g.t.Context(), "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		g.t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// set sets a parameter of the far network.
func (g *ground) set(name, value string) {
	g.t.Helper()
	script := "echo " + value + " > /proc/sys/net/ipv4/" + name
	if out, err := exec.CommandContext(g.t.Context(), "ip", "netns", "exec", g.far, "/bin/sh", "-c", script).CombinedOutput(); err != nil {
		g.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// restore gives vega its link and its route back.
func (g *ground) restore() {
	g.ip("-n " + g.vega + " link set va up")
	g.ip("-n " + g.far + " link set vb up")
	g.ip("-n " + g.vega + " route replace 10.98.0.0/24 via " + gateway)
}

func (g *ground) start(args ...string) *exec.Cmd {
	g.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(g.t.Context()), "ip", append([]string{"netns", "exec", g.far, filepath.Join(g.dir, answers)}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { end(cmd) })
	return cmd
}

func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func (g *ground) startTargets() { g.targets = g.start("targets", g.leaf.CertFile, g.leaf.KeyFile) }

func (g *ground) startResolver(rule string) { g.resolver = g.start("resolver", rule) }

// change replaces the resolver.
func (g *ground) change(rule string) {
	end(g.resolver)
	g.startResolver(rule)
}

// check runs vega check in its namespace, by a shell command that ends in "$@".
func (g *ground) check(by string) engine.Health {
	g.t.Helper()
	outer := plainly
	if g.group != "" {
		outer = "echo $$ > '" + filepath.Join(g.group, "cgroup.procs") + "' && " + plainly
	}
	cmd := exec.CommandContext(g.t.Context(), "/bin/sh", "-c", outer, "sh", "ip", "netns", "exec", g.vega, "/bin/sh", "-c", by, "sh", g.program, "check", "--format", "json")
	cmd.Dir = g.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var h engine.Health
	if json.Unmarshal(out, &h) != nil {
		lines := strings.SplitN(stderr.String(), "\n", 2)
		g.t.Logf("    vega has no verdict on anything: %v: %s", err, lines[0])
	}
	return h
}

// report logs one line of the table, with a message of each kind.
func (g *ground) report(taken string, h engine.Health) {
	g.t.Helper()
	seen := map[string]int{}
	var samples []string
	for _, r := range h.Integrations {
		key := string(r.Status) + "/" + string(r.Cause)
		if seen[key]++; seen[key] == 1 && r.Status != check.Healthy {
			samples = append(samples, fmt.Sprintf("    %s: %s", key, r.Message))
		}
	}
	g.t.Logf("%-52s healthy %3d  degraded %3d  unhealthy %3d  unknown %3d", taken, h.Summary.Healthy, h.Summary.Degraded, h.Summary.Unhealthy, h.Summary.Unknown)
	for _, s := range samples {
		g.t.Log(s)
	}
}

// TestTakenAway takes away what vega needs, one thing at a time, while its 200
// targets are well: none is unhealthy. Then it takes the targets away: all are.
func TestTakenAway(t *testing.T) { // not parallel: it counts on some processor time
	g := newGround(t)
	memory, err1 := cgroup(t, "memory", "memory", setting{"memory.limit_in_bytes", "50331648"}, setting{"memory.max", "50331648"})
	processor, err2 := cgroup(t, "processor", "cpu", setting{"cpu.cfs_quota_us", "5000"}, setting{"cpu.max", "5000 100000"})
	if err := errors.Join(err1, err2); err != nil {
		t.Logf("not in a container of its own: %v", err)
	}
	h := g.check(plainly)
	if g.report("nothing", h); h.Summary.Healthy != checksInAll {
		t.Fatal("the targets are not well to begin with")
	}
	for _, c := range []struct {
		taken string
		take  func()
		by    string
		all   bool // no check can work without it
		says  string
	}{
		{"descriptors: ulimit -n 48", nil, `ulimit -n 48; exec "$@"`, false, "LimitNOFILE"},
		{"the resolver: killed", func() { end(g.resolver) }, plainly, true, resolverAddress + ":53"},
		{"the resolver: answers SERVFAIL", func() { g.change("servfail") }, plainly, true, "SERVFAIL"},
		{"the resolver: answers REFUSED", func() { g.change("refused") }, plainly, true, "REFUSED"},
		{"the resolver: answers garbage", func() { g.change("garbage") }, plainly, true, "not a reply"},
		{"the resolver: silent", func() { g.change("silent") }, plainly, true, "does not answer"},
		{"the resolver: no /etc/resolv.conf", func() { g.configure("") }, `mount -t tmpfs none /etc && exec "$@"`, true, "/etc/resolv.conf"},
		{"the route: none", func() { g.ip("-n " + g.vega + " route del 10.98.0.0/24") }, plainly, true, "route"},
		{"the route: blackhole", func() { g.ip("-n " + g.vega + " route replace blackhole 10.98.0.0/24") }, plainly, true, "route"},
		{"the route: prohibit", func() { g.ip("-n " + g.vega + " route replace prohibit 10.98.0.0/24") }, plainly, true, "route"},
		{"the route: unreachable", func() { g.ip("-n " + g.vega + " route replace unreachable 10.98.0.0/24") }, plainly, true, "route"},
		{"the route: to the targets only", func() { g.ip("-n " + g.vega + " route add blackhole " + targetAddress + "/32") }, plainly, false, "route"},
		{"the route: through a gateway that is gone", func() { g.ip("-n " + g.vega + " route replace 10.98.0.0/24 via 10.97.0.77") }, plainly, true, "gateway"},
		{"the link: down", func() { g.ip("-n " + g.vega + " link set va down") }, plainly, true, "route"},
		{"the link: no carrier", func() { g.ip("-n " + g.far + " link set vb down") }, plainly, true, "has no link"},
		{"memory: ulimit -v, in KiB: 1500000", nil, `ulimit -v 1500000; exec "$@"`, false, ""},
		{"memory: ulimit -v, in KiB: 3000000", nil, `ulimit -v 3000000; exec "$@"`, false, ""},
		{"memory: a container of 48 MiB", func() { g.group = memory }, plainly, false, ""},
		{"the processor: a twentieth of one", func() { g.group = processor }, plainly, false, ""},
		{"the processor: nice 19 among 8 hogs", nil, `for i in 1 2 3 4 5 6 7 8; do timeout 20 sh -c 'while :; do :; done' & done; nice -n 19 "$@"; code=$?; kill $(jobs -p); exit $code`, false, ""},
	} {
		if c.take != nil {
			c.take()
		}
		h := g.check(c.by)
		g.report(c.taken, h)
		if h.Summary.Unhealthy > 0 || h.Summary.Degraded > 0 || c.all && h.Summary.Unknown != checksInAll {
			t.Errorf("without %s: %+v", c.taken, h.Summary)
		}
		for _, r := range h.Integrations {
			if r.Status == check.Unknown && (r.Cause != check.Host || !strings.Contains(r.Message, c.says)) {
				t.Errorf("without %s: %s: %s/%s %q, want %q", c.taken, r.Name, r.Status, r.Cause, r.Message, c.says)
				break
			}
		}
		_ = exec.CommandContext(t.Context(), "ip", "-n", g.vega, "route", "del", "blackhole", targetAddress+"/32").Run() // if it was added
		g.group = ""
		g.restore()
		g.change("works")
		g.configure("  resolver = \"" + resolverAddress + "\"\n")
	}
	g.takeTargets()
}

// takeTargets takes the targets away in several ways.
func (g *ground) takeTargets() {
	ofConnections := checksInAll * 3 / 4 // the others ask for a name
	for _, c := range []struct {
		taken      string
		take, back func()
		want       int
	}{
		{"the targets: their port filtered", func() {
			for _, port := range []string{"80", "443", "7"} {
				g.ip("-n " + g.far + " rule add pref 5 ipproto tcp dport " + port + " blackhole")
			}
		}, func() {
			for _, port := range []string{"80", "443", "7"} {
				g.ip("-n " + g.far + " rule del pref 5 ipproto tcp dport " + port + " blackhole")
			}
		}, ofConnections},
		{"the targets: killed", func() { end(g.targets) }, g.startTargets, ofConnections},
		{"the targets: their host is gone, says the router", func() {
			g.set("ip_forward", "1")
			g.set("icmp_ratelimit", "0")
			g.ip("-n " + g.far + " addr del " + targetAddress + "/32 dev lo")
			g.ip("-n " + g.far + " route add unreachable " + targetAddress + "/32")
		}, func() {}, ofConnections},
		{"the targets: their name (NXDOMAIN)", func() { g.change("nxdomain") }, func() {}, checksInAll},
	} {
		c.take()
		h, _ := realtest.Unstarved(g.t, func() engine.Health { return g.check(plainly) }, func(h engine.Health) bool {
			return slices.ContainsFunc(h.Integrations, func(r engine.Report) bool { return realtest.Starved(r.Cause, r.Message) })
		})
		g.report(c.taken, h)
		if h.Summary.Unhealthy != c.want || h.Summary.Unknown != 0 {
			g.t.Errorf("without %s: %+v, want %d unhealthy", c.taken, h.Summary, c.want)
		}
		c.back()
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/monitor"
	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
	"vega/policies/check"
)

const hungGood = 20 // targets that respond, next to those that hang

// TestHungTargetsInAContainer runs vega in containers with little memory, next to
// more hung targets than it has memory for: half of them send nothing, the others a
// page of 1 MiB that does not end. It stays alive, and the targets that respond are
// healthy. VEGA_CONTAINERS is how long each container runs; without it
// there is one, until each good target was found healthy three times.
func TestHungTargetsInAContainer(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make cgroups")
	}
	if race {
		t.Skip("the race detector takes more memory than the containers have")
	}
	length, err := time.ParseDuration(os.Getenv("VEGA_CONTAINERS"))
	if err != nil {
		hungInContainer(t, 64, 400, 0)
		return
	}
	for _, mib := range []int{64, 128, 256} {
		for _, hung := range []int{50, 400, 2000} {
			hungInContainer(t, mib, hung, length)
		}
	}
}

func hungInContainer(t *testing.T, mib, hung int, length time.Duration) {
	t.Helper()
	limit := strconv.Itoa(mib << 20)
	group, err := cgroup(t, fmt.Sprintf("hung-%d-%d", mib, hung), "memory", setting{"memory.limit_in_bytes", limit}, setting{"memory.max", limit})
	if err != nil {
		realtest.Missing(t, "can't make a cgroup with a memory limit: "+err.Error())
	}
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(2<<20))
		_, _ = w.Write(make([]byte, 1<<20))
		<-r.Context().Done()
	}))
	defer page.Close()
	dir, hangs := t.TempDir(), [2]string{"http://" + fixtures.Hang(t), page.URL}
	var text strings.Builder
	for n := range hungGood + hung {
		name, url, interval, body := fmt.Sprintf("good-%02d", n), target.URL, "3s", ""
		if n >= hungGood {
			name, url, interval, body = fmt.Sprintf("hung-%04d", n-hungGood), hangs[n%2], "10s", "\n    expect_body = \"never\""
		}
		fmt.Fprintf(&text, "integration %q {\n  probe    = core.http\n  interval = %q\n  timeout  = \"10s\"\n  config {\n    url = %q%s\n  }\n}\n", name, interval, url, body)
	}
	write(t, dir, "vega.hcl", text.String())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The shell joins the cgroup, so all memory of vega counts in it.
	cmd := exec.CommandContext(t.Context(), realtest.Program(t, "bash", "bash"), "-c", `echo $$ >"$0"; exec -a vega "$@"`, filepath.Join(group, "cgroup.procs"), self, "serve", "--port", "0")
	cmd.Dir, cmd.Env = dir, os.Environ()
	p := serveBy(t, dir, cmd)
	counts := hungCounts{}
	for began, passes := time.Now(), 0; length > 0 && time.Since(began) < length || length == 0 && passes < 3; {
		time.Sleep(time.Second)
		seen := hungCounts{}
		for n := range hungGood {
			seen.add(t, p, fmt.Sprintf("good-%02d", n))
		}
		if counts = seen; counts.least >= 3 {
			passes = 3
		}
		if time.Since(began) > length+realtest.Patience {
			t.Fatalf("%d MiB, %d hung: %+v", mib, hung, counts)
		}
	}
	var s monitor.System
	if _, body := p.get("/admin/diagnostics/system"); json.Unmarshal([]byte(body), &s) != nil || s.Places == nil {
		t.Fatalf("no places: %s", body)
	}
	t.Logf("%d MiB, %d hung: alive; good runs: %d healthy, %d not, the slowest took %v; at most %d MiB in use, %d of them private; %d places, %d runs not started",
		mib, hung, counts.healthy, counts.other, counts.slowest.Round(time.Millisecond), peakOf(t, group), ownMemory(t, cmd.Process.Pid), s.Places.Size, s.Places.NotStarted)
	if counts.unhealthy > 0 || s.Places.Size >= hung && hung > 400 {
		t.Errorf("%+v, %+v", counts, s.Places)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// hungCounts counts the runs of good targets.
type hungCounts struct {
	healthy, other, unhealthy int
	least                     int // healthy runs of the target with the fewest
	targets                   int
	slowest                   time.Duration
}

// add counts the last runs of one target.
func (c *hungCounts) add(t *testing.T, p *process, name string) {
	t.Helper()
	healthy := 0
	for _, r := range p.runsOf(name) {
		switch r.Status {
		case check.Healthy:
			healthy++
		case check.Unhealthy:
			c.unhealthy++
			c.other++
			t.Errorf("%s is reported as unhealthy: %s", name, r.Message)
		default:
			c.other++
		}
		c.slowest = max(c.slowest, time.Duration(r.ResponseTimeMS*1e6))
	}
	c.healthy += healthy
	if c.targets == 0 || healthy < c.least {
		c.least = healthy
	}
	c.targets++
}

// peakOf returns the most memory that a cgroup has used, in MiB.
func peakOf(t *testing.T, group string) int {
	t.Helper()
	for _, name := range []string{"memory.max_usage_in_bytes", "memory.peak"} {
		if text, err := os.ReadFile(filepath.Join(group, name)); err == nil {
			n, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return n >> 20
		}
	}
	return 0 // an older kernel does not count it
}

// ownMemory returns the memory of a process that no other mapping shares, in MiB.
// Each instance maps the same image, and RSS counts it for each.
func ownMemory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n >> 10
		}
	}
	return 0
}

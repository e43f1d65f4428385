package plugins_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/scheduler"
	"vega/plugins/testdata/hostile"
	"vega/policies/check"
)

// spent is the expected result of a Spender.
type spent struct {
	spree
	status check.Status // "": any
	cause  check.Cause
	says   string
	cpu    time.Duration // at most, for all runs and the honest ones next to them
	peak   int64         // MiB at most, more than before
}

const (
	overBudget = "computed for more than"
	overMemory = "raise memory in the integration"
)

// ends expects that the Spender is stopped when its budget is used up.
func ends(module, body string) spent {
	return spent{
		spree:  spree{Module: module, Body: body, Budget: scheduler.DefaultBudget},
		status: check.Unknown, cause: check.Probe, says: overBudget, cpu: 3 * time.Second, peak: 64,
	}
}

// cramps expects that it runs out of memory, however long it computes.
func cramps(module, body string) spent {
	s := ends(module, body)
	s.says, s.Budget = overMemory, time.Hour
	return s
}

// succeeds expects that it succeeds, however long it computes.
func succeeds(module, body string) spent {
	s := ends(module, body)
	s.status, s.cause, s.says, s.Budget = check.Healthy, "", "", time.Hour
	return s
}

// blames expects that it reports its target as unhealthy.
func blames(module, body string) spent {
	s := succeeds(module, body)
	s.status = check.Unhealthy
	return s
}

func (s spent) secure() spent { s.Secure = true; return s }

func (s spent) atOnce(n int) spent {
	s.AtOnce, s.cpu = n, s.cpu*time.Duration(n)
	return s
}

func (s spent) within(mib int64) spent { s.peak = mib; return s }

func (s spent) secret() spent { s.Secret = true; return s }

func (s spent) orSays(more string) spent { s.says += "|" + more; return s }

var sprees = []spent{
	succeeds(httpOfCore, "objects1").atOnce(60).within(120),
	succeeds("json-once", "objects"), succeeds("json-once", "lists"), succeeds("json-once", "numbers"), succeeds("json-once", "objects.gz"),
	succeeds("json-once", "objects").secret(),
	blames("json-once", "depth"),
	succeeds("json-whole", "string"), succeeds("json-whole", "invalid"), succeeds("json-whole", "blanks"), succeeds("json-whole", "keys"),
	succeeds("json-first-key", "keys"),
	ends("json-loop", "objects"), ends("json-loop", "string"), ends("json-loop", "objects").secret().orSays(overMemory),
	ends("json-loop", "keys").atOnce(4),
	cramps("json-handles", "objects"), cramps("json-handles", "objects").atOnce(4).within(110),
	ends("read-loop", "objects"), ends("read-loop", "objects.gz"), ends("read-loop", "objects").secret(),
	ends("send-loop", "ok"), ends("send-loop", "ok").secure(), ends("send-loop", "ok").secure().atOnce(4),
	cramps("header-handles", "ok"),
	ends("dial-loop", ""), ends("move-loop", ""), ends("move-much-loop", ""), ends("move-much-loop", "").secret(),
	ends("resolve-loop", ""), ends("resolve-loop", "").secret(),
	ends("match-loop", ""), ends("match-fold-loop", ""), ends("match-group-loop", ""),
	ends("kv-loop", ""),
	ends("sql-recursive", ""), ends("sql-recursive", "").atOnce(6),
	blames("sql-handles", ""), blames("sql-wide-handles", ""),
	ends("sql-column-loop", ""),
	ends("http2-loop", ""), succeeds("http2-handles", ""),
	ends("unix-loop", ""), succeeds("unix-handles", ""), ends("unix-dial-loop", ""), succeeds("unix-dial-handles", ""), ends("read-within-loop", ""),
	ends("websocket-loop", ""), ends("websocket-loop", "").secret(), ends("websocket-send-loop", ""),
	ends("websocket-receive-loop", "large"), ends("websocket-receive-loop", "large").secret(), ends("websocket-receive-loop", "small"),
	ends("websocket-receive-loop", "fragments"), ends("websocket-receive-loop", "pings"),
	succeeds("websocket-handles", "large"),
	ends("ssh-loop", ""), ends("ssh-loop", "").atOnce(4), ends("ssh-run-loop", ""), succeeds("ssh-handles", ""),
	ends("icmp-loop", ""),
}

// What the host holds and computes for a plugin is charged to it: the run ends within
// its memory and its budget, nothing stays counted afterwards, and honest runs next to
// it, of the bundled plugin and of others, stay healthy.
func TestSpenders(t *testing.T) {
	w := startWorld(t)
	newSandbox(t, plugins.Options{}).load(t, plugins.Core()) // into the cache, for all trials
	tries := map[string]string{}
	for _, m := range hostile.Spenders() {
		tries[m.Name] = m.Tries
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-34s %-60s %-9s %9s %9s %6s %s\n", "case", "tries", "outcome", "took ms", "cpu ms", "MiB", "honest")
	for _, s := range sprees {
		t.Run(s.label(), func(t *testing.T) {
			s.World = w
			b, err := s.start(t)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&table, "%-34s %-60s %-9s %9d %9d %6d %d, %d wrong; %s\n", s.label(), tries[s.Module], b.Results[0].Status, b.Took.Milliseconds(), b.CPU.Milliseconds(), b.Peak, b.Honest, len(b.Wrong), b.Results[0].Message)
			s.check(t, b)
		})
		delete(tries, s.Module)
	}
	for name := range tries {
		if !t.Failed() {
			t.Errorf("no outcome is written down for %s", name)
		}
	}
	t.Log(table.String())
}

func (s spent) label() string {
	name := s.Module
	for _, part := range []string{s.Body, map[bool]string{true: "tls"}[s.Secure], map[bool]string{true: "secret"}[s.Secret]} {
		if part != "" {
			name += "-" + part
		}
	}
	if s.AtOnce > 1 {
		name += fmt.Sprintf("-x%d", s.AtOnce)
	}
	return name
}

func (s spent) check(t *testing.T, b bill) {
	t.Helper()
	for _, r := range b.Results {
		if s.status != "" && (r.Status != s.status || s.cause != "" && r.Cause != s.cause) || !says(r.Message, s.says) {
			t.Errorf("%s/%s %q, want %s/%s %q", r.Status, r.Cause, r.Message, s.status, s.cause, s.says)
		}
	}
	if limit := timeFactor * s.cpu; b.CPU > limit {
		t.Errorf("it took %v of the processor, at most %v are allowed", b.CPU, limit)
	}
	if limit := memoryFactor * s.peak; b.Peak > limit {
		t.Errorf("it took %d MiB, at most %d are allowed", b.Peak, limit)
	}
	if len(b.Wrong) > 0 || b.Honest == 0 {
		t.Errorf("of %d honest runs, %d were not healthy: %q", b.Honest, len(b.Wrong), b.Wrong)
	}
	if b.Held != 0 {
		t.Errorf("%d bytes are still counted", b.Held)
	}
}

// start runs it in a process of its own.
func (s spree) start(t *testing.T) (bill, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patient)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestSpreeChild$", "-test.v", "-test.count=1", "-test.timeout=0")
	cmd.Env = append(os.Environ(), spreeVariable+"="+string(text), "TMPDIR="+t.TempDir(), "GOTRACEBACK=single")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err = watched(cmd, 2*patient)
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), billPrefix); ok {
			var b bill
			return b, json.Unmarshal([]byte(text), &b)
		}
	}
	return bill{}, fmt.Errorf("no bill came: %w\n%s", err, tail(out.String()))
}

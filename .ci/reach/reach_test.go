// Package reach checks every probe that leaves the sandbox by another way than HTTP or
// TCP against real servers: once while the server is well, and in each way in which it
// can fail. It runs the real command with one configuration, and compares the status,
// the cause and a part of the message of each run.
//
//	go test ./.ci/reach -v                             this source tree
//	VEGA_PROGRAM=/usr/bin/vega go test ./.ci/reach -v  another program
package reach

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// row is one server in one condition, and what vega must report.
type row struct {
	does   string // what the server does
	config string // the lines of the integration's config block; WAIT is half of the timeout
	blocks string // further lines of the integration
	lets   bool   // the server lets the time pass

	status, cause, message string // the message contains this text
}

// place is where vega runs.
type place struct {
	namespace *namespace // nil for that of the test
	user      string     // the user's number, or "" for that of the test
	env       []string
}

// The timeouts. A run has the patient one, which no verdict waits for, unless the server
// lets the time pass. Then the run has a short one, and a longer one whenever the
// machine is too slow to get to the point at which the server stops answering.
const (
	patient = realtest.Patience
	brief   = 4 * time.Second
)

// check runs each row's integration with one probe, and prints the table. A run that
// had no processor is repeated, because it says nothing; a row without another one is
// not judged.
func check(t *testing.T, probe string, p place, rows []row) {
	t.Helper()
	found := make([]result, len(rows))
	limits := map[int]time.Duration{} // of those that are still to run
	for i, r := range rows {
		if limits[i] = patient; r.lets {
			limits[i] = brief
		}
	}
	for end := time.Now().Add(patient); len(limits) > 0; {
		ask(t, probe, p, rows, limits, found)
		for i, limit := range limits {
			starved := realtest.Starved(found[i].Cause, found[i].Message)
			switch r := &rows[i]; {
			case r.expects(found[i]) || !starved && (!r.lets || limit > patient/2) || time.Now().After(end):
				delete(limits, i)
				continue
			case !starved:
				limits[i] *= 2
			}
			t.Logf("%s: with a timeout of %v: %+v", rows[i].does, limit, found[i])
		}
	}
	for i, got := range found {
		verdict := "as expected"
		switch r := rows[i]; {
		case r.expects(got):
		case realtest.Starved(got.Cause, got.Message):
			verdict = "not judged: the machine was too busy"
		default:
			verdict = fmt.Sprintf("WRONG: expected %s, %s, %q", r.status, r.cause, r.message)
			t.Fail()
		}
		t.Logf("| %s | %s | %s | %s | %s | %s |", probe, rows[i].does, got.Status, got.Cause, strings.ReplaceAll(got.Message, "|", "¦"), verdict)
	}
}

func (r *row) expects(got result) bool {
	return got.Status == r.status && got.Cause == r.cause && strings.Contains(got.Message, r.message)
}

// ask runs the integrations of the rows with these timeouts once.
func ask(t *testing.T, probe string, p place, rows []row, limits map[int]time.Duration, found []result) {
	t.Helper()
	var hcl strings.Builder
	for i, limit := range limits {
		fmt.Fprintf(&hcl, "integration \"r%d\" {\n  probe    = core.%s\n  interval = \"0s\"\n  timeout  = %q\n", i, probe, limit)
		fmt.Fprintf(&hcl, "  config {\n%s\n  }\n%s\n}\n", strings.ReplaceAll(rows[i].config, "WAIT", (limit/2).String()), rows[i].blocks)
	}
	results := run(t, hcl.String(), p)
	for i := range limits {
		found[i] = results[fmt.Sprintf("r%d", i)]
	}
}

// result is what vega reports about one integration.
type result struct{ Name, Status, Cause, Message string }

// run runs vega check once and returns the results by name.
func run(t *testing.T, hcl string, p place) map[string]result {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "") //nolint:usetesting // other users can't enter that of the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // on failure, left to the system
	file := filepath.Join(dir, "vega.hcl")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(file, []byte(hcl), 0o644)); err != nil {
		t.Fatal(err)
	}
	args := []string{realtest.Vega(t, scratch), "check", "--format", "json"}
	if p.user != "" {
		command(t, "chown", "-R", p.user+":"+p.user, dir)
		args = append([]string{"setpriv", "--reuid=" + p.user, "--regid=" + p.user, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"}, args...)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), p.env...), &stderr
	var stdout strings.Builder
	cmd.Stdout = &stdout
	err = p.namespace.start(cmd)
	if err == nil {
		err = cmd.Wait() // with the status of the checks
	}
	out := []byte(stdout.String())
	var report struct{ Integrations []result }
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("%v: %v\n%s%s", args, errors.Join(err, jsonErr), out, stderr.String())
	}
	all := map[string]result{}
	for _, r := range report.Integrations {
		all[r.Name] = r
	}
	return all
}

// command runs a program and fails the test if it fails.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// asRoot skips the test for other users.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		realtest.Missing(t, "only root can make network namespaces and switch users")
	}
}

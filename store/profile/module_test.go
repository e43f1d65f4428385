package profile_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/store/profile"
)

// TestProgramInItsOwnModule builds a program outside this module that profiles
// a real PostgreSQL and serves the figures. They contain none of the values in
// its queries.
func TestProgramInItsOwnModule(t *testing.T) {
	dsn := realtest.Postgres(t)
	dir := t.TempDir()
	build(t, dir)
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "shop"))
	cmd.Env = append(os.Environ(), "SHOP_DSN="+dsn, "SHOP_CARD="+secret)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("the program printed no address: ", err)
	}
	body := fetch(t, strings.TrimSpace(url))
	if strings.Contains(body, secret) {
		t.Error("the figures contain a bound value")
	}
	var s profile.Stats
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	if s.Queries.Total != 5 || s.Queries.Failed != 1 || len(s.Slow) == 0 || len(s.Statements) != 4 || s.Pools[0].Name != "shop" {
		t.Errorf("%+v", s)
	}
	for _, q := range s.Slow {
		if strings.HasPrefix(q.Statement, "SELECT id") && q.Function == "main.find" && q.Rows == 2 && strings.Contains(q.Plan, "Seq Scan on orders") {
			t.Logf("%s\n%.1f ms by %s, plan:\n%s", q.Statement, q.DurationMS, q.Function, q.Plan)
			return
		}
	}
	t.Errorf("the scan is not among the slow queries: %+v", s.Slow)
}

// build builds the program in dir with the dependencies of this module.
func build(t *testing.T, dir string) {
	t.Helper()
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	// The program's go.mod is a renamed copy of this module's, so the build
	// needs no network.
	mod := strings.Replace(read(filepath.Join(here, "go.mod")), "module vega\n", "module shop\n", 1) +
		"\nrequire vega v0.0.0\n\nreplace vega => " + here + "\n"
	for name, text := range map[string]string{
		"go.mod": mod, "go.sum": read(filepath.Join(here, "go.sum")), "main.go": read("testdata/shop/main.go"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", "shop", ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

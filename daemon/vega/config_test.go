package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// TestConfigOverHTTP compares a running daemon's answers about its configuration
// with testdata/config; -update rewrites those files. Review their diff as a
// change of the product.
func TestConfigOverHTTP(t *testing.T) {
	t.Parallel()
	const token = "5ecret-of-the-test"
	dir := t.TempDir()
	one := "watch = false\nserver {\n  key \"ci\" {\n    value = env(\"TOKEN\")\n  }\n}\n" + bound("keep") + bound("change") + bound("drop")
	two := strings.Replace(one, "watch = false\n", "watch = false\nlog {\n  level = \"debug\"\n}\n", 1)
	two = strings.Replace(strings.Replace(two, bound("drop"), bound("new"), 1), bound("change"), strings.Replace(bound("change"), `"0s"`, `"1h"`, 1), 1)
	write(t, dir, "vega.hcl", one)
	vega := serveWith(t, dir, append(os.Environ(), "TOKEN="+token))
	vega.key = token
	defer func() {
		if err := vega.stop(); err != nil {
			t.Error(err)
		}
		if strings.Contains(vega.written(), "5ecret") {
			t.Errorf("the log contains the secret:\n%s", vega.written())
		}
	}()
	sum := sha256.Sum256([]byte(one))
	if _, body := vega.get("/admin/config/validate"); !strings.Contains(body, hex.EncodeToString(sum[:])) {
		t.Errorf("the digest is not that of the file: %s", body)
	}
	for _, step := range []struct {
		name, method, path string
		hcl                string // the new contents of vega.hcl, "" for no change
		status             int
	}{
		{"validate_same", "GET", "/admin/config/validate", "", 200},
		{"reload_unchanged", "POST", "/admin/config/reload", "", 200},
		{"validate_changed", "GET", "/admin/config/validate", two, 200},
		{"reload_applied", "POST", "/admin/config/reload", "", 200},
		{"validate_invalid", "GET", "/admin/config/validate", "serverr {\n  api_key = \"" + token + "\"\n}\nintegration \"a\" {\n  probe = core.http\n  config {\n    url = \"ftp://${env(\"TOKEN\")}/\"\n  }\n}\n", 200},
		{"ready", "GET", "/readyz", "", 200},
		{"reload_invalid", "POST", "/admin/config/reload", "", 422},
		{"ready_rejected", "GET", "/readyz", "", 200},
		{"validate_rejected", "GET", "/admin/config/validate", "", 200},
		{"validate_restart", "GET", "/admin/config/validate", "data_dir = \"other\"\n" + two, 200},
		{"reload_restart", "POST", "/admin/config/reload", "", 409},
		{"reload_back", "POST", "/admin/config/reload", two, 200},
		{"ready_again", "GET", "/readyz", "", 200},
	} {
		if step.hcl != "" {
			write(t, dir, "vega.hcl", step.hcl)
		}
		status, body, err := vega.send(step.method, step.path)
		if err != nil || status != step.status {
			t.Errorf("%s: %d, %v: %s", step.name, status, err, body)
		}
		if strings.Contains(body, "5ecret") {
			t.Errorf("%s contains the secret: %s", step.name, body)
		}
		golden(t, "testdata/config/"+step.name+".json", steady(t, dir, body))
	}
}

// steady replaces what differs between runs: paths, times, IDs and digests.
func steady(t *testing.T, dir, body string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(body), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	s := strings.ReplaceAll(out.String(), dir, "/srv")
	for pattern, with := range map[string]string{
		`"[0-9-]{10}T[0-9:.]+Z"`:  `"2026-01-02T03:04:05.678Z"`,
		`"[0-9a-f]{64}"`:          `"digest"`,
		`"[0-9a-f]{32}"`:          `"id"`,
		`(duration_ms": )[0-9.]+`: "${1}1.5",
	} {
		s = regexp.MustCompile(pattern).ReplaceAllString(s, with)
	}
	return s + "\n"
}

// golden compares got with a golden file, which -update rewrites.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(name); err != nil || string(want) != got {
		t.Errorf("%s differs (%v); got:\n%s", name, err, got)
	}
}

// TestValidateChangesNothing validates the configuration of vega init repeatedly
// and checks that the daemon does not reload.
func TestValidateChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src, err := os.ReadFile("../../vega.hcl")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", string(src))
	vega := serveWith(t, dir, os.Environ())
	vega.get("/admin/config/validate")
	before := kept(t, dir)["api_key"]
	for range 20 {
		if status, body := vega.get("/admin/config/validate"); status != 200 || !strings.Contains(body, `"valid":true,"error_count":0,"warning_count":0,"diagnostics":[]`) {
			t.Fatalf("%d %s", status, body)
		}
	}
	if kept(t, dir)["api_key"] != before || strings.Contains(vega.written(), reloaded) {
		t.Error("validation changed something")
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}

// TestManyValidateAtOnce checks that concurrent requests share the parsing of a
// large file.
func TestManyValidateAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var hcl strings.Builder
	for n := range 2000 {
		hcl.WriteString(bound(fmt.Sprintf("i%d", n)))
	}
	write(t, dir, "vega.hcl", hcl.String())
	vega := serveWith(t, dir, os.Environ())
	spent := func() time.Duration { return realtest.SpentBy(vega.cmd.Process.Pid) }
	began := spent()
	vega.get("/admin/config/validate")
	once := spent() - began
	const many = 200
	done := make(chan error, many)
	began = spent()
	for range many {
		go func() {
			status, body, err := vega.ask("/admin/config/validate")
			if err == nil && status != 200 {
				err = fmt.Errorf("%d %s", status, body)
			}
			done <- err
		}()
	}
	for range many {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	all := spent() - began
	t.Logf("CPU time: one request %v, %d concurrent requests %v", once, many, all)
	if all > many/2*once {
		t.Errorf("%d concurrent requests took %v of CPU time, one %v", many, all, once)
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}

package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/store/sqlite"
	"vega/store/sqlite/filelock"
)

// stored creates a database with a few pages and returns its path.
func (h *host) stored(t *testing.T) string {
	t.Helper()
	path := filepath.Join(h.data(t), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		if err := s.SetMemory(t.Context(), strings.Repeat("k", n+1), strings.Repeat("value", 200)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatabase(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, h *host, path string)
		status Status
		text   string
	}{
		"intact":               {func(*testing.T, *host, string) {}, StatusOK, "every page is intact"},
		"empty":                {func(t *testing.T, _ *host, path string) { write(t, path, "", 0o600) }, StatusOK, "can be opened"},
		"another kind of file": {func(t *testing.T, _ *host, path string) { write(t, path, strings.Repeat("text ", 5000), 0o600) }, StatusError, "is not a SQLite database"},
		"truncated": {func(t *testing.T, _ *host, path string) {
			if err := os.Truncate(path, 9000); err != nil {
				t.Fatal(err)
			}
		}, StatusError, "damaged"},
		"overwritten": {func(t *testing.T, _ *host, path string) {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt([]byte(strings.Repeat("\xff", 60_000)), 100_000)
			if err != nil || f.Close() != nil {
				t.Fatal(err)
			}
		}, StatusError, "damaged"},
		"newer": {func(t *testing.T, _ *host, path string) { // user_version is at 60 in the header
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt([]byte{0, 0, 3, 231}, 60)
			if err != nil || f.Close() != nil {
				t.Fatal(err)
			}
		}, StatusError, "newer vega"},
		"newer, with a backup": {func(t *testing.T, _ *host, path string) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path+".schema-6.backup", string(text), 0o600)
			copy(text[60:], []byte{0, 0, 3, 231})
			write(t, path, string(text), 0o600)
		}, StatusError, "newer vega"},
		"a directory": {func(t *testing.T, _ *host, path string) {
			if os.Remove(path) != nil || os.Mkdir(path, 0o700) != nil {
				t.Fatal("can't replace the file")
			}
		}, StatusError, "not a regular file"},
		"set aside": {func(t *testing.T, _ *host, path string) { write(t, path+".broken-20261129T081500Z", "x", 0o600) }, StatusWarning, "set a damaged database aside"},
		"partial, old": {func(t *testing.T, _ *host, path string) {
			write(t, path+".schema-6.backup.part", "x", 0o600)
			old := time.Now().Add(-2 * abandoned)
			if err := os.Chtimes(path+".schema-6.backup.part", old, old); err != nil {
				t.Fatal(err)
			}
		}, StatusWarning, "interrupted backup"},
		"partial, at work": {func(t *testing.T, _ *host, path string) { write(t, path+".schema-6.backup.part", "x", 0o600) }, StatusOK, "every page"},
		"a backup":         {func(t *testing.T, _ *host, path string) { write(t, path+".schema-6.backup", "x", 0o600) }, StatusOK, "former copies next to it: 1"},
		"too large":        {func(_ *testing.T, h *host, _ string) { h.loaded.Config.Store.MaxSize = 1000 }, StatusWarning, "store.max_size is"},
		"gone": {func(t *testing.T, h *host, path string) {
			h.pid = os.Getpid()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, StatusError, "is gone while vega runs"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, plain)
			path := h.stored(t)
			c.change(t, h, path)
			before := listing(t, filepath.Dir(path))
			found := checkDatabase(t.Context(), h)
			expect(t, found, c.status, c.text)
			if c.status == StatusOK {
				fine(t, found)
			}
			if name == "newer, with a backup" && !strings.Contains(found[0].ToDo, "vega restore -c "+h.Path+" "+path+".schema-6.backup") {
				t.Errorf("%q does not name the backup", found[0].ToDo)
			}
			if after := listing(t, filepath.Dir(path)); after != before {
				t.Errorf("the check changed the directory: %s, was %s", after, before)
			}
		})
	}
}

// listing returns the names, sizes and times of the files in a directory.
func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(info.Name() + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
	}
	return out.String()
}

func TestClock(t *testing.T) {
	for name, c := range map[string]struct {
		now    time.Time
		status Status
		text   string
	}{
		"now":             {time.Now(), StatusOK, ""},
		"never set":       {time.Unix(100, 0), StatusError, "1970-01-01 00:01:40 UTC, so it was never set"},
		"before build":    {time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), StatusError, "was built on 2026-01-01"},
		"set back":        {time.Now().Add(-3 * time.Hour), StatusWarning, "later: the clock was set back"},
		"decades later":   {time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), StatusWarning, "20 years after"},
		"off by a little": {time.Now().Add(-10 * time.Second), StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, plain)
			h.stored(t)
			h.Now = c.now
			expect(t, checkClock(t.Context(), h), c.status, c.text)
		})
	}
}

func TestTimeZone(t *testing.T) {
	h := newHost(t, plain)
	fine(t, checkZones(t.Context(), h))
	t.Setenv("TZ", "Europe/Berlin")
	fine(t, checkZones(t.Context(), h))
	t.Setenv("TZ", "Europe/Brlin")
	expect(t, checkZones(t.Context(), h), StatusWarning, `TZ is "Europe/Brlin"`)
}

func TestKeys(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
	for name, c := range map[string]struct {
		change func(t *testing.T, h *host, dir string)
		status Status
		text   string
	}{
		"none yet":          {func(*testing.T, *host, string) {}, StatusOK, "none yet"},
		"own":               {func(t *testing.T, _ *host, dir string) { write(t, dir+"/api_key", key, 0o600) }, StatusOK, "one for everything"},
		"others read it":    {func(t *testing.T, _ *host, dir string) { write(t, dir+"/api_key", key, 0o644) }, StatusError, "other users may have read it"},
		"cut short":         {func(t *testing.T, _ *host, dir string) { write(t, dir+"/api_key", key[:7], 0o600) }, StatusError, "incomplete"},
		"gone":              {func(_ *testing.T, h *host, _ string) { h.answers.reached = true }, StatusWarning, "gone while vega runs"},
		"vega starts":       {func(_ *testing.T, h *host, _ string) { h.pid = 1 }, StatusOK, "none yet"},
		"damaged keys.json": {func(t *testing.T, _ *host, dir string) { write(t, dir+"/keys.json", "{", 0o600) }, StatusError, "keys.json"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, plain)
			c.change(t, h, h.data(t))
			found := checkKeys(t.Context(), h)
			expect(t, found, c.status, c.text)
			for _, f := range found {
				if strings.Contains(f.Found+f.ToDo, key[:7]) {
					t.Errorf("the key is in %q", f.Found)
				}
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	ca := realtest.NewCA(t)
	leaf, other, over, soon := ca.Valid("vega.test"), ca.Valid("other.test"), ca.Expired("vega.test"), ca.For(48*time.Hour, "vega.test")
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	write(t, garbage, "no certificate", 0o600)
	secure := func(l *realtest.Leaf, more string) string {
		return "data_dir = \"data\"\nserver {\n port = 28999\n" + more + " tls {\n cert_file = \"" + l.CertFile + "\"\n key_file = \"" + l.KeyFile + "\"\n}\n}\n"
	}
	for name, c := range map[string]struct {
		text   string
		status Status
		want   string
	}{
		"none":              {plain, StatusOK, "none configured"},
		"valid":             {secure(leaf, ""), StatusOK, "is valid until"},
		"expired":           {secure(over, ""), StatusError, "ended on"},
		"expires soon":      {secure(soon, ""), StatusWarning, "in 1 days"},
		"by way of a proxy": {secure(other, " external_url = \"https://ops.example.com\"\n"), StatusOK, "is valid until"},
		"another name":      {secure(other, " external_url = \"https://vega.test:28999\"\n"), StatusWarning, "is not for vega.test"},
		"authorities":       {plain + "network { ca_file = \"" + ca.File + "\" }\n", StatusOK, "can be used"},
		"no authority":      {plain + "network { ca_file = \"" + garbage + "\" }\n", StatusError, "no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, c.text)
			if h.usable() == nil { // the configuration itself refuses it
				expect(t, checkConfiguration(t.Context(), h), StatusError, "not valid")
				return
			}
			expect(t, checkCertificates(t.Context(), h), c.status, c.want)
		})
	}
	h := newHost(t, secure(leaf, ""))
	h.loaded.Config.Server.TLS.KeyFile = other.KeyFile
	expect(t, checkCertificates(t.Context(), h), StatusError, "can't be used")
	h.loaded.Config.Server.TLS.KeyFile = "/nonexistent/key.pem"
	expect(t, checkCertificates(t.Context(), h), StatusError, "can't be read")
}

func TestPlugins(t *testing.T) {
	h := newHost(t, plain)
	fine(t, checkPlugins(t.Context(), h))
	dir := filepath.Join(filepath.Dir(h.Path), "plugins")
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // as operators make it
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bad.wasm"), "garbage", 0o644)
	h.loaded = read(t, h.Path)
	expect(t, checkPlugins(t.Context(), h), StatusWarning, "bad.wasm is refused")
}

func TestConfiguration(t *testing.T) {
	h := newHost(t, plain)
	fine(t, checkConfiguration(t.Context(), h))
	expect(t, checkConfiguration(t.Context(), newHost(t, strings.Replace(plain, "core.tcp", "core.tpc", 1))), StatusError, "vega.hcl:4: ")
	expect(t, checkConfiguration(t.Context(), newHost(t, strings.Replace(plain, "probe", "timeout = \"2m\"\n  probe", 1))), StatusWarning, "vega.hcl:4: ")
	h.loaded = read(t, h.Path+".missing")
	expect(t, checkConfiguration(t.Context(), h), StatusUnknown, "does not exist")
}

func TestHolderOfLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db.lock")
	if n := lockHolder(path); n != 0 {
		t.Errorf("without a file: %d", n)
	}
	l, err := filelock.Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := lockHolder(path); n != os.Getpid() {
		t.Errorf("%d, want %d", n, os.Getpid())
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	if n := lockHolder(path); n != 0 {
		t.Errorf("after it was released: %d", n)
	}
}

// TestKilledDaemon has the lock file that a killed vega leaves behind.
func TestKilledDaemon(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no systemctl
	h := newHost(t, plain)
	expect(t, checkDaemon(t.Context(), h), StatusSkipped, "does not run")
	write(t, filepath.Join(h.data(t), "vega.db.lock"), "4711\n", 0o600)
	expect(t, checkDaemon(t.Context(), h), StatusWarning, "(process 4711) ended without closing")
	write(t, filepath.Join(h.data(t), "vega.db.lock"), "", 0o600)
	expect(t, checkDaemon(t.Context(), h), StatusSkipped, "does not run")
}

// TestUnitOfSystemd has a systemctl that answers as systemd's does.
func TestUnitOfSystemd(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		status Status
		text   string
	}{
		"failed":        {"echo LoadState=loaded; echo ActiveState=failed; echo Result=exit-code; echo ExecMainStatus=1; echo NRestarts=5", StatusError, "result exit-code, exit status 1, restarted 5 times"},
		"restarting":    {"echo LoadState=loaded; echo ActiveState=activating; echo SubState=auto-restart; echo Result=oom-kill", StatusError, "result oom-kill"},
		"stopped":       {"echo LoadState=loaded; echo ActiveState=inactive; echo UnitFileState=enabled", StatusError, "is enabled, but does not run"},
		"disabled":      {"echo LoadState=loaded; echo ActiveState=inactive; echo UnitFileState=disabled", StatusSkipped, "does not run"},
		"no unit":       {"echo LoadState=not-found", StatusSkipped, "does not run"},
		"not systemd":   {"echo 'System has not been booted with systemd' >&2; exit 1", StatusSkipped, "does not run"},
		"never answers": {"exec sleep 3600", StatusSkipped, "does not run"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "systemctl"), "#!/bin/sh\nPATH=/bin:/usr/bin\n"+c.script+"\n", 0o755)
			t.Setenv("PATH", dir)
			expect(t, checkDaemon(t.Context(), newHost(t, plain)), c.status, c.text)
		})
	}
}

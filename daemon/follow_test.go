package daemon

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest/tiny"
)

// TestRejectedConfigurationIsRetried checks that a rejected configuration is retried
// although no file changed, because the cause may be something else.
func TestRejectedConfigurationIsRetried(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	var f follower
	poll := func() { h.poll(t.Context(), &f) }
	poll()
	poll()
	h.configure(bind("a", "plain.healthy", "") + "integration \"b\" {\n  probe = core.database\n  interval = \"0s\"\n  config {\n    database = database.vega\n  }\n}\n")
	if poll(); h.Rejected() {
		t.Error("a file that has just changed was loaded")
	}
	if poll(); !h.Rejected() {
		t.Fatal("a missing plugin was accepted")
	}
	first := h.requests.last.Load().At
	f.tried = time.Now().Add(-2 * retryInterval)
	if poll(); !h.Rejected() || h.requests.last.Load().At != first {
		t.Error("the same rejection was recorded again")
	}
	h.bundle()
	if poll(); !h.Rejected() {
		t.Error("retried immediately")
	}
	f.tried = time.Now().Add(-2 * retryInterval)
	if poll(); h.Rejected() || h.status() != "a=healthy b=healthy" {
		t.Errorf("%v, %s", h.Rejected(), h.status())
	}
}

// TestTouchedFileLoadsNoModule checks that a refused module is not compiled again
// because a configuration file was touched.
func TestTouchedFileLoadsNoModule(t *testing.T) {
	hcl := bind("a", "plain.healthy", "")
	h := build(t, hcl, wasmFile{"acme.wasm", tiny.Plain(t, "acme", "1", []byte{0x1a})}) // not valid: pops an empty stack
	was := h.now
	var f follower
	for range 3 {
		h.configure(hcl)
		h.poll(t.Context(), &f)
		h.poll(t.Context(), &f)
	}
	if h.now != was || f.handled == nil || h.requests.last.Load().Trigger != ByStart {
		t.Errorf("the module was loaded again: %+v", h.requests.last.Load().Attempt)
	}
	if r, err := h.Reload(t.Context(), BySignal); err != nil || r.Outcome != Applied {
		t.Errorf("an explicit reload did not retry: %+v, %v", r, err)
	}
}

// TestRequestedReloadIsNotRepeated checks that the files of a reload that was requested
// are not read again until they change.
func TestRequestedReloadIsNotRepeated(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	var f follower
	reads := 0
	read := h.Daemon.options.Read
	h.Daemon.options.Read = func(scan config.Scan) config.Reading {
		reads++
		return read(scan)
	}
	dated := func(hcl string, age time.Duration) {
		h.configure(hcl)
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(h.dir, "vega.hcl"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	follow := func() int {
		before := reads
		for range 3 {
			h.poll(t.Context(), &f)
		}
		return reads - before
	}
	follow()
	for n, hcl := range []string{bind("b", "plain.healthy", ""), "integration", bind("c", "plain.healthy", "")} {
		dated(hcl, time.Duration(n+1)*time.Hour)
		_, _ = h.Reload(t.Context(), ByHTTP) // rejects the second
		if got := follow(); got != 0 {
			t.Errorf("%q was read %d times more", hcl, got)
		}
	}
	_, _ = h.Reload(t.Context(), ByHTTP)
	dated(bind("d", "plain.healthy", ""), 4*time.Hour)
	if got := follow(); got != 1 || h.status() != "d=healthy" {
		t.Errorf("a change after a reload was read %d times: %s", got, h.status())
	}
}

// justWritten is a file that was modified a moment ago, whenever it is asked.
type justWritten struct{ fs.FileInfo }

func (justWritten) ModTime() time.Time { return time.Now() }

// TestJustWrittenFilesAreNotSettled checks that a file is not taken for known if another
// change could leave it with the same time of modification.
func TestJustWrittenFilesAreNotSettled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.hcl")
	write(t, filepath.Dir(path), "vega.hcl", nil)
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	files := stampAll([]string{path, path + ".missing"})
	if !files.settled() {
		t.Error("a file of an hour ago is not settled")
	}
	files["new"] = catalog.Stamp{FileInfo: justWritten{files[path].FileInfo}}
	if files.settled() {
		t.Error("a file that was just written is settled")
	}
}

// TestFleetFollowsItsFiles checks that targets are added, changed and removed when
// their file changes, that a new included file is loaded, that annotations change
// without a new run, and that a wrong target changes nothing. The targets are real
// servers.
func TestFleetFollowsItsFiles(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(up.Close)
	t.Cleanup(down.Close)
	fleet := func(group string) string {
		return "include = [\"conf.d/*.hcl\"]\n" + get("hosts", "${each.value}", "for_each_file = \"hosts.txt\"\n  group = \""+group+"\"")
	}
	h := build(t, bind("a", "plain.healthy", ""))
	hosts := func(lines ...string) { write(t, h.dir, "hosts.txt", []byte(strings.Join(lines, "\n"))) }
	var f follower
	reloaded := func(want string) {
		t.Helper()
		h.poll(t.Context(), &f)
		h.poll(t.Context(), &f)
		if got := h.status(); got != want {
			t.Errorf("%s\nwant %s; %+v", got, want, h.requests.last.Load().Diagnostics)
		}
	}
	hosts("web1 = "+up.URL, "web2 = "+down.URL)
	h.configure(fleet("one"))
	reloaded("hosts.web1=healthy hosts.web2=unhealthy/target")
	hosts("web1 = "+up.URL, "web3 = "+up.URL, "web4 = "+down.URL)
	reloaded("hosts.web1=healthy hosts.web3=healthy hosts.web4=unhealthy/target")
	if last := h.requests.last.Load(); last.Trigger != ByFile {
		t.Errorf("%+v", last.Attempt)
	}
	before, err := h.Integration("hosts.web1")
	if err != nil || before.Group != "one" || before.CheckedAt == nil {
		t.Errorf("%+v %v", before, err)
	}
	h.configure(fleet("two"))
	h.poll(t.Context(), &f)
	h.poll(t.Context(), &f)
	after, err := h.Integration("hosts.web1")
	if err != nil || after.Group != "two" || after.CheckedAt == nil || !after.CheckedAt.Equal(*before.CheckedAt) {
		t.Errorf("another group made the integration start again: %+v %v", after, err)
	}
	hosts("web1 = "+up.URL, "web5 = nonsense")
	reloaded("hosts.web1=healthy hosts.web3=healthy hosts.web4=unhealthy/target")
	if ds := h.requests.last.Load().Diagnostics; !h.Rejected() || len(ds) != 2 || filepath.Base(ds[1].Range.Filename) != "hosts.txt" || ds[1].Range.Start.Line != 2 {
		t.Errorf("%+v", ds)
	}
	hosts("web1 = " + up.URL)
	reloaded("hosts.web1=healthy")
	write(t, filepath.Join(h.dir, "conf.d"), "more.hcl", []byte(bind("b", "plain.healthy", "")))
	reloaded("b=healthy hosts.web1=healthy")
	if got, err := h.Health(t.Context(), engine.Query{Names: []string{"hosts"}}); err != nil || got.Summary.Total != 1 || got.Integrations[0].Group != "two" {
		t.Errorf("%+v %v", got, err)
	}
	_, err = h.Integration("hosts")
	if unknown, ok := errors.AsType[*engine.UnknownError](err); !ok || !unknown.Instances {
		t.Errorf("%v", err)
	}
}

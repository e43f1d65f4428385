package daemon

import (
	"testing"
	"time"

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

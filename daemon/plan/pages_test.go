package plan_test

import (
	"slices"
	"strings"
	"testing"

	"vega/daemon/plan"
)

func TestPagesAreCompared(t *testing.T) {
	const page = `
status_page "public" {
  integrations = ["p*"]
  names        = { port = "SSH" }
}
`
	dir := t.TempDir()
	old := read(t, dir, before+page, "1")
	if p := plan.Between(old, read(t, dir, before+"\n"+page, "1")); !p.Empty() {
		t.Errorf("a moved page changes something: %+v", p)
	}
	text := strings.NewReplacer(
		`"p*"]`, `"p*", "web"]`, `"SSH"`, `"Login"`,
		`api_key = env("TOKEN_A")`, "api_key = env(\"TOKEN_A\")\n  dashboard = false\n  trusted_proxies = [\"10.0.0.5\"]\n  auth_header = \"X-Forwarded-User\"\n  auth_scopes = [\"read\"]",
	).Replace(before+page) + "status_page \"all\" {\n  integrations = [\"*\"]\n}\n"
	p := plan.Between(old, read(t, dir, text, "1"))
	keys := []string{"key server.trusted_proxies", "key server.dashboard true false", "key server.auth_header  X-Forwarded-User", "key server.auth_scopes  read"}
	if got := lines(p); !slices.Equal(got, keys) {
		t.Errorf("%q, want %q", got, keys)
	}
	if live := p.Live(); !slices.Contains(live, "status_page.all") || !slices.Contains(live, "status_page.public") || len(p.NeedsRestart()) > 0 {
		t.Errorf("a reload changes %q, and a restart %q", live, p.NeedsRestart())
	}
	changed := p.StatusPages[1]
	if len(p.StatusPages) != 2 || p.StatusPages[0].Action != plan.Add || changed.Action != plan.Alter || len(changed.Attributes) != 2 ||
		*changed.Attributes[0].To != "port, web" || *changed.Attributes[1].From != "port = SSH" {
		t.Errorf("%+v", p.StatusPages)
	}
}

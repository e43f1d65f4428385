package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/live"
	"vega/daemon/plan"
)

// configSources has what the page of the configuration shows.
type configSources struct {
	Sources
	validation daemon.Validation
	planned    daemon.Planned
	planError  error
	reload     daemon.Reload
	err        error
	reloads    int
}

func (*configSources) Live() *live.Board { return live.New() }

func (f *configSources) Validate(context.Context) (daemon.Validation, error) {
	return f.validation, nil
}

func (f *configSources) Plan(context.Context) (daemon.Planned, error) { return f.planned, f.planError }

func (f *configSources) Reload(context.Context, daemon.Trigger) (daemon.Reload, error) {
	f.reloads++
	return f.reload, f.err
}

// mistakes returns the diagnostics of a vega.hcl.
func mistakes(t *testing.T, text string) daemon.Diagnosis {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("vega.hcl", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, ds := config.Load("vega.hcl", config.Options{})
	return ds.Report()
}

func TestConfigShowsMistakesInTheirSource(t *testing.T) {
	f := &configSources{validation: daemon.Validation{
		Diagnosis: mistakes(t, "server {\n  prot = 9000\n  api_key = \"a-literal-secret\"\n}\nintegration \"web\" {\n  probe = core.http\n  grup = \"<script>alert(1)</script>\"\n}\n"),
		Running:   daemon.Running{Path: "/etc/vega/vega.hcl", Digest: "abc", LoadedAt: time.Unix(0, 0)},
	}}
	body := visit(t, f, scope.Admin).page(t, "/config")
	for _, want := range []string{
		"is not valid: ", "vega continues with the one that was loaded <time",
		`<code>vega.hcl:2:3</code>`, "2 |   <mark>prot</mark> = ****", "  |   ^^^^</span>", "<strong>Fix: </strong>use port", "What VEGA007 means", "/etc/vega/vega.hcl",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page: %s", want, body)
		}
	}
	if strings.Contains(body, "a-literal-secret") {
		t.Error("the page has a secret")
	}
	if strings.Count(body, "What VEGA007 means") != 1 {
		t.Error("a code is explained more than once")
	}
}

func TestConfigShowsWhatAReloadWouldChange(t *testing.T) {
	from, to := "10s", hostile
	p := plan.Plan{
		Keys:      []plan.Key{{Name: "log.level", From: &from, To: &to}, {Name: "server.port", Restart: true}},
		Notifiers: []plan.Detailed{{Block: plan.Block{Name: "chat", Action: plan.Alter}, Attributes: []plan.Attribute{{Name: "url"}}}},
		Summary:   plan.Summary{Added: 300, Kept: 2},
	}
	for range 300 {
		p.Integrations = append(p.Integrations, plan.Integration{Block: plan.Block{Name: "web", Action: plan.Add}})
	}
	f := &configSources{planned: daemon.Planned{Plan: p}, validation: daemon.Validation{
		Diagnosis: daemon.Diagnosis{Valid: true}, Changes: daemon.Changes{Restart: []string{"server.port"}},
		LastReload: daemon.Attempt{Outcome: daemon.Rejected, Trigger: daemon.ByFile, Reason: hostile},
	}}
	body := visit(t, f, scope.Admin).page(t, "/config")
	for _, want := range []string{"must be restarted", "changed; needs a restart", "notifier.chat", "300 added, 2 kept.", "103 more changes", "<bdi>10s</bdi> → ", "a file changed"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page: %s", want, body)
		}
	}
	if n := strings.Count(body, "<code>integration.web</code>"); n != maxChanges-3 {
		t.Errorf("%d rows of integrations", n)
	}
	f.planError = &config.InvalidError{} // edited since
	if body := visit(t, f, scope.Admin).page(t, "/config"); strings.Contains(body, "would change") {
		t.Error("a plan of a file that is not valid")
	}
	f.validation.Running.SameAsDisk, f.validation.Changes = true, daemon.Changes{}
	if body := visit(t, f, scope.Admin).page(t, "/config"); !strings.Contains(body, "The configuration on disk is active.") {
		t.Error(body)
	}
}

func TestReloadSaysWhatItDid(t *testing.T) {
	unforeseen := errors.New("unforeseen")
	for _, c := range []struct {
		err  error
		did  daemon.Reload
		want string // in the page that follows
	}{
		{nil, daemon.Reload{Attempt: daemon.Attempt{Outcome: daemon.Applied}, Summary: daemon.ReloadSummary{Added: 2, Kept: 5}}, "Reloaded. Integrations: 2 added, 5 kept."},
		{nil, daemon.Reload{Attempt: daemon.Attempt{Outcome: daemon.Applied}}, "Reloaded. Integrations: none."},
		{nil, daemon.Reload{Attempt: daemon.Attempt{Outcome: daemon.Unchanged}}, "Nothing to reload"},
		{&config.InvalidError{}, daemon.Reload{}, "Not reloaded"},
		{&daemon.RestartError{Keys: []string{"data_dir"}}, daemon.Reload{}, "Not reloaded"},
		{&daemon.RejectedError{Err: unforeseen}, daemon.Reload{}, "Not reloaded"},
		{unforeseen, daemon.Reload{}, ""},
	} {
		f := &configSources{reload: c.did, err: c.err, validation: daemon.Validation{Diagnosis: daemon.Diagnosis{Valid: true}}}
		v := visit(t, f, scope.Admin)
		w, err := v.do(t, http.MethodPost, "/config/reload", nil)
		if c.want == "" {
			if !errors.Is(err, unforeseen) {
				t.Errorf("%v", err)
			}
			continue
		}
		to, _ := strings.CutPrefix(w.Header().Get("Location"), "/vega")
		if err != nil || w.Code != http.StatusSeeOther || f.reloads != 1 || !strings.HasPrefix(to, "/config?") {
			t.Fatalf("%v: %d %v, to %q", c.err, w.Code, err, to)
		}
		if body := v.page(t, to); !strings.Contains(body, c.want) {
			t.Errorf("%v: %q is not in the page", c.err, c.want)
		}
	}
}

func TestConfigIsForAdmins(t *testing.T) {
	f := &configSources{}
	for method, path := range map[string]string{http.MethodGet: "/config", http.MethodPost: "/config/reload"} {
		if _, err := visit(t, f, scope.Read, scope.Write, scope.Conversations).do(t, method, path, nil); err == nil || f.reloads > 0 {
			t.Errorf("%s %s without the scope admin", method, path)
		}
	}
}

func TestCaretAtTheEndOfALine(t *testing.T) {
	for text, want := range map[string]string{
		"integration \"web\" {\n  probe =\n}\n":               "<mark>",
		"x = 1 # ü世\n":                                        "<mark>x</mark>",
		"integration \"" + strings.Repeat("a", 500) + "\" {}": "<mark>",
	} {
		all := mistakes(t, text).Diagnostics
		for n := range all {
			var b strings.Builder
			if err := diagnostic(&all[n], false).Render(&b); err != nil || !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "^") {
				t.Errorf("%q: %v %s", text, err, b.String())
			}
		}
		if len(all) == 0 {
			t.Errorf("%q is valid", text)
		}
	}
}

package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/policies/check"
)

const pushToken = "push-token-0123456789"

// beats are the heartbeats of fake, and what was pushed.
type beats struct {
	pushed []heartbeat.Event
	busy   bool
	err    error
}

func (f *fake) Heartbeat(name, token string) (*heartbeat.Settings, error) {
	if (name == "job" || name == "job.a b/c" || name == "gets") && token == pushToken {
		return &heartbeat.Settings{Get: name == "gets"}, nil
	}
	return nil, engine.ErrNoHeartbeat
}

func (f *fake) Push(_ context.Context, name, token string, e heartbeat.Event) (engine.Pushed, error) {
	if _, err := f.Heartbeat(name, token); err != nil {
		return engine.Pushed{}, err
	}
	f.pushed = append(f.pushed, e)
	if f.busy {
		return engine.Pushed{}, &engine.BusyError{RetryAfter: 300 * time.Millisecond}
	}
	return engine.Pushed{Name: name, Status: check.Healthy}, f.err
}

func TestPushAnswers(t *testing.T) {
	f := &fake{}
	url, log := serve(t, f, ServerOptions{})
	for _, tt := range []struct {
		name, method, path, bearer, body string
		status                           int
		want                             string // in the body
		event                            *heartbeat.Event
	}{
		{"success", "POST", "/push/job", pushToken, "", 200, `"status":"healthy"`, &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"token in the URL", "POST", "/push/job/" + pushToken, "", "", 200, `"name":"job"`, &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"empty parameters", "POST", "/push/job?status=&msg=&ms=&exit=", pushToken, "", 200, "", &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"everything", "POST", "/push/job?status=fail&msg=disk%20full&ms=1500", pushToken, "body", 200, "", &heartbeat.Event{Kind: heartbeat.Fail, Message: "disk full", Took: 1500 * time.Millisecond}},
		{"start", "POST", "/push/job?status=start", pushToken, "", 200, "", &heartbeat.Event{Kind: heartbeat.Start, Took: -1}},
		{"exit 0", "POST", "/push/job?exit=0", pushToken, "", 200, "", &heartbeat.Event{Kind: heartbeat.Success, Exit: number(0), Took: -1}},
		{"exit 3, body", "POST", "/push/job?exit=3", pushToken, "two\nlines\x00 " + pushToken, 200, "", &heartbeat.Event{Kind: heartbeat.Fail, Exit: number(3), Message: "two lines [token]", Took: -1}},
		{"name that is escaped", "POST", "/push/job.a%20b%2Fc/" + pushToken, "", "", 200, "", &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"token that is escaped", "POST", "/push/job/%70ush-token-0123456789", "", "", 200, "", &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"GET that is allowed", "GET", "/push/gets/" + pushToken, "", "", 200, "", &heartbeat.Event{Kind: heartbeat.Success, Took: -1}},
		{"GET that is not", "GET", "/push/job/" + pushToken, "", "", 405, "get = true", nil},
		{"OPTIONS", "OPTIONS", "/push/job/" + pushToken, "", "", 405, "use GET, POST", nil},
		{"DELETE", "DELETE", "/push/job/" + pushToken, "", "", 405, "", nil},
		{"no token", "POST", "/push/job", "", "", 404, noBeat, nil},
		{"wrong token", "POST", "/push/job", pushToken + "x", "", 404, noBeat, nil},
		{"wrong token in the URL", "POST", "/push/job/" + pushToken + "x", "", "", 404, noBeat, nil},
		{"wrong name", "POST", "/push/nobody", pushToken, "", 404, noBeat, nil},
		{"key instead of a token", "POST", "/push/job", key, "", 404, noBeat, nil},
		{"wrong token by GET", "GET", "/push/job/" + key, "", "", 404, noBeat, nil},
		{"wrong token and parameter", "POST", "/push/job/" + key + "?nonsense=1", "", "", 404, noBeat, nil},
		{"unknown status", "POST", "/push/job?status=up", pushToken, "", 400, "success, fail, start", nil},
		{"unknown parameter", "POST", "/push/job?rid=1", pushToken, "", 400, "accepts status, exit, msg, ms", nil},
		{"negative exit", "POST", "/push/job?exit=-1", pushToken, "", 400, "between 0 and 4294967295", nil},
		{"contradiction", "POST", "/push/job?status=success&exit=1", pushToken, "", 400, "contradicts", nil},
		{"exit of a start", "POST", "/push/job?status=start&exit=0", pushToken, "", 400, "contradicts", nil},
		{"ms that is no number", "POST", "/push/job?ms=1.5", pushToken, "", 400, "whole number", nil},
		{"given twice", "POST", "/push/job?msg=a&msg=b", pushToken, "", 400, "more than once", nil},
		{"slash at the end", "POST", "/push/job/" + pushToken + "/", "", "", 404, "did you mean /push/job/REDACTED?", nil},
		{"capitals", "POST", "/Push/job/" + pushToken, "", "", 404, "did you mean /push/job/REDACTED?", nil},
		{"double slash", "POST", "/push//job/" + pushToken, "", "", 404, "no route", nil},
		{"path of a proxy", "POST", "/vega/push/job/" + pushToken, "", "", 404, "external_url", nil},
		{"too many parts", "POST", "/push/job/" + pushToken + "/fail", "", "", 404, "no route", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.pushed = nil
			r := request(t, tt.method, url+tt.path, strings.NewReader(tt.body))
			if tt.bearer != "" {
				r.Header.Set("Authorization", "Bearer "+tt.bearer)
			}
			got := do(t, r)
			if got.status != tt.status || !strings.Contains(got.body, tt.want) {
				t.Errorf("%d %s, want %d …%s…", got.status, got.body, tt.status, tt.want)
			}
			if strings.Contains(got.body, pushToken) {
				t.Errorf("the answer contains the token: %s", got.body)
			}
			switch {
			case tt.event == nil && len(f.pushed) > 0:
				t.Errorf("pushed %+v", f.pushed)
			case tt.event != nil && (len(f.pushed) != 1 || !sameEvent(f.pushed[0], *tt.event)):
				t.Errorf("pushed %+v, want %+v", f.pushed, *tt.event)
			}
		})
	}
	if strings.Contains(log.String(), pushToken) {
		t.Error("the log contains the token")
	}
}

const noBeat = `"there is no heartbeat with this name and token; send`

func number(n int64) *int64 { return &n }

func sameEvent(a, b heartbeat.Event) bool {
	if (a.Exit == nil) != (b.Exit == nil) || a.Exit != nil && *a.Exit != *b.Exit {
		return false
	}
	return a.Kind == b.Kind && a.Message == b.Message && a.Took == b.Took
}

// push sends pushes with every status that the document names.
func (d *described) push() {
	f := &fake{}
	a := New(f, discard)
	for _, method := range []string{"POST", "GET"} {
		for _, path := range []string{"/push/{name}", "/push/{name}/{token}"} {
			ask := func(name, query string) {
				w := send(d.t, a, method, strings.NewReplacer("{name}", name, "{token}", pushToken).Replace(path)+query, "Authorization", "Bearer "+pushToken)
				d.check(method, path, reply{w.Code, w.Header(), w.Body.String()})
			}
			ask("gets", "")
			ask("gets", "?exit=x")
			ask("job", "")
			f.busy = true
			ask("gets", "")
			f.busy = false
			d.check(method, path, d.tooLong(method, strings.NewReplacer("{name}", "job", "{token}", pushToken).Replace(path)))
		}
	}
}

// TestWrongPushesAreAlike compares the whole answers for a wrong name and a wrong token.
func TestWrongPushesAreAlike(t *testing.T) {
	url, _ := serve(t, &fake{}, ServerOptions{})
	answer := func(name, token string) string {
		r := request(t, "POST", url+"/push/"+name+"/"+token, nil)
		r.Header.Set("X-Correlation-ID", "id")
		got := do(t, r)
		got.header.Del("Date")
		return strings.ReplaceAll(strings.ReplaceAll(got.body, name, "NAME"), token, "TOKEN") + headerText(got.header)
	}
	if a, b := answer("job", "wrong-token-0123456789"), answer("nob", pushToken); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

func headerText(h http.Header) string {
	var b bytes.Buffer
	_ = h.Write(&b) // a buffer takes everything
	return b.String()
}

func TestTooManyPushesAreTold(t *testing.T) {
	f := &fake{}
	f.busy = true
	url, _ := serve(t, f, ServerOptions{})
	got := do(t, request(t, "POST", url+"/push/job/"+pushToken, nil))
	if got.status != 429 || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, "the last one counts") {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	f.busy, f.err = false, engine.ErrClosing
	got = do(t, request(t, "POST", url+"/push/job/"+pushToken, nil))
	if got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("while vega shuts down: %d %v %s", got.status, got.header, got.body)
	}
}

func TestLongBodyOfAPush(t *testing.T) {
	f := &fake{}
	url, _ := serve(t, f, ServerOptions{})
	got := do(t, request(t, "POST", url+"/push/job/"+pushToken, io.LimitReader(letters{}, 1_000_000)))
	if got.status != 200 || len(f.pushed) != 1 || len(f.pushed[0].Message) != 2*heartbeat.MaxMessage {
		t.Errorf("%d %s, %d pushes", got.status, got.body, len(f.pushed))
	}
	got = do(t, request(t, "POST", url+"/push/job/"+pushToken, bytes.NewReader(make([]byte, maxPush+1))))
	if got.status != 413 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// letters is an endless text.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for n := range p {
		p[n] = 'a'
	}
	return len(p), nil
}

func TestPushBehindAProxy(t *testing.T) {
	a := New(&fake{}, discard)
	if err := a.SetExternal("https://ops.example.com/vega"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/push/job/", "/vega/push/job/"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://vega.internal.example.com"+path+pushToken, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if !(pusher{a}).known(r) {
			t.Errorf("%s is no push", path)
		}
		if w := send(t, a, "POST", "http://vega.internal.example.com"+path+pushToken); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestMasked(t *testing.T) {
	for path, want := range map[string]string{
		"/push/job/secret": "/push/job/REDACTED", "/push/job": "/push/job", "/push/job/": "/push/job/",
		"/PUSH/job/secret": "/PUSH/job/REDACTED", "/a/b/push/job/secret/x": "/a/b/push/job/REDACTED/REDACTED",
		"//push//job/secret": "//push//REDACTED/REDACTED", "/push/job/a/b": "/push/job/REDACTED/REDACTED",
		"/admin/integrations/push/runs": "/admin/integrations/push/runs", "/v1/memories/push": "/v1/memories/push", "/": "/", "": "",
		"/x/vega_VQ7E64EKDG2XNHW5VRZKDTA4OM/y": "/x/REDACTED/y", "/v1/memories/vega_notes": "/v1/memories/vega_notes",
	} {
		if got := masked(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/policies/incident"
)

// patients are the targets that really fail: the first before the fault until it has
// begun, the second from its begin until after its end. Vega has to send one opening and
// one resolve of each, whatever happens to vega itself, and nothing of any other target.
var patients = []string{"patient-before", "patient-during"}

// alarms are what the long form knows of alerts: the patients, who is notified, and a job
// that reports in time.
type alarms struct {
	patients []*patient
	inbox    *inbox
	token    string
	ns       namespace
	v        *vega
}

// patient is an HTTP server that a trial stops and starts.
type patient struct {
	address string
	ns      namespace
	server  *http.Server
}

func (p *patient) start(ctx context.Context) error {
	return p.ns.do(func() error {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", p.address)
		if err != nil {
			return err
		}
		p.address = l.Addr().String()
		p.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "ok") // the client may have gone
		})}
		go func(s *http.Server) { _ = s.Serve(l) }(p.server) // ends with fail
		return nil
	})
}

func (p *patient) fail() { _ = p.server.Close() }

// inbox takes the webhooks of vega's notifier.
type inbox struct {
	listener net.Listener
	server   *http.Server

	mu  sync.Mutex
	got map[string]map[string]bool // webhook IDs by "kind subject"
}

func startInbox(ctx context.Context, ns namespace) (*inbox, error) {
	b := &inbox{got: map[string]map[string]bool{}}
	err := ns.do(func() (err error) {
		b.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		return err
	})
	if err != nil {
		return nil, err
	}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = b.server.Serve(b.listener) }() // ends with close
	return b, nil
}

// ServeHTTP keeps what a message says. A message that is sent twice has the same ID.
func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct {
		Data struct{ Notices []incident.Notice }
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range m.Data.Notices {
		if n.Incident.Subject.Kind != incident.OfIntegration {
			continue // such as the store, which may well fail
		}
		key := fmt.Sprint(n.Kind, " ", n.Incident.Subject.Name)
		if b.got[key] == nil {
			b.got[key] = map[string]bool{}
		}
		b.got[key][r.Header.Get("Webhook-Id")] = true
	}
}

func (b *inbox) has(kind incident.NoticeKind, name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got[fmt.Sprint(kind, " ", name)]) > 0
}

// counts returns how many messages said what.
func (b *inbox) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := map[string]int{}
	for key, ids := range b.got {
		of[key] = len(ids)
	}
	return of
}

// prepareAlarms starts the patients and the receiver, and returns their part of vega.hcl.
func (t *trial) prepareAlarms(ctx context.Context) (string, error) {
	if !t.alarmed {
		return "", nil
	}
	a := &alarms{token: newKey(), ns: t.near, v: t.vega}
	var err error
	if a.inbox, err = startInbox(ctx, t.near); err != nil {
		return "", err
	}
	t.atEnd(func() { _ = a.inbox.server.Close() })
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "notifier \"inbox\" {\n  type = \"webhook\"\n  url  = \"http://127.0.0.1:%d/\"\n}\n", port(a.inbox.listener))
	hcl.WriteString("alert \"health-checks\" {\n  integrations = [\"*\"]\n  after        = 2\n  severity     = \"critical\"\n  repeat_interval = \"0s\"\n}\n")
	fmt.Fprintf(&hcl, "integration \"job\" {\n  probe    = core.heartbeat\n  interval = \"5s\"\n  config {\n    token = %q\n    grace = \"2s\"\n  }\n}\n", a.token)
	for _, name := range patients {
		host := t.targetHost()
		if host == "" {
			host = farAddress
		}
		p := &patient{address: net.JoinHostPort(host, "0"), ns: t.far}
		if err := p.start(ctx); err != nil {
			return "", err
		}
		t.atEnd(func() { p.fail() })
		a.patients = append(a.patients, p)
		fmt.Fprintf(&hcl, "integration %q {\n  probe = core.http\n  config {\n    url = \"http://%s/\"\n  }\n}\n", name, p.address)
	}
	t.alarms = a
	return hcl.String(), nil
}

// report lets the job report in time, until ctx ends. What vega can't take now waits in
// the connection, as it does with curl.
func (a *alarms) report(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
			defer cancel()
			_, _ = a.v.ask(ctx, http.MethodPost, "/push/job/"+a.token, nil) // vega may be dead
		})
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
		}
	}
}

// sent waits until a message of each of the patients has arrived.
func (t *trial) sent(ctx context.Context, kind incident.NoticeKind, names ...string) {
	for end := time.Now().Add(t.patience); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(period) {
		if !slices.ContainsFunc(names, func(name string) bool { return !t.alarms.inbox.has(kind, name) }) {
			return
		}
	}
}

// fall lets a patient fail. The first has fallen and is known to have before the fault
// begins; the second falls when it has begun.
func (t *trial) fall(ctx context.Context, n int) {
	if t.alarms == nil {
		return
	}
	t.alarms.patients[n].fail()
	if n == 0 {
		t.sent(ctx, incident.Opening, patients[0])
	}
}

// rise lets a patient recover.
func (t *trial) rise(ctx context.Context, n int) error {
	if t.alarms == nil {
		return nil
	}
	if n == 1 {
		t.sent(ctx, incident.Opening, patients[1])
	}
	return t.alarms.patients[n].start(ctx)
}

// judgeAlarms compares the messages with what has happened.
func (t *trial) judgeAlarms(ctx context.Context) {
	if t.alarms == nil || t.stays {
		return
	}
	t.sent(ctx, incident.Resolve, patients...)
	if t.timeouts {
		t.judgePairs()
		return
	}
	want := map[string]int{}
	for _, name := range patients {
		for _, kind := range []incident.NoticeKind{incident.Opening, incident.Resolve} {
			want[fmt.Sprint(kind, " ", name)] = 1
		}
	}
	got := t.alarms.inbox.counts()
	if !maps.Equal(got, want) {
		t.result.fails("messages: %s, want one opening and one resolve of each patient", counts(got))
	}
}

// judgePairs looks for openings without a resolve, of all targets.
func (t *trial) judgePairs() {
	got := t.alarms.inbox.counts()
	for key, n := range got {
		name, opening := strings.CutPrefix(key, string(incident.Opening)+" ")
		if opening && got[fmt.Sprint(incident.Resolve, " ", name)] != n {
			t.result.fails("messages: %s, want a resolve of each opening", counts(got))
			return
		}
	}
	if got[fmt.Sprint(incident.Opening, " ", patients[0])] == 0 {
		t.result.fails("messages: %s, want an opening of each patient", counts(got))
	}
}

// isPatient reports whether an integration is a target that really fails.
func isPatient(name any) bool {
	text, _ := name.(string)
	return slices.Contains(patients, text)
}

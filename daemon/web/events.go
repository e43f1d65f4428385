package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/web/ui"
	"vega/policies/check"
)

// The times of a stream of events.
const (
	sign     = 15 * time.Second // between events without a change
	patience = 10 * time.Second // for a viewer to take what is sent
)

// alive is an event without a change. No proxy takes the stream for dead, and the script
// notices if vega can no longer be reached.
var alive = []byte("event: alive\ndata: 1\n\n")

// update is a message to the script of the pages. What a row has is described in row.go.
type update struct {
	From   uint64         `json:"from"`
	Reload uint64         `json:"reload,omitempty"`
	Rows   []change       `json:"rows"`
	Count  engine.Summary `json:"count"`
	Known  string         `json:"known"` // see Site.known
}

// change is the present state of an integration, as a row shows it.
type change struct {
	Name    string       `json:"n"`
	Status  check.Status `json:"s"`
	Message string       `json:"m"`
	Latency string       `json:"l"`
	Beats   string       `json:"b"`
}

// encode returns a message to viewers.
func (s *Site) encode(m live.Message) ([]byte, error) {
	all, err := s.sources.Overview(engine.Selection{Stream: true}) // only the counts
	if err != nil {
		return nil, err
	}
	states, err := s.some(m.Names)
	if err != nil {
		return nil, err
	}
	out := update{From: m.From, Reload: m.Reload, Rows: make([]change, len(states)), Count: all.Summary, Known: s.known()}
	for n := range states {
		i := &states[n]
		out.Rows[n] = change{i.Name, i.Status, message(i.Message), latency(i), digits(s.sources.Live().Row(i.Name).Beats)}
	}
	return json.Marshal(out)
}

// known is another text when what pages say of incidents and silences may have changed. A
// page has it in data-known, and loads itself again when a message has another one.
func (s *Site) known() string {
	sum, now := fnv.New64a(), time.Now()
	for _, i := range s.sources.OpenIncidents() {
		fmt.Fprintln(sum, i.ID, i.Reopened, i.Severity, i.Root, i.Below)
		if i.Muted != nil {
			fmt.Fprintln(sum, i.Muted.By)
		}
		if a := i.Acknowledged; a != nil {
			fmt.Fprintln(sum, a.By, a.At.UnixNano(), a.Until.IsZero() || now.Before(a.Until))
		}
	}
	for _, one := range s.sources.CurrentSilences() {
		fmt.Fprintln(sum, one.ID, one.Active(now))
	}
	for _, one := range s.failing() {
		fmt.Fprintln(sum, one.Name, one.Dead)
	}
	fmt.Fprintln(sum, s.sources.Ready() == nil, s.sources.Maintenance(now))
	return strconv.FormatUint(sum.Sum64(), 36)
}

// some returns the states of those integrations that are configured.
func (s *Site) some(names []string) ([]engine.State, error) {
	names = slices.Clone(names)
	for len(names) > 0 {
		o, err := s.sources.Overview(engine.Selection{Names: names})
		unknown, ok := errors.AsType[*engine.UnknownError](err)
		if !ok {
			return o.Integrations, err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return name == unknown.Name })
	}
	return nil, nil
}

// events answers with a stream of what changes; see live.Feed. It ends with the viewer's
// session, with the dashboard, and with the context of the request.
func (s *Site) events(r *Request) error {
	v, err := s.feed.Follow()
	if err != nil {
		r.w.Header().Set("Retry-After", "30")
		return &Error{http.StatusServiceUnavailable, err.Error() + "; the page asks again every 30 seconds"}
	}
	defer v.Leave()
	control := http.NewResponseController(r.w)
	_ = control.SetReadDeadline(time.Time{}) // otherwise the deadline of the request ends the stream; only a test's writer has none
	header := r.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would keep events back
	seen := r.Header.Get("Last-Event-ID")
	if seen == "" {
		seen = r.URL.Query().Get("since")
	}
	signs := time.NewTicker(sign)
	defer signs.Stop()
	for event := v.Missed(seen); event != nil; event = s.nextEvent(r, v, signs.C) {
		_ = control.SetWriteDeadline(time.Now().Add(patience))
		if _, err := r.w.Write(event); err != nil {
			return nil // the browser is gone
		}
		if err := control.Flush(); err != nil {
			return nil // likewise
		}
	}
	return nil
}

// nextEvent waits for an event of a stream, or returns nil if the stream is to end.
func (s *Site) nextEvent(r *Request, v *live.Viewer, signs <-chan time.Time) []byte {
	for {
		recheck := *s.rechecks.Load() // before it asks, so that no call is missed
		if !r.active() {
			return nil
		}
		select {
		case event := <-v.Events():
			return event
		case <-signs:
			if !r.active() {
				return nil
			}
			return alive
		case <-recheck:
		case <-r.Context().Done():
			return nil
		}
	}
}

// digits returns the runs of a bar as its attribute data-b has them.
func digits(beats []check.Status) string {
	all := make([]byte, len(beats))
	for n, s := range beats {
		all[n] = byte('0' + ui.Harm(s))
	}
	return string(all)
}

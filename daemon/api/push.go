package api

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/policies/check"
)

const (
	maxPush = 1 << 20 // of the body, most of which is discarded
	// maxExit is the highest exit code of any system.
	maxExit = math.MaxUint32
	// maxTook is the longest duration of a job, in milliseconds.
	maxTook = 366 * 24 * 60 * 60 * 1000
)

// pusher handles the routes of heartbeats.
type pusher struct{ *API }

// routes receive what jobs report. They need the token of a heartbeat instead of a
// key.
func (a pusher) routes() []route {
	params := []param{
		{name: "status", values: []string{"success", "fail", "start"}, doc: "What the job reports. Default: success, or what exit says."},
		{name: "exit", kind: countParam, most: maxExit, doc: "The exit code of the job: 0 is success, anything else fail."},
		{name: "msg", doc: "A message; vega keeps the first 1 KiB. Default: the body, as text in UTF-8."},
		{name: "ms", kind: countParam, most: maxTook, doc: "How long the job took, in milliseconds. Default: the time since its start."},
	}
	const (
		about = "The token of the heartbeat is sent as Authorization: Bearer. An empty parameter counts as absent. The body is a message. A wrong name and a wrong token get the same answer. Beyond bursts, one push per second is recorded: another one gets 429, but the last one counts, and is recorded within a second."
		inURL = "Like /push/{name}, for programs that can't send headers. The token is masked in logs and answers."
		get   = " Only if the heartbeat allows it, with get = true."
	)
	var all []route
	for _, m := range []struct{ method, id, description string }{{http.MethodPost, "push", ""}, {http.MethodGet, "getPush", get}} {
		for _, p := range []struct{ path, id, description string }{{"/push/:name", "Heartbeat", about}, {"/push/:name/:token", "HeartbeatByURL", inURL}} {
			all = append(all, route{
				method: m.method, path: p.path, handler: a.push, params: params, maxBody: maxPush, noHead: true, status: http.StatusOK, answer: engine.Pushed{},
				id: m.id + p.id, summary: "Report the start, success or failure of a job", description: p.description + m.description,
			})
		}
	}
	return all
}

// errNoHeartbeat answers every push with a wrong name or token.
var errNoHeartbeat = &problem{http.StatusNotFound, "there is no heartbeat with this name and token; send a POST request to /push/NAME with Authorization: Bearer TOKEN, or to /push/NAME/TOKEN"}

func (a pusher) push(c *gin.Context) error {
	name, token := c.Param("name"), c.Param("token")
	if token == "" {
		token = bearer(c.Request.Header)
	}
	settings, err := a.checks.Heartbeat(name, token)
	if err != nil {
		return errNoHeartbeat
	}
	if c.Request.Method == http.MethodGet && !settings.Get {
		c.Header("Allow", http.MethodPost)
		return &problem{http.StatusMethodNotAllowed, "this heartbeat does not accept GET; use POST, or set get = true in its config"}
	}
	event, err := a.event(c, token)
	if err != nil {
		return err
	}
	pushed, err := a.checks.Push(c.Request.Context(), name, token, event)
	if errors.Is(err, engine.ErrNoHeartbeat) { // a reload changed it
		return errNoHeartbeat
	}
	if busy, ok := errors.AsType[*engine.BusyError](err); ok {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(busy.RetryAfter.Seconds()))))
		return &problem{http.StatusTooManyRequests, busy.Error()}
	}
	return answer(c, pushed, err)
}

// bearer returns the token in the header Authorization, or "".
func bearer(h http.Header) string {
	if all := h.Values("Authorization"); len(all) == 1 {
		if scheme, token, _ := strings.Cut(strings.TrimSpace(all[0]), " "); strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(token)
		}
	}
	return ""
}

// event reads what a push reports.
func (a pusher) event(c *gin.Context, token string) (heartbeat.Event, error) {
	p := a.params(c)
	for name, values := range p.values {
		if len(values) == 1 && values[0] == "" { // a variable of the job's shell was not set
			delete(p.values, name)
		}
	}
	e := heartbeat.Event{Kind: heartbeat.Kind(p.text("status")), Exit: p.count("exit"), Message: p.text("msg"), Took: -1}
	if ms := p.count("ms"); ms != nil {
		e.Took = time.Duration(*ms) * time.Millisecond
	}
	if err := p.done(); err != nil {
		return e, err
	}
	switch failed := e.Exit != nil && *e.Exit != 0; {
	case e.Kind == "" && failed:
		e.Kind = heartbeat.Fail
	case e.Kind == "":
		e.Kind = heartbeat.Success
	case e.Exit != nil && (e.Kind == heartbeat.Start || failed != (e.Kind == heartbeat.Fail)):
		return e, badParam("exit", fmt.Sprintf("%d contradicts the status %s; send one of the two", *e.Exit, e.Kind))
	}
	if e.Message == "" {
		body, err := io.ReadAll(io.LimitReader(c.Request.Body, 2*heartbeat.MaxMessage))
		if late(err) {
			return e, errLate
		}
		if err != nil {
			return e, &problem{http.StatusBadRequest, "the body is incomplete"}
		}
		e.Message = string(body)
	}
	e.Message = heartbeat.Clean(e.Message, token)
	return e, nil
}

// known reports whether a request is a push with a valid token. It is then admitted like
// one with a key.
func (a pusher) known(r *http.Request) bool {
	parts := strings.Split(a.external.Load().inside(r).URL.EscapedPath(), "/")
	if len(parts) < 3 || len(parts) > 4 || parts[0] != "" || parts[1] != "push" {
		return false
	}
	name, err := url.PathUnescape(parts[2])
	token := bearer(r.Header)
	if len(parts) == 4 && err == nil {
		token, err = url.PathUnescape(parts[3])
	}
	if err != nil {
		return false
	}
	_, err = a.checks.Heartbeat(name, token)
	return err == nil
}

// aKey is what a key of vega key add looks like (keys.Prefix). Of these, vega knows the digests alone.
var aKey = regexp.MustCompile(`vega_\w{20,}`)

// masked replaces the token in the path of a push, also if a proxy has added something
// before the path, or the path is not quite right, and keys, which belong in a header.
func masked(path string) string {
	parts := strings.Split(path, "/")
	for n, part := range parts {
		parts[n] = aKey.ReplaceAllString(part, "REDACTED")
	}
	for n, part := range parts {
		if strings.EqualFold(part, "push") && n+2 < len(parts) {
			for m := n + 2; m < len(parts); m++ {
				if parts[m] != "" {
					parts[m] = "REDACTED"
				}
			}
			break
		}
	}
	return strings.Join(parts, "/")
}

// maxShownPath limits the path of a request in the log and in answers, in bytes, so that
// nobody fills the log's disk with a few requests. No route has a longer one.
const maxShownPath = 2 << 10

// shownPath returns the path of a request as it may be logged.
func shownPath(r *http.Request) string { return check.Clip(masked(r.URL.Path), maxShownPath) }

// escapedPath returns the path of a request as an answer may contain it.
func escapedPath(r *http.Request) string {
	if path := shownPath(r); path != r.URL.Path {
		return (&url.URL{Path: path}).EscapedPath()
	}
	return r.URL.EscapedPath()
}

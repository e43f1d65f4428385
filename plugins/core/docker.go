package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
	"vega/sdk/abi"
)

func init() { sdk.Probe("docker", dockerProbe) }

// engine is the API of Docker, or the same of Podman.
type engine struct {
	run       *sdk.Run
	who, base string
	socket    string
	option    string // that names it
	answered  bool   // the last request was
}

// tally counts the containers that were looked at.
type tally struct{ running, stopped, unhealthy, restarts int }

func dockerProbe(r *sdk.Run) sdk.Result {
	e := &engine{run: r, base: "http://localhost", socket: r.String("socket"), option: "socket"}
	e.who = "Docker's API at " + e.socket
	if e.socket == "" {
		e.base, e.option = r.String("url"), "url"
		e.who = "Docker's API at " + origin(e.base)
	}
	names := r.Strings("containers")
	if len(names) == 0 {
		return e.survey()
	}
	var t tally
	var bad []sdk.Result
	for _, name := range names {
		result := e.container(name, &t)
		if result.Status == abi.Unknown {
			return result
		}
		if result.Status != abi.Healthy {
			bad = append(bad, result)
		}
	}
	e.report(t)
	r.Metric("restarts", float64(t.restarts), "")
	if len(bad) > 0 {
		return worst(bad)
	}
	return sdk.Healthy(e.who + ": " + some(names) + " as expected")
}

func (e *engine) report(t tally) {
	e.run.Metric("containers_running", float64(t.running), "")
	e.run.Metric("containers_stopped", float64(t.stopped), "")
	e.run.Metric("containers_unhealthy", float64(t.unhealthy), "")
}

// get asks the API. A status other than 200 and 404 is a result.
func (e *engine) get(path string) (*document, *sdk.Result) {
	const most = 8 << 20
	q := e.run.HTTP("GET", join(e.base, path)).Header("Accept", "application/json").MaxBody(most)
	if e.socket != "" {
		q.Unix(e.socket)
	}
	answer, err := q.Send()
	e.answered = err == nil
	switch {
	case errors.Is(err, sdk.ErrRefused) && e.socket != "": // the text says where, and whether there is a socket
		return nil, unhealthy("Docker's API: " + err.Error() + "; start the service, or correct socket")
	case err != nil:
		return nil, failed(e.who, err)
	case answer.Status == 403:
		refused := tlsHint(sdk.Unhealthy(e.who+" answered 403: what runs in front of Docker does not allow GET "+path+"; allow it there"), answer)
		return nil, &refused
	case answer.Status != 404:
		if bad := rejected(e.who, answer, "the login in auth or tls"); bad != nil {
			return nil, bad
		}
	}
	return &document{answer: answer}, nil
}

// stranger returns the result for an answer that is not Docker's.
func (e *engine) stranger(d *document) sdk.Result {
	return d.foreign(e.who, e.who+" does not answer as Docker or Podman do; correct "+e.option)
}

// container checks one container.
func (e *engine) container(name string, t *tally) sdk.Result {
	d, bad := e.get("/containers/" + escape(name) + "/json")
	if bad != nil {
		return *bad
	}
	defer d.answer.Close()
	if d.answer.Status == 404 && d.field("message") != "" {
		return sdk.Unhealthy(e.who + " has no container " + quote(name) + "; create it, or correct containers")
	}
	state := d.field("State.Status")
	if state == "" {
		return e.stranger(d)
	}
	health := d.field("State.Health.Status")
	restarts, _ := strconv.Atoi(d.field("RestartCount"))
	t.restarts += restarts
	if result := d.failed(e.who); result != nil {
		return *result
	}
	who := "container " + name
	if state != "running" {
		t.stopped++
		return sdk.Unhealthy(who + " is " + quote(state) + e.ending(d, state) + "; look into its log (docker logs " + name + ")")
	}
	t.running++
	maximum := e.run.Int("max_restarts")
	switch {
	case health == "unhealthy":
		t.unhealthy++
		return sdk.Unhealthy(who + " runs, but its health check fails" + failures(d))
	case health == "starting":
		return sdk.Degraded(who + " runs since " + moment(d.field("State.StartedAt")) + ", but its health check has not passed yet")
	case e.run.Has("max_restarts") && restarts > maximum:
		return sdk.Degraded(who + " was restarted " + plural(restarts, "time") + ", more than max_restarts = " + strconv.Itoa(maximum) + "; look into its log (docker logs " + name + ")")
	default:
		return sdk.Healthy(who + " runs")
	}
}

// ending says how a container ended.
func (e *engine) ending(d *document, state string) string {
	text := ""
	if at := moment(d.field("State.FinishedAt")); at != "" && state != "paused" { // of an earlier end
		text = " since " + at + " with exit code " + d.field("State.ExitCode")
		e.run.Detail("exit_code", d.field("State.ExitCode"))
	}
	if d.field("State.OOMKilled") == "true" {
		text += ", because it ran out of memory (OOM)"
	}
	if why := d.field("State.Error"); why != "" {
		text += ": " + quote(why)
	}
	return text
}

// failures says how often a health check failed, and what it wrote last.
func failures(d *document) string {
	text := " (" + d.field("State.Health.FailingStreak") + " in a row)"
	if n := d.answer.Count("State.Health.Log"); n > 0 {
		if said := d.field("State.Health.Log." + strconv.Itoa(n-1) + ".Output"); said != "" {
			text += ": " + quote(said)
		}
	}
	return text
}

// moment shortens a time to seconds, and returns "" for none.
func moment(text string) string {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) < seconds || strings.HasPrefix(text, "0001-") {
		return ""
	}
	zone := ""
	if strings.HasSuffix(text, "Z") {
		zone = "Z"
	} else if at := strings.LastIndexAny(text, "+-"); at >= seconds {
		zone = text[at:]
	}
	return text[:seconds] + zone
}

// The queries of a survey. The server filters, because a host may have thousands of
// containers.
const (
	everyContainer = "/containers/json?all=1"
	anyRunning     = `/containers/json?filters=%7B%22status%22%3A%5B%22running%22%5D%7D`
	anyUnhealthy   = everyContainer + `&filters=%7B%22health%22%3A%5B%22unhealthy%22%5D%7D`
	anyFailing     = everyContainer + `&filters=%7B%22status%22%3A%5B%22restarting%22%2C%22dead%22%5D%7D`
)

// survey looks at all containers.
func (e *engine) survey() sdk.Result {
	all, _, bad := e.count(everyContainer)
	if bad != nil {
		return *bad
	}
	running, _, bad := e.count(anyRunning)
	if bad != nil {
		return *bad
	}
	sick, sickNames, bad := e.count(anyUnhealthy)
	if bad != nil {
		return *bad
	}
	// Podman knows neither state, and refuses the filter.
	failing, failingNames, bad := e.count(anyFailing)
	if bad != nil && !e.answered {
		return *bad
	}
	e.report(tally{running: running, stopped: max(0, all-running), unhealthy: sick})
	var wrong []string
	if sick > 0 {
		wrong = append(wrong, "the health check fails of "+first(sick, sickNames))
	}
	if failing > 0 {
		wrong = append(wrong, "restarting or dead: "+first(failing, failingNames))
	}
	counts := strconv.Itoa(running) + " of " + plural(all, "container") + " run"
	if len(wrong) > 0 {
		return sdk.Degraded(e.who + ": " + counts + "; " + strings.Join(wrong, "; ") + "; look into their logs, or add them to ignore")
	}
	return sdk.Healthy(e.who + ": " + counts)
}

// first lists the first of n names.
func first(n int, names []string) string {
	const most = 10
	text := strings.Join(names[:min(len(names), most)], ", ")
	if n > most {
		text += " and " + strconv.Itoa(n-most) + " more"
	}
	return text
}

// count returns the number of containers in a list. In the lists of what is wrong, those to
// be ignored don't count, and the names of the first others are returned.
func (e *engine) count(path string) (n int, names []string, bad *sdk.Result) {
	const maxNames = 50
	d, bad := e.get(path)
	if bad != nil {
		return 0, nil, bad
	}
	defer d.answer.Close()
	kind, err := d.answer.JSON("@type")
	d.note(err)
	if kind != "list" {
		result := e.stranger(d)
		return 0, nil, &result
	}
	n = d.answer.Count("")
	if path == everyContainer || path == anyRunning {
		return n, nil, nil
	}
	ignored := e.run.Strings("ignore")
	for i := range min(n, maxNames+len(ignored)) {
		if name := strings.TrimPrefix(d.field(strconv.Itoa(i)+".Names.0"), "/"); has(ignored, name) {
			n--
		} else {
			names = append(names, name)
		}
	}
	return n, names, nil
}

func has(list []string, text string) bool {
	for _, s := range list {
		if s == text {
			return true
		}
	}
	return false
}

package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/alerting/respond"
	"vega/daemon/api/openapi"
	"vega/daemon/config/diag"
	"vega/policies/check"
	"vega/policies/incident"
)

// apiVersion is the version of the HTTP API. A breaking change raises the first
// number, an addition the second.
const apiVersion = "1.3"

// openAPI answers with the description of the API. It needs no key, because every
// copy of this version has the same one, except for the base URL that the caller
// already knows.
func (a *API) openAPI(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	document, err := a.external.Load().document()
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/json", document)
	return nil
}

// describe returns the OpenAPI document of the routes.
func (a *API) describe(e *external) ([]byte, error) {
	base := e.base
	if base == "" {
		base = "/"
	}
	d := openapi.API{
		Title: "vega", Version: apiVersion, Server: base, Problem: document{}, Trim: reflect.TypeFor[API]().PkgPath(),
		Description: "The HTTP API of the vega daemon. Sizes are in bytes, durations in milliseconds (`_ms`), percentages from 0 to 100, and times in UTC (RFC 3339). Lists are never null. Errors are problem+json (RFC 9457). Clients must ignore fields that they do not know.",
		Security: map[string]openapi.SecurityScheme{
			"apiKey": {Type: "apiKey", In: "header", Name: "X-API-Key"},
			"bearer": {Type: "http", Scheme: "bearer", Description: "The same key as in X-API-Key. If a request has both, they must be equal."},
		},
		Headers: map[string]openapi.Header{
			"X-Correlation-ID": {Description: "The ID of the request in the log and in the history of the runs that it caused: the caller's own if it sent a valid one.", Schema: openapi.Schema{Type: "string"}},
		},
		Types: map[reflect.Type]openapi.Schema{
			reflect.TypeFor[check.Status]():   choice(check.Healthy, check.Degraded, check.Unhealthy, check.Unknown, check.Disabled),
			reflect.TypeFor[check.Cause]():    choice(check.NoCause, check.Target, check.Timeout, check.Probe, check.Denied, check.Host),
			reflect.TypeFor[daemon.Outcome](): choice(daemon.Applied, daemon.Unchanged, daemon.Rejected),
			reflect.TypeFor[daemon.Trigger](): choice(daemon.ByStart, daemon.BySignal, daemon.ByFile, daemon.ByHTTP),
			reflect.TypeFor[diag.Severity]():  choice(diag.Error, diag.Warning),
			reflect.TypeFor[anyAnswer]():      {Type: "object"},

			reflect.TypeFor[incident.Severity]():   choice(incident.Info, incident.Warning, incident.Critical),
			reflect.TypeFor[incident.End]():        choice(incident.Recovered, incident.Withdrawn),
			reflect.TypeFor[incident.Kind]():       choice(incident.OfIntegration, incident.OfMetric, incident.OfEvent),
			reflect.TypeFor[incident.Phase]():      choice(incident.Pending, incident.Firing, incident.Recovering, incident.Inactive),
			reflect.TypeFor[incident.NoticeKind](): choice(incident.Opening, incident.Reminder, incident.Escalation, incident.Resolve, incident.Missed, incident.BelowRoot),
			reflect.TypeFor[respond.State]():       choice(respond.Active, respond.Pending, respond.Ended),
		},
	}
	for _, r := range a.routes() {
		d.Operations = append(d.Operations, r.operation())
		if r.method == http.MethodGet && !r.noHead {
			d.Operations = append(d.Operations, r.headOperation())
		}
	}
	return d.Document()
}

func choice[T ~string](values ...T) openapi.Schema {
	out := openapi.Schema{Type: "string"}
	for _, v := range values {
		out.Enum = append(out.Enum, string(v))
	}
	return out
}

// operation describes a route.
func (r *route) operation() openapi.Operation {
	o := openapi.Operation{
		Method: r.method, Path: r.path, ID: r.id, Tag: r.tag(), Summary: r.summary, Description: r.description, Scope: string(r.scope),
		Body: r.body, BodyOptional: r.bodyOptional, Status: r.status, Answer: r.answer, Type: r.kind, Errors: r.errors(), Problems: map[int][]any{},
	}
	for _, name := range r.pathParams() {
		o.Path = strings.Replace(o.Path, ":"+name, "{"+name+"}", 1)
		o.Parameters = append(o.Parameters, openapi.Parameter{Name: name, In: "path", Required: true, Schema: openapi.Schema{Type: "string"}, Description: r.pathDoc(name)})
	}
	for _, p := range r.params {
		o.Parameters = append(o.Parameters, openapi.Parameter{Name: p.name, In: "query", Description: p.doc, Schema: p.schema()})
	}
	if r.status == http.StatusCreated {
		o.Headers = map[string]openapi.Header{"Location": {Description: "The path of what was created.", Schema: openapi.Schema{Type: "string", Format: "uri-reference"}}}
	}
	if strings.HasPrefix(r.path, "/admin/config/") {
		o.Problems[http.StatusUnprocessableEntity] = []any{invalidDocument{}}
		o.Problems[http.StatusConflict] = []any{restartDocument{}}
	}
	return o
}

// headOperation describes the route with the method HEAD.
func (r *route) headOperation() openapi.Operation {
	o := r.operation()
	o.Method, o.ID, o.Summary, o.Answer, o.Description = http.MethodHead, strings.Replace(o.ID, "get", "head", 1), o.Summary+", without the body", nil, ""
	if o.ID == r.id {
		o.ID = "head" + strings.ToUpper(r.id[:1]) + r.id[1:]
	}
	return o
}

// pathDocs describes the parameters of paths, by the tag of the route and the name.
var pathDocs = map[string]string{
	"integrations/name": "The name of an integration, percent-encoded.",
	"notifiers/name":    "The name of a notifier.",
	"metrics/name":      "The name of a metric block.",
	"conversations/id":  "The ID of a conversation.",
	"incidents/id":      "The ID of an incident.",
	"silences/id":       "The ID of a silence.",
	"memories/key":      "The key of a memory, percent-encoded.",
	"push/name":         "The name of a heartbeat, percent-encoded.",
	"push/token":        "The token of the heartbeat, percent-encoded.",
}

func (r *route) pathDoc(name string) string { return pathDocs[r.tag()+"/"+name] }

func (r *route) tag() string {
	switch parts := strings.Split(r.path, "/"); {
	case len(parts) < 3:
		return "service"
	case parts[1] == "push":
		return "push"
	default:
		return parts[2]
	}
}

// stores reports whether the route writes to the store before it answers.
func (r *route) stores() bool {
	switch r.tag() {
	case "conversations", "memories", "incidents", "silences":
		return r.method != http.MethodGet
	default:
		return r.id == "retryNotifier"
	}
}

// errors returns the statuses of the errors that a route can have, and when.
func (r *route) errors() map[int]string {
	out := map[int]string{
		http.StatusServiceUnavailable:  "vega is starting or shutting down, has too many requests in flight, or lacks a resource for now. Retry-After says in how many seconds to try again.",
		http.StatusInternalServerError: "An internal error; its reason is in the log, under the correlation ID.",
	}
	add := func(when string, statuses ...int) {
		for _, s := range statuses {
			out[s] = when
		}
	}
	if r.path != "/healthz" && r.path != "/readyz" {
		add("A parameter or the body is not valid; the detail names it.", http.StatusBadRequest)
	}
	if !r.public() {
		add("No valid key.", http.StatusUnauthorized)
		add(fmt.Sprintf("The key lacks the scope %s.", r.scope), http.StatusForbidden)
		add("The header Host is not that of server.external_url.", http.StatusMisdirectedRequest)
	}
	if len(r.pathParams()) > 0 {
		add("It does not exist.", http.StatusNotFound)
	}
	if r.body != nil {
		add("The body is too long.", http.StatusRequestEntityTooLarge)
		add("The body did not arrive in time.", http.StatusRequestTimeout)
		add("The body is not JSON in UTF-8, or it is compressed.", http.StatusUnsupportedMediaType)
	}
	if r.stores() {
		add("The disk is full. Retry-After says in how many seconds to try again.", http.StatusInsufficientStorage)
	}
	if strings.HasPrefix(r.path, "/push/") {
		add("The name or the token is wrong.", http.StatusNotFound)
		if r.method == http.MethodGet {
			add("The heartbeat does not allow GET.", http.StatusMethodNotAllowed)
		}
		add("The body is too long.", http.StatusRequestEntityTooLarge)
		add("The body did not arrive in time.", http.StatusRequestTimeout)
		add("There is more than one push per second. Retry-After says in how many seconds to try again.", http.StatusTooManyRequests)
	}
	switch r.path {
	case "/admin/incidents/:id/ack", "/admin/silences/:id":
		add("It has ended.", http.StatusConflict)
	case "/admin/config/reload":
		add("The change needs a restart.", http.StatusConflict)
		add("The configuration is not valid, or can't be applied.", http.StatusUnprocessableEntity)
	case "/admin/config/plan":
		add("The configuration is not valid.", http.StatusUnprocessableEntity)
	}
	return out
}

// schema describes the value of a parameter.
func (p *param) schema() openapi.Schema {
	s := openapi.Schema{Type: "string", Enum: p.values}
	switch p.kind {
	case durationParam:
		s.Pattern, s.Examples = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, []any{"30s"}
	case momentParam:
		s.AnyOf = []*openapi.Schema{
			{Format: "date-time"},
			{Pattern: `^[0-9]+(\.[0-9]+)?$`, Description: "Seconds since 1970."},
			{Pattern: `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`, Description: "How long ago it is."},
		}
		s.Examples = []any{"2026-01-02T15:04:05Z", "24h"}
	case numberParam, countParam:
		least, most := 1.0, float64(p.most)
		if p.kind == countParam {
			least = 0
		}
		s = openapi.Schema{Type: "integer", Minimum: &least, Maximum: &most}
	case booleanParam:
		s = openapi.Schema{Type: "boolean"}
	case textParam:
	}
	if p.many {
		one := s
		s = openapi.Schema{Type: "array", Items: &one}
	}
	return s
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

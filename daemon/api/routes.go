package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/monitor"
	"vega/store"
)

// route is one row of the table. GET /openapi.json describes all of them.
type route struct {
	method, path string
	scope        Scope // what a key must allow; Public: no key
	handler      handler
	params       []param
	body         any    // a value of the type of the body; nil: the route has none
	bodyOptional bool   // the route works without the body, too
	maxBody      int64  // in bytes
	waits        bool   // may take as long as the longest check
	noHead       bool   // GET changes something, so there is no HEAD
	kind         string // media type of the answer; "": JSON
	status       int    // of the answer without an error
	answer       any    // a value of its type; nil: it has no body
	id, summary  string
	description  string
}

var (
	limitParam  = param{name: "limit", kind: numberParam, most: store.MaxPage, doc: "Entries on a page. Default: 50."}
	cursorParam = param{name: "cursor", doc: "The next of the previous page. Keep all other parameters the same."}
)

// checkRoutes are about integrations.
func (a *API) checkRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/admin/integrations", scope: Read, handler: a.overview, status: http.StatusOK, answer: engine.Overview{},
			id: "listIntegrations", summary: "The last known state of integrations; runs nothing",
			description: "Until an integration has run after a start or a change, its state is that of the last stored run, with stored set to true. status and summary count all integrations that name selects.",
			params: []param{
				{name: "name", many: true, doc: "Only these integrations. The name of one with for_each stands for all of its instances."},
				{name: "status", many: true, values: []string{"healthy", "degraded", "unhealthy", "unknown", "disabled"}, doc: "List only integrations with one of these statuses."},
			},
		},
		{
			method: http.MethodGet, path: "/admin/integrations/health", scope: Write, handler: a.health, waits: true, status: http.StatusOK, answer: engine.Health{},
			id: "checkIntegrations", summary: "Run integrations now and wait for their results",
			description: "The answer is 200 for any status. Callers that ask during a run share it. To read without running anything, use /admin/integrations.",
			params: []param{
				{name: "max_age", kind: durationParam, max: 24 * time.Hour, doc: "Accept the result of a run since vega started that is no older than this, instead of running again. Default: 0s, which always runs."},
				{name: "timeout", kind: durationParam, min: time.Second, max: engine.MaxTimeout, doc: "How long to wait. A run that takes longer continues, and its integration is unknown in this answer. Default: as long as the longest of the runs may take."},
				{name: "name", many: true, doc: "Run only these integrations. The name of one with for_each stands for all of its instances."},
			},
		},
		{
			method: http.MethodGet, path: "/admin/integrations/:name", scope: Read, handler: a.integration, status: http.StatusOK, answer: integrationAnswer{},
			id: "getIntegration", summary: "The last known state of one integration; runs nothing",
			description: "defined_at and grants are configuration, and present only for keys with the scope admin.",
		},
		{
			method: http.MethodGet, path: "/admin/integrations/:name/runs", scope: Read, handler: a.runs, status: http.StatusOK, answer: daemon.RunPage{},
			id: "listRuns", summary: "The history of one integration, newest first",
			params: []param{
				{name: "since", kind: momentParam, doc: "Only runs that began at this time or later."},
				{name: "until", kind: momentParam, doc: "Only runs that began before this time."},
				{name: "status", many: true, values: []string{"healthy", "degraded", "unhealthy", "unknown"}, doc: "Only runs with one of these statuses."},
				limitParam, cursorParam,
			},
		},
	}
}

// machineRoutes are about vega itself and its host.
func (a *API) machineRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/healthz", handler: a.healthz, status: http.StatusOK, answer: aliveAnswer{}, id: "getLiveness", summary: "Whether vega answers"},
		{method: http.MethodGet, path: "/readyz", handler: a.readyz, status: http.StatusOK, answer: readyAnswer{}, id: "getReadiness", summary: "Whether vega is fully operational, and whether the configuration on disk was applied"},
		{method: http.MethodGet, path: "/openapi.json", handler: a.openAPI, status: http.StatusOK, answer: anyAnswer{}, id: "getOpenAPI", summary: "This document"},
		{method: http.MethodGet, path: "/admin/plugins", scope: Read, handler: a.plugins, status: http.StatusOK, answer: pluginsAnswer{}, id: "listPlugins", summary: "Every plugin, with the reason if it is refused"},
		{method: http.MethodGet, path: "/admin/config/validate", scope: Admin, handler: a.validate, status: http.StatusOK, answer: daemon.Validation{}, id: "validateConfig", summary: "Whether the configuration on disk is valid, and what it would change"},
		{method: http.MethodGet, path: "/admin/config/plan", scope: Admin, handler: a.plan, status: http.StatusOK, answer: daemon.Planned{}, id: "planConfig", summary: "What a reload or a restart would change"},
		{method: http.MethodPost, path: "/admin/config/reload", scope: Admin, handler: a.reload, status: http.StatusOK, answer: daemon.Reload{}, id: "reloadConfig", summary: "Apply the configuration on disk"},
		{method: http.MethodGet, path: "/admin/database/stats", scope: Read, handler: a.databaseStats, status: http.StatusOK, answer: databases.Stats{}, id: "getDatabaseStats", summary: "Query statistics of vega's own database and of the configured ones"},
		{method: http.MethodPost, path: "/admin/database/reset-stats", scope: Admin, handler: a.resetDatabaseStats, status: http.StatusNoContent, id: "resetDatabaseStats", summary: "Reset vega's query statistics"},
		{method: http.MethodGet, path: "/admin/diagnostics/system", scope: Read, handler: a.system, status: http.StatusOK, answer: monitor.System{}, id: "getSystem", summary: "The state of the host, the container and vega, with the causes of warnings"},
		{method: http.MethodGet, path: "/admin/diagnostics/health-summary", scope: Read, handler: a.systemSummary, status: http.StatusOK, answer: monitor.Summary{}, id: "getSystemSummary", summary: "The warnings about the host, the container and vega"},
	}
}

// routes are about incidents, silences, alerts and notifiers.
func (a oncall) routes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/admin/incidents", scope: Read, handler: a.incidents, status: http.StatusOK, answer: alerting.IncidentPage{},
			id: "listIncidents", summary: "Incidents, the last opened first",
			params: []param{
				{name: "open", kind: booleanParam, doc: "Only incidents that are open, or that have ended."},
				{name: "subject", doc: "Only incidents of this integration, figure (such as system.memory.percent) or event."},
				{name: "alert", doc: "Only incidents of this alert."},
				{name: "since", kind: momentParam, doc: "Only incidents that were open at this time or later."},
				{name: "until", kind: momentParam, doc: "Only incidents that opened before this time."},
				limitParam, cursorParam,
			},
		},
		{method: http.MethodGet, path: "/admin/incidents/:id", scope: Read, handler: a.incident, status: http.StatusOK, answer: alerting.IncidentReport{}, id: "getIncident", summary: "One incident with its timeline, evidence and deliveries"},
		{
			method: http.MethodPost, path: "/admin/incidents/:id/ack", scope: Write, handler: a.acknowledge, body: acknowledgementBody{}, bodyOptional: true, maxBody: maxAcknowledgement, status: http.StatusOK, answer: alerting.IncidentReport{},
			id: "acknowledgeIncident", summary: "Say that somebody takes care of an incident",
			description: "Holds back its reminders and escalations until it ends, becomes more severe, or duration has passed. by defaults to the name of the key, such as key ci.",
		},
		{method: http.MethodDelete, path: "/admin/incidents/:id/ack", scope: Write, handler: a.unacknowledge, status: http.StatusNoContent, id: "unacknowledgeIncident", summary: "Take an acknowledgement back"},
		{
			method: http.MethodGet, path: "/admin/silences", scope: Read, handler: a.silences, status: http.StatusOK, answer: silencePage{}, id: "listSilences", summary: "Silences, the last one first",
			params: []param{{name: "active", kind: booleanParam, doc: "Only silences that have not ended, or only those that have. A page may then have fewer entries than limit."}, limitParam, cursorParam},
		},
		{
			method: http.MethodPost, path: "/admin/silences", scope: Write, handler: a.silence, body: silenceBody{}, maxBody: maxSilence, status: http.StatusCreated, answer: silenceAnswer{},
			id: "createSilence", summary: "Hold back messages for a time",
			description: "integrations has names, globs (orders-*), group:GLOB or label:NAME=GLOB; alerts has names of alerts, or globs. A subject must match one of each list that is not empty. duration, such as 2h, or until is required, 30 days at most. from defaults to now, by to the name of the key, such as key ci.",
		},
		{method: http.MethodDelete, path: "/admin/silences/:id", scope: Write, handler: a.endSilence, status: http.StatusNoContent, id: "endSilence", summary: "End a silence now"},
		{method: http.MethodGet, path: "/admin/alerts", scope: Read, handler: a.alerts, status: http.StatusOK, answer: alertsAnswer{}, id: "listAlerts", summary: "Every alert, with what it watches that is not good"},
		{method: http.MethodGet, path: "/admin/notifiers", scope: Read, handler: a.notifiers, status: http.StatusOK, answer: notifiersAnswer{}, id: "listNotifiers", summary: "Every notifier, and how well it works"},
		{
			method: http.MethodPost, path: "/admin/notifiers/:name/test", scope: Write, handler: a.testNotifier, waits: true, status: http.StatusOK, answer: alerting.TestReport{},
			id: "testNotifier", summary: "Send an opening and its resolve, marked as a test", description: "The answer is 200 also if sending fails; see ok.",
		},
		{method: http.MethodPost, path: "/admin/notifiers/:name/retry", scope: Write, handler: a.retryNotifier, status: http.StatusNoContent, id: "retryNotifier", summary: "Send what was given up for a notifier"},
	}
}

// routes are about what an assistant stores.
func (a assistant) routes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/v1/conversations", scope: Conversations, handler: a.conversations, status: http.StatusOK, answer: conversationPage{}, id: "listConversations", summary: "Conversations, newest first",
			params: []param{
				{name: "session", doc: "Only conversations of this session."},
				{name: "source", doc: "Only conversations from this source."},
				{name: "reviewed", kind: booleanParam, doc: "Only conversations that were reviewed, or that were not."},
				limitParam, cursorParam,
			},
		},
		{method: http.MethodPost, path: "/v1/conversations", scope: Conversations, handler: a.logConversation, body: conversationBody{}, maxBody: maxConversation, status: http.StatusCreated, answer: store.Conversation{}, id: "createConversation", summary: "Store a conversation"},
		{method: http.MethodGet, path: "/v1/conversations/:id", scope: Conversations, handler: a.conversation, status: http.StatusOK, answer: store.Conversation{}, id: "getConversation", summary: "One conversation"},
		{method: http.MethodPatch, path: "/v1/conversations/:id", scope: Conversations, handler: a.reviewConversation, body: reviewBody{}, maxBody: maxPatch, status: http.StatusOK, answer: store.Conversation{}, id: "reviewConversation", summary: "Mark a conversation as reviewed or not"},
		{method: http.MethodDelete, path: "/v1/conversations/:id", scope: Conversations, handler: a.deleteConversation, status: http.StatusNoContent, id: "deleteConversation", summary: "Delete a conversation"},
		{
			method: http.MethodGet, path: "/v1/memories", scope: Conversations, handler: a.memories, status: http.StatusOK, answer: memoriesAnswer{}, id: "listMemories", summary: "Memories, sorted by key",
			params: []param{{name: "after", doc: "Only keys after this one."}, limitParam},
		},
		{method: http.MethodGet, path: "/v1/memories/:key", scope: Conversations, handler: a.memory, status: http.StatusOK, answer: store.Memory{}, id: "getMemory", summary: "One memory"},
		{method: http.MethodPut, path: "/v1/memories/:key", scope: Conversations, handler: a.setMemory, body: memoryBody{}, maxBody: maxMemory, status: http.StatusOK, answer: store.Memory{}, id: "setMemory", summary: "Store a memory, or replace it"},
		{method: http.MethodDelete, path: "/v1/memories/:key", scope: Conversations, handler: a.deleteMemory, status: http.StatusNoContent, id: "deleteMemory", summary: "Delete a memory"},
	}
}

func (a *API) routes() []route {
	return slices.Concat(a.machineRoutes(), a.checkRoutes(), trend{a}.routes(), oncall{a}.routes(), pusher{a}.routes(), exposition{a}.routes(), scraper{a}.routes(), assistant{a}.routes())
}

// public reports whether the route needs no key. It then reveals only whether vega
// works, and what every copy of this version has, or needs another secret.
func (r *route) public() bool { return r.scope == Public }

// pathParams returns the names of the parameters in the path.
func (r *route) pathParams() (names []string) {
	for part := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}

// near returns the path of the route that differs from an escaped path only in the
// case of letters.
func (r *route) near(escaped string) (string, bool) {
	given, want := strings.Split(escaped, "/"), strings.Split(r.path, "/")
	if len(given) != len(want) {
		return "", false
	}
	for n, part := range want {
		switch {
		case strings.HasPrefix(part, ":"):
			want[n] = given[n]
		case !strings.EqualFold(part, given[n]):
			return "", false
		}
	}
	return strings.Join(want, "/"), true
}

// Route is a route as callers see it. In its path, ":name" stands for one segment.
type Route struct {
	Method, Path string
	Public       bool // needs no key
}

// Routes returns all routes, in the order of the table.
func Routes() []Route {
	var all []Route
	for _, r := range new(API).routes() {
		all = append(all, Route{r.method, r.path, r.public()})
	}
	return all
}

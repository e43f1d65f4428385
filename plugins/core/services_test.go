//go:build !wasip1

package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

func TestLLM(t *testing.T) {
	ollama := server(t, fixtures.Ollama("llama3.2:latest", "mistral:7b"))
	tgi := server(t, fixtures.TGI("mistralai/Mistral-7B-v0.1", true))
	openai := server(t, fixtures.OpenAI("sk-12345678", "gpt-4o-mini"))
	refused := "http://" + fixtures.Refused(t)
	// hf serves /v1/models, and with another page at /info.
	hf := func(models string, pages map[string]http.HandlerFunc) string {
		mux := http.NewServeMux()
		if pages["GET /v1/models"] == nil {
			mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, models) })
		}
		for pattern, page := range pages {
			mux.HandleFunc(pattern, page)
		}
		return server(t, mux)
	}
	broken := fixtures.TGI("/repository", true)
	info := map[string]http.HandlerFunc{"GET /info": broken.ServeHTTP, "GET /health": broken.ServeHTTP}
	failing := func(status int) string {
		return server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/v1/models" {
				w.WriteHeader(status)
				return
			}
			broken.ServeHTTP(w, q)
		}))
	}
	const one = `{"data":[{"id":"a"}]}`
	runRows(t, "llm", []row{
		{name: "tgi by the name in requests", options: options{"backend": "hf", "base_url": hf(one, info), "model": "a"}, says: "has a"},
		{name: "tgi, models refused", options: options{"backend": "hf", "base_url": failing(401), "model": "a"}, status: abi.Unhealthy, says: "answered 401"},
		{name: "tgi, models broken", options: options{"backend": "hf", "base_url": failing(500), "model": "a"}, status: abi.Unhealthy, says: "answered 500"},
		{name: "a model is being loaded", options: options{"backend": "hf", "base_url": hf(one, map[string]http.HandlerFunc{"GET /info": http.NotFound, "GET /v1/models": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"error":{"code":503,"message":"Loading model"}}`)
		}}), "model": "a"}, status: abi.Unhealthy, says: `answered 503: it is not available, such as while it starts or is overloaded ("Loading model"); wait`},
		{name: "tgi without models", options: options{"backend": "hf", "base_url": failing(404), "model": "a"}, status: abi.Degraded, says: "does not have a"},
		{name: "info is a large page", options: options{"backend": "hf", "base_url": hf(one, map[string]http.HandlerFunc{"GET /info": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("<p>", 1<<20))
		}}), "model": "a"}, says: "has a"},
		{name: "pages of models", options: options{"backend": "hf", "base_url": hf(`{"data":[{"id":"a"}],"has_more":true}`, nil), "model": "b"}, status: abi.Unknown, says: "several pages"},
		{name: "ollama", options: options{"base_url": ollama, "model": "llama3.2"}, says: "0.12.6 has llama3.2", details: []string{"version", "models"}, metrics: []string{"models"}},
		{name: "ollama, any model", options: options{"base_url": ollama + "/"}, says: "has 2 models"},
		{name: "model missing", options: options{"base_url": ollama, "model": "phi4"}, status: abi.Degraded, says: "does not have phi4; it has llama3.2:latest, mistral:7b; run `ollama pull phi4`"},
		{name: "other tag", options: options{"base_url": ollama, "model": "mistral"}, status: abi.Degraded, says: "mistral:7b"},
		{name: "no models", options: options{"base_url": server(t, fixtures.Ollama()), "model": "phi4"}, status: abi.Degraded, says: "has no models"},
		{name: "not ollama", options: options{"base_url": tgi}, status: abi.Unhealthy, says: "answered 404"},
		{name: "refused", options: options{"base_url": refused}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "silent", options: options{"base_url": "http://" + fixtures.Hang(t)}, config: soon(), status: abi.Unhealthy, says: "did not answer in time"},
		{name: "tgi", options: options{"backend": "hf", "base_url": tgi, "model": "mistralai/Mistral-7B-v0.1"}, says: "TGI at"},
		{name: "tgi, another model", options: options{"backend": "hf", "base_url": tgi, "model": "gpt2"}, status: abi.Degraded, says: "mistralai/Mistral-7B-v0.1"},
		{name: "tgi not ready", options: options{"backend": "hf", "base_url": server(t, fixtures.TGI("gpt2", false))}, status: abi.Unhealthy, says: `not healthy: "unhealthy"`},
		{name: "tgi refused", options: options{"backend": "hf", "base_url": refused}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "openai", options: options{"backend": "hf", "base_url": openai + "/v1", "api_key": "sk-12345678", "model": "gpt-4o-mini"}, says: "has gpt-4o-mini"},
		{name: "openai, wrong key", options: options{"backend": "hf", "base_url": openai, "api_key": "sk-wrong"}, status: abi.Unhealthy, says: "api_key is missing, wrong"},
		{name: "openai, another model", options: options{"backend": "hf", "base_url": openai, "api_key": "sk-12345678", "model": "o3"}, status: abi.Degraded, says: "gpt-4o-mini"},
	})
}

// Names are compared by the rules of their registry, and every name that a
// server gives is looked at.
func TestModelNames(t *testing.T) {
	for _, r := range []struct {
		a, b string
		want bool
	}{
		{"llama3.2", "llama3.2:latest", true},
		{"x:latest", "X", true},
		{"library/x", "x", true},
		{"registry.ollama.ai/library/x:latest", "x", true},
		{"x:7b", "x", false},
		{"x:7B-q4_K_M", "x:7b-Q4_k_m", true},
		{"me/x", "x", false},
		{"localhost:5000/me/x", "localhost:5000/me/x:latest", true},
		{"hf.co/Org/Model:Q4", "huggingface.co/org/model:q4", true},
		{"https://ollama.com/library/x", "x", true},
		{"", "x", false},
	} {
		if got := sameOllama(r.a, r.b); got != r.want {
			t.Errorf("Ollama: %s and %s: %v", r.a, r.b, got)
		}
	}
	for _, r := range []struct {
		a, b string
		want bool
	}{
		{"mistralai/Mistral-7B", "MistralAI/mistral-7b", true},
		{"https://huggingface.co/a/b/", "a/b", true},
		{"models/gemini-pro", "gemini-pro", true},
		{"/data/models--mistralai--Mistral-7B/snapshots/abc", "mistralai/Mistral-7B", true},
		{"a/b", "b", false},
		{"gpt-4o", "gpt-4o-mini", false},
		{"x:latest", "x", false},
	} {
		if got := sameHuggingFace(r.a, r.b); got != r.want {
			t.Errorf("Hugging Face: %s and %s: %v", r.a, r.b, got)
		}
	}
	local := http.NewServeMux()
	local.Handle("/", fixtures.TGI("/repository", true))
	local.Handle("/v1/models", fixtures.OpenAI("", "mistralai/Mistral-7B"))
	broken := http.NewServeMux()
	broken.Handle("/", fixtures.TGI("/repository", true))
	broken.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"data":[`))
	})
	runRows(t, "llm", []row{
		{name: "another case", options: options{"base_url": server(t, fixtures.Ollama("Llama3.2:Latest")), "model": "library/llama3.2"}, says: "has library/llama3.2"},
		{name: "tgi, a directory", options: options{"backend": "hf", "base_url": server(t, local), "model": "mistralai/mistral-7b"}, says: "has mistralai/mistral-7b"},
		{name: "tgi, neither name", options: options{"backend": "hf", "base_url": server(t, local), "model": "gpt2"}, status: abi.Degraded, says: "it has /repository, mistralai/Mistral-7B"},
		{name: "tgi, the list is cut off", options: options{"backend": "hf", "base_url": server(t, broken), "model": "gpt2"}, status: abi.Unhealthy, says: "closed the connection"},
	})
}

// An answer that could not be read is not one without the field.
func TestAnswerThatIsCutOff(t *testing.T) {
	cut := server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = w.Write([]byte(`{"version":"1","message":"x","ok":true,"query_credits":1`))
	}))
	failing := server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"error":"database is locked"}`)) }))
	const says = "closed the connection"
	runRows(t, "llm", []row{
		{name: "ollama", options: options{"base_url": cut}, status: abi.Unhealthy, says: says},
		{name: "hf", options: options{"backend": "hf", "base_url": cut}, status: abi.Unhealthy, says: says},
		{name: "an error with status 200", options: options{"base_url": failing}, status: abi.Unhealthy, says: `answered with an error: "database is locked"`},
	})
	runRows(t, "osint", []row{
		{name: "shodan", options: options{"shodan_key": "shodan-key-1", "shodan_url": cut}, status: abi.Unhealthy, says: says},
		{name: "hunter", options: options{"hunter_key": "hunter-key-1", "hunter_url": cut}, status: abi.Unhealthy, says: says},
	})
	runRows(t, "slack", []row{{name: "token", options: options{"bot_token": "xoxb-1", "base_url": cut}, status: abi.Unhealthy, says: says}})
	runRows(t, "home_assistant", []row{{name: "api", options: options{"base_url": cut, "token": "good-token"}, status: abi.Unhealthy, says: says}})
}

func TestDatabase(t *testing.T) {
	answer := func(rows sdktest.Rows, err error, after time.Duration) sdktest.Config {
		return sdktest.Config{SQL: func(database, query string) (sdktest.Rows, error) {
			if database != "app" || query == "" {
				t.Errorf("query %q on database %q", query, database)
			}
			time.Sleep(after)
			return rows, err
		}}
	}
	one := sdktest.Rows{{42}}
	app := options{"database": "app"}
	runRows(t, "database", []row{
		{name: "up", options: app, config: answer(one, nil, 0), says: "database.app returned 1 row in", details: []string{"rows"}, metrics: []string{"query_time", "rows", "value"}},
		{name: "null", options: app, config: answer(sdktest.Rows{{nil}}, nil, 0), says: "returned 1 row"},
		{name: "too few rows", options: options{"database": "app", "query": "SELECT * FROM jobs", "min_rows": 2}, config: answer(one, nil, 0), status: abi.Unhealthy, says: "returned 1 row, fewer than min_rows = 2"},
		{name: "slow", options: options{"database": "app", "max_latency": 10 * time.Millisecond}, config: answer(one, nil, 30*time.Millisecond), status: abi.Degraded, says: "longer than max_latency"},
		{name: "rejected", options: app, config: answer(nil, errors.New(`password authentication failed for user "app"`), 0), status: abi.Unhealthy, says: "password authentication failed"},
		{name: "rejected login", options: app, config: answer(nil, errors.New(`database "app": Access denied for user 'app' (SQLSTATE 28000)`), 0), status: abi.Unhealthy, says: "database.app did not answer the query: Access denied for user 'app' (SQLSTATE 28000)"},
		{name: "denied", options: app, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}

func TestWebSearch(t *testing.T) {
	page := func(results int, limited bool) string {
		return server(t, fixtures.DuckDuckGo(results, limited)) + "/html/"
	}
	runRows(t, "web_search", []row{
		{name: "found", options: options{"base_url": page(10, false), "query": "monitoring & alerting"}, says: "found 10 results in", details: []string{"results"}, metrics: []string{"results", "response_time"}},
		{name: "nothing", options: options{"base_url": page(0, false)}, status: abi.Degraded, says: "found nothing"},
		{name: "limited", options: options{"base_url": page(0, true)}, status: abi.Unknown, says: "takes vega for a bot"},
		{name: "gone", options: options{"base_url": server(t, http.NotFoundHandler())}, status: abi.Unhealthy, says: "answered 404"},
		{name: "refused", options: options{"base_url": "http://" + fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
}

func TestOSINT(t *testing.T) {
	shodan := server(t, fixtures.Shodan("shodan+key/1", 100, 90))
	poor := server(t, fixtures.Shodan("shodan+key/1", 3, 90))
	unlimited := server(t, fixtures.Shodan("shodan+key/1", -1, -1))
	hunter := server(t, fixtures.Hunter("hunter-key", 100, 10))
	spent := server(t, fixtures.Hunter("hunter-key", 495, 10))
	both := func(shodan, hunter string) options {
		return options{"shodan_key": "shodan+key/1", "shodan_url": shodan, "hunter_key": "hunter-key", "hunter_url": hunter}
	}
	runRows(t, "osint", []row{
		{
			name: "both", options: both(shodan, hunter), says: "Shodan (dev) accepts the key; left: 100 query, 90 scan; Hunter (Starter) accepts the key; left: 400 search, 990 verification",
			details: []string{"shodan_plan", "hunter_plan", "hunter_reset"}, metrics: []string{"shodan_query_left", "hunter_search_left"},
		},
		{name: "unlimited", options: options{"shodan_key": "shodan+key/1", "shodan_url": unlimited}, says: "left: unlimited query, unlimited scan"},
		{name: "one is low", options: both(poor, hunter), status: abi.Degraded, says: "few credits left: 3 query"},
		{name: "the other is low", options: both(shodan, spent), status: abi.Degraded, says: "few credits left: 5 search"},
		{name: "wrong shodan key", options: options{"shodan_key": "wrong-key", "shodan_url": shodan}, status: abi.Unhealthy, says: "shodan_key is missing, wrong"},
		{name: "wrong hunter key", options: options{"hunter_key": "wrong-key", "hunter_url": hunter}, status: abi.Unhealthy, says: "hunter_key is missing, wrong"},
		{name: "one is down", options: both("http://"+fixtures.Refused(t), hunter), status: abi.Unhealthy, says: "Shodan refuses the connection"},
		{name: "no key", options: options{}, status: abi.Unknown, says: "set one of them"},
	})
}

func TestSlack(t *testing.T) {
	hooks := &fixtures.SlackHooks{Hooks: map[string]string{
		"/services/live": "", "/services/archived": "channel_is_archived", "/services/removed": "no_service",
		"/services/forbidden": "action_prohibited", "/services/broken": "rollup_error", "/services/odd": "no_team",
	}}
	hook := server(t, hooks) + "/services/"
	api := server(t, fixtures.SlackAPI("xoxb-good", "invalid_auth")) + "/api"
	runRows(t, "slack", []row{
		{name: "live", options: options{"webhook_url": hook + "live"}, says: "the Slack webhook is live", details: []string{"webhook_status", "webhook_answer"}},
		{name: "archived", options: options{"webhook_url": hook + "archived"}, status: abi.Unhealthy, says: "is archived"},
		{name: "removed", options: options{"webhook_url": hook + "removed"}, status: abi.Unhealthy, says: "was removed"},
		{name: "never was", options: options{"webhook_url": hook + "never"}, status: abi.Unhealthy, says: "was removed"},
		{name: "forbidden", options: options{"webhook_url": hook + "forbidden"}, status: abi.Unhealthy, says: "has forbidden"},
		{name: "slack is down", options: options{"webhook_url": hook + "broken"}, status: abi.Unhealthy, says: "internal error"},
		{name: "no webhook", options: options{"webhook_url": server(t, site()) + "/ok"}, status: abi.Unhealthy, says: "is not a Slack webhook"},
		{name: "token", options: options{"bot_token": "xoxb-good", "base_url": api}, says: "is bot's, in Subarachnoid Workspace", details: []string{"team", "user"}},
		{name: "wrong token", options: options{"bot_token": "xoxb-bad", "base_url": api}, status: abi.Unhealthy, says: "does not accept bot_token (invalid_auth)"},
		{name: "both", options: options{"webhook_url": hook + "live", "bot_token": "xoxb-bad", "base_url": api}, status: abi.Unhealthy, says: "webhook is live; Slack does not accept"},
		{name: "refused", options: options{"webhook_url": "http://" + fixtures.Refused(t)}, status: abi.Unhealthy, says: "refuses the connection"},
	})
	if n := hooks.Posted.Load(); n != 0 {
		t.Errorf("%d messages were posted", n)
	}
}

func TestHomeAssistant(t *testing.T) {
	running := server(t, fixtures.HomeAssistant("good-token", "RUNNING"))
	runRows(t, "home_assistant", []row{
		{name: "running", options: options{"base_url": running, "token": "good-token"}, says: "2026.4.0 is running", details: []string{"version", "state"}},
		{name: "starting", options: options{"base_url": server(t, fixtures.HomeAssistant("good-token", "STARTING")), "token": "good-token"}, status: abi.Degraded, says: "its state is STARTING"},
		{name: "wrong token", options: options{"base_url": running, "token": "bad-token"}, status: abi.Unhealthy, says: "the token is wrong"},
		{name: "behind a proxy", options: options{"base_url": server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "400: Bad Request", 400)
		})), "token": "good-token"}, status: abi.Unhealthy, says: "set http.use_x_forwarded_for and add the proxy's address to http.trusted_proxies"},
		{name: "another site", options: options{"base_url": server(t, http.NotFoundHandler()), "token": "good-token"}, status: abi.Unhealthy, says: "has no API"},
		{name: "refused", options: options{"base_url": "http://" + fixtures.Refused(t), "token": "good-token"}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "denied", options: options{"base_url": running, "token": "good-token"}, config: deny(), status: abi.Unknown, says: "grant {"},
	})
}

package reach

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// shop is a service with a login, whose token and cookie the other pages need.
func shop() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body) // a part is refused like another password
		if !strings.Contains(string(b), "right") {
			http.Error(w, "wrong password", http.StatusUnauthorized)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1"})
		w.Header().Set("X-Order", "77")
		_, _ = io.WriteString(w, `{"data":{"token":"t0k3n"}}`)
	})
	mux.HandleFunc("POST /other", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":{"token":"old"}}`) })
	mux.HandleFunc("POST /empty", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"data":{}}`) })
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("session")
		if err != nil || cookie.Value != "s1" || r.Header.Get("Authorization") != "Bearer t0k3n" {
			http.Error(w, "log in first", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"name":"ann"}`)
	})
	mux.HandleFunc("GET /orders/77", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"state":"open"}`) })
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) })
	mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	return mux
}

// TestFlow logs in, and uses what the login returns.
func TestFlow(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(shop())
	t.Cleanup(web.Close)
	through := "http://" + realtest.Nginx(t, nil, fmt.Sprintf("location / { proxy_pass %s; }", web.URL))
	login := func(at, path, password string) string {
		return fmt.Sprintf(`      { name = "login", url = "%s%s", method = "POST", body = "{\"password\":\"%s\"}", take = { token = "json: data.token" } },`, at, path, password)
	}
	me := func(at string) string {
		return fmt.Sprintf(`      { name = "me", url = "%s/me", headers = { Authorization = "Bearer {token}" }, expect_json = { "name" = "ann" } },`, at)
	}
	last := func(path string) string { return fmt.Sprintf(`      { name = "last", url = "%s%s" },`, web.URL, path) }
	steps := func(all ...string) string { return "    steps = [\n" + strings.Join(all, "\n") + "\n    ]" }
	check(t, "flow", place{}, []row{
		{does: "logs in, and answers", config: steps(login(web.URL, "/login", "right"), me(web.URL)), status: "healthy", message: "2 steps"},
		{does: "nginx in front of it", config: steps(login(through, "/login", "right"), me(through)), status: "healthy", message: "2 steps"},
		{does: "refuses the password", config: steps(login(web.URL, "/login", "wrong"), me(web.URL)), status: "unhealthy", cause: "target", message: "(login)"},
		{does: "returns no token", config: steps(login(web.URL, "/empty", "right"), me(web.URL)), status: "unhealthy", cause: "target", message: "token"},
		{does: "refuses the second step", config: steps(login(web.URL, "/other", "right"), me(web.URL)), status: "unhealthy", cause: "target", message: "(me)"},
		{does: "answers the last step with 500", config: steps(login(web.URL, "/login", "right"), me(web.URL), last("/broken")), status: "unhealthy", cause: "target", message: "(last)"},
		{does: "does not answer the last step in time", lets: true, config: steps(login(web.URL, "/login", "right"), last("/slow")), status: "unhealthy", cause: "timeout", message: "(last)"},
		{does: "redirects in a circle", config: steps(last("/loop")), status: "unhealthy", cause: "target", message: "(last)"},
		{does: "port closed", config: steps(fmt.Sprintf(`{ name = "first", url = "http://%s/" }`, closed(t))), status: "unhealthy", cause: "target", message: "(first)"},
	})
}

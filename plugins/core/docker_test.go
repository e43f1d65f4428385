//go:build linux && !wasip1

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/sdk/abi"
)

// socketDir returns a directory with a short path.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-docker-") //nolint:usetesting // that of a test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// overSocket serves HTTP over a socket.
func overSocket(t *testing.T, h http.Handler) (path string) {
	t.Helper()
	path = filepath.Join(socketDir(t), "api.sock")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return path
}

// The shapes are those of Docker's Engine API, version 1.47 (ContainerInspect and
// ContainerList): https://docs.docker.com/reference/api/engine/version/v1.47/
const (
	inspected = `{"Id":"ba033ac44011","Name":"/%s","RestartCount":%d,"State":{"Status":%q,"Running":%t,"Paused":false,"Restarting":false,"OOMKilled":%t,"Dead":false,"Pid":1234,"ExitCode":%d,"Error":"","StartedAt":"2020-01-06T09:06:59.461876391Z","FinishedAt":"2020-01-06T09:07:59.461876391Z"%s}}`
	sick      = `,"Health":{"Status":"unhealthy","FailingStreak":4,"Log":[{"Start":"2019-12-22T10:59:05.6385933Z","End":"2019-12-22T10:59:05.8078452Z","ExitCode":1,"Output":"no answer\n"}]}`
	listed    = `{"Id":"8dfafdbc3a40","Names":["/%s"],"Image":"ubuntu:latest","State":"running","Status":"Up 5 minutes"}`
)

// dockerAPI answers as Docker does, and refuses what a check must not send.
func dockerAPI(t *testing.T, sickOnes, restarting string) http.Handler {
	list := func(names string) string {
		var all []string
		for _, n := range strings.Fields(names) {
			all = append(all, fmt.Sprintf(listed, n))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Host != "localhost" || r.ContentLength > 0 {
			t.Errorf("%s for %q with %d bytes", r.Method, r.Host, r.ContentLength)
		}
		w.Header().Set("Content-Type", "application/json")
		query := r.URL.Query()
		body := map[string]string{
			"/containers/web/json":    fmt.Sprintf(inspected, "web", 3, "running", true, false, 0, `,"Health":{"Status":"healthy","FailingStreak":0,"Log":[]}`),
			"/containers/plain/json":  fmt.Sprintf(inspected, "plain", 0, "running", true, false, 0, ""),
			"/containers/sick/json":   fmt.Sprintf(inspected, "sick", 0, "running", true, false, 0, sick),
			"/containers/fresh/json":  fmt.Sprintf(inspected, "fresh", 0, "running", true, false, 0, `,"Health":{"Status":"starting","FailingStreak":0,"Log":[]}`),
			"/containers/oom/json":    fmt.Sprintf(inspected, "oom", 0, "exited", false, true, 137, ""),
			"/containers/loop/json":   fmt.Sprintf(inspected, "loop", 12, "restarting", true, false, 1, ""),
			"/containers/paused/json": fmt.Sprintf(inspected, "paused", 0, "paused", true, false, 0, ""),
			`/containers/json?1`:      list("web plain sick oom"), `/containers/json?{"status":["running"]}`: list("web plain sick"),
			`/containers/json?1{"health":["unhealthy"]}`: list(sickOnes), `/containers/json?1{"status":["restarting","dead"]}`: list(restarting),
		}
		key := r.URL.Path
		if key == "/containers/json" {
			key += "?" + query.Get("all") + query.Get("filters")
		}
		if text := body[key]; text != "" {
			_, _ = io.WriteString(w, text)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"message":"No such container: `+strings.Split(key, "/")[2]+`"}`)
	})
}

func TestDocker(t *testing.T) {
	path := overSocket(t, dockerAPI(t, "sick", ""))
	well := overSocket(t, dockerAPI(t, "", ""))
	looping := overSocket(t, dockerAPI(t, "", "loop"))
	page := func(status int, text string) string {
		return overSocket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}))
	}
	var many []string
	for i := range 73 {
		many = append(many, fmt.Sprintf("c%02d", i))
	}
	crowd := overSocket(t, dockerAPI(t, strings.Join(many, " "), ""))
	var spared []any
	for _, name := range many[:60] {
		spared = append(spared, name)
	}
	podman := dockerAPI(t, "", "")
	lastQuery := func(then http.HandlerFunc) string {
		return overSocket(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Query().Get("filters"), "restarting") {
				then(w, r)
				return
			}
			podman.ServeHTTP(w, r)
		}))
	}
	refuses := lastQuery(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	hangsUp := lastQuery(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	names := func(names ...any) options { return options{"socket": path, "containers": names} }
	file := filepath.Join(socketDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	counted := []string{"containers_running", "containers_stopped", "containers_unhealthy"}
	runRows(t, "docker", []row{
		{name: "all", options: options{"socket": well}, says: "3 of 4 containers run", metrics: counted},
		{name: "one is sick", options: options{"socket": path}, status: abi.Degraded, says: "3 of 4 containers run; the health check fails of sick; look", metrics: counted},
		{name: "it is ignored", options: options{"socket": path, "ignore": []any{"sick"}}, says: "3 of 4 containers run"},
		{name: "one restarts", options: options{"socket": looping}, status: abi.Degraded, says: "restarting or dead: loop"},
		{name: "many are sick", options: options{"socket": crowd}, status: abi.Degraded, says: "the health check fails of c00, c01, c02, c03, c04, c05, c06, c07, c08, c09 and 63 more; look"},
		{name: "most are ignored", options: options{"socket": crowd, "ignore": spared}, status: abi.Degraded, says: "c60, c61, c62, c63, c64, c65, c66, c67, c68, c69 and 3 more; look"},
		{name: "podman refuses a filter", options: options{"socket": refuses}, says: "3 of 4 containers run"},
		{name: "it breaks off at the last query", options: options{"socket": hangsUp}, status: abi.Unhealthy, says: "closed"},
		{name: "named", options: names("web", "plain"), says: "web, plain as expected", metrics: append(counted, "restarts")},
		{name: "missing", options: names("web", "gone"), status: abi.Unhealthy, says: `has no container "gone"`},
		{name: "a name with a path", options: names("../json"), status: abi.Unhealthy, says: "no container"},
		{name: "health check fails", options: names("sick", "web"), status: abi.Unhealthy, says: `container sick runs, but its health check fails (4 in a row): "no answer"`},
		{name: "health check pending", options: names("fresh"), status: abi.Degraded, says: "runs since 2020-01-06T09:06:59Z, but its health check has not passed yet"},
		{name: "out of memory", options: names("oom"), status: abi.Unhealthy, says: `is "exited" since 2020-01-06T09:07:59Z with exit code 137, because it ran out of memory (OOM); look`, details: []string{"exit_code"}},
		{name: "restarting", options: names("loop"), status: abi.Unhealthy, says: `is "restarting"`},
		{name: "paused", options: names("paused"), status: abi.Unhealthy, says: `is "paused"`},
		{name: "two are wrong", options: names("oom", "fresh"), status: abi.Unhealthy, says: "; container fresh"},
		{name: "restarts", options: options{"socket": path, "containers": []any{"web"}, "max_restarts": 2}, status: abi.Degraded, says: "was restarted 3 times, more than max_restarts = 2"},
		{name: "few restarts", options: options{"socket": path, "containers": []any{"web"}, "max_restarts": 3}, says: "as expected"},
		{name: "no socket", options: options{"socket": path + "2"}, status: abi.Unhealthy, says: path + "2: connect: no such file or directory; start the service, or correct socket"},
		{name: "not a socket", options: options{"socket": file}, status: abi.Unhealthy, says: file},
		{name: "another service", options: options{"socket": page(200, "<h1>It works</h1>")}, status: abi.Unhealthy, says: "does not answer as Docker or Podman do; correct socket"},
		{name: "another API", options: options{"socket": page(200, `{"error":"no such page"}`)}, status: abi.Unhealthy, says: `answered with an error: "no such page"`},
		{name: "another API, named", options: options{"socket": page(404, "not found"), "containers": []any{"web"}}, status: abi.Unhealthy, says: "does not answer as Docker"},
		{name: "a proxy that refuses", options: options{"socket": page(403, "")}, status: abi.Unhealthy, says: "answered 403: what runs in front of Docker does not allow GET /containers/json"},
		{name: "out of order", options: options{"socket": page(500, `{"message":"shutting down"}`)}, status: abi.Unhealthy, says: "answered 500"},
		{name: "endless", options: options{"socket": page(200, "["+strings.Repeat(`"x",`, 3<<20)+`"x"]`)}, status: abi.Unknown, says: "answered with more than this probe reads"},
		{name: "cut off", options: options{"socket": page(200, `[{"Names":["/a"`)}, status: abi.Unhealthy, says: "correct socket"},
		{name: "silent", config: soon(), options: options{"socket": overSocket(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))}, status: abi.Unhealthy, says: "did not answer in time"},
		{name: "silent in the body", config: soon(), options: options{"socket": overSocket(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "[")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))}, status: abi.Unhealthy, says: "did not answer in time"},
		{name: "by URL, refused", options: options{"url": "http://127.0.0.1:1"}, status: abi.Unhealthy, says: "Docker's API at http://127.0.0.1:1 refuses the connection"},
	})
}

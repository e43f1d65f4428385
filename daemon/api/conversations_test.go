package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"vega/store/sqlite"
)

// ask sends a request with a valid key and returns the decoded answer.
func ask(t *testing.T, method, url, body string) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &answer); err != nil {
			t.Fatalf("%v: %.300s", err, b)
		}
	}
	return resp.StatusCode, answer
}

// withStore serves an API with a new store.
func withStore(t *testing.T) (url string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	url, _ = serve(t, &fake{store: s}, ServerOptions{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return url
}

func TestConversationsOverHTTP(t *testing.T) {
	url := withStore(t)
	long := strings.Repeat("\u00e9\n", 4<<20) // 12 MiB, 20 in JSON
	sent, err := json.Marshal(map[string]any{"session_id": "s1", "source": "cli", "prompt": long, "response": "r", "ts": "2026-01-02T03:04:05.678901Z"})
	if err != nil {
		t.Fatal(err)
	}
	status, kept := ask(t, "POST", url+"/v1/conversations", string(sent))
	if status != 201 || kept["prompt"] != long || kept["ts"] != "2026-01-02T03:04:05.678901Z" || kept["reviewed"] != false {
		t.Fatalf("%d, ts %v", status, kept["ts"])
	}
	for i := range 4 {
		if status, got := ask(t, "POST", url+"/v1/conversations", fmt.Sprintf(`{"session_id":"s2","source":"web","prompt":"p%d","response":"r"}`, i)); status != 201 {
			t.Fatalf("%d %v", status, got)
		}
	}
	if status, got := ask(t, "PATCH", url+"/v1/conversations/3", `{"reviewed":true}`); status != 200 || got["reviewed"] != true {
		t.Errorf("%d %v", status, got)
	}
	prompts := func(query string) (all []string) {
		for cursor := ""; ; {
			status, page := ask(t, "GET", url+"/v1/conversations?limit=2"+query+cursor, "")
			if status != 200 {
				t.Fatalf("%d %v", status, page)
			}
			for _, c := range page["conversations"].([]any) {
				all = append(all, c.(map[string]any)["prompt"].(string))
			}
			next := page["next"].(string)
			if next == "" {
				return all
			}
			cursor = "&cursor=" + next
		}
	}
	for query, want := range map[string]string{
		"&session=s2": "p3 p2 p1 p0", "&source=web&reviewed=false": "p3 p2 p0", "&reviewed=true": "p1", "&session=nobody": "",
	} {
		if got := strings.Join(prompts(query), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if status, got := ask(t, "DELETE", url+"/v1/conversations/3", ""); status != 204 || got != nil {
		t.Errorf("%d %v", status, got)
	}
	if status, _ := ask(t, "GET", url+"/v1/conversations/3", ""); status != 404 {
		t.Error(status)
	}
	if got := strings.Join(prompts("&session=s2"), " "); got != "p3 p2 p0" {
		t.Error(got)
	}
}

// TestInvalidRequests checks what the routes of conversations and memories reject.
func TestInvalidRequests(t *testing.T) {
	url := withStore(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"POST", "/v1/conversations", `{"source":"x","prompt":"p","response":"r"}`, 400, "session_id: must not be empty"},
		{"POST", "/v1/conversations", `{"session_id":"s","source":"x","promt":"p"}`, 400, `unknown field "promt"`},
		{"POST", "/v1/conversations", `{"session_id":"s","source":"x","prompt":"a\u0000b"}`, 400, "prompt: must not contain a NUL byte"},
		{"POST", "/v1/conversations", `{"session_id":"s","source":"x","ts":"0001-01-02T00:00:00Z"}`, 400, "ts: must be within"},
		{"POST", "/v1/conversations", `{} {}`, 400, "unexpected data after the JSON object"},
		{"POST", "/v1/conversations", `[`, 400, "invalid body"},
		{"POST", "/v1/conversations", ``, 415, "Content-Type: application/json"},
		{"GET", "/v1/conversations?limit=0", ``, 400, "between 1 and 500"},
		{"GET", "/v1/conversations?limit=many", ``, 400, "not a whole number"},
		{"GET", "/v1/conversations?reviewed=1", ``, 400, "is not true or false"},
		{"GET", "/v1/conversations?cursor=AAAA", ``, 400, "cursor: does not belong to this query"},
		{"GET", "/v1/conversations?sesion=x", ``, 400, "unknown parameter"},
		{"GET", "/v1/conversations/7", ``, 404, "conversation 7"},
		{"GET", "/v1/conversations/x", ``, 404, "a positive number"},
		{"PATCH", "/v1/conversations/7", `{"reviewed":true}`, 404, "conversation 7"},
		{"PATCH", "/v1/conversations/7", `{}`, 400, `send {"reviewed"`},
		{"PATCH", "/v1/conversations/7", `{"reviewed":true,"x":"` + strings.Repeat("x", maxPatch) + `"}`, 413, "exceeds the limit of 4096"},
		{"DELETE", "/v1/conversations/7", ``, 404, "conversation 7"},
		{"DELETE", "/v1/conversations/0", ``, 404, "a positive number"},
		{"DELETE", "/v1/conversations/7?force=true", ``, 400, "has no parameters"},
		{"DELETE", "/v1/conversations/7", strings.Repeat("x", maxBody+1), 413, "exceeds the limit of 1048576"},
		{"DELETE", "/v1/conversations", ``, 405, "use "},
		{"GET", "/v1/memories/none", ``, 404, `memory "none"`},
		{"PUT", "/v1/memories/k", `{}`, 400, `send {"value"`},
		{"PUT", "/v1/memories/" + strings.Repeat("k", 257), `{"value":"v"}`, 400, "key: 257 bytes exceed"},
		{"DELETE", "/v1/memories/none", ``, 404, `memory "none"`},
	} {
		status, got := ask(t, c.method, url+c.path, c.body)
		if detail, _ := got["detail"].(string); status != c.status || !strings.Contains(detail, c.detail) {
			t.Errorf("%s %.60s %.60s: %d %v, want %d %q", c.method, c.path, c.body, status, got, c.status, c.detail)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/conversations", bytes.NewReader(make([]byte, maxConversation+1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	r.ContentLength = -1 // unknown length
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Error(resp.Status)
		}
	}
}

func TestMemoriesOverHTTP(t *testing.T) {
	url := withStore(t)
	for k, plain := range map[string]string{"a": "a", "b%2Fc": "b/c", "+%25": "+%", "a+b%2Fc": "a+b/c"} {
		if status, got := ask(t, "PUT", url+"/v1/memories/"+k, `{"value":"1"}`); status != 200 || got["value"] != "1" || got["key"] != plain {
			t.Errorf("%s: %d %v; want the key %q", k, status, got, plain)
		}
	}
	if status, got := ask(t, "PUT", url+"/v1/memories/a", `{"value":"2"}`); status != 200 || got["value"] != "2" {
		t.Errorf("%d %v", status, got)
	}
	if status, got := ask(t, "GET", url+"/v1/memories?after=%2B%25", ""); status != 200 || len(got["memories"].([]any)) != 3 {
		t.Errorf("%d %v", status, got)
	}
	if status, _ := ask(t, "DELETE", url+"/v1/memories/a", ""); status != 204 {
		t.Error(status)
	}
	if status, _ := ask(t, "GET", url+"/v1/memories/a", ""); status != 404 {
		t.Error(status)
	}
}

package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestBodies sends bodies that clients really send, right and wrong. A field is
// never lost or changed silently.
func TestBodies(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(`{}`)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	const (
		plain = "application/json"
		rest  = `"source":"cli","response":"r"}`
	)
	url := withStore(t)
	for _, tt := range []struct {
		kind, coding, body string
		status             int
		want               string // the prompt or the detail
	}{
		{plain, "", `{"session_id":"s","prompt":"é",` + rest, 201, "é"},
		{plain + "; charset=UTF-8", "identity", `{"session_id":"s","prompt":"p",` + rest, 201, "p"},
		{plain, "", "\ufeff" + `{"session_id":"s","prompt":"p","model":null,"ts":null,` + rest, 201, "p"},
		{plain, "", ` {"session_id" : "s" , "prompt":"p","ts":"2026-01-02T03:04:05+05:30",` + rest + "\r\n", 201, "p"},
		{plain + "; charset=iso-8859-1", "", `{}`, 415, `the charset is "iso-8859-1"`},
		{plain, "gzip", zipped.String(), 415, `the Content-Encoding is "gzip"`},
		{"application/merge-patch+json", "", `{}`, 415, "Content-Type: application/json"},
		{plain, "", `{"session_id":"s","prompt":"p` + "\xff" + `",` + rest, 400, "invalid body: prompt is not valid UTF-8"},
		{plain, "", `{"session_id":"s","pro` + "\xff" + `mpt":"p",` + rest, 400, "unknown field"},
		{plain, "", ``, 400, "invalid body: it is empty; send a JSON object"},
		{plain, "", "\ufeff", 400, "it is empty"},
		{plain, "", `{"session_id":"s"`, 400, "the JSON ends before it is complete"},
		{plain, "", `{"session_id":"s`, 400, "the JSON ends before it is complete"},
		{plain, "", `{"session_id":"s","prompt":"p",}`, 400, "invalid character '}'"},
		{plain, "", `{"session_id":'s'}`, 400, "invalid character"},
		{plain, "", `null`, 400, "it is not a JSON object"},
		{plain, "", `[{}]`, 400, "it is not a JSON object"},
		{plain, "", `{5:1}`, 400, "invalid character '5'"},
		{plain, "", `{"Prompt":"p"}`, 400, `unknown field "Prompt"; this route accepts model, prompt, response, reviewed, session_id, source, ts`},
		{plain, "", `{"prompt":"p","prompt":"q"}`, 400, `the field "prompt" is given twice`},
		{plain, "", `{"prompt":5}`, 400, "prompt must be a string"},
		{plain, "", `{"prompt":{"text":"p"}}`, 400, "prompt must be a string"},
		{plain, "", `{"reviewed":"true"}`, 400, "reviewed must be true or false"},
		{plain, "", `{"ts":1767366245}`, 400, "ts must be a time in RFC 3339"},
		{plain, "", `{"ts":"2026-01-02"}`, 400, "ts must be a time in RFC 3339"},
		{plain, "", `{"prompt":` + strings.Repeat("[", 20000), 400, "exceeded max depth"},
	} {
		r := request(t, "POST", url+"/v1/conversations", strings.NewReader(tt.body))
		r.Header.Set(keyHeader, key)
		r.Header.Set(typeHeader, tt.kind)
		if tt.coding != "" {
			r.Header.Set("Content-Encoding", tt.coding)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Prompt, Detail string }
		err = json.NewDecoder(res.Body).Decode(&got)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || tt.status < 400 && got.Prompt != tt.want || !strings.Contains(got.Prompt+got.Detail, tt.want) {
			t.Errorf("%s %s %.80q: %v %d %q", tt.kind, tt.coding, tt.body, err, res.StatusCode, got.Prompt+got.Detail)
		}
		if tt.coding == "gzip" && res.Header.Get("Accept-Encoding") != "identity" {
			t.Error("the answer does not say which encodings are accepted")
		}
	}
}

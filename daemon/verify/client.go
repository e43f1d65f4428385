package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

const (
	maxAnswer  = 64 << 20         // bytes
	changeTime = 15 * time.Second // for a request that changes something, which is not cut off
)

// Client is how the daemon is asked.
type Client struct {
	URL  string // scheme, host and port
	Key  string
	HTTP *http.Client
}

// request is one to the daemon.
type request struct {
	method, path string
	key          string // "" for none
	id           string // of correlation
	body         string // "" for none, else JSON
	header       [2]string
}

// answer is what came back.
type answer struct {
	request
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

func (c *Client) send(ctx context.Context, r request) (answer, error) {
	var body io.Reader = http.NoBody
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, c.URL+r.path, body)
	if err != nil {
		return answer{}, err
	}
	if r.key != "" {
		q.Header.Set("X-API-Key", r.key)
	}
	if r.body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	if r.header[0] != "" {
		q.Header.Set(r.header[0], r.header[1])
	}
	q.Header.Set("X-Correlation-ID", r.id)
	began := time.Now()
	res, err := c.HTTP.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{request: r, status: res.StatusCode, header: res.Header}
	a.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	a.took = time.Since(began)
	return a, err
}

// is reports an answer of another status as a failure.
func (a answer) is(status int) error {
	if a.status == status {
		return nil
	}
	return &failure{
		expected: fmt.Sprintf("%s %s to answer %d", a.method, a.path, status),
		seen:     a.String(),
		fix:      "look for correlation ID " + a.id + " in the daemon's log",
	}
}

// String is the status, and the detail of a problem.
func (a answer) String() string {
	var p problem
	if a.decode(&p) != nil || p.Detail == "" {
		return fmt.Sprint(a.status)
	}
	return fmt.Sprintf("%d: %s", a.status, clip(p.Detail))
}

// decode reads the JSON of an answer.
func (a answer) decode(into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		return &failure{
			expected: fmt.Sprintf("%s %s to answer with JSON", a.method, a.path),
			seen:     fmt.Sprintf("%s (%v)", clip(string(bytes.ToValidUTF8(a.body, []byte("?")))), err),
		}
	}
	return nil
}

// kind is the media type.
func (a answer) kind() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return "none"
	}
	return kind
}

// clip keeps what the daemon says within a line.
func clip(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + " …"
	}
	return s
}

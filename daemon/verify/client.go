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

	"vega/policies/check"
)

const (
	maxAnswer     = 64 << 20         // bytes
	changeTimeout = 15 * time.Second // for a request that changes something
)

// Client sends requests to the daemon.
type Client struct {
	URL  string // scheme, host, port, and the path of a proxy
	Key  string
	HTTP *http.Client
}

// request is a request to the daemon.
type request struct {
	method, path string
	key          string // "" for none
	id           string // correlation ID
	body         string // JSON; "" for none
	header       [2]string
}

// answer is the response to a request.
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

// is returns a failure unless the answer has the status.
func (a answer) is(status int) error {
	if a.status == status {
		return nil
	}
	return &failure{
		expected: fmt.Sprintf("%s %s to answer %d", a.method, a.path, status),
		seen:     a.String(),
		fix:      "search the daemon's log for correlation ID " + a.id,
	}
}

// String returns the status, and the detail of a problem.
func (a answer) String() string {
	var p problem
	if a.decode(&p) != nil || p.Detail == "" {
		return fmt.Sprint(a.status)
	}
	return fmt.Sprintf("%d: %s", a.status, clip(p.Detail))
}

// decode decodes the JSON of an answer.
func (a answer) decode(into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		return &failure{
			expected: fmt.Sprintf("%s %s to answer with JSON", a.method, a.path),
			seen:     fmt.Sprintf("%s (%v)", clip(string(bytes.ToValidUTF8(a.body, []byte("?")))), err),
		}
	}
	return nil
}

// kind returns the media type, "none" if there isn't one.
func (a answer) kind() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return "none"
	}
	return kind
}

// clip shortens what the daemon sent to a part of a line.
func clip(s string) string {
	return check.Clip(check.OneLine(strings.Join(strings.Fields(s), " ")), 200)
}

// plural returns a number with a noun, which gets an s unless it is one.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

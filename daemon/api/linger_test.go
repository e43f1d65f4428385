package api

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestAnswerArrivesBeforeBodyEnds refuses bodies that arrive as slowly as through a
// proxy, on connections that stay open and on those that close with the answer. The
// client can go on sending until it reads the answer: nothing resets the connection.
func TestAnswerArrivesBeforeBodyEnds(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 100, PerClient: 100, Spare: 2}}, nil)
	chunk := strings.Repeat(" ", 16<<10)
	for _, route := range []string{"PATCH /v1/conversations/1 ", "DELETE /v1/conversations/1 ", "PUT /v1/memories/a "} {
		for _, version := range []string{"HTTP/1.0\r\n", "HTTP/1.1\r\nConnection: close\r\n", "HTTP/1.1\r\n"} {
			for _, keyed := range []string{"", withKey} {
				c := h.dial().say(route + version + "Host: v\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n" + keyed + "\r\n")
				for range 100 {
					if _, err := io.WriteString(c, chunk); err != nil {
						t.Errorf("%s%q, key %q: %v", route, version, keyed, err)
						break
					}
					time.Sleep(100 * time.Microsecond)
				}
				if status, _, body := c.hear(); status != http.StatusRequestEntityTooLarge || !strings.HasSuffix(body, "}") {
					t.Errorf("%s%q, key %q: %d %s", route, version, keyed, status, body)
				}
			}
		}
	}
}

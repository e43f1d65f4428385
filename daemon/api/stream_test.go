package api

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"vega/daemon/telemetry"
)

// TestBrokenAnswerIsNotComplete checks that a caller notices an answer whose encoding
// failed after it had begun, and gets a problem if it had not.
func TestBrokenAnswerIsNotComplete(t *testing.T) {
	for _, begun := range []bool{true, false} {
		a := New(&fake{}, telemetry.NewLog(io.Discard, true).Logger)
		router := gin.New()
		router.GET("/", a.recover, a.handle(func(c *gin.Context) error {
			return stream(c, func(w io.Writer) error {
				if begun {
					_, _ = io.WriteString(w, `{"integrations":[`)
					c.Writer.Flush()
				}
				return errors.New("can't be encoded")
			})
		}))
		s := httptest.NewServer(router)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		s.Close()
		if begun && !errors.Is(err, io.ErrUnexpectedEOF) || !begun && (err != nil || answer.StatusCode != http.StatusInternalServerError) {
			t.Errorf("begun %v: %s, %s, %v", begun, answer.Status, body, err)
		}
	}
}

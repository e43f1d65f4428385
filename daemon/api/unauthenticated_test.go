package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// timed is a writer that has a deadline, as that of a connection has.
type timed struct {
	*httptest.ResponseRecorder
	deadline time.Time
	late     bool // something was written after the deadline
}

// SetWriteDeadline is called by http.ResponseController.
func (w *timed) SetWriteDeadline(at time.Time) error {
	w.deadline = at
	return nil
}

func (w *timed) Write(b []byte) (int, error) {
	w.late = w.late || !time.Now().Before(w.deadline)
	return w.ResponseRecorder.Write(b)
}

// TestSlowAnswersArriveWithoutAKey checks that the limit for reading an answer begins when
// there is one: a large status page may take longer than that to be read from the store.
func TestSlowAnswersArriveWithoutAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		answerUnauthenticated(w, httptest.NewRequest(http.MethodGet, "/status/public", nil), func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(3 * unauthenticatedTimeout)
			_, _ = w.Write([]byte("page"))
		})
		if w.late || w.Body.String() != "page" || w.deadline.After(time.Now().Add(unauthenticatedTimeout)) {
			t.Errorf("%q, late: %v, deadline in %v", w.Body, w.late, time.Until(w.deadline))
		}
	})
}

package heartbeat

import (
	"fmt"
	"strings"
	"time"

	"vega/policies/check"
)

// Kind is what a job reports.
type Kind string

// The kinds of pushes.
const (
	Start   Kind = "start"
	Success Kind = "success"
	Fail    Kind = "fail"
)

// The other reasons for a run: vega evaluated the job without a push.
const (
	late      = "late"
	missed    = "missed" // vega was away, and may have missed a push
	evaluated = "evaluation"
)

// MaxMessage is how much of a message is kept, in bytes.
const MaxMessage = 1 << 10

// Event is a push.
type Event struct {
	Kind    Kind
	Exit    *int64 // the exit code of the job; nil: unknown
	Message string
	Took    time.Duration // how long the job took; negative: unknown
}

// Clean makes a message fit for a log, a table or a page, and hides the token that it may
// have been sent with. It is not cut yet: half a secret could not be hidden afterwards.
func Clean(message, token string) string {
	if token != "" {
		message = strings.ReplaceAll(message, token, "[token]")
	}
	return check.OneLine(message)
}

// text describes the push.
func (e *Event) text() string {
	what := map[Kind]string{Start: "the job started", Success: "the job succeeded", Fail: "the job failed"}[e.Kind]
	if e.Exit != nil && *e.Exit != 0 {
		what = fmt.Sprintf("%s with exit code %d", what, *e.Exit)
	}
	switch message := check.Clip(e.Message, MaxMessage-len("…")); {
	case message == "":
		return what
	case e.Kind == Success:
		return message
	default:
		return what + ": " + message
	}
}

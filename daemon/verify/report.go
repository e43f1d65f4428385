package verify

import (
	"context"
	"errors"
	"fmt"
)

// formatVersion is that of a Report's JSON.
const formatVersion = "1.0"

// Report is what came of the checks.
type Report struct {
	FormatVersion string  `json:"format_version"`
	Passed        int     `json:"passed"`
	Failed        int     `json:"failed"`
	Skipped       int     `json:"skipped"`
	Checks        []Check `json:"checks"`
}

// Outcome is what came of a check.
type Outcome string

// The outcomes.
const (
	Pass Outcome = "pass"
	Fail Outcome = "fail"
	Skip Outcome = "skip" // it could not be checked from here, and the reason says why
)

// Check is what came of one check.
type Check struct {
	Name          string  `json:"name"`
	Outcome       Outcome `json:"outcome"`
	DurationMS    float64 `json:"duration_ms"`
	Reason        string  `json:"reason"` // what was seen; of a failure, what was expected too
	Fix           string  `json:"fix"`    // "" but for a failure
	CorrelationID string  `json:"correlation_id"`
}

func (r *Report) add(c Check) {
	r.Checks = append(r.Checks, c)
	switch c.Outcome {
	case Pass:
		r.Passed++
	case Fail:
		r.Failed++
	case Skip:
		r.Skipped++
	}
}

// judge turns how a check ended into its outcome.
func (c *Check) judge(ctx context.Context, f feature, seen string, err error) {
	var skipped *skipError
	var failed *failure
	switch {
	case err == nil:
		c.Outcome, c.Reason = Pass, seen
	case errors.As(err, &failed):
		c.Outcome, c.Reason, c.Fix = Fail, failed.Error(), failed.fix
	case errors.Is(ctx.Err(), context.Canceled):
		c.Outcome, c.Reason = Skip, "interrupted"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		c.Outcome, c.Reason, c.Fix = Fail, "expected it to be done; saw the time run out", "give it longer with --timeout, or see what keeps the daemon"
	case errors.As(err, &skipped):
		c.Outcome, c.Reason = Skip, skipped.reason
	default:
		c.Outcome, c.Reason = Fail, fmt.Sprintf("expected an answer; saw: %v", err)
	}
	if c.Outcome == Fail && c.Fix == "" {
		c.Fix = f.fix
	}
}

// failure is a feature that is broken.
type failure struct {
	expected, seen string
	fix            string // "" for that of the feature
}

// Error says both.
func (f *failure) Error() string { return "expected " + f.expected + "; saw " + f.seen }

// skipError is a feature that can't be checked from here.
type skipError struct{ reason string }

// Error is the reason.
func (e *skipError) Error() string { return e.reason }

func skip(format string, args ...any) error { return &skipError{fmt.Sprintf(format, args...)} }

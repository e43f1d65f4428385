package verify

import (
	"context"
	"errors"
	"fmt"
)

// formatVersion is the version of a Report's JSON.
const formatVersion = "1.0"

// Report is the result of all checks.
type Report struct {
	FormatVersion string  `json:"format_version"`
	Passed        int     `json:"passed"`
	Failed        int     `json:"failed"`
	Skipped       int     `json:"skipped"`
	Checks        []Check `json:"checks"`
}

// Outcome is the outcome of a check.
type Outcome string

// The outcomes.
const (
	Pass Outcome = "pass"
	Fail Outcome = "fail"
	Skip Outcome = "skip" // not possible from here; see the reason
)

// Check is the result of one check.
type Check struct {
	Name          string  `json:"name"`
	Outcome       Outcome `json:"outcome"`
	DurationMS    float64 `json:"duration_ms"`
	Reason        string  `json:"reason"` // what was seen, and for a failure what was expected
	Fix           string  `json:"fix"`    // "" except for a failure
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

// judge sets the outcome from the result of a check.
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
		c.Outcome, c.Reason, c.Fix = Fail, "expected the check to end; saw the timeout", "raise --timeout, or find out why the daemon is slow"
	case errors.As(err, &skipped):
		c.Outcome, c.Reason = Skip, skipped.reason
	default:
		c.Outcome, c.Reason = Fail, fmt.Sprintf("expected an answer; saw: %v", err)
	}
	if c.Outcome == Fail && c.Fix == "" {
		c.Fix = f.fix
	}
}

// failure reports a broken feature.
type failure struct {
	expected, seen string
	fix            string // "" for the default of the feature
}

// Error says what was expected and what was seen.
func (f *failure) Error() string { return "expected " + f.expected + "; saw " + f.seen }

// skipError reports a feature that can't be checked from here.
type skipError struct{ reason string }

// Error returns the reason.
func (e *skipError) Error() string { return e.reason }

func skip(format string, args ...any) error { return &skipError{fmt.Sprintf(format, args...)} }

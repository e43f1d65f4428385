package notify

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter limits the delay that a service can ask for.
const maxRetryAfter = time.Hour

// retryAfter returns the delay that an answer asks for, at most an hour: its header
// Retry-After (RFC 9110, section 10.2.3: seconds or a date), or else the field of the
// body that the service documents. It returns 0 without one that makes sense.
func retryAfter(a *answer) time.Duration {
	text := strings.TrimSpace(a.header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return delay(seconds)
	}
	if at, err := http.ParseTime(text); err == nil {
		return delay(time.Until(at).Seconds())
	}
	var body struct {
		RetryAfter   float64 `json:"retry_after"`    // Discord, in seconds
		RetryAfterMS float64 `json:"retry_after_ms"` // Matrix
		Parameters   struct {
			RetryAfter float64 `json:"retry_after"` // Telegram, in seconds
		} `json:"parameters"`
	}
	if json.Unmarshal(a.body, &body) != nil {
		return 0
	}
	return delay(max(body.RetryAfter, body.RetryAfterMS/1000, body.Parameters.RetryAfter))
}

// delay turns seconds into a delay between 0 and maxRetryAfter.
func delay(seconds float64) time.Duration {
	if math.IsNaN(seconds) || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second)).Round(time.Millisecond)
}

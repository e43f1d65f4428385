package tracing

import (
	"bytes"
	"io"
	"net/http"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// maxAnswer limits how much of a collector's answer is read, in bytes.
const maxAnswer = 64 << 10

// answers reads the answers of a collector, and counts what it rejected of a request that
// it otherwise took.
type answers struct {
	*http.Transport
	signal   string
	rejected func(n int64)
}

// RoundTrip sends a request.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close() // what matters was read
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 && resp.Header.Get("Content-Type") == "application/x-protobuf" {
		if n := a.countRejected(body); n > 0 {
			a.rejected(n)
		}
		body = nil // so that the SDK does not take it for a failure of the whole request
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// countRejected returns how many spans, or data points, a collector rejected.
func (a answers) countRejected(body []byte) int64 {
	var traces tracepb.ExportTraceServiceResponse
	var metrics metricspb.ExportMetricsServiceResponse
	switch {
	case a.signal == "TRACES" && proto.Unmarshal(body, &traces) == nil:
		return traces.GetPartialSuccess().GetRejectedSpans()
	case a.signal == "METRICS" && proto.Unmarshal(body, &metrics) == nil:
		return metrics.GetPartialSuccess().GetRejectedDataPoints()
	default:
		return 0
	}
}

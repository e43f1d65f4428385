package tracing

import (
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

var (
	sdkOnce sync.Once
	latest  atomic.Pointer[Exporter] // that logs what the SDK reports
)

// useSDK makes e log what the SDK reports, which is the same for the whole process.
// Without it, the SDK would write to standard error.
func useSDK(e *Exporter) {
	latest.Store(e)
	sdkOnce.Do(func() {
		otel.SetLogger(logr.Discard())
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			e := latest.Load()
			if !e.sdk.due() {
				return
			}
			var secrets []string
			if p := e.now.Load(); p != nil {
				secrets = p.secrets
			}
			e.options.Log.Warn("OpenTelemetry; this is logged at most once a minute", "problem", e.clean(err, secrets))
		}))
	})
}

package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"vega/daemon/telemetry/metrics"
)

// exposition answers Prometheus.
type exposition struct{ *API }

func (a exposition) routes() []route {
	return []route{{
		method: http.MethodGet, path: "/metrics", scope: Metrics, handler: a.metrics, kind: "text/plain", status: http.StatusOK, answer: textAnswer(""),
		id: "getMetrics", summary: "All metrics, for Prometheus",
		description: "The header Accept chooses between Prometheus' text format, OpenMetrics and protobuf; the answer is compressed if the client accepts gzip. metrics.listen offers the same without a key.",
	}}
}

// metrics answers a scrape.
func (a exposition) metrics(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	err := a.exporter.Scrape(c.Writer, c.Request)
	if errors.Is(err, metrics.ErrBusy) {
		return &problem{status: http.StatusServiceUnavailable, detail: err.Error()}
	}
	return err
}

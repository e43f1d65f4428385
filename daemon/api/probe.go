package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
)

// scraper answers Prometheus in place of blackbox_exporter.
type scraper struct{ *API }

func (a scraper) routes() []route {
	return []route{{
		method: http.MethodGet, path: "/probe", scope: Probe, handler: a.probe, waits: true, kind: "text/plain", status: http.StatusOK, answer: textAnswer(""),
		id: "probe", summary: "Check a target now, for scrape configurations of blackbox_exporter",
		description: "Runs a scrape_module for a target, and answers with metrics in Prometheus' text format. Nothing is stored, and no incident opens. The answer is 200 with probe_success 0 if the target is bad, and 503 if vega can't tell. The check ends half a second before X-Prometheus-Scrape-Timeout-Seconds has passed, and after the timeout of the module at the latest.",
		params: []param{
			{name: "module", doc: "The name of a block scrape_module. Default: http_2xx."},
			{name: "target", doc: "What to check. It must match one of the targets of the module."},
			{name: "debug", kind: booleanParam, doc: "Only false. With true, blackbox_exporter shows the settings of the module, which vega does not."},
		},
	}}
}

const (
	defaultModule = "http_2xx" // that of blackbox_exporter
	// scrapeMargin is how much earlier than the scrape a check ends, so that the answer
	// arrives in time.
	scrapeMargin  = 500 * time.Millisecond
	timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
)

// probe answers a scrape.
func (a scraper) probe(c *gin.Context) error {
	p := a.params(c)
	for name, values := range p.values {
		if len(values) == 1 && values[0] == "" { // as absent, like for blackbox_exporter
			delete(p.values, name)
		}
	}
	q := daemon.ScrapeQuery{Module: p.text("module"), Target: p.text("target")}
	debug := p.boolean("debug")
	if err := p.done(); err != nil {
		return err
	}
	if debug != nil && *debug {
		return badParam("debug", "vega does not show settings and logs here; send the request without it, and search the log for its correlation ID")
	}
	if q.Module == "" {
		q.Module = defaultModule
	}
	if q.Target == "" {
		return &problem{http.StatusBadRequest, "Target parameter is missing"}
	}
	var err error
	if q.Timeout, err = scrapeTimeout(c.GetHeader(timeoutHeader)); err != nil {
		return err
	}
	text, err := a.scrapes.Probe(c.Request.Context(), q)
	if err != nil {
		return scrapeProblem(q, err)
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", text)
	return nil
}

// scrapeTimeout returns how long a check may take, or 0 if the header does not limit it.
func scrapeTimeout(seconds string) (time.Duration, error) {
	if seconds == "" {
		return 0, nil
	}
	s, err := strconv.ParseFloat(seconds, 64)
	if err != nil || math.IsNaN(s) || math.IsInf(s, 0) {
		return 0, &problem{http.StatusBadRequest, fmt.Sprintf("the header %s is %q, which is not a number of seconds", timeoutHeader, seconds)}
	}
	s -= scrapeMargin.Seconds()
	return time.Duration(max(0, min(s, engine.MaxTimeout.Seconds())) * float64(time.Second)), nil
}

// scrapeProblem returns the answer for a scrape without a result.
func scrapeProblem(q daemon.ScrapeQuery, err error) error {
	_, undecided := errors.AsType[*daemon.UndecidedError](err)
	_, unknown := errors.AsType[*daemon.UnknownModuleError](err)
	switch {
	case unknown, errors.Is(err, config.ErrTarget):
		return &problem{http.StatusBadRequest, err.Error()}
	case errors.Is(err, config.ErrNotAllowed):
		return &problem{http.StatusForbidden, fmt.Sprintf("%v; add it to targets of scrape_module %q, if it may be checked", err, q.Module)}
	case undecided, errors.Is(err, engine.ErrBusy), errors.Is(err, engine.ErrClosing):
		return &problem{http.StatusServiceUnavailable, err.Error()}
	default:
		return err
	}
}

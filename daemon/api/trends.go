package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/trends"
)

// trend handles the routes of what was: history and uptime.
type trend struct{ *API }

// spanParams are those of a chart. since and until are what other routes call the bounds.
var spanParams = []param{
	{name: "from", kind: momentParam, doc: "When the chart begins. Default: 24 hours before to."},
	{name: "to", kind: momentParam, doc: "When it ends. Default, and latest: now."},
	{name: "step", kind: durationParam, min: 5 * time.Minute, max: 366 * 24 * time.Hour, doc: "The length of a step: a multiple of 5m, or of 1h for what is older than 7 days, or of 24h for what is older than 90 days. Default: the shortest one that is kept and makes at most 1,000 points."},
	{name: "since", kind: momentParam, doc: "The same as from."},
	{name: "until", kind: momentParam, doc: "The same as to."},
}

// routes are about the past of integrations and metric blocks.
func (a trend) routes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/admin/integrations/:name/history", scope: Read, handler: a.history, status: http.StatusOK, answer: trends.IntegrationHistory{},
			id: "getHistory", summary: "A chart of one integration, with at most 1,000 points",
			description: "History is kept for 7 days in steps of 5 minutes, for 90 days in hours and for 5 years in days (UTC), independently of the runs. Steps without a run are left out: all of their time is unknown. A point with open is not complete yet.",
			params:      append([]param{{name: "metric", doc: "A metric that the integration reports. Default: its status, and the response time in milliseconds."}}, spanParams...),
		},
		{
			method: http.MethodGet, path: "/admin/integrations/:name/uptime", scope: Read, handler: a.uptime, status: http.StatusOK, answer: trends.UptimeReport{},
			id: "getUptime", summary: "Which part of a period one integration was up, with two bounds",
			description: "A run speaks until the next one, for two intervals at most; what no run speaks for is unknown. uptime_percent_min is the part in which the integration was healthy or degraded, and uptime_percent_max that and the unknown part, both of all time but maintenance. The period begins with the first run, if since is earlier. Where runs are not stored any longer, it begins and ends with a step of the history.",
			params: []param{
				{name: "window", values: trends.WindowNames, doc: "The period that ends now, and begins with a step of the history that is kept: of 5 minutes, or an hour for 30d and 90d. Excludes since and until."},
				{name: "since", kind: momentParam, doc: "When the period begins. Default: 30 days ago."},
				{name: "until", kind: momentParam, doc: "When it ends. Default, and latest: now."},
			},
		},
		{method: http.MethodGet, path: "/admin/metrics", scope: Read, handler: a.metrics, status: http.StatusOK, answer: metricsAnswer{}, id: "listMetrics", summary: "The metric blocks with the outcome of their last query and their values"},
		{
			method: http.MethodGet, path: "/admin/metrics/:name/history", scope: Read, handler: a.metricHistory, status: http.StatusOK, answer: trends.MetricHistory{},
			id: "getMetricHistory", summary: "A chart of the series of one metric block, with at most 1,000 points each",
			description: "See getHistory for the steps. At most 50 series are listed; more counts the others.",
			params:      append([]param{{name: "labels", doc: "Only series with these labels, as state=open,region=eu or {state=\"open\"}."}}, spanParams...),
		},
	}
}

// metricsAnswer lists the metric blocks.
type metricsAnswer struct {
	Metrics []trends.Metric `json:"metrics"`
}

// defaultChart is the period of a chart without from.
const defaultChart = 24 * time.Hour

// span reads the parameters of a chart.
func (p *params) span() (trends.Span, error) {
	var given [4]time.Time // in the order of the names
	for n, name := range []string{"from", "to", "since", "until"} {
		given[n] = p.moment(name)
	}
	step := p.duration("step")
	if err := p.done(); err != nil {
		return trends.Span{}, err
	}
	from, err := either("from", "since", given[0], given[2])
	if err != nil {
		return trends.Span{}, err
	}
	to, err := either("to", "until", given[1], given[3])
	if err != nil {
		return trends.Span{}, err
	}
	if to.IsZero() || to.After(p.now) {
		to = p.now
	}
	if from.IsZero() {
		from = to.Add(-defaultChart)
	}
	if !from.Before(to) {
		return trends.Span{}, badParam("from", "it is not before to, so nothing can match")
	}
	return trends.NewSpan(from, to, step, p.now)
}

// either returns the value of one of two parameters that are the same.
func either(name, other string, value, others time.Time) (time.Time, error) {
	switch {
	case value.IsZero():
		return others, nil
	case !others.IsZero():
		return value, badParam(other, "it is the same as "+name+"; give one of them")
	default:
		return value, nil
	}
}

func (a trend) history(c *gin.Context) error {
	p := a.params(c)
	metric := p.text("metric")
	span, err := p.span()
	if err != nil {
		return err
	}
	h, err := a.API.history.Trend(c.Request.Context(), c.Param("name"), metric, span)
	return answer(c, h, err)
}

func (a trend) metrics(c *gin.Context) error {
	if err := a.params(c).done(); err != nil {
		return err
	}
	return answer(c, metricsAnswer{a.API.history.MetricBlocks()}, nil)
}

func (a trend) metricHistory(c *gin.Context) error {
	p := a.params(c)
	text := p.text("labels")
	span, err := p.span()
	if err != nil {
		return err
	}
	labels, err := trends.ParseLabels(text)
	if err != nil {
		return err
	}
	h, err := a.API.history.MetricTrend(c.Request.Context(), c.Param("name"), labels, span)
	return answer(c, h, err)
}

// defaultUptime is the period of an uptime without since.
const defaultUptime = 30 * 24 * time.Hour

func (a trend) uptime(c *gin.Context) error {
	p := a.params(c)
	window, since, until := p.text("window"), p.moment("since"), p.moment("until")
	if err := p.done(); err != nil {
		return err
	}
	if window != "" && (!since.IsZero() || !until.IsZero()) {
		return badParam("window", "it ends now; to choose other bounds, give since and until only")
	}
	if until.IsZero() || until.After(p.now) {
		until = p.now
	}
	switch {
	case window != "":
		since = trends.WindowSince(trends.Windows[window], p.now)
	case since.IsZero():
		since = until.Add(-defaultUptime)
	}
	if err := inOrder(since, until); err != nil {
		return err
	}
	r, err := a.API.history.Uptime(c.Request.Context(), c.Param("name"), since, until)
	return answer(c, r, err)
}

package oncall

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/trends"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/policies"
)

// historyRows is about how many rows a table of history has, unless --step is given.
const historyRows = 48

// historyFlags holds the flags of history.
type historyFlags struct {
	remote
	since, until, step time.Duration
	labels             string
}

func historyCommand() *cobra.Command {
	var o historyFlags
	c := &cobra.Command{
		Use:   "history NAME [METRIC]",
		Short: "Show what an integration or a metric was over time",
		Long: `Show what the integration NAME was over time: which part of each step it was up,
and how long its runs took; or with METRIC, the mean and the extremes of a metric
that it reports. metric.NAME is a metric block, with a table for each series.

History is kept for 7 days in steps of 5 minutes, for 90 days in hours and for
5 years in days, also of runs that are not stored any longer. The line above the
table has a character for each step, from the lowest to the highest: 1 to 8, or
bars on a terminal. Steps of which nothing is known are dots in it, and are left
out of the table.

Exits 1 if there is no such integration or metric, 2 if the daemon can't be asked.`,
		Example: `  vega history orders                       the last 24 hours
  vega history orders response_time --since 7d
  vega history metric.orders_open --labels state=stuck
  vega history orders --since 90d --step 1d --format json`,
		SuggestFor:        []string{"chart", "graph", "trend", "trends"},
		Args:              cli.Args(1, 2),
		ValidArgsFunction: cli.Charts,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.flags(c)
	cli.Span(c, &o.since, "since", 24*time.Hour, "how far back the table begins: 24h, 90d")
	cli.Span(c, &o.until, "until", 0, "how far back it ends (default: now)")
	cli.Span(c, &o.step, "step", 0, "length of a step: a multiple of 5m (default: chosen)")
	c.Flags().StringVar(&o.labels, "labels", "", "of metric.NAME, only the series with these `LABELS`: state=open,region=eu")
	return c
}

func (o *historyFlags) run(cmd *cobra.Command, args []string) error {
	if o.until >= o.since {
		return errors.New("--until is not later than --since, so the table would be empty; both say how far back")
	}
	q := url.Values{"from": {o.since.String()}}
	if o.until > 0 {
		q.Set("to", o.until.String())
	}
	if o.step == 0 && o.format == "text" {
		o.step = trends.StepFor(o.since, o.since-o.until, historyRows)
	}
	if o.step > 0 {
		q.Set("step", o.step.String())
	}
	if name, ok := strings.CutPrefix(args[0], policies.MetricPrefix); ok && len(args) == 1 {
		return o.block(cmd, name, q)
	}
	if o.labels != "" {
		return errors.New("only a metric block has labels; name it metric.NAME")
	}
	if len(args) == 2 {
		q.Set("metric", args[1])
	}
	answer, err := o.ask(cmd, http.MethodGet, "/admin/integrations/"+url.PathEscape(args[0])+"/history?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	var h trends.IntegrationHistory
	return show(cmd, o.format, answer, &h, func() error { return console.WriteHistory(cmd.OutOrStdout(), &h) })
}

// block shows a metric block.
func (o *historyFlags) block(cmd *cobra.Command, name string, q url.Values) error {
	if o.labels != "" {
		q.Set("labels", o.labels)
	}
	answer, err := o.ask(cmd, http.MethodGet, "/admin/metrics/"+url.PathEscape(name)+"/history?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	var h trends.MetricHistory
	return show(cmd, o.format, answer, &h, func() error { return console.WriteMetricHistory(cmd.OutOrStdout(), &h) })
}

func metricsCommand() *cobra.Command {
	var o remote
	c := &cobra.Command{
		Use:   "metrics [NAME…]",
		Short: "Show the metric blocks, and their values",
		Long: `Show all metric blocks with the outcome of their last query, or the named ones with
the value of each series. A block is down if its query failed, and unknown if vega
could not query. Values that are older than three intervals are left out.

Exits 1 if there is no metric block NAME, 2 if the daemon can't be asked.`,
		Example: `  vega metrics
  vega metrics orders_open
  vega metrics --format json`,
		SuggestFor:        []string{"measures", "metric"},
		ValidArgsFunction: cli.Metrics,
		RunE:              func(cmd *cobra.Command, names []string) error { return o.metrics(cmd, names) },
	}
	o.flags(c)
	return c
}

func (r *remote) metrics(cmd *cobra.Command, names []string) error {
	answer, err := r.ask(cmd, http.MethodGet, "/admin/metrics", nil)
	if err != nil {
		return err
	}
	var all struct {
		Metrics []trends.Metric `json:"metrics"`
	}
	if err := json.Unmarshal(answer, &all); err != nil {
		return fmt.Errorf("the daemon runs another version: %w", err)
	}
	if len(names) > 0 {
		if all.Metrics, err = named(all.Metrics, names); err != nil {
			return cli.Failed(err)
		}
	}
	if r.format == "json" {
		return writeJSON(cmd.OutOrStdout(), all)
	}
	return console.WriteMetrics(cmd.OutOrStdout(), all.Metrics, len(names) > 0)
}

// named returns the metric blocks with the names, in that order.
func named(all []trends.Metric, names []string) (chosen []trends.Metric, err error) {
	var known []string
	by := map[string]trends.Metric{}
	for _, m := range all {
		known = append(known, m.Name)
		by[m.Name] = m
	}
	for _, name := range names {
		name = strings.TrimPrefix(name, policies.MetricPrefix)
		m, ok := by[name]
		if !ok {
			return nil, &daemon.UnknownMetricError{Metric: name, Known: known}
		}
		chosen = append(chosen, m)
	}
	return chosen, nil
}

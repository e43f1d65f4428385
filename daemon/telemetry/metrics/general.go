package metrics

import (
	"context"
	"maps"
	"runtime"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// Release identifies the program.
type Release struct{ Version, Commit string }

// register adds what client_golang collects: histograms, the runtime, the process and the
// release.
func (e *Exporter) register(r Release) {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "vega_build_info", Help: "The version of vega; the value is 1.",
		ConstLabels: prometheus.Labels{"version": valid(r.Version), "commit": valid(r.Commit), "goversion": runtime.Version()},
	})
	info.Set(1)
	e.registry.MustRegister(info, e.timings.run, e.timings.late, e.timings.query, e.timings.request, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// general returns the families that are few enough to be built for each scrape.
func (e *Exporter) general(ctx context.Context) []*dto.MetricFamily {
	var all families
	if f := e.sources.Reloaded; f != nil {
		all.gauge("vega_config_last_reload_successful", "Whether the configuration on disk was accepted when vega last read it.", truth(f()))
	}
	if f := e.sources.Sinks; f != nil {
		for _, s := range f() {
			all.counter("vega_sink_dropped_total", "Runs that a sink, the store or an exporter, did not get, because its queue was full.", float64(s.Dropped), "sink", s.Name)
			all.counter("vega_sink_failed_total", "Runs that a sink, the store or an exporter, could not record.", float64(s.Failed), "sink", s.Name)
		}
	}
	if f := e.sources.Incidents; f != nil {
		open := f()
		for _, severity := range slices.Sorted(maps.Keys(open)) {
			all.gauge("vega_incidents", "Open incidents.", float64(open[severity]), "severity", severity)
		}
	}
	if f := e.sources.Figures; f != nil {
		for _, one := range f(ctx) {
			all.gauge("vega_resource", "A figure about the host, this process or a database, by its path in diagnostics and in its unit: bytes, percent, milliseconds or a number.", one.Value, "path", one.Path, "subject", one.Subject)
		}
	}
	e.notifications(&all)
	if f := e.sources.Custom; f != nil {
		all.custom(f())
	}
	return all
}

// custom adds the metrics that the configuration defines.
func (f *families) custom(all []Custom) {
	for _, c := range all {
		if c.Known {
			f.gauge("vega_metric_up", "Whether the last query of the metric succeeded.", truth(c.Up), "metric", c.Name)
		}
		for _, s := range c.Samples {
			f.gauge("vega_metric_"+c.Name, c.Help, s.Value, s.Labels...)
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// families are families that are built from single values.
type families []*dto.MetricFamily

func (f *families) gauge(name, help string, value float64, labels ...string) {
	f.add(name, help, dto.MetricType_GAUGE, value, labels)
}

func (f *families) counter(name, help string, value float64, labels ...string) {
	f.add(name, help, dto.MetricType_COUNTER, value, labels)
}

// add adds a series. Its labels are names and values in order of name.
func (f *families) add(name, help string, kind dto.MetricType, value float64, labels []string) {
	help = valid(help)
	n := slices.IndexFunc(*f, func(one *dto.MetricFamily) bool { return one.GetName() == name })
	if n < 0 {
		n = len(*f)
		*f = append(*f, &dto.MetricFamily{Name: &name, Help: &help, Type: kind.Enum()})
	}
	m := &dto.Metric{}
	for n := 0; n+1 < len(labels); n += 2 {
		m.Label = append(m.Label, pair(labels[n], labels[n+1]))
	}
	if kind == dto.MetricType_COUNTER {
		m.Counter = &dto.Counter{Value: &value}
	} else {
		m.Gauge = &dto.Gauge{Value: &value}
	}
	(*f)[n].Metric = append((*f)[n].Metric, m)
}

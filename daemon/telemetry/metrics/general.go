package metrics

import (
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
	e.registry.MustRegister(info, e.timings.run, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// general returns the families that are few enough to be built for each scrape.
func (e *Exporter) general() []*dto.MetricFamily {
	var all families
	if e.sources.Reloaded != nil {
		value := 0.0
		if e.sources.Reloaded() {
			value = 1
		}
		all.add("vega_config_last_reload_successful", "Whether the configuration on disk was accepted when vega last read it.", dto.MetricType_GAUGE, value)
	}
	if e.sources.Sinks != nil {
		for _, s := range e.sources.Sinks() {
			all.add("vega_sink_dropped_total", "Runs that an exporter did not get, because its queue was full.", dto.MetricType_COUNTER, float64(s.Dropped), "sink", s.Name)
			all.add("vega_sink_failed_total", "Runs that an exporter could not record.", dto.MetricType_COUNTER, float64(s.Failed), "sink", s.Name)
		}
	}
	return all
}

// families are families that are built from single values.
type families []*dto.MetricFamily

// add adds a series. Its labels are names and values in order of name.
func (f *families) add(name, help string, kind dto.MetricType, value float64, labels ...string) {
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

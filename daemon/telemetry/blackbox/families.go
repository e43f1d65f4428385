package blackbox

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"vega/policies/check"
)

// Families returns the families of a run for GET /probe, in order of name. In contrast
// to Each, they include the description of the certificate, whose labels have texts
// from the target: a scrape of blackbox_exporter has them, too, and has them once, while
// GET /metrics would keep a series for each certificate that any target ever showed.
func Families(r *check.Run, timeout time.Duration) []*dto.MetricFamily {
	var all []*dto.MetricFamily
	last := ID(-1)
	Each(r, func(s Sample) {
		if s.ID != last {
			all, last = append(all, All[s.ID].empty()), s.ID
		}
		f := all[len(all)-1]
		var labels []*dto.LabelPair
		if name := All[s.ID].Label; name != "" {
			labels = []*dto.LabelPair{pair(name, s.Label)}
		}
		f.Metric = append(f.Metric, gauge(s.Value, labels...))
	})
	if len(all) == 0 {
		return nil
	}
	limit := (&Family{Name: "probe_timeout_seconds", Help: "Returns how long the probe timeout is in seconds"}).empty()
	limit.Metric = []*dto.Metric{gauge(timeout.Seconds())}
	all = append(all, limit)
	if x := r.Exchange; x != nil && x.TLS != nil && x.TLS.Certificate != nil {
		all = append(all, chain(x.TLS.Certificate))
	}
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return all
}

func chain(c *check.Certificate) *dto.MetricFamily {
	f := (&Family{Name: "probe_ssl_last_chain_info", Help: "Contains SSL leaf certificate information"}).empty()
	f.Metric = []*dto.Metric{gauge(1,
		pair("fingerprint_sha256", c.Fingerprint), pair("issuer", c.Issuer), pair("serialnumber", c.Serial),
		pair("subject", c.Subject), pair("subjectalternative", c.Names))}
	return f
}

// empty returns the family without metrics.
func (f *Family) empty() *dto.MetricFamily {
	return &dto.MetricFamily{Name: &f.Name, Help: &f.Help, Type: dto.MetricType_GAUGE.Enum()}
}

func gauge(value float64, labels ...*dto.LabelPair) *dto.Metric {
	return &dto.Metric{Label: labels, Gauge: &dto.Gauge{Value: &value}}
}

func pair(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }

// Text returns the families of a run in Prometheus' text format, or nil if there are
// none.
func Text(r *check.Run, timeout time.Duration) ([]byte, error) {
	var b bytes.Buffer
	for _, f := range Families(r, timeout) {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

package metrics

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"syscall"
	"testing"
	"time"

	"vega/policies/check"
)

// many returns an exporter of integrations with twelve series each.
func many(b *testing.B, n int) *Exporter {
	b.Helper()
	s := &source{}
	for i := range n {
		s.states = append(s.states, State{
			Integration: fmt.Sprintf("fleet.host-%05d", i), Status: check.Healthy, At: time.Unix(1_700_000_000+int64(i), 0), Took: time.Duration(i) * time.Microsecond, Interval: time.Minute,
			Metrics: []check.Metric{{Name: "response_time", Value: float64(i) / 7, Unit: "ms"}, {Name: "size", Value: float64(i), Unit: "bytes"}},
		})
	}
	e := New(Release{}, Sources{Each: s.each})
	e.Configure(Settings{Integrations: s.names(), MaxSeries: 20})
	for n := range s.states {
		r := &s.states[n]
		_ = e.Record(b.Context(), check.Run{Integration: r.Integration, Status: r.Status, Took: r.Took, Metrics: r.Metrics})
	}
	return e
}

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discarding is a client that reads everything at once.
type discarding struct {
	header http.Header
	bytes  int64
}

func (d *discarding) Header() http.Header { return d.header }
func (*discarding) WriteHeader(int)       {}
func (d *discarding) Write(p []byte) (int, error) {
	d.bytes += int64(len(p))
	return len(p), nil
}

// BenchmarkScrape measures an answer with twelve series an integration in processor time,
// which includes the garbage collector's.
func BenchmarkScrape(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		e := many(b, n)
		for _, format := range []struct{ name, accept, encoding string }{
			{"text", "", ""},
			{"text+gzip", "", "gzip"},
			{"openmetrics", "application/openmetrics-text;version=1.0.0", ""},
			{"protobuf+gzip", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "gzip"},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, format.name), func(b *testing.B) {
				r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
				r.Header.Set("Accept", format.accept)
				r.Header.Set("Accept-Encoding", format.encoding)
				w := &discarding{header: http.Header{}}
				one := func() {
					if err := e.Scrape(w, r); err != nil {
						b.Fatal(err)
					}
				}
				one() // builds the families
				runtime.GC()
				w.bytes = 0
				b.ReportAllocs()
				before, scrapes := cpu(b), 0
				for b.Loop() {
					one()
					scrapes++
				}
				b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(scrapes), "cpu-ms/op")
				b.ReportMetric(float64(w.bytes)/float64(scrapes), "answer-B/op")
			})
		}
	}
}

// BenchmarkGather measures what other exporters get, and how much memory it keeps.
func BenchmarkGather(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := many(b, n)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			g := e.Gatherer()
			if _, err := g.Gather(); err != nil {
				b.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportAllocs()
			began, calls := cpu(b), 0
			for b.Loop() {
				if _, err := g.Gather(); err != nil {
					b.Fatal(err)
				}
				calls++
			}
			b.ReportMetric(float64((cpu(b)-began).Microseconds())/1000/float64(calls), "cpu-ms/op")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc), "kept-B")
			runtime.KeepAlive(g)
		})
	}
}

// BenchmarkRecord measures what the exporter does for a run, in the sink's goroutine.
func BenchmarkRecord(b *testing.B) {
	e := many(b, 1000)
	r := check.Run{Integration: "fleet.host-00500", Status: check.Healthy, Took: time.Millisecond, Metrics: []check.Metric{{Name: "response_time"}, {Name: "size"}}}
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Record(b.Context(), r)
	}
}

// BenchmarkGzip measures the part of compression, with a text of 10,000 integrations.
func BenchmarkGzip(b *testing.B) {
	e := many(b, 10000)
	w := httptest.NewRecorder()
	if err := e.Scrape(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)); err != nil {
		b.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	before, n := cpu(b), 0
	for b.Loop() {
		z.Reset(io.Discard)
		_, _ = z.Write(w.Body.Bytes())
		_ = z.Close()
		n++
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(n), "cpu-ms/op")
}

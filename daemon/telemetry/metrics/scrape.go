package metrics

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// maxScrapes limits the scrapes in progress. Each may hold an answer of several megabytes
// until its client has read it.
const maxScrapes = 8

// ErrBusy is the error of a scrape while too many others are in progress.
var ErrBusy = fmt.Errorf("%d scrapes are in progress; scrape less often, or look for a scraper that does not read the answers", maxScrapes)

// formats are those that Prometheus reads; only the first two have exemplars, and only
// the second has native histograms.
var formats = []expfmt.Format{expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtProtoDelim, expfmt.FmtOpenMetrics_0_0_1, expfmt.FmtText}

// Scrape answers a request for all metrics, in the format and with the compression that
// its headers accept. If it returns an error, ErrBusy or that of the request's context, it
// has written nothing.
//
// Values are encoded before anything is written, so a client that reads slowly delays
// neither runs nor other scrapes.
func (e *Exporter) Scrape(w http.ResponseWriter, r *http.Request) error {
	if e.waiting.Add(1) > maxScrapes {
		e.waiting.Add(-1)
		return ErrBusy
	}
	defer e.waiting.Add(-1)
	format := expfmt.NegotiateAccept(r.Header, formats...)
	compress := acceptsGzip(r.Header)
	b, err := e.encode(r.Context(), format, compress)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", string(format))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept, Accept-Encoding")
	if compress {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(b.size))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_ = b.writeTo(w) // the client is gone
	}
	return nil
}

// acceptsGzip reports whether a client reads gzip.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, found := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
			quality, err := strconv.ParseFloat(q, 64)
			return !found || err == nil && quality > 0
		}
	}
	return false
}

// encode returns all metrics. One call at a time works, and the others wait until ctx
// ends.
func (e *Exporter) encode(ctx context.Context, format expfmt.Format, compress bool) (*body, error) {
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	all, err := e.gather(ctx, &e.sheet)
	if err != nil {
		return nil, fmt.Errorf("collect metrics: %w", err)
	}
	b := &body{}
	if !compress {
		return b, write(b, all, format)
	}
	if e.gzip == nil {
		if e.gzip, err = gzip.NewWriterLevel(nil, gzip.BestSpeed); err != nil {
			return nil, err
		}
	}
	e.gzip.Reset(b)
	defer e.gzip.Reset(nil)
	err = write(e.gzip, all, format)
	return b, errors.Join(err, e.gzip.Close())
}

// write encodes families.
func write(w io.Writer, all []*dto.MetricFamily, format expfmt.Format) error {
	to := newBuffered(w)
	encoder := expfmt.NewEncoder(to, format.WithEscapingScheme(model.NoEscaping)) // there is nothing to escape, and looking for it copies each family
	for _, f := range all {
		if err := encoder.Encode(f); err != nil {
			return fmt.Errorf("encode %s: %w", f.GetName(), err)
		}
	}
	if c, ok := encoder.(expfmt.Closer); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("encode the end: %w", err)
		}
	}
	return to.Flush()
}

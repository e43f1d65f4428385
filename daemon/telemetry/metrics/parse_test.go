package metrics

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var comments = regexp.MustCompile(`(?m)^#.*\n`)

// parse returns the families of an answer by name.
func parse(t *testing.T, body string, header http.Header) map[string]*dto.MetricFamily {
	t.Helper()
	kind := header.Get("Content-Type")
	all := map[string]*dto.MetricFamily{}
	if !strings.Contains(kind, "protobuf") {
		if strings.Contains(kind, "openmetrics") { // where go_memstats_alloc_bytes and its counter have one name
			body = comments.ReplaceAllString(body, "")
		}
		parser := expfmt.NewTextParser(model.LegacyValidation)
		parsed, err := parser.TextToMetricFamilies(strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return parsed
	}
	decoder := expfmt.NewDecoder(strings.NewReader(body), expfmt.ResponseFormat(header))
	for {
		var f dto.MetricFamily
		err := decoder.Decode(&f)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		all[f.GetName()] = &f
	}
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

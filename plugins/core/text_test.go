//go:build !wasip1

package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"vega/sdk"
	"vega/sdk/abi"
)

func TestDateMatchesCalendar(t *testing.T) {
	for day := time.Date(1969, 12, 1, 12, 0, 0, 0, time.UTC); day.Year() < 2110; day = day.AddDate(0, 0, 1) {
		if got, want := date(sdk.UnixTime(day.Unix(), 0)), day.Format(time.DateOnly); got != want && day.Unix() >= 0 {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

func TestEscapeRoundTrips(t *testing.T) {
	for _, s := range []string{"", "plain", "a b&c=d#e%f+g", "ключ/1", "\x00\xff~-_."} {
		q, err := url.ParseQuery(strings.TrimPrefix(withQuery("?", "k", s), "?&"))
		if err != nil || q.Get("k") != s {
			t.Errorf("%q decodes to %q, %v", s, q.Get("k"), err)
		}
	}
}

func TestOriginContainsNoSecret(t *testing.T) {
	for in, want := range map[string]string{
		"https://u:p@example.com:8443/a@b?k=v": "https://example.com:8443", "http://[::1]:80": "http://[::1]:80", "nonsense": "the target",
	} {
		if got := origin(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestQuoteTruncatesAtCharacters(t *testing.T) {
	if got := quote(strings.Repeat("ä", 100)); got != `"`+strings.Repeat("ä", 60)+`…"` {
		t.Error(got)
	}
	if got := quote("x" + strings.Repeat("ä", 100)); got != `"x`+strings.Repeat("ä", 59)+`…"` {
		t.Error(got)
	}
}

func TestWorst(t *testing.T) {
	for _, row := range []struct {
		in   []sdk.Result
		want abi.Status
	}{
		{[]sdk.Result{sdk.Healthy("a"), sdk.Unknown("b")}, abi.Unknown},
		{[]sdk.Result{sdk.Degraded("a"), sdk.Unknown("b")}, abi.Degraded},
		{[]sdk.Result{sdk.Degraded("a"), sdk.Unhealthy("b")}, abi.Unhealthy},
		{[]sdk.Result{sdk.Unhealthy("a"), sdk.Healthy("b")}, abi.Unhealthy},
	} {
		if got := worst(row.in); got.Status != row.want || got.Message != "a; b" {
			t.Errorf("%v of %v, want %v", got, row.in, row.want)
		}
	}
}

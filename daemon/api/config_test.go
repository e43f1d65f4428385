package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/config/diag"
)

// TestReloadAnswers checks the status, the detail and the further fields of each
// reason why a configuration was not applied.
func TestReloadAnswers(t *testing.T) {
	mistake := diag.Diagnostic{Severity: diag.Error, Code: diag.UnknownKey, Summary: "unknown key", Detail: "no such", Range: diag.Range{Filename: "vega.hcl", Start: diag.Pos{Line: 3, Column: 1}}}
	for _, tt := range []struct {
		err    error
		status int
		detail string
		more   string // part of the body
	}{
		{nil, 200, "", `"outcome":`},
		{&config.InvalidError{Diagnostics: diag.Diagnostics{mistake}}, 422, "vega.hcl:3:1: unknown key: no such", `"format_version":"1.0","valid":false,"error_count":1,"warning_count":0,"diagnostics":[{"severity":"error","code":"VEGA007"`},
		{&daemon.RestartError{Keys: []string{"data_dir", "server.port"}}, 409, "restart vega to change data_dir, server.port", `"restart":["data_dir","server.port"]`},
		{&daemon.RejectedError{Err: errors.New("no key")}, 422, "no key", ""},
		{fmt.Errorf("reload: %w", daemon.ErrClosing), 503, "shutting down", ""},
		{fmt.Errorf("read it: %w", syscall.EMFILE), 503, "raise LimitNOFILE", ""},
		{errors.New("unforeseen"), 500, "internal error", ""},
	} {
		url, _ := serve(t, &fake{reload: tt.err}, ServerOptions{})
		r := request(t, "POST", url+"/admin/config/reload", nil)
		r.Header.Set("X-API-Key", key)
		r.Header.Set("X-Correlation-ID", "my id")
		got := do(t, r)
		if got.status != tt.status || !strings.Contains(got.body, tt.more) {
			t.Errorf("%v: %d %s", tt.err, got.status, got.body)
		}
		if tt.err == nil {
			continue
		}
		var p document
		if err := json.Unmarshal([]byte(got.body), &p); err != nil || p.Status != tt.status || !strings.Contains(p.Detail, tt.detail) || p.CorrelationID != "my id" || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
}

// TestReadyHasNoDetail checks that /readyz does not reveal why a configuration was
// rejected.
func TestReadyHasNoDetail(t *testing.T) {
	for rejected, want := range map[bool]string{false: `{"config":"applied","status":"ready"}`, true: `{"config":"rejected","status":"ready"}`} {
		url, _ := serve(t, &fake{rejected: rejected}, ServerOptions{})
		if got := do(t, request(t, "GET", url+"/readyz", nil)); got.status != 200 || got.body != want {
			t.Errorf("%+v", got)
		}
	}
}

// TestConfigNeedsKeyAndMethod checks the configuration routes.
func TestConfigNeedsKeyAndMethod(t *testing.T) {
	url, _ := serve(t, &fake{}, ServerOptions{})
	for _, tt := range []struct {
		method, path, key string
		status            int
	}{
		{"GET", "/admin/config/validate", "", 401},
		{"POST", "/admin/config/reload", "", 401},
		{"GET", "/admin/config/validate", key, 200},
		{"GET", "/admin/config/validate?x=1", key, 400},
		{"GET", "/admin/config/reload", key, 405},
		{"POST", "/admin/config/validate", key, 405},
	} {
		r := request(t, tt.method, url+tt.path, nil)
		r.Header.Set("X-API-Key", tt.key)
		if got := do(t, r); got.status != tt.status {
			t.Errorf("%s %s: %+v", tt.method, tt.path, got)
		}
	}
}

package daemon

import (
	"encoding/json"
	"errors"
	"testing"

	"vega/policies"
)

// TestSystem checks the fields of the report, and the error after Close.
func TestSystem(t *testing.T) {
	h := build(t, "")
	s, err := h.System(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Status == "" || s.Threads.GoRoutines == 0 || s.Process.PID == 0 {
		t.Errorf("%+v", s)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "memory", "cpu", "threads", "file_descriptors", "network", "disk", "runtime", "process", "container", "pressure", "warnings"} {
		if names[name] == nil || string(names[name]) == "null" {
			t.Errorf("%s is missing in %s", name, text)
		}
	}
	summary, err := h.SystemSummary(t.Context())
	if err != nil || summary.Status == policies.LevelUnknown || summary.Warnings == nil {
		t.Errorf("%+v, %v", summary, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	_, err1 := h.System(t.Context())
	_, err2 := h.SystemSummary(t.Context())
	if !errors.Is(err1, ErrClosing) || !errors.Is(err2, ErrClosing) {
		t.Errorf("%v, %v", err1, err2)
	}
}

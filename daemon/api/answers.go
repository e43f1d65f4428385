package api

import (
	"time"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/engine"
	"vega/store"
)

// The bodies and answers that only the API has.
type (
	aliveAnswer struct {
		Status string `json:"status"`
	}
	readyAnswer struct {
		Config daemon.Outcome `json:"config"`
		Status string         `json:"status"`
	}
	// anyAnswer is an answer that no schema describes.
	anyAnswer         struct{}
	integrationAnswer struct {
		engine.State
		DefinedAt string         `json:"defined_at,omitzero"`
		Grants    []engine.Grant `json:"grants,omitzero"` // nil for keys that must not see the configuration
	}
	pluginsAnswer struct {
		Plugins []catalog.Report `json:"plugins"`
	}
	memoriesAnswer struct {
		Memories []store.Memory `json:"memories"`
	}
	conversationBody struct {
		SessionID string    `json:"session_id"`
		Source    string    `json:"source"`
		Model     string    `json:"model,omitempty"`
		Prompt    string    `json:"prompt"`
		Response  string    `json:"response"`
		Reviewed  bool      `json:"reviewed,omitempty"`
		At        time.Time `json:"ts,omitzero"`
	}
	reviewBody struct {
		Reviewed *bool `json:"reviewed"`
	}
	memoryBody struct {
		Value *string `json:"value"`
	}
)

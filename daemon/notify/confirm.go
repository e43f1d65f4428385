package notify

import (
	"bytes"
	"encoding/json"
	"strings"

	"vega/policies/incident"
)

// confirmed returns the verdict of a service whose JSON has a field with a certain value
// if it accepted the message. Another value means that it did not; an answer without the
// field is of something else.
func confirmed[T comparable](field string, want T) verdict {
	return func(a *answer) incident.Outcome {
		raw, ok := fieldOf(a, field)
		if !ok {
			return unconfirmed()
		}
		var got T
		if json.Unmarshal(raw, &got) != nil || got != want {
			return final("the service answers that it did not accept the message (its field " + field + ")")
		}
		return arrived()
	}
}

// identified returns the verdict of a service whose JSON has a field that identifies the
// message if it accepted it.
func identified(field string) verdict {
	return func(a *answer) incident.Outcome {
		if raw, ok := fieldOf(a, field); !ok || len(raw) <= len(`""`) && string(raw) < "0" {
			return unconfirmed()
		}
		return arrived()
	}
}

func fieldOf(a *answer, field string) (json.RawMessage, bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(a.body, &all) != nil {
		return nil, false
	}
	raw, ok := all[field]
	return raw, ok && string(raw) != "null"
}

// silentVerdict is the verdict of a service that answers nothing, and of those that
// imitate it and answer JSON. Another text is an error, or the page of a proxy that asks
// for a login.
func silentVerdict(a *answer) incident.Outcome {
	if body := bytes.TrimSpace(a.body); len(body) > 0 && !strings.EqualFold(string(body), "ok") && !json.Valid(body) {
		return unconfirmed()
	}
	return arrived()
}

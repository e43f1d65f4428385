package daemon

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config"
	"vega/policies/alert"
	"vega/policies/incident"
	"vega/store"
)

// maxListed limits the names that an error lists.
const maxListed = 20

// expectSelection returns a *store.InvalidError for a silence that names what the
// configuration does not have: most likely, it is misspelled, and messages would come.
func expectSelection(c *config.Config, s *incident.Silence) error {
	all := c.Watched()
	for _, text := range s.Integrations {
		selector := alert.Selector(text)
		if err := selector.Check(); err != nil {
			return &store.InvalidError{Field: "integrations", Reason: fmt.Sprintf("%q: %v", text, err)}
		}
		m := alert.NewMatcher([]alert.Selector{selector})
		if !slices.ContainsFunc(all, func(i alert.Integration) bool { return m.Match(&i) }) {
			return nothingSelected("integrations", "integration", text, names(all, func(i alert.Integration) string { return i.Name }))
		}
	}
	for _, text := range s.Alerts {
		m := alert.NewMatcher([]alert.Selector{alert.Selector(text)}) // globs on names are the same for both
		if !slices.ContainsFunc(c.Alerts, func(a alert.Alert) bool { return m.Match(&alert.Integration{Name: a.Name}) }) {
			return nothingSelected("alerts", "alert", text, names(c.Alerts, func(a alert.Alert) string { return a.Name }))
		}
	}
	return nil
}

func names[T any](all []T, name func(T) string) (out []string) {
	for _, one := range all {
		out = append(out, name(one))
	}
	return out
}

func nothingSelected(field, what, text string, known []string) error {
	list := "there is none"
	if len(known) > maxListed {
		known = append(known[:maxListed:maxListed], "…")
	}
	if len(known) > 0 {
		list = "the configured ones are: " + strings.Join(known, ", ")
	}
	return &store.InvalidError{Field: field, Reason: fmt.Sprintf("%q selects no %s; %s", text, what, list)}
}

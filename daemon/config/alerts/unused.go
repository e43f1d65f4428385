package alerts

import (
	"fmt"
	"slices"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies/alert"
)

// unused warns of alerts that reach nobody, and of notifiers that no alert
// notifies. It does not warn if a file could not be read completely.
func (d Stage) unused(all []alert.Alert) {
	if d.Root.Broken || slices.ContainsFunc(d.Root.Blocks, func(s *bind.Section) bool { return s.Broken }) {
		return
	}
	notifiers := d.Root.All("notifier")
	if len(notifiers) == 0 {
		for _, s := range d.Root.All("alert") {
			if !s.Off {
				d.Out.Warn(diag.NoNotifier, s.Head, "There is no notifier, so nobody is notified of this alert.", `add a block: notifier "NAME" { type = "slack", … }; vega docs config notifier lists the services`)
				return
			}
		}
		return
	}
	d.alone(len(notifiers))
	used := map[string]bool{}
	for _, a := range all {
		if len(a.Notify) == 0 {
			return // all are notified
		}
		for _, name := range a.Notify {
			used[name] = true
		}
		for _, e := range a.Escalate {
			for _, name := range e.Notify {
				used[name] = true
			}
		}
	}
	for _, s := range notifiers {
		if !used[s.Name] {
			d.Out.Warn(diag.Unused, s.Head, fmt.Sprintf("No alert notifies notifier.%s.", diag.Clip(s.Name)), fmt.Sprintf("add notifier.%s to notify of an alert, or remove this block", diag.Clip(s.Name)))
		}
	}
}

// alone warns of an alert on failing notifiers that has a single notifier, which can't
// report its own failure.
func (d Stage) alone(notifiers int) {
	for _, s := range d.Root.All("alert") {
		if s.Off || d.Ev.Str(s, "event") != "notifier_failing" || s.Unsure("notify") {
			continue
		}
		count := len(d.Ev.Strs(s, "notify"))
		if count == 0 {
			count = notifiers
		}
		if count == 1 {
			d.Out.Warn(diag.NoNotifier, s.Head, "Only one notifier is notified of this alert, and it can't report its own failure.", "name a second notifier in notify")
		}
	}
}

package reference

import (
	"fmt"
	"strings"

	"vega/policies"
)

// figuresTopic lists the metrics that a threshold or an alert can name.
func figuresTopic() Topic {
	t := Topic{
		Name: "figures", Title: "Metrics",
		Doc: "The metrics that a threshold or an alert can name, as in the JSON of /admin/diagnostics/system. A percentage or count is compared with a number, bytes with a size such as \"2GiB\", milliseconds with a duration such as \"250ms\". A threshold for system.disks applies to every monitored file system, and one for databases to every database. One for system.disk, the file system of the data directory, or for database.NAME takes precedence. What a metric block measures or a probe reports is compared with a number in its own unit, or with a size or duration; after three intervals without a value it is unknown.",
	}
	var group *Topic
	add := func(prefix string, f policies.Figure) {
		path := prefix + f.Path
		end := strings.LastIndexByte(path, '.') + 1
		said := fmt.Sprintf("%s (%s)", path[end:], f.Unit)
		if title := path[:end] + "…"; group == nil || group.Title != title {
			t.Parts = append(t.Parts, Topic{Title: title, Doc: said, Row: true, Example: "metric = " + strings.Replace(path, "NAME", "app", 1)})
			group = &t.Parts[len(t.Parts)-1]
			return
		}
		group.Doc += ", " + said
	}
	for _, prefix := range []string{"database.NAME.", "databases."} {
		for _, f := range policies.DatabaseFigures() {
			add(prefix, f)
		}
	}
	for _, f := range policies.Figures() {
		add("", f)
	}
	t.Parts = append(t.Parts,
		Topic{Title: policies.MetricPrefix + "NAME", Doc: "what a metric block measures: each of its series by itself", Row: true, Example: "metric = metric.orders_open"},
		Topic{Title: policies.IntegrationPrefix + "NAME.METRIC", Doc: `what the probe of an integration reports, as GET /admin/integrations/NAME shows them in metrics; of an instance, integration.NAME["KEY"].METRIC; with integration.NAME.METRIC of each instance. Those of core are listed with each probe; other plugins don't declare theirs, so a name is not checked`, Row: true, Example: "metric = integration.llm.connect"},
	)
	return t
}

package reference

import (
	"fmt"
	"strings"

	"vega/policies"
)

// figuresTopic lists what a threshold may name.
func figuresTopic() Topic {
	t := Topic{
		Name: "figures", Title: "Figures",
		Doc: "What a threshold may judge, by the names of the JSON of /admin/diagnostics/system. What is in percent or a count is judged by a number, what is in bytes by a size such as \"2GiB\", what is in milliseconds by a duration such as \"250ms\". Under system.disks each file system is judged that vega looks at, under databases each database; a threshold for system.disk, that of the data directory, or for database.NAME goes before.",
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
	return t
}

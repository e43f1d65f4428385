package shipped

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// dashboard is what the tests read of a file in grafana.
type dashboard struct {
	file          string
	UID, Title    string
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ H, W, X, Y int }
	Datasource  *source
	Targets     []target
}

type source struct{ Type, UID string }

type target struct {
	Expr, LegendFormat, RefID string
	Datasource                *source
	Instant, Range            bool
}

// variable is a variable of a dashboard. Query is a text or an object.
type variable struct {
	Name, Type string
	Multi      bool
	Definition string
	Datasource *source
}

func dashboards(t *testing.T) (all []dashboard) {
	t.Helper()
	files, err := filepath.Glob("grafana/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no dashboards", err)
	}
	for _, file := range files {
		d := dashboard{file: filepath.Base(file)}
		if err := json.Unmarshal([]byte(read(t, file)), &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, d)
	}
	return all
}

// TestDashboardsCanBeImported checks what Grafana needs: a data source that is chosen at
// the import and used everywhere, distinct IDs, panels within the grid that do not
// overlap, and variables that exist.
func TestDashboardsCanBeImported(t *testing.T) {
	uids := map[string]bool{}
	for _, d := range dashboards(t) {
		if d.UID == "" || len(d.UID) > 40 || uids[d.UID] || d.Title == "" || d.SchemaVersion < 36 {
			t.Errorf("%s: uid %q, title %q, schema %d", d.file, d.UID, d.Title, d.SchemaVersion)
		}
		uids[d.UID] = true
		if v := d.Templating.List; len(v) == 0 || v[0].Type != "datasource" || v[0].Name != "datasource" {
			t.Errorf("%s: the first variable is not the data source", d.file)
		}
		ids, cells := map[int]bool{}, map[[2]int]string{}
		for _, p := range d.Panels {
			if p.ID == 0 || ids[p.ID] {
				t.Errorf("%s, %s: the ID %d is used twice or is none", d.file, p.Title, p.ID)
			}
			ids[p.ID] = true
			d.checkPanel(t, &p, cells)
		}
	}
}

var (
	variableUse = regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)
	builtIn     = []string{"__rate_interval", "__range", "__interval"}
)

func (d *dashboard) checkPanel(t *testing.T, p *panel, cells map[[2]int]string) {
	t.Helper()
	for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
		for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
			if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
				t.Fatalf("%s: %q overlaps %q or the edge at %d, %d", d.file, p.Title, other, x, y)
			}
			cells[[2]int{x, y}] = p.Title
		}
	}
	if p.Type == "row" {
		return
	}
	chosen := source{"prometheus", "${datasource}"}
	if p.Datasource == nil || *p.Datasource != chosen || len(p.Targets) == 0 || p.Title == "" {
		t.Errorf("%s, %s: data source %v, %d targets", d.file, p.Title, p.Datasource, len(p.Targets))
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if q.Expr == "" || q.RefID == "" || refs[q.RefID] || q.Datasource == nil || *q.Datasource != chosen || q.Instant == q.Range {
			t.Errorf("%s, %s: %+v", d.file, p.Title, q)
		}
		refs[q.RefID] = true
		for _, m := range variableUse.FindAllStringSubmatch(q.Expr, -1) {
			if name := m[1] + m[2]; !slices.Contains(builtIn, name) && !slices.ContainsFunc(d.Templating.List, func(v variable) bool { return v.Name == name }) {
				t.Errorf("%s, %s: there is no variable $%s", d.file, p.Title, name)
			}
		}
	}
}

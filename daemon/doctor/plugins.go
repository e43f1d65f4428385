package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"vega/plugins/manifest"
)

// checkPlugins reports plugins in the configured directory that vega refuses.
func checkPlugins(_ context.Context, h *host) []Finding {
	c := h.loaded.Config
	if c == nil {
		return noConfiguration()
	}
	dir := c.Plugins.Dir
	if _, err := os.ReadDir(dir); errors.Is(err, fs.ErrPermission) {
		return []Finding{unknown(dir+" is not for this user", h.asRoot())}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) && dir != "" {
		return []Finding{failure(fmt.Sprintf("the directory of plugins %s can't be read: %v", dir, err), "set plugins.dir to a directory")}
	}
	used := map[string]bool{}
	for _, i := range c.Integrations {
		used[i.Plugin] = used[i.Plugin] || i.Enabled
	}
	var found []Finding
	var idle []string
	for _, f := range c.Plugins.Dropped {
		switch {
		case f.Err != nil:
			found = append(found, warning(fmt.Sprintf("%s is refused: %v", manifest.FileName(f.File), f.Err), "vega plugin inspect "+quoted(f.File)+" says more; remove it if it is not needed"))
		case f.Module != nil && !used[f.Module.Manifest.Name]:
			idle = append(idle, manifest.FileName(f.File))
		}
	}
	for _, p := range h.answers.plugins {
		if p.State == "refused" && len(p.Integrations) > 0 {
			found = append(found, failure(fmt.Sprintf("the daemon refuses %s, so %s are unknown: %s", p.Name, named(p.Integrations), p.Reason), "replace the file; vega plugin inspect says more"))
		}
	}
	text := fmt.Sprintf("%d in %s", len(c.Plugins.Dropped), dir)
	if len(c.Plugins.Dropped) == 0 {
		text = "only the bundled ones"
	}
	if len(idle) > 0 {
		text += "; no integration uses " + strings.Join(idle, ", ")
	}
	return orOK(found, ok("%s", text))
}

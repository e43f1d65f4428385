package doctor

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config"
	"vega/daemon/keys"
)

// oddKeys reports keys in keys.json that vega does not accept or whose name
// vega.hcl has, too. managedKeys reports the rest.
func oddKeys(c *config.Config) (found []Finding) {
	set, err := keys.Read(c.DataDir)
	if err != nil { // managedKeys reports it
		return nil
	}
	var foreign, doubled []string
	for _, k := range set.Keys {
		if k.Foreign() {
			foreign = append(foreign, k.Name)
		}
		if slices.ContainsFunc(c.Server.Keys, func(o config.Key) bool { return o.Name == k.Name }) {
			doubled = append(doubled, k.Name)
		}
	}
	if len(foreign) > 0 {
		found = append(found, warning("keys with settings that this version does not know, so they are not accepted: "+fewKeys(foreign), "use the version that wrote them, or revoke and add them"))
	}
	if len(doubled) > 0 {
		found = append(found, warning("names both in vega.hcl and in keys.json, so the access log can't tell the keys apart: "+fewKeys(doubled), "rename one of the two"))
	}
	return found
}

// fewKeys lists the first names.
func fewKeys(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

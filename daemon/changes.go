package daemon

import (
	"cmp"
	"reflect"
	"slices"

	"vega/daemon/config"
)

// Changes names what another configuration would change, in order.
type Changes struct {
	Live    []string `json:"live"`    // by a reload
	Restart []string `json:"restart"` // not before a restart, nor by a reload
}

// compare names what differs between two configurations. What needs a restart
// is in use while vega runs: addresses that are listened on, files that are
// open.
func compare(old, next *config.Config) Changes {
	c := Changes{Live: []string{}, Restart: []string{}}
	for _, k := range []struct {
		name     string
		was, now any
		into     *[]string
	}{
		{"data_dir", old.DataDir, next.DataDir, &c.Restart},
		{"watch", old.Watch, next.Watch, &c.Live},
		{"server.host", old.Server.Host, next.Server.Host, &c.Restart},
		{"server.port", old.Server.Port, next.Server.Port, &c.Restart},
		{"server.tls", old.Server.TLS, next.Server.TLS, &c.Restart},
		{"server.api_key", old.Server.Keys, next.Server.Keys, &c.Live},
		{"server.drain_timeout", old.Server.DrainTimeout, next.Server.DrainTimeout, &c.Live},
		{"log.level", old.Log.Level, next.Log.Level, &c.Live},
		{"store.path", old.Store.Path, next.Store.Path, &c.Restart},
		{"store.slow_query", old.Store.SlowQuery, next.Store.SlowQuery, &c.Restart},
		{"store.keep_runs", old.Store.KeepRuns, next.Store.KeepRuns, &c.Live},
		{"store.keep_conversations", old.Store.KeepConversations, next.Store.KeepConversations, &c.Live},
		{"store.max_size", old.Store.MaxSize, next.Store.MaxSize, &c.Live},
		{"llm", old.LLM, next.LLM, &c.Live},
		{"network", old.Network, next.Network, &c.Restart},
		{"plugins.dir", old.Plugins.Dir, next.Plugins.Dir, &c.Live},
	} {
		if !reflect.DeepEqual(k.was, k.now) {
			*k.into = append(*k.into, k.name)
		}
	}
	c.Live = append(c.Live, differing("database.", old.Databases, next.Databases, func(d config.Database) string { return d.Name })...)
	c.Live = append(c.Live, differing("integration.", unplaced(old), unplaced(next), func(i config.Integration) string { return i.Name })...)
	return c
}

// differing are the blocks that differ between two lists in order of name.
func differing[T any](prefix string, old, next []T, name func(T) string) []string {
	var out []string
	byName := func(b T, name_ string) int { return cmp.Compare(name(b), name_) }
	for _, b := range next {
		n, ok := slices.BinarySearchFunc(old, name(b), byName)
		if !ok || !reflect.DeepEqual(old[n], b) {
			out = append(out, prefix+name(b))
		}
	}
	for _, b := range old {
		if _, ok := slices.BinarySearchFunc(next, name(b), byName); !ok {
			out = append(out, prefix+name(b))
		}
	}
	slices.Sort(out)
	return out
}

// unplaced are the integrations without where they stand in the files.
func unplaced(c *config.Config) []config.Integration {
	out := slices.Clone(c.Integrations)
	for n := range out {
		out[n].Position = ""
	}
	return out
}

// Package cases replays recorded runs of plugins in tests. It repeats runs that
// lacked CPU time, so that the tests pass even on busy machines.
package cases

import (
	"slices"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/plugintest"
)

// Replay calls Kit.Replay, and repeats runs that lacked CPU time.
func Replay(t testing.TB, k *plugintest.Kit, c *plugintest.Case) plugintest.Run {
	t.Helper()
	run, _ := realtest.Unstarved(t, func() plugintest.Run {
		run, err := k.Replay(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}, plugintest.Run.Doubtful)
	return run
}

// Faults calls Kit.Faults, and repeats runs that lacked CPU time.
func Faults(t testing.TB, k *plugintest.Kit, c *plugintest.Case) []plugintest.Verdict {
	t.Helper()
	all, _ := realtest.Unstarved(t, func() []plugintest.Verdict {
		verdicts, err := k.Faults(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return verdicts
	}, func(all []plugintest.Verdict) bool {
		return slices.ContainsFunc(all, func(v plugintest.Verdict) bool { return v.Run.Doubtful() })
	})
	return all
}

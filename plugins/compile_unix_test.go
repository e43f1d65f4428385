//go:build unix && !race

package plugins_test

import (
	"context"
	"flag"
	"os/exec"
	"testing"
	"time"

	"vega/plugins/compiler"
)

// A compiler is limited by CPU time, which does not depend on how busy the machine
// is.
func TestCompilerIsEndedByProcessorTime(t *testing.T) {
	if flag.Arg(0) == "spin" {
		spin(t)
	}
	s, _ := apartBy(t, func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, self(t), "-test.run=^"+t.Name()+"$", "spin")
	})
	s.limitCompiler(t, compiler.Limits{Processor: time.Second, Time: time.Minute})
	if _, err := s.Load(t.Context(), watWasm(t, "segments")); err == nil || err.Error() != "it does not compile: its compiler was killed after 1s of processor time" {
		t.Error(err)
	}
}

// spin acts as a compiler that may use a second and does not finish.
func spin(t *testing.T) {
	t.Helper()
	if err := compiler.LimitProcess(time.Second); err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n != 0; n *= 3 { // an odd number never becomes 0
	}
}

// Command validate measures the validation of a large configuration, compared with a
// plain decoder of the same language and with terraform, if installed. Each runs in
// its own process; they take turns.
//
//	go run ./.ci/bench/validate -integrations 10000 -rounds 7
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == plainly {
		if err := plain(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	integrations := flag.Int("integrations", 10_000, "number of integrations")
	rounds := flag.Int("rounds", 7, "runs of each contender")
	flag.Parse()
	if err := compare(context.Background(), *integrations, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contender is a program that checks its file.
type contender struct {
	name string
	cmd  func() *exec.Cmd
	took []measure
}

type measure struct {
	wall, cpu time.Duration
	held      int64 // peak resident bytes
}

func compare(ctx context.Context, integrations, rounds int) error {
	dir, err := os.MkdirTemp("", "vega-validate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	all, err := contenders(ctx, dir, integrations)
	if err != nil {
		return err
	}
	for range rounds {
		for i := range all {
			m, err := run(all[i].cmd())
			if err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
			all[i].took = append(all[i].took, m)
		}
	}
	for _, c := range all {
		wall := spread(c.took, func(m measure) time.Duration { return m.wall })
		cpu := spread(c.took, func(m measure) time.Duration { return m.cpu })
		held := spread(c.took, func(m measure) int64 { return m.held })
		fmt.Printf("%-24s wall %v (%v to %v), CPU %v, peak %d MB\n", c.name, ms(wall[1]), ms(wall[0]), ms(wall[2]), ms(cpu[1]), held[2]>>20)
	}
	return nil
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// spread returns the minimum, the median and the maximum.
func spread[T cmp.Ordered](all []measure, of func(measure) T) [3]T {
	var values []T
	for _, m := range all {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return [3]T{values[0], values[len(values)/2], values[len(values)-1]}
}

func run(cmd *exec.Cmd) (measure, error) {
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return measure{}, fmt.Errorf("%w\n%s", err, out)
	}
	use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return measure{}, errors.New("resource usage of processes is not available on this system")
	}
	return measure{time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), use.Maxrss << 10}, nil
}

func contenders(ctx context.Context, dir string, n int) ([]contender, error) {
	vega := filepath.Join(dir, "vega")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", vega, "./daemon/vega").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build vega in the directory of its go.mod: %w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(file, vegaFile(n), 0o600); err != nil {
		return nil, err
	}
	all := []contender{
		{name: "vega validate config", cmd: func() *exec.Cmd { return exec.CommandContext(ctx, vega, "validate", "config", file) }},
		{name: "hclparse and gohcl", cmd: func() *exec.Cmd { return exec.CommandContext(ctx, self, plainly, file) }},
	}
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		fmt.Println("terraform is not installed: skipped")
		return all, nil
	}
	in := filepath.Join(dir, "terraform")
	if err := terraformDir(ctx, terraform, in, n); err != nil {
		return nil, err
	}
	return append(all, contender{name: "terraform validate", cmd: func() *exec.Cmd {
		cmd := exec.CommandContext(ctx, terraform, "validate", "-no-color")
		cmd.Dir = in
		return cmd
	}}), nil
}

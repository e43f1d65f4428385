package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// site is a directory in which vega runs, and what was acknowledged there.
type site struct {
	*kit
	dir    string
	ledger *ledger
	marks  map[string]acknowledged // by the file that must have it
}

func (k *kit) newSite(dir string) (*site, error) {
	s := &site{kit: k, dir: dir, marks: map[string]acknowledged{}}
	if err := os.MkdirAll(s.data(""), 0o700); err != nil {
		return nil, err
	}
	var err error
	if s.ledger, err = newLedger(filepath.Join(dir, "ledger"), acknowledged{}); err != nil {
		return nil, err
	}
	return s, os.WriteFile(filepath.Join(dir, "vega.hcl"), []byte(k.config()), 0o600)
}

// config returns a configuration with integrations that run each second.
func (k *kit) config() string {
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "data_dir = \"data\"\nserver {\n  port = %d\n  api_key = env(\"VEGA_API_KEY\")\n}\n", k.port)
	hcl.WriteString("store {\n  keep_runs = \"8760h\"\n  max_size = \"8GiB\"\n}\ndefaults {\n  interval = \"1s\"\n  timeout = \"1s\"\n}\n")
	for n := range 10 {
		fmt.Fprintf(&hcl, "integration \"tick-%d\" {\n  probe = core.http\n  config {\n    url = %q\n  }\n}\n", n, k.target.url())
	}
	return hcl.String()
}

// data returns the path of a file in data_dir.
func (s *site) data(name string) string { return filepath.Join(s.dir, "data", name) }

// size returns the size of a file in data_dir, in MiB.
func (s *site) size(name string) (float64, error) {
	info, err := os.Stat(s.data(name))
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / (1 << 20), nil
}

// copy copies a site whose vega does not run.
func (s *site) copy(ctx context.Context, dir string) (*site, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if text, err := output(ctx, "cp", "-a", "--reflink=auto", s.dir, dir); err != nil {
		return nil, fmt.Errorf("cp: %w: %s", err, text)
	}
	c := &site{kit: s.kit, dir: dir, marks: map[string]acknowledged{}}
	for name, a := range s.marks {
		c.marks[name] = a
	}
	var err error
	c.ledger, err = newLedger(filepath.Join(dir, "ledger"), s.ledger.now())
	return c, err
}

func (s *site) remove() {
	_ = s.ledger.file.Close() // its content is in memory as well
	if !s.keep {
		_ = os.RemoveAll(s.dir) // the whole directory of the kit is removed at the end
	}
}

// during runs a program of vega for a while, while clients write, and stops it.
func (k *kit) during(ctx context.Context, s *site, program string, lasts time.Duration) error {
	p, err := s.serve(ctx, program)
	if err != nil {
		return err
	}
	k.load.use(s)
	defer k.load.use(nil)
	wait(ctx, lasts)
	return p.stop()
}

// leftovers returns the files in data_dir, and next to it, that an interrupted step may
// leave and a successful one must not.
func (s *site) leftovers() (left []string) {
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && name == "cache" {
			return fs.SkipDir
		}
		for _, of := range []string{".part", ".restoring", ".tmp", "-journal"} {
			if strings.Contains(name, of) {
				left = append(left, name)
				break
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		left = append(left, err.Error())
	}
	return left
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/shortage"
)

// maxSecretFile bounds what file() reads.
const maxSecretFile = 64 << 10

// maxFiles bounds the number of files in policies/.
const maxFiles = 256

// sources is all that a configuration was made of, kept so that it can be
// judged again without reading the disk: a secret that is rotated meanwhile
// must not be taken up by half.
type sources struct {
	path    string // absolute
	missing string // what to do when the file is not there
	files   []*diag.Source
	env     map[string]*string // nil: not set
	read    map[string]content // by absolute path, for file()
	tried   map[string]error   // other files that were checked

	custodies map[string]custody // of what was read, and of the directories above it
	short     *shortage.Error    // why not all of it could be read, for now; nil if it could
	host      string             // what the command line says instead
	port      int
}

type content struct {
	text string
	err  error
}

func newSources(missing string) *sources {
	return &sources{missing: missing, env: map[string]*string{}, read: map[string]content{}, tried: map[string]error{}, custodies: map[string]custody{}}
}

// readSources reads path and the *.hcl files in the directory policies beside
// it, not below it.
func readSources(path string, out *diag.Collector) *sources {
	s := newSources("write one with `vega init`, or name another with -c FILE")
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	s.path = abs
	s.add(path, filepath.Dir(abs), out)
	names, err := policyFiles(filepath.Dir(abs))
	s.note(err)
	if err != nil {
		out.Err(diag.Unreadable, s.files[0].Span(0, 0), "The directory policies beside it cannot be read: "+reason(err).Error()+".", "make it readable for the user that vega runs as, or remove it")
	}
	for n, name := range names {
		if n == maxFiles {
			out.Err(diag.TooMuch, s.files[0].Span(0, 0), fmt.Sprintf("The directory policies holds more than %d files.", maxFiles), "join some of them")
			break
		}
		s.add(filepath.Join(filepath.Dir(path), name), filepath.Join(filepath.Dir(abs), "policies"), out)
	}
	return s
}

// policyFiles are the files in the directory policies of dir that belong to a
// configuration, relative to dir. There need be no such directory.
func policyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "policies"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".hcl") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, filepath.Join("policies", e.Name()))
		}
	}
	return names, err
}

// Paths are the files that a configuration is read from: path itself, and
// those in the directory policies beside it.
func Paths(path string) ([]string, error) {
	names, err := policyFiles(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("look for more of %s: %w", path, err)
	}
	paths := []string{path}
	for _, name := range names {
		paths = append(paths, filepath.Join(filepath.Dir(path), name))
	}
	return paths, nil
}

// ReadFile reads a configuration file as Load does: a regular one of at most
// MaxFile bytes.
func ReadFile(path string) ([]byte, error) {
	b, err := readRegular(path, syntax.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, reason(err))
	}
	return b, nil
}

func (s *sources) add(path, dir string, out *diag.Collector) {
	f := &diag.Source{Name: path, Dir: dir, Order: len(s.files)}
	s.files = append(s.files, f)
	src, err := readRegular(path, syntax.MaxFile)
	s.note(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Err(diag.Unreadable, f.Span(0, 0), "There is no such file.", s.missing)
	case errors.Is(err, errLarge):
		out.Err(diag.TooMuch, f.Span(0, 0), fmt.Sprintf("It is larger than %d MiB.", syntax.MaxFile>>20), "move parts of it into files under policies/")
	case err != nil:
		out.Err(diag.Unreadable, f.Span(0, 0), "It cannot be read: "+reason(err).Error()+".", "give vega a regular file that its user may read")
	default:
		f.Text = src
	}
}

// note keeps that something could not be read since vega or its machine is short
// of something. That tells nothing of the configuration.
func (s *sources) note(err error) {
	if short := shortage.Of(err); short != nil && s.short == nil {
		s.short = short
	}
}

var (
	errLarge      = errors.New("it is too large")
	errNotRegular = errors.New("it is no regular file")
)

// readRegular reads a regular file of at most limit bytes; links are followed,
// pipes, devices and directories refused without being opened.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	if info.Size() > limit {
		return nil, errLarge
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errLarge
	}
	return b, err
}

// reason is the error without the path, which the diagnostic has already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

package cgroup

import (
	"errors"
	"os"
	"path"
	"sync"

	"vega/daemon/diagnostics/kernelfile"
)

// Reader reads cgroups. It is safe for concurrent use.
type Reader struct {
	root string // precedes every path in /proc and /sys; "" except in tests

	mu    sync.Mutex
	of    string // the /proc/self/cgroup that trees was read for
	trees *trees // kept until the process changes its cgroup, because mountinfo is long
}

// New returns a Reader.
func New() *Reader { return &Reader{} }

func (r *Reader) read(path string) (string, error) { return kernelfile.Read(r.root + path) }

// find returns the trees that the process is in.
func (r *Reader) find() (*trees, error) {
	own, err := r.read("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trees != nil && r.of == own {
		return r.trees, nil
	}
	mounts, err := r.read("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := findTrees(r.root, own, mounts)
	if len(found.byController) == 0 {
		return nil, errors.New("no cgroups are mounted")
	}
	r.of, r.trees = own, found
	return found, nil
}

// tree returns the tree that a controller is in.
func (r *Reader) tree(controller string) (tree, error) {
	all, err := r.find()
	if err != nil {
		return tree{}, err
	}
	return all.tree(controller)
}

// Own returns the version of cgroups, "v1", "v2" or "hybrid", and the path of the
// process's own cgroup, as in /proc/self/cgroup.
func (r *Reader) Own() (version, path string, err error) {
	all, err := r.find()
	if err != nil {
		return "", "", err
	}
	return all.version, all.own, nil
}

var errTop = errors.New("the process is not in a version 2 cgroup below the top")

// Pressure returns a function that reads the pressure within the process's own
// cgroup. It returns an error for the top cgroup, which is the whole host and
// the only one without a file cgroup.events.
func (r *Reader) Pressure() (func(resource string) (string, error), error) {
	all, err := r.find()
	if err != nil {
		return nil, err
	}
	t, ok := all.byController[""]
	if !ok {
		return nil, errTop
	}
	if _, err := os.Stat(t.file(t.path, "cgroup.events")); err != nil {
		return nil, errTop
	}
	return func(resource string) (string, error) {
		return kernelfile.Read(t.file(t.path, resource+".pressure"))
	}, nil
}

// hostPressure returns the path of the file with the whole host's CPU pressure.
func (r *Reader) hostPressure() string { return path.Join("/", r.root, "proc/pressure/cpu") }

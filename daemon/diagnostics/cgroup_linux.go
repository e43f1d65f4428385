package diagnostics

import (
	"errors"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
)

// hierarchy is where this process stands in one tree of cgroups.
type hierarchy struct {
	v2    bool
	mount string // where the tree is mounted
	path  string // below it, of the process's own cgroup; "/" is the top that can be seen
}

// levels are the paths from the process's own cgroup up to the top.
func (h hierarchy) levels() []string {
	levels := []string{h.path}
	for p := h.path; p != "/"; {
		p = path.Dir(p)
		levels = append(levels, p)
	}
	return levels
}

// file is one of a cgroup's at the given level.
func (h hierarchy) file(level, name string) string { return path.Join(h.mount, level, name) }

// groups is where this process stands in all of them, by controller. The tree
// of version 2 is under "".
type groups struct {
	own     string // the path that /proc/self/cgroup has for memory, or of version 2
	version string
	trees   map[string]hierarchy
}

var errNoGroups = errors.New("no cgroups are mounted here")

// tree is the one that a controller is in: it is never in both versions.
func (g *groups) tree(controller string) (hierarchy, error) {
	if h, ok := g.trees[controller]; ok {
		return h, nil
	}
	if h, ok := g.trees[""]; ok {
		return h, nil
	}
	return hierarchy{}, errors.New("no cgroup tree with the controller " + controller + " is mounted here")
}

// groupCache keeps what was found until the process is in another cgroup:
// mountinfo is long.
type groupCache struct {
	mu   sync.Mutex
	of   string // /proc/self/cgroup
	last *groups
}

func (s *system) cgroups() (*groups, error) {
	own, err := s.read("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	s.groups.mu.Lock()
	defer s.groups.mu.Unlock()
	if s.groups.last != nil && s.groups.of == own {
		return s.groups.last, nil
	}
	mounts, err := s.read("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := findGroups(s.root, own, mounts)
	if len(found.trees) == 0 {
		return nil, errNoGroups
	}
	s.groups.of, s.groups.last = own, found
	return found, nil
}

// findGroups puts both files together: own has lines such as
// "4:memory:/docker/1234" and, of version 2, "0::/docker/1234".
func findGroups(root, own, mounts string) *groups {
	g := &groups{trees: map[string]hierarchy{}}
	var v1, v2 bool
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			h, ok := findMount(mounts, controller, fields[2])
			if !ok || strings.HasPrefix(controller, "name=") {
				continue
			}
			h.mount = root + h.mount
			g.trees[controller] = h
			v1, v2 = v1 || !h.v2, v2 || h.v2
			if controller == "memory" || controller == "" && g.own == "" {
				g.own = fields[2]
			}
		}
	}
	g.version = map[[2]bool]string{{true, false}: "v1", {false, true}: "v2", {true, true}: "hybrid"}[[2]bool{v1, v2}]
	return g
}

// findMount finds the tree of a controller, "" for version 2. A tree that is
// mounted from further down, as in a container, has that cgroup as its top.
func findMount(mounts, controller, own string) (hierarchy, bool) {
	var found hierarchy
	ok := false
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(system) < 3 || !carries(system, controller) {
			continue
		}
		h := hierarchy{v2: controller == "", mount: unescape(mount[4]), path: "/"}
		below, inside := within(own, unescape(mount[3]))
		if inside {
			h.path = below
		}
		if !ok || inside {
			found, ok = h, true
		}
		if inside {
			break
		}
	}
	return found, ok
}

// carries reports whether a mount's type, source and options are those of the
// controller's tree.
func carries(system []string, controller string) bool {
	if controller == "" {
		return system[0] == "cgroup2"
	}
	return system[0] == "cgroup" && strings.Contains(","+system[2]+",", ","+controller+",")
}

// within is where own lies below top. A path that leads up is that of a
// process outside of the cgroup namespace, and lies nowhere.
func within(own, top string) (string, bool) {
	if strings.HasPrefix(own, "/..") {
		return "", false
	}
	if top == "/" {
		return path.Clean("/" + own), true
	}
	rest, ok := strings.CutPrefix(own, top)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return path.Clean("/" + rest), true
}

// unescape undoes the kernel's "\040" for a blank, and the like.
func unescape(s string) string {
	for i := 0; i+3 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		if v, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
			s = s[:i] + string([]byte{byte(v)}) + s[i+4:]
		}
	}
	return s
}

func (s *system) group() (version, path string, err error) {
	g, err := s.cgroups()
	if err != nil {
		return "", "", err
	}
	return g.version, g.own, nil
}

var errTop = errors.New("the process is in no cgroup of version 2 below the top one")

// groupPressure reads that of the process's own cgroup. The top one, which is
// all of the host, is told by a file that it lacks.
func (s *system) groupPressure() (func(resource string) (string, error), error) {
	g, err := s.cgroups()
	if err != nil {
		return nil, err
	}
	h, ok := g.trees[""]
	if !ok {
		return nil, errTop
	}
	if _, err := os.Stat(h.file(h.path, "cgroup.events")); err != nil {
		return nil, errTop
	}
	return func(resource string) (string, error) { return slurp(h.file(h.path, resource+".pressure")) }, nil
}

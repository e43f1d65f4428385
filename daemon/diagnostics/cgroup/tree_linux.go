package cgroup

import (
	"errors"
	"path"
	"strconv"
	"strings"
)

// tree is one hierarchy of cgroups, and the process's place in it.
type tree struct {
	v2    bool
	mount string // where it is mounted
	path  string // of the process's own cgroup, below mount; "/" is the visible top
}

// levels returns the paths from the process's own cgroup up to the top.
func (t tree) levels() []string {
	levels := []string{t.path}
	for p := t.path; p != "/"; {
		p = path.Dir(p)
		levels = append(levels, p)
	}
	return levels
}

// file returns the path of one of a cgroup's files.
func (t tree) file(level, name string) string { return path.Join(t.mount, level, name) }

// trees holds all hierarchies that contain the process.
type trees struct {
	own          string // the path in /proc/self/cgroup: that of the memory controller, or of version 2
	version      string
	byController map[string]tree // version 2 has the key ""
}

// tree returns the tree of a controller. A controller is never in both versions at
// the same time.
func (a *trees) tree(controller string) (tree, error) {
	if t, ok := a.byController[controller]; ok {
		return t, nil
	}
	if t, ok := a.byController[""]; ok {
		return t, nil
	}
	return tree{}, errors.New("no cgroup tree with the controller " + controller + " is mounted")
}

// findTrees combines /proc/self/cgroup, which has lines such as
// "4:memory:/docker/1234" and, for version 2, "0::/docker/1234", with the
// mounts.
func findTrees(root, own, mounts string) *trees {
	a := &trees{byController: map[string]tree{}}
	var v1, v2 bool
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			t, ok := findMount(mounts, controller, fields[2])
			if !ok || strings.HasPrefix(controller, "name=") {
				continue
			}
			t.mount = root + t.mount
			a.byController[controller] = t
			v1, v2 = v1 || !t.v2, v2 || t.v2
			if controller == "memory" || controller == "" && a.own == "" {
				a.own = fields[2]
			}
		}
	}
	a.version = map[[2]bool]string{{true, false}: "v1", {false, true}: "v2", {true, true}: "hybrid"}[[2]bool{v1, v2}]
	return a
}

// findMount finds the mounted tree of a controller, which is "" for version 2.
// Inside a container, the tree may be mounted from a lower cgroup, which is then the
// visible top.
func findMount(mounts, controller, own string) (tree, bool) {
	var found tree
	ok := false
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(system) < 3 || !carries(system, controller) {
			continue
		}
		t := tree{v2: controller == "", mount: unescape(mount[4]), path: "/"}
		below, inside := within(own, unescape(mount[3]))
		if inside {
			t.path = below
		}
		if !ok || inside {
			found, ok = t, true
		}
		if inside {
			break
		}
	}
	return found, ok
}

// carries reports whether a mount, given by its type, source and options, contains
// the tree of the controller.
func carries(system []string, controller string) bool {
	if controller == "" {
		return system[0] == "cgroup2"
	}
	return system[0] == "cgroup" && strings.Contains(","+system[2]+",", ","+controller+",")
}

// within returns the path of own relative to top. A path that begins with "/.."
// belongs to a process outside of the cgroup namespace and is never within top.
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

// unescape decodes the octal escapes in mountinfo, such as "\040" for a space.
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

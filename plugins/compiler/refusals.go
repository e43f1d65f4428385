package compiler

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vega/policies/check"
)

const (
	// refusedFile is the file in which a child leaves the reason for a
	// refusal, and in which a cache keeps such reasons.
	refusedFile = "refused"
	maxRefusals = 256 // maximum number remembered
	maxReason   = 700 // bytes of one reason
)

// refusals remembers refused modules by their digest, because reading and
// compiling one may take half a minute and a reload would repeat it. The cache
// keeps refusals for the same program only, because a newer version of vega may
// accept what an older one refused.
type refusals struct {
	mu      sync.Mutex
	path    string // empty means in memory only
	program string
	all     []refused
}

// refused is a refused module.
type refused struct {
	Digest string    `json:"sha256"`
	Reason string    `json:"reason"`
	until  time.Time // zero means as long as the program is the same
}

// refusalsFile is the content of the file.
type refusalsFile struct {
	By  string    `json:"by"`
	All []refused `json:"refused"`
}

func openRefusals(cacheDir string) *refusals {
	r := &refusals{program: program()}
	if cacheDir != "" {
		r.path = filepath.Join(cacheDir, refusedFile)
		r.all = r.read()
	}
	return r
}

// program identifies this program, because another one may judge modules
// differently.
func program() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(name)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", readerVersion(), info.Size(), info.ModTime().UnixNano())
}

// find returns why a module was refused, or nil if it was not.
func (r *refusals) find(digest string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(k refused) bool { return !k.until.IsZero() && time.Now().After(k.until) })
	for _, k := range r.all {
		if k.Digest == digest {
			return refusal{reason: k.Reason, temporary: !k.until.IsZero()}
		}
	}
	return nil
}

// keep remembers err if it is a refusal.
func (r *refusals) keep(digest string, err error) {
	why, ok := errors.AsType[refusal](err)
	if !ok {
		return
	}
	k := refused{Digest: digest, Reason: check.Clip(why.reason, maxReason)}
	if why.temporary {
		k.until = time.Now().Add(retryAfter)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = withRefused(r.all, k)
	if r.path != "" && !why.temporary {
		r.write(k)
	}
}

// withRefused adds k, and drops the oldest beyond maxRefusals.
func withRefused(all []refused, k refused) []refused {
	all = slices.DeleteFunc(all, func(o refused) bool { return o.Digest == k.Digest })
	all = append(all, k)
	return all[max(0, len(all)-maxRefusals):]
}

// read reads the file. It ignores a file that another program wrote.
func (r *refusals) read() []refused {
	b, err := os.ReadFile(r.path)
	if err != nil {
		return nil
	}
	var f refusalsFile
	if json.Unmarshal(b, &f) != nil || f.By != r.program || r.program == "" {
		return nil
	}
	return f.All[max(0, len(f.All)-maxRefusals):]
}

// write adds k to the file, which another process may have changed. If it
// fails, the module is read again next time.
func (r *refusals) write(k refused) {
	b, err := json.Marshal(refusalsFile{By: r.program, All: withRefused(r.read(), k)})
	if err != nil || makePrivate(filepath.Dir(r.path)) != nil {
		return
	}
	_ = writeFile(r.path, b)
}

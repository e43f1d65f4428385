package plugins

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
	// refusedFile is where a child leaves why it refuses a module, and where a
	// cache keeps such reasons.
	refusedFile = "refused"
	// maxRefused is how many refusals are remembered, maxReason how long each
	// may be.
	maxRefused = 256
	maxReason  = 700
	// retryAfter is when a module is tried again whose compiler ran out of time
	// or memory: that may have been the machine's fault.
	retryAfter = 10 * time.Minute
	// retrySoon is when one is tried again that vega could not load for its own
	// reasons.
	retrySoon = 30 * time.Second
)

// IsRefusal reports whether err, of Load or Compile, is for what the module is, and
// not for what vega or its machine lacked.
func IsRefusal(err error) bool {
	_, ok := errors.AsType[refusal](err)
	return ok
}

// RetryAfter returns when to load a module again that Load or Compile had err for;
// 0 if that is for what the module is, and never.
func RetryAfter(err error) time.Duration {
	why, ok := errors.AsType[refusal](err)
	switch {
	case !ok:
		return retrySoon
	case why.passes:
		return retryAfter
	default:
		return 0
	}
}

// refusal is why a module is not taken: for what it is, and not for what the
// host lacked.
type refusal struct {
	reason string
	passes bool // it may be another time
}

func (r refusal) Error() string { return r.reason }

// refusalOf makes a refusal of what is wrong with a module.
func refusalOf(err error) error {
	if err == nil {
		return nil
	}
	return refusal{reason: clipError(err).Error()}
}

// refusals remembers modules that were refused, by their digest: reading and
// compiling one may take half a minute, and a reload would do it again. They are
// kept in the cache, too, for the same program only: a newer vega may take what
// an older one refused.
type refusals struct {
	mu   sync.Mutex
	path string // "": in memory only
	by   string // this program
	all  []refused
}

// refused is one module.
type refused struct {
	Digest string    `json:"sha256"`
	Reason string    `json:"reason"`
	until  time.Time // zero: for as long as this program is the same
}

// keptRefusals is the file.
type keptRefusals struct {
	By  string    `json:"by"`
	All []refused `json:"refused"`
}

func openRefusals(cacheDir string) *refusals {
	r := &refusals{by: program()}
	if cacheDir != "" {
		r.path = filepath.Join(cacheDir, refusedFile)
		r.all = r.read()
	}
	return r
}

// program identifies this program among others, which may judge otherwise.
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

// find answers why a module was refused, nil if it was not.
func (r *refusals) find(digest string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(k refused) bool { return !k.until.IsZero() && time.Now().After(k.until) })
	for _, k := range r.all {
		if k.Digest == digest {
			return refusal{reason: k.Reason, passes: !k.until.IsZero()}
		}
	}
	return nil
}

// keep remembers a refusal, if that is what err is.
func (r *refusals) keep(digest string, err error) {
	why, ok := errors.AsType[refusal](err)
	if !ok {
		return
	}
	k := refused{Digest: digest, Reason: check.Clip(why.reason, maxReason)}
	if why.passes {
		k.until = time.Now().Add(retryAfter)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = withRefused(r.all, k)
	if r.path != "" && !why.passes {
		r.write(k)
	}
}

// withRefused adds one, and forgets the oldest beyond the bound.
func withRefused(all []refused, k refused) []refused {
	all = slices.DeleteFunc(all, func(o refused) bool { return o.Digest == k.Digest })
	all = append(all, k)
	return all[max(0, len(all)-maxRefused):]
}

// read reads the file of this program; one of another says nothing.
func (r *refusals) read() []refused {
	b, err := os.ReadFile(r.path)
	if err != nil {
		return nil
	}
	var k keptRefusals
	if json.Unmarshal(b, &k) != nil || k.By != r.by || r.by == "" {
		return nil
	}
	return k.All[max(0, len(k.All)-maxRefused):]
}

// write adds one to the file, in which another process may have written since.
// At worst the module is looked at again.
func (r *refusals) write(k refused) {
	b, err := json.Marshal(keptRefusals{By: r.by, All: withRefused(r.read(), k)})
	if err != nil || private(filepath.Dir(r.path)) != nil {
		return
	}
	_ = writeFile(r.path, b)
}

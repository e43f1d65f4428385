//go:build !linux

package cgroup

import (
	"fmt"
	"runtime"
)

// Reader finds no cgroups on this system.
type Reader struct{}

// New returns a Reader.
func New() *Reader { return &Reader{} }

var errNotLinux = fmt.Errorf("not available on %s", runtime.GOOS)

// Own returns an error.
func (r *Reader) Own() (version, path string, err error) { return "", "", errNotLinux }

// Memory returns an error.
func (r *Reader) Memory() (Levels, error) { return nil, errNotLinux }

// LimitedMemory returns an error.
func (r *Reader) LimitedMemory() (Levels, error) { return nil, errNotLinux }

// MemoryMembers returns nil.
func (r *Reader) MemoryMembers(string) func(pid int) bool { return nil }

// Quota returns nil.
func (r *Reader) Quota() *Quota { return nil }

// PIDs returns an error.
func (r *Reader) PIDs() (PIDs, error) { return PIDs{}, errNotLinux }

// Pressure returns an error.
func (r *Reader) Pressure() (func(resource string) (string, error), error) { return nil, errNotLinux }

// Waits returns a function that reports nothing, because only Linux counts waits.
func (r *Reader) Waits() func() Waits { return func() Waits { return Waits{} } }

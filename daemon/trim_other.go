//go:build !linux

package daemon

func dropProgram() {}

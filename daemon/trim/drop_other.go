//go:build !linux

package trim

func dropProgram() {}

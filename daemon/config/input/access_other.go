//go:build !unix

package config

import "io/fs"

const modesTell = false

func ownedByRoot(fs.FileInfo) bool { return false }

func writersOf(fs.FileInfo) writers { return writers{} }

func readOnly(string) bool { return false }

package plugins

import (
	"maps"
	"slices"
)

// strangeErrno is one that no version of the ABI has.
const strangeErrno = -113

// grease adds options that no guest knows.
func grease(config map[string]any) {
	config["a-later-option"] = "1"
	config["z.later"] = map[string]any{"#": "2"}
}

// Calls are the names of all functions of the ABI, sorted.
func Calls() []string { return slices.Sorted(maps.Keys(calls)) }

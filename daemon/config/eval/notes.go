package eval

import "vega/daemon/config/diag"

// Notes are findings that can be judged only after everything is evaluated.
type Notes struct {
	Missed    map[string]bool       // unset variables that an error names
	Secrets   map[string]diag.Place // files that file() read secrets from, by path
	Named     map[string]diag.Place // all files that file() names, by path: the first place
	Databases map[string]bool       // databases that a default or a threshold refers to
	// Misspelt reports whether a reference names a database that does not
	// exist.
	Misspelt bool
}

func newNotes() Notes {
	return Notes{Missed: map[string]bool{}, Secrets: map[string]diag.Place{}, Named: map[string]diag.Place{}, Databases: map[string]bool{}}
}

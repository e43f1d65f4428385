//go:build !race

package signature_test

const race = false

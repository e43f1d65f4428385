//go:build race

package plugins_test

const race = true

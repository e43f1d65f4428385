//go:build !unix

package manifest

const asItIs = 0

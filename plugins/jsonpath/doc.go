// Package jsonpath evaluates dotted paths in JSON by scanning it, without
// building a tree: the memory that a lookup takes does not depend on the size
// or content of the input.
//
// Call New with the input, then Text.Find for each path, then Value.Write for
// the result. Split implements the grammar of paths, which options share.
//
// It refuses input that is not JSON according to RFC 8259, input after the
// value, values nested deeper than MaxDepth, and a path through a duplicate
// key, because readers disagree about which one counts. It imports only the
// standard library.
package jsonpath

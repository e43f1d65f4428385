// Package jsonpath answers dotted paths in a JSON text by reading the text,
// without building a tree of it: what an answer costs in memory does not
// depend on how large the text is or on what is in it.
//
// Call New with the text, then Text.Find for each path, then Value.Write for
// what is there. Split is the grammar of paths, which options share.
//
// It refuses what is not JSON by RFC 8259, text after the value, values nested
// deeper than MaxDepth, and a path through a key that stands twice: which of
// the two counts is nothing that two readers agree on. It imports the standard
// library alone.
package jsonpath

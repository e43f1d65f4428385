// Package jsonpath evaluates dotted paths in a JSON text by scanning it,
// without building a tree: the memory that a lookup takes does not depend on
// the size or content of the text.
//
// Call New with the text, then Text.Find for each path, then Value.Write for
// the result. Split implements the grammar of paths, which options share.
//
// It refuses text that is not JSON according to RFC 8259, text after the value,
// values nested deeper than MaxDepth, and a path through a duplicate key,
// because readers disagree about which one counts. It imports the standard
// library only.
package jsonpath

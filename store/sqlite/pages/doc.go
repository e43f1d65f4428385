// Package pages reads the pages of a SQLite database without SQLite, as far as
// they can be read. It never writes.
//
// SQLite refuses a table at the first damaged page that it needs. This package
// reads each page by itself: Open a file, with its write-ahead log, Walk the
// tree of a table or index, and look at pages that no tree leads to with Page
// and Kind. The format is described at https://www.sqlite.org/fileformat.html.
//
// Nothing in a file is trusted: whatever a page holds, reading ends, and uses
// memory for a few pages and one record.
package pages

package alert

// Selector selects integrations: a glob on names ("orders-*"), or "group:" or "label:"
// with a glob on groups or on one label ("group:payments/*", "label:team=core").
type Selector string

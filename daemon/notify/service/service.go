// Package service lists the services that a notifier can use, and their settings.
package service

// Settings are the settings of a notifier. Each service uses some of them; see Services.
type Settings struct {
	Name string // of the notifier
	Type string // of the service, such as "slack"

	URL, Key, Token, User, Password string
	Chat, Room, Channel             string
	Address, From, TLS              string
	To, Secrets                     []string
	At                              string // file:line
}

// Service is a service that a notifier can use.
type Service struct {
	Type string
	// Pager is set if the service takes one event for each incident.
	Pager    bool
	Settings []Setting
	Doc      string // one sentence
}

// Setting is an attribute of a notifier block.
type Setting struct {
	Name     string // of the attribute
	Required bool
	Secret   bool // never shown
	List     bool // a list of strings
	URL      bool
	Values   []string // the only values that it can have
	Default  string
	Doc      string
}

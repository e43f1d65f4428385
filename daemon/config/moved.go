package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/config/reference"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
)

// Names that moved to diag.
type (
	Code             = diag.Code
	Diagnostic       = diag.Diagnostic
	Diagnostics      = diag.Diagnostics
	Edit             = diag.Edit
	Explanation      = diag.Explanation
	Pos              = diag.Pos
	Range            = diag.Range
	Report           = diag.Report
	Severity         = diag.Severity
	UnknownCodeError = diag.UnknownCodeError
)

// Constants that moved to diag.
const (
	Error         = diag.Error
	Warning       = diag.Warning
	FormatVersion = diag.FormatVersion
	Unreadable    = diag.Unreadable
	WrongType     = diag.WrongType
	UnknownKey    = diag.UnknownKey
	PartlySet     = diag.PartlySet
	NoGrant       = diag.NoGrant
	BadUnit       = diag.BadUnit
	BadTrustedKey = diag.BadTrustedKey
)

// Variables and functions that moved to diag.
var (
	Codes    = diag.Codes
	Explain  = diag.Explain
	FindCode = diag.FindCode
	Apply    = diag.Apply
)

// MaxFile moved to syntax.
const MaxFile = syntax.MaxFile

// Names that moved to reference.
type (
	Docs              = reference.Docs
	Topic             = reference.Topic
	UnknownTopicError = reference.UnknownTopicError
)

// Functions that moved to reference and schema.
var (
	Reference         = reference.Config
	ManifestReference = reference.Manifest
	Span              = schema.Span
)

// Names that moved to input and redact.
type (
	Inputs   = input.Summary
	Redactor = redact.Redactor
)

// Functions that moved to input and redact, and one with a new name.
var (
	NewRedactor = redact.New
	Paths       = input.Paths
	Files       = input.Files
	ReadFile    = input.ReadFile
	Contact     = LoadLenient
)

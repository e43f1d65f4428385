package diag

// Code names a kind of mistake. Its meaning never changes, because scripts and
// searches rely on it.
type Code string

// The codes.
const (
	Unreadable     Code = "VEGA001"
	NotText        Code = "VEGA002"
	TooMuch        Code = "VEGA003"
	Syntax         Code = "VEGA004"
	NotAllowed     Code = "VEGA005"
	BadCall        Code = "VEGA006"
	UnknownKey     Code = "VEGA007"
	WrongForm      Code = "VEGA008"
	BadName        Code = "VEGA009"
	Twice          Code = "VEGA010"
	Required       Code = "VEGA011"
	WrongType      Code = "VEGA012"
	BadUnit        Code = "VEGA013"
	OutOfBounds    Code = "VEGA014"
	BadURL         Code = "VEGA015"
	BadAddress     Code = "VEGA016"
	Dangling       Code = "VEGA017"
	Cycle          Code = "VEGA018"
	FileUnreadable Code = "VEGA019"
	ShortSecret    Code = "VEGA020"
	NoPlugin       Code = "VEGA021"
	NoProbe        Code = "VEGA022"
	NoGrant        Code = "VEGA023"
	BadGrant       Code = "VEGA024"
	Undeclared     Code = "VEGA025"
	Unclaimed      Code = "VEGA026"
	OwnDatabase    Code = "VEGA027"
	NoKey          Code = "VEGA028"
	BadTLS         Code = "VEGA029"
	More           Code = "VEGA030"
	PartlySet      Code = "VEGA031"
	PluginDir      Code = "VEGA032"
	BadManifest    Code = "VEGA033"
	ShortKey       Code = "VEGA034"
	EveryAddress   Code = "VEGA035"
	ClearKey       Code = "VEGA036"
	LowPort        Code = "VEGA037"
	Unusual        Code = "VEGA038"
	Overlap        Code = "VEGA039"
	Overload       Code = "VEGA040"
	NotSet         Code = "VEGA041"
	PlainSecret    Code = "VEGA042"
	OpenFile       Code = "VEGA043"
	UnusedGrant    Code = "VEGA044"
	Unused         Code = "VEGA045"

	DependsOnItself   Code = "VEGA046"
	DependsOnDisabled Code = "VEGA047"

	Contradiction Code = "VEGA048"
	OutOfReach    Code = "VEGA049"
	TakesPlace    Code = "VEGA050"

	BadTrustedKey Code = "VEGA051"
	Pinned        Code = "VEGA052"

	SecretStrays   Code = "VEGA053"
	SecretAnywhere Code = "VEGA054"

	Writable Code = "VEGA055"

	BadDSN   Code = "VEGA056"
	BadQuery Code = "VEGA057"

	SkipVerify  Code = "VEGA060"
	Conflict    Code = "VEGA061"
	NoEffect    Code = "VEGA062"
	Unprotected Code = "VEGA063"
	NoMatch     Code = "VEGA065"
	UnusedValue Code = "VEGA066"

	NoNotifier  Code = "VEGA067"
	NeverFires  Code = "VEGA068"
	NeverClears Code = "VEGA069"
	Unmatched   Code = "VEGA070"
	NoWindow    Code = "VEGA071"
	ClearSecret Code = "VEGA072"

	BadVariable Code = "VEGA073"
	Overridden  Code = "VEGA074"
	OpenMetrics Code = "VEGA075"
	BadSSH      Code = "VEGA076"

	// Codes from 100 on report findings from running an integration, querying a
	// database or sending a test.
	NotHealthy   Code = "VEGA100"
	TooMuchRight Code = "VEGA101"
	NotArrived   Code = "VEGA102"
)

// CodeInfo is a code and its title.
type CodeInfo struct {
	Code  Code
	Title string
}

// Codes lists all codes in order.
var Codes = []CodeInfo{
	{Unreadable, "the file cannot be read"},
	{NotText, "the file is not plain UTF-8 text"},
	{TooMuch, "the file is larger or deeper than vega reads"},
	{Syntax, "syntax error"},
	{NotAllowed, "expression not allowed here"},
	{BadCall, "wrong function call"},
	{UnknownKey, "unknown key"},
	{WrongForm, "block and attribute mixed up"},
	{BadName, "bad name"},
	{Twice, "duplicate"},
	{Required, "required, but not set"},
	{WrongType, "wrong type"},
	{BadUnit, "bad duration or size"},
	{OutOfBounds, "value not allowed"},
	{BadURL, "bad URL"},
	{BadAddress, "bad address"},
	{Dangling, "unknown reference"},
	{Cycle, "circular reference"},
	{FileUnreadable, "file() cannot be read"},
	{ShortSecret, "secret too short"},
	{NoPlugin, "no such plugin"},
	{NoProbe, "no such probe"},
	{NoGrant, "grant missing"},
	{BadGrant, "bad grant"},
	{Undeclared, "grant that the probe does not need"},
	{Unclaimed, "plugin uses more than it declares"},
	{OwnDatabase, "vega's own database is not for this plugin"},
	{NoKey, "no API key"},
	{BadTLS, "certificate cannot be used"},
	{More, "more mistakes"},
	{PartlySet, "list or map left unset"},
	{PluginDir, "plugin directory cannot be read"},
	{BadManifest, "bad manifest"},
	{ShortKey, "API key too short"},
	{EveryAddress, "listening on every address"},
	{ClearKey, "API key sent in the clear"},
	{LowPort, "privileged port"},
	{Unusual, "unusual value"},
	{Overlap, "timeout longer than the interval"},
	{Overload, "more checks than can run concurrently"},
	{NotSet, "variable not set"},
	{PlainSecret, "secret in plain text"},
	{OpenFile, "secret that others can read"},
	{UnusedGrant, "unused grant"},
	{Unused, "unused block"},
	{DependsOnItself, "circular dependency"},
	{DependsOnDisabled, "dependency on a disabled integration"},
	{Contradiction, "threshold contradicts itself"},
	{OutOfReach, "unreachable threshold"},
	{TakesPlace, "built-in threshold replaced"},
	{BadTrustedKey, "invalid trusted key"},
	{Pinned, "not the trusted module"},
	{SecretStrays, "secret next to several destinations"},
	{SecretAnywhere, "secrets may be sent anywhere"},
	{Writable, "writable by others"},
	{BadDSN, "bad data source name"},
	{BadQuery, "query that vega does not run"},
	{SkipVerify, "certificate not verified"},
	{Conflict, "options that exclude each other"},
	{NoEffect, "option without effect"},
	{Unprotected, "secret without protection"},
	{NoMatch, "include matches no file"},
	{UnusedValue, "default that no integration uses"},
	{NoNotifier, "nobody is notified"},
	{NeverFires, "alert that never fires"},
	{NeverClears, "alert that never clears"},
	{Unmatched, "selector that matches nothing"},
	{NoWindow, "window that never comes"},
	{ClearSecret, "secret sent in the clear"},
	{BadVariable, "mistake in vega.env"},
	{Overridden, "variable of vega.env without effect"},
	{OpenMetrics, "metrics without a key"},
	{BadSSH, "SSH key cannot be used"},
	{NotHealthy, "not healthy when it was run"},
	{TooMuchRight, "database user can do more than read"},
	{NotArrived, "test message did not arrive"},
}

// Title returns what a code stands for, in a few words.
func (c Code) Title() string {
	for _, i := range Codes {
		if i.Code == c {
			return i.Title
		}
	}
	return "unknown code"
}

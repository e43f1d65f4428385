package service

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Get returns the values of a setting: at most one, unless it is a list.
func (s *Settings) Get(name string) []string {
	one := map[string]string{
		"url": s.URL, "key": s.Key, "token": s.Token, "user": s.User, "password": s.Password,
		"chat": s.Chat, "room": s.Room, "channel": s.Channel, "address": s.Address, "from": s.From, "tls": s.TLS,
	}
	many := map[string][]string{"to": s.To, "secrets": s.Secrets}
	if all, ok := many[name]; ok {
		return all
	}
	if one[name] == "" {
		return nil
	}
	return []string{one[name]}
}

// WithDefaults returns the settings with the defaults of their service in place of what
// is empty.
func (s Settings) WithDefaults() Settings {
	of := Find(s.Type)
	if of == nil {
		return s
	}
	for _, setting := range of.Settings {
		switch {
		case setting.Default == "":
		case setting.Name == "url" && s.URL == "":
			s.URL = setting.Default
		case setting.Name == "tls" && s.TLS == "":
			s.TLS = setting.Default
		}
	}
	return s
}

// Problem is a setting that can't be used. Its text does not quote the value, which may
// be a secret.
type Problem struct {
	Setting string // its name; "type" if the service does not exist
	Reason  string
}

// Error returns the setting and the reason.
func (p *Problem) Error() string { return p.Setting + " " + p.Reason }

// Check returns the first problem of the settings, or nil.
func Check(s Settings) *Problem {
	s = s.WithDefaults()
	of := Find(s.Type)
	if of == nil {
		return &Problem{"type", "must be one of " + strings.Join(Types(), ", ")}
	}
	for _, setting := range of.Settings {
		for _, value := range s.Get(setting.Name) {
			if err := setting.check(s.Type, value); err != nil {
				return &Problem{setting.Name, err.Error()}
			}
		}
		if setting.Required && len(s.Get(setting.Name)) == 0 {
			return &Problem{setting.Name, "is required"}
		}
	}
	switch {
	case s.Password != "" && s.User == "":
		return &Problem{"password", "needs a user"}
	case len(s.Secrets) > MaxSecrets:
		return &Problem{"secrets", fmt.Sprintf("can be at most %d", MaxSecrets)}
	case s.Type != "email" && strings.Contains(s.User, ":"):
		return &Problem{"user", "must not contain a colon, which ends the user in basic authentication"}
	case s.Type == "email" && s.User != "" && s.TLS == NoTLS && !isLocal(s.Address):
		return &Problem{"tls", "must not be none with a login: the password would travel in plain text"}
	default:
		return nil
	}
}

// maxValue limits the length of a setting, in bytes.
const maxValue = 4096

func (s *Setting) check(service, value string) error {
	switch {
	case len(value) > maxValue:
		return fmt.Errorf("is longer than %d bytes", maxValue)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("has a line break or another control character; a file with a secret may end with one")
	case len(s.Values) > 0 && !slices.Contains(s.Values, value):
		return errors.New("must be one of " + strings.Join(s.Values, ", "))
	case s.URL:
		return checkURL(service, value)
	}
	switch s.Name {
	case "address":
		return checkAddress(value)
	case "from", "to":
		return checkMailbox(value)
	case "secrets":
		_, err := SigningKey(value)
		return err
	case "room":
		if !strings.HasPrefix(value, "!") {
			return errors.New("must be the ID of a room, which begins with !, and not an alias")
		}
	case "token":
		if service == "telegram" && strings.ContainsFunc(value, notInBotToken) || strings.Contains(value, " ") {
			return errors.New("has a character that no token has")
		}
	}
	return nil
}

// notInBotToken reports whether a character is not part of a Telegram token, which is
// sent in the path of the URL.
func notInBotToken(r rune) bool {
	return r != ':' && r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func checkURL(service, value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must be an http or https URL")
	case u.Fragment != "":
		return errors.New("must not have a fragment (#)")
	case service == "ntfy" && strings.Trim(u.Path, "/") == "":
		return errors.New("must end with the topic, such as https://ntfy.sh/mytopic")
	default:
		return nil
	}
}

func checkAddress(value string) error {
	host, port, err := net.SplitHostPort(value)
	if err != nil || host == "" {
		return errors.New("must be host:port, such as smtp.example.com:587")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("must have a port between 1 and 65535")
	}
	return nil
}

func checkMailbox(value string) error {
	if _, err := mail.ParseAddress(value); err != nil {
		return errors.New("must be an e-mail address, such as ops@example.com or \"On call <ops@example.com>\"")
	}
	return nil
}

// isLocal reports whether an address is on this machine.
func isLocal(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// SigningKey returns the key of a secret: what follows "whsec_", decoded from base64, or
// the text itself if it has no such prefix. The error does not quote the secret.
func SigningKey(secret string) ([]byte, error) {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("has a secret that begins with whsec_ and does not continue in base64")
		}
	}
	if len(key) < MinSecret {
		return nil, fmt.Errorf("has a secret of less than %d bytes", MinSecret)
	}
	return key, nil
}

var digestKey = sync.OnceValue(func() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // does not fail
	return key
})

// Digest identifies settings, without their place in a file, within this process. It is
// keyed with a random number, so that no secret can be guessed from it.
func Digest(s Settings) string {
	s = s.WithDefaults()
	s.At = ""
	text, err := json.Marshal(s)
	if err != nil { // strings only
		panic(err)
	}
	mac := hmac.New(sha256.New, digestKey())
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

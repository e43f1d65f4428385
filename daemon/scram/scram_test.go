package scram

import "testing"

func TestCheck(t *testing.T) {
	for first, accepted := range map[string]bool{
		"r=abc,s=c2FsdA==,i=4096":                 true,
		"r=abc,s=c2FsdA==,i=1000000":              true,
		"r=abc,s=c2FsdA==,i=1000001":              false,
		"r=abc,s=c2FsdA==,i=+2000000000":          false,
		"r=abc,s=c2FsdA==,i=99999999999999999999": false,
		"r=abc,s=c2FsdA==,i=x":                    true, // the library refuses it
		"r=abc,s=c2FsdA==,i=1,i=2000000000":       false,
		"":                                        true,
	} {
		if err := Check([]byte(first)); (err == nil) != accepted {
			t.Errorf("%q: %v", first, err)
		}
	}
}

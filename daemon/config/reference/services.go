package reference

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"vega/daemon/config/schema"
	"vega/daemon/notify/service"
)

// notifierName is the name of the block whose attributes depend on a service.
const notifierName = "notifier"

// serviceTopics documents what a notifier of each service needs.
func serviceTopics() []Topic {
	var out []Topic
	for i := range service.Services {
		s := &service.Services[i]
		var needs, takes []string
		for _, t := range s.Settings {
			if t.Required {
				needs = append(needs, t.Name)
			} else {
				takes = append(takes, t.Name)
			}
		}
		t := Topic{
			Name: notifierName + "." + s.Type, Title: fmt.Sprintf("notifier \"NAME\" { type = %q }", s.Type), Doc: s.Doc,
			Facts:   []Fact{{Name: factRequired, Text: strings.Join(needs, ", ")}},
			Example: serviceExample(s),
		}
		if len(takes) > 0 {
			t.Facts = append(t.Facts, Fact{Name: "optional", Text: strings.Join(takes, ", ")})
		}
		out = append(out, t)
	}
	return out
}

// serviceWith returns the first service that has a setting.
func serviceWith(setting string) *service.Service {
	for i := range service.Services {
		if service.Services[i].Setting(setting) != nil {
			return &service.Services[i]
		}
	}
	return service.Find("slack")
}

// settingValues are examples that are not secret.
var settingValues = map[string]string{
	"chat": `"-1001234567890"`, "room": `"!abc:example.com"`, "channel": `"ops"`, "user": `"vega"`,
	"address": `"mail.example.com:587"`, "from": `"vega@example.com"`, "to": `["ops@example.com"]`, "tls": `"starttls"`,
}

// serviceURLs are examples of URLs that are not secret.
var serviceURLs = map[string]string{
	"matrix": `"https://matrix.example.com"`, "gotify": `"https://gotify.example.com"`, "alertmanager": `"http://alertmanager.internal:9093"`,
}

// serviceExample returns a notifier with what its service requires, and the login
// that it may need.
func serviceExample(s *service.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "notifier %q {\ntype = %q\n", labels[notifierName], s.Type)
	for i := range s.Settings {
		if t := &s.Settings[i]; t.Required || s.Type == "email" || t.Name == "secrets" {
			fmt.Fprintf(&b, "%s = %s\n", t.Name, settingExample(s, t))
		}
	}
	return string(hclwrite.Format([]byte(b.String() + "}\n")))
}

func settingExample(s *service.Service, t *service.Setting) string {
	value := settingValues[t.Name]
	switch {
	case t.Name == "url" && serviceURLs[s.Type] != "":
		return serviceURLs[s.Type]
	case t.Secret:
		value = fmt.Sprintf("env(%q)", schema.VariableName(s.Type, t.Name))
	case t.Default != "":
		value = fmt.Sprintf("%q", t.Default)
	}
	if t.Secret && t.List {
		value = "[" + value + "]"
	}
	return value
}

// services makes the attributes of a notifier depend on its type.
func (m schemaMaker) services(notifier *jsonSchema) {
	for i := range service.Services {
		s := &service.Services[i]
		then := &jsonSchema{Properties: map[string]*jsonSchema{"type": {}}, AdditionalProperties: false}
		for _, t := range s.Settings {
			then.Properties[t.Name] = &jsonSchema{}
			if t.Required {
				then.Required = append(then.Required, t.Name)
			}
		}
		notifier.AllOf = append(notifier.AllOf, &jsonSchema{
			If:   &jsonSchema{Properties: map[string]*jsonSchema{"type": {Const: s.Type}}, Required: []string{"type"}},
			Then: then,
		})
	}
}

// Package openapi describes an HTTP API as an OpenAPI 3.1 document.
//
// Fill an API with one Operation for each route and call Document. The schemas of
// bodies and answers are derived from the Go types that encode them, by the rules of
// encoding/json, so they can't differ from what is sent.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// API is what a document describes.
type API struct {
	Title, Version, Description string
	Server                      string // base URL of the paths
	Security                    map[string]SecurityScheme
	Operations                  []Operation
	// Problem is a value of the type that every error has unless the operation
	// says otherwise, as application/problem+json.
	Problem any
	// Headers are sent with every answer.
	Headers map[string]Header
	// Types holds the schemas of types that reflection can't describe, such as the
	// values that a string can have.
	Types map[reflect.Type]Schema
	// Trim is the package whose types keep their name. The names of all others
	// begin with that of their package.
	Trim string
}

// Operation is one route.
type Operation struct {
	Method, Path string // a parameter in Path is {name}
	ID           string
	Tag          string
	Summary      string
	Description  string
	Scope        string // what a key must allow; "" if no key is needed
	Parameters   []Parameter
	Body         any // a value of the type of the body; nil: there is none
	BodyOptional bool
	Status       int // of the answer without an error
	Type         string
	Answer       any            // a value of its type; nil: it has no body
	Errors       map[int]string // when each status is sent
	Problems     map[int][]any  // values of the types of errors that are not API.Problem
	Headers      map[string]Header
}

// Parameter is a parameter of the path or the query.
type Parameter struct {
	Name, In    string
	Description string
	Schema      Schema
	Required    bool
}

// Header is a header of an answer.
type Header struct {
	Description string `json:"description"`
	Schema      Schema `json:"schema"`
}

// SecurityScheme is one way to send a key.
type SecurityScheme struct {
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Scheme      string `json:"scheme,omitempty"`
}

// object is a JSON object. encoding/json sorts its keys.
type object map[string]any

// Document returns the document as JSON.
func (a API) Document() ([]byte, error) {
	s := &schemas{types: a.Types, trim: a.Trim, defined: map[string]*Schema{}}
	paths := map[string]object{}
	for _, o := range a.Operations {
		if paths[o.Path] == nil {
			paths[o.Path] = object{}
		}
		paths[o.Path][strings.ToLower(o.Method)] = a.operation(s, o)
	}
	problem := s.of(reflect.TypeOf(a.Problem))
	document := object{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info":              object{"title": a.Title, "version": a.Version, "description": a.Description, "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers":           []object{{"url": a.Server}},
		"paths":             paths,
		"components": object{
			"schemas": s.defined, "securitySchemes": a.Security, "headers": a.Headers,
			"responses": object{"Problem": a.response("Any other error.", "application/problem+json", problem, nil)},
		},
	}
	b, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return b, nil
}

func (a API) operation(s *schemas, o Operation) object {
	out := object{
		"operationId": o.ID, "summary": o.Summary, "tags": []string{o.Tag},
		"responses": a.responses(s, o), "security": a.security(o),
	}
	if o.Description != "" {
		out["description"] = o.Description
	}
	if o.Scope != "" {
		out["x-scope"] = o.Scope
	}
	if o.Body != nil {
		out["requestBody"] = object{"required": !o.BodyOptional, "content": object{"application/json": object{"schema": s.of(reflect.TypeOf(o.Body))}}}
	}
	if p := parameters(o); len(p) > 0 {
		out["parameters"] = p
	}
	return out
}

// security returns the ways to authenticate for an operation. Scopes are roles of a
// key, which OpenAPI 3.1 allows to name for any kind of scheme.
func (a API) security(o Operation) []object {
	all := []object{}
	if o.Scope == "" {
		return all
	}
	for _, name := range sortedKeys(a.Security) {
		all = append(all, object{name: []string{o.Scope}})
	}
	return all
}

// parameters returns those of the path, in order, then those of the query.
func parameters(o Operation) (all []object) {
	for _, p := range o.Parameters {
		one := object{"name": p.Name, "in": p.In, "description": p.Description, "schema": p.Schema, "required": p.Required}
		if p.In == "query" && p.Schema.Type == "array" {
			one["style"], one["explode"] = "form", true
		}
		all = append(all, one)
	}
	return all
}

func (a API) responses(s *schemas, o Operation) object {
	out := object{"default": object{"$ref": "#/components/responses/Problem"}}
	kind := o.Type
	if kind == "" {
		kind = "application/json"
	}
	var answer *Schema
	if o.Answer != nil {
		answer = s.of(reflect.TypeOf(o.Answer))
	}
	out[strconv.Itoa(o.Status)] = a.response(http.StatusText(o.Status), kind, answer, o.Headers)
	for status, when := range o.Errors {
		problem := s.of(reflect.TypeOf(a.Problem))
		if other := o.Problems[status]; len(other) > 0 {
			choice := &Schema{}
			for _, p := range other {
				choice.AnyOf = append(choice.AnyOf, s.of(reflect.TypeOf(p)))
			}
			choice.AnyOf = append(choice.AnyOf, problem)
			problem = choice
		}
		out[strconv.Itoa(status)] = a.response(when, "application/problem+json", problem, nil)
	}
	return out
}

// response describes one answer. Without a schema it has no body.
func (a API) response(description, kind string, schema *Schema, more map[string]Header) object {
	headers := object{}
	for name := range a.Headers {
		headers[name] = object{"$ref": "#/components/headers/" + name}
	}
	for name, h := range more {
		headers[name] = h
	}
	out := object{"description": description, "headers": headers}
	if schema != nil {
		out["content"] = object{kind: object{"schema": schema}}
	}
	return out
}

package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// scheme stands before the names of files for the compiler. A bare name would be a file in the working directory, whose path
// may hold a blank.
const scheme = "description:"

// lazy is a schema that is compiled when it is needed first.
type lazy struct {
	mu       *sync.Mutex // of the compiler
	compiler *jsonschema.Compiler
	place    string

	compiled *jsonschema.Schema
	err      error
}

func (l *lazy) schema() (*jsonschema.Schema, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.compiled == nil && l.err == nil {
		l.compiled, l.err = l.compiler.Compile(scheme + l.place)
	}
	return l.compiled, l.err
}

// faults says what in a JSON text does not fit, in order: the place and what is wrong there.
func (l *lazy) faults(text []byte) []string {
	schema, err := l.schema()
	if err != nil {
		return []string{"the description cannot be used: " + err.Error()}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []string{"no JSON: " + err.Error()}
	}
	if value == nil {
		return []string{"null"}
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(value); !errors.As(err, &invalid) {
		return nil
	}
	all := causes(invalid, nil)
	slices.Sort(all) // members come in any order
	return all
}

// causes adds the innermost faults of a value to a list.
func causes(e *jsonschema.ValidationError, list []string) []string {
	if len(e.Causes) == 0 {
		return append(list, e.Error()) // at '/member': what is wrong
	}
	for _, cause := range e.Causes {
		list = causes(cause, list)
	}
	return list
}

// Answer says what is wrong with the body of an answer with status 200. Items of a list, or the whole, that leave says are
// so on purpose are not looked at.
func (o *Operation) Answer(body []byte, leave func(part []byte) bool) []string {
	if o.answer == nil || leave(body) {
		return nil
	}
	var faults []string
	check := func(where string, part []byte) {
		for _, reason := range o.answer.faults(part) {
			if fault := o.name + ": " + where + " " + reason; !slices.Contains(faults, fault) {
				faults = append(faults, fault)
			}
		}
	}
	if !o.list {
		check("answer", body)
		return faults
	}
	var list struct {
		Count *int
		Value []json.RawMessage
	}
	switch err := json.Unmarshal(body, &list); {
	case err != nil:
		return []string{o.name + ": answer: no list: " + err.Error()}
	case list.Count == nil || list.Value == nil || *list.Count != len(list.Value):
		return []string{o.name + ": answer: count and value do not agree"}
	}
	for _, item := range list.Value {
		if !leave(item) {
			check("answer item", item)
		}
	}
	return faults
}

// newCompiler makes a compiler for the schemas of one file. They are read as the service means them: everything may be
// null, a time may lack its zone, and a member that is not described does not exist.
func newCompiler(file string, document map[string]any) (*jsonschema.Compiler, error) {
	definitions := object(document["definitions"])
	for name, definition := range definitions {
		object(definition)["properties"] = inherited(definitions, object(definition))
		if slices.Contains(classes, name) {
			definitions[name] = map[string]any{"type": "object"}
		}
	}
	for _, r := range recorded {
		properties := object(object(definitions[r.definition])["properties"])
		switch {
		case properties == nil: // another file has it
		case r.word == "":
			properties[r.member] = map[string]any{}
		default:
			member := object(properties[r.member])
			member["enum"] = append(slices.Clone(array(member["enum"])), r.word)
		}
	}
	for _, definition := range definitions {
		delete(object(definition), "allOf")
		tighten(object(definition))
	}
	for _, verbs := range object(document["paths"]) {
		for _, described := range object(verbs) {
			for _, p := range array(object(described)["parameters"]) {
				tighten(object(object(p)["schema"]))
			}
			tighten(object(object(object(object(described)["responses"])["200"])["schema"]))
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: dateTime})
	compiler.AssertFormat()
	if err := compiler.AddResource(scheme+file, document); err != nil {
		return nil, fmt.Errorf("add schemas: %w", err)
	}
	return compiler, nil
}

// inherited are the properties of a definition and of those that it is made of.
func inherited(definitions, definition map[string]any) map[string]any {
	all := map[string]any{}
	for _, parent := range array(definition["allOf"]) {
		reference, _ := object(parent)["$ref"].(string)
		maps.Copy(all, inherited(definitions, object(definitions[strings.TrimPrefix(reference, "#/definitions/")])))
	}
	maps.Copy(all, object(definition["properties"]))
	return all
}

// tighten lets a schema refuse members that it does not describe, and accept null.
func tighten(schema map[string]any) {
	if schema == nil {
		return
	}
	if format, ok := schema["format"].(string); ok && slices.Contains(classes, format) {
		delete(schema, "type") // of which the file says what it is written as
	}
	if kind, ok := schema["type"].(string); ok {
		schema["type"] = []any{kind, "null"}
	}
	if values := array(schema["enum"]); values != nil {
		schema["enum"] = append(slices.Clone(values), nil)
	}
	properties := object(schema["properties"])
	for _, property := range properties {
		tighten(object(property))
	}
	if len(properties) > 0 && schema["additionalProperties"] == nil {
		schema["additionalProperties"] = false
	}
	tighten(object(schema["items"]))
	tighten(object(schema["additionalProperties"]))
}

// dateTime accepts times without a zone, which the service sends where it has none to send (0001-01-01T00:00:00).
func dateTime(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return nil
	}
	_, err := time.Parse("2006-01-02T15:04:05", text)
	return err //nolint:wrapcheck // the validator names format and place
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func array(v any) []any {
	l, _ := v.([]any)
	return l
}

// escape makes a JSON pointer's segment of a path, within a URL.
func escape(path string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "$", "%24").Replace(path)
}

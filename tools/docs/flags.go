package main

import (
	"bytes"
	"fmt"
	"go/format"
	"regexp"
	"strings"
)

// flagsFile is the Go file with the inputs that the program turns into flags.
const flagsFile = "pkg/command/inputs.go"

// flags writes that file: the inputs under their groups, in the order of task.json.
func (d definition) flags() (string, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated from task/task.json by ./build.sh docs; DO NOT EDIT.\n\npackage command\n\n" +
		"// groups are the inputs of the task as the editor groups them.\nfunc groups() []group {\n\treturn []group{\n")
	for _, g := range d.Groups {
		fmt.Fprintf(&b, "{%q, []input{\n", g.DisplayName)
		for _, in := range d.InputsOf(g) {
			fmt.Fprintf(&b, "{name: %q, kind: %q, def: %q, label: %q, help: %q", in.Name, in.flagKind(), in.DefaultText(), in.Label, in.flagHelp())
			if words := in.words(); len(words) > 0 {
				fmt.Fprintf(&b, ", words: %#v", words)
			}
			b.WriteString("},\n")
		}
		b.WriteString("}},\n")
	}
	b.WriteString("}\n}\n")
	source, err := format.Source(b.Bytes())
	return string(source), err
}

// flagKind is what stands for the value in the help of a flag.
func (in input) flagKind() string {
	switch {
	case in.Type == "boolean":
		return "bool"
	case in.list() != "":
		return "list"
	case len(in.Options) > 0:
		return "word"
	case strings.HasSuffix(in.Name, "Path"):
		return "path"
	}
	return "text"
}

// list says what separates the items of a list: "line" is new lines only, "comma" commas as well; "" is no list.
func (in input) list() string {
	switch {
	case perLine.MatchString(in.HelpMarkDown):
		return "line"
	case in.Type == "multiLine" || strings.Contains(in.HelpMarkDown, "commas"):
		return "comma"
	}
	return ""
}

// perLine is how the help of an input says that only new lines separate its items.
var perLine = regexp.MustCompile(`(?i)\bone per line\b`)

// flagHelp is the first sentence of the help, and what is allowed where that is a choice.
func (in input) flagHelp() string {
	text := explained.ReplaceAllString(in.HelpMarkDown, "")
	sentence, _, _ := strings.Cut(text, ". ")
	sentence = strings.TrimSuffix(sentence, ".") + "."
	if allowed := allowedPart.FindStringSubmatch(text); allowed != nil && in.Type != "boolean" && !strings.Contains(sentence, "Allowed:") {
		sentence += " Allowed: " + allowed[1] + "."
	}
	return strings.ReplaceAll(sentence, "`", "")
}

// explained is what explains a word in parentheses; "$(name)" is none.
var explained = regexp.MustCompile(`\s+\([^)]*\)`)

// codeWord is a choice within a help text; durations and numbers are none.
var codeWord = regexp.MustCompile("`([A-Za-z]+)`")

// words are the choices of the input that are words, which a shell completes.
func (in input) words() []string {
	var words []string
	for _, option := range in.Options {
		words = append(words, option.Value)
	}
	if allowed := allowedPart.FindStringSubmatch(explained.ReplaceAllString(in.HelpMarkDown, "")); allowed != nil && len(words) == 0 && in.Type == "string" {
		for _, word := range codeWord.FindAllStringSubmatch(allowed[1], -1) {
			words = append(words, word[1])
		}
	}
	return words
}

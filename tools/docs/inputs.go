package main

import (
	"bytes"
	"fmt"
	"go/format"
	"regexp"
	"strings"
)

// inputsFile is the Go file with the struct that the inputs are decoded into.
const inputsFile = "pkg/config/inputs.go"

// inputs writes that file: a field for each input, in the order of task.json and under its groups.
func (d definition) inputs() (string, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated from task/task.json by ./build.sh docs; DO NOT EDIT.\n\npackage config\n\n" +
		"// inputs are the task's inputs as the agent hands them over. list says what separates the items: \"comma\" takes commas\n" +
		"// and new lines, \"line\" new lines only.\ntype inputs struct {\n")
	for i, g := range d.Groups {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, in := range d.InputsOf(g) {
			env := "INPUT_" + strings.ToUpper(in.Name)
			if value := in.DefaultText(); value != "" {
				env += ",default=" + value
			}
			list := in.list()
			if list != "" {
				list = fmt.Sprintf(" list:%q", list)
			}
			fmt.Fprintf(&b, "%s string `env:%q input:%q%s`\n", in.fieldName(), env, in.Name, list)
		}
	}
	b.WriteString("}\n")
	source, err := format.Source(b.Bytes())
	return string(source), err
}

// initials are the ends of names that Go writes in capitals.
var initials = regexp.MustCompile(`(Id|Url)(s?)\z`)

// fieldName is the input's name as Go writes that of an exported field: "PullRequestIDs".
func (in input) fieldName() string {
	name := strings.ToUpper(in.Name[:1]) + in.Name[1:]
	return initials.ReplaceAllStringFunc(name, func(end string) string {
		word, plural := strings.CutSuffix(end, "s")
		end = strings.ToUpper(word)
		if plural {
			end += "s"
		}
		return end
	})
}

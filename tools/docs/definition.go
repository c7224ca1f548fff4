package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// definition is what the documentation tells of task.json.
type definition struct {
	Name         string `json:"name"`
	FriendlyName string `json:"friendlyName"`
	Description  string `json:"description"`
	// InstanceNameFormat is what the editor calls the step.
	InstanceNameFormat string `json:"instanceNameFormat"`
	Version            struct {
		Major json.Number `json:"Major"`
	} `json:"version"`
	Groups          []group  `json:"groups"`
	Inputs          []input  `json:"inputs"`
	OutputVariables []output `json:"outputVariables"`
}

type group struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	VisibleRule string `json:"visibleRule"`
	IsExpanded  bool   `json:"isExpanded"`
}

type input struct {
	Name         string  `json:"name"`
	Label        string  `json:"label"`
	Type         string  `json:"type"`
	DefaultValue any     `json:"defaultValue"`
	HelpMarkDown string  `json:"helpMarkDown"`
	GroupName    string  `json:"groupName"`
	VisibleRule  string  `json:"visibleRule"`
	Options      options `json:"options"`
}

type output struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// options are what a pick list offers, in the order of task.json, which a Go map would lose.
type options []option

// option is one choice: the word in YAML, and what the editor shows for it.
type option struct{ Value, Label string }

// UnmarshalJSON reads an object of strings and keeps their order.
func (o *options) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var label string
		if err := decoder.Decode(&label); err != nil {
			return err
		}
		*o = append(*o, option{fmt.Sprint(key), label})
	}
	return nil
}

func readDefinition(file string) (definition, error) {
	data, err := os.ReadFile(file) //nolint:gosec // a file of the repository
	if err != nil {
		return definition{}, fmt.Errorf("read the task: %w", err)
	}
	var d definition
	if err := json.Unmarshal(data, &d); err != nil {
		return definition{}, fmt.Errorf("read %s: %w", file, err)
	}
	return d, nil
}

// reference is how a pipeline names the task.
func (d definition) reference() string { return d.Name + "@" + d.Version.Major.String() }

// InputsOf returns the inputs of one group, in order.
func (d definition) InputsOf(g group) []input {
	var inputs []input
	for _, in := range d.Inputs {
		if in.GroupName == g.Name {
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// DefaultText is the default as a person types it; "" for blank.
func (in input) DefaultText() string {
	if in.DefaultValue == nil {
		return ""
	}
	return fmt.Sprint(in.DefaultValue)
}

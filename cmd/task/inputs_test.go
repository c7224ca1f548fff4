package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryInputIsTried: each input of task.json is given to the whole program, by a case or by one of the tests here.
func TestEveryInputIsTried(t *testing.T) {
	t.Parallel()
	definition, err := os.ReadFile(filepath.Join("..", "..", "task", "task.json"))
	if err != nil {
		t.Fatal(err)
	}
	var task struct{ Inputs []struct{ Name string } }
	if err := json.Unmarshal(definition, &task); err != nil {
		t.Fatal(err)
	}
	var texts strings.Builder
	for _, archive := range expectations(t) {
		texts.Write(section(archive, "step.json"))
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tests {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts.Write(text)
	}
	for _, in := range task.Inputs {
		if !strings.Contains(texts.String(), `"`+in.Name+`"`) {
			t.Errorf("no case of testdata and no test here sets the input %s", in.Name)
		}
	}
}

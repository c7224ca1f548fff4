package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplay runs the command as ./build.sh does, in the repository's root.
func TestReplay(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	const file = "cmd/task/testdata/recordings/no-inputs.jsonl"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	report := filepath.Join(t.TempDir(), "report.json")
	for _, test := range []struct {
		name  string
		args  []string
		says  []string
		fault string
	}{
		{"as it was", []string{file}, []string{"##[section]What happened", "PATCH 00000000-0000-4000-8000-", "Result: Succeeded, exit code 0, "}, ""},
		{"torn, and dry", []string{write("torn.jsonl", string(data)+`{"n":`), "dryRun=true", "reportPath=" + report}, []string{
			"The run died while it wrote its last line", "dryRun=true enforcement=all", "**Dry run: 4 evaluations", "Result: Succeeded, exit code 0, ",
		}, ""},
		{"other pull requests", []string{file, "repositories=*/*"}, []string{"Result: "}, "the recording does not hold GET _apis/projects?$top=1000&stateFilter=wellFormed. A replay"},
		{"no file", nil, nil, "which recording?"},
		{"a file that is not there", []string{"nothing.jsonl"}, nil, "nothing.jsonl: "}, // in the words of the system
		{"another file", []string{"go.mod"}, nil, "go.mod: this is no recording"},
		{"damaged", []string{write("damaged.jsonl", string(data)+"{\n")}, nil, "is damaged: "},
		{"no input", []string{file, "dryRun"}, nil, `"dryRun" is not <input>=<value>`},
		{"an unknown input", []string{file, "dry=true"}, nil, `the task has no input "dry"; it has repositories, `},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := replay(t.Context(), &out, test.args)
			if (err != nil) != (test.fault != "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q\n%s", err, test.fault, out.String())
			}
			for _, text := range test.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("it does not say %q:\n%s", text, out.String())
				}
			}
			if test.says == nil && out.Len() > 0 {
				t.Errorf("it began all the same:\n%s", out.String())
			}
		})
	}
	if _, err := os.Stat(report); err != nil {
		t.Errorf("the report is not where the caller wants it: %v", err)
	}
}

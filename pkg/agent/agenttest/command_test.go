package agenttest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	type want struct {
		name  string
		props map[string]string
		data  string
	}
	none := map[string]string{}
	tests := []struct {
		name string
		line string
		want *want
	}{
		{"a plain line is none", "hello", nil},
		{"the prefix may stand anywhere", ">>>   ##vso[task.debug]x", &want{"task.debug", none, "x"}},
		{"three # hold a prefix", "###vso[task.debug]x", &want{"task.debug", none, "x"}},
		{"text seams make a prefix", "build #" + "#vso[task.complete result=Skipped;]", &want{"task.complete", map[string]string{"result": "Skipped"}, ""}},
		{"only the first command counts", "##vso[task.debug]a ##vso[task.complete result=Failed]b", &want{"task.debug", none, "a ##vso[task.complete result=Failed]b"}},
		{"the prefix is lower case", "##VSO[task.debug]x", nil},
		{"a blank in the prefix breaks it", "## vso[task.debug]x", nil},
		{"neutralised with a blank", "# #vso[task.debug]x", nil},
		{"a header must end", "##vso[task.debug x", nil},
		{"area and event are needed", "##vso[task]x", nil},
		{"an area alone, behind a dot", "##vso[.task]x", nil},
		{"three parts are too many", "##vso[task.set.variable]x", nil},
		{"empty parts do not count", "##vso[.task..debug.]x", &want{"task.debug", none, "x"}},
		{"a leading blank is no name", "##vso[ task.debug]x", nil},
		{"area, event and keys in any case", "##vso[Task.SetVariable Variable=A;IsOutput=true]v", &want{"task.setvariable", map[string]string{"variable": "A", "isoutput": "true"}, "v"}},
		{"keys are not trimmed", "##vso[task.setvariable variable=a; isoutput=true]v", &want{"task.setvariable", map[string]string{"variable": "a", " isoutput": "true"}, "v"}},
		{"a pair without value is dropped", "##vso[task.logissue type=;code]x", &want{"task.logissue", none, "x"}},
		{"values split at the first =", "##vso[task.setvariable variable=a=b]", &want{"task.setvariable", map[string]string{"variable": "a=b"}, ""}},
		{"empty parts of a pair do not count", "##vso[task.setvariable =variable==a]", &want{"task.setvariable", map[string]string{"variable": "a"}, ""}},
		{"the last of equal keys wins", "##vso[task.logissue type=error;TYPE=warning]x", &want{"task.logissue", map[string]string{"type": "warning"}, "x"}},
		{"values are split before they are unescaped", "##vso[task.setvariable variable=a%3Bisoutput=true]v", &want{"task.setvariable", map[string]string{"variable": "a;isoutput=true"}, "v"}},
		{"every escape", "##vso[task.debug]%3B%0D%0A%5D%AZP25", &want{"task.debug", none, ";\r\n]%"}},
		{"%25 is no escape", "##vso[task.debug]100%25", &want{"task.debug", none, "100%25"}},
		{"escapes in lower case are none", "##vso[task.debug]%3b%0a%azp25", &want{"task.debug", none, "%3b%0a%azp25"}},
		{"percent signs come last", "##vso[task.debug]%AZP250A", &want{"task.debug", none, "%0A"}},
		{"a bracket in the header ends it", "##vso[task.setvariable variable=a]b]c", &want{"task.setvariable", map[string]string{"variable": "a"}, "b]c"}},
		{"formatting tags are none", "##[error]x", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, ok := ParseCommand(tt.line)
			var got *want
			if ok {
				got = &want{c.Name(), c.Properties, c.Data}
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("ParseCommand(%q) (-want +got):\n%s", tt.line, diff)
			}
		})
	}
}

func TestMergeResults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, current, coming, want string }{
		{"the first counts", "", SucceededWithIssues, SucceededWithIssues},
		{"the worse wins", Succeeded, Failed, Failed},
		{"the better does not", Failed, SucceededWithIssues, Failed},
		{"skipped sticks", Skipped, Failed, Skipped},
		{"canceled sticks", Canceled, Abandoned, Canceled},
		{"failed can become skipped", Failed, Skipped, Skipped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := mergeResults(tt.current, tt.coming); got != tt.want {
				t.Errorf("mergeResults(%q, %q) = %q, want %q", tt.current, tt.coming, got, tt.want)
			}
		})
	}
}

func TestChooseHandler(t *testing.T) {
	t.Parallel()
	d := definition{Execution: map[string]handler{"node20_1": {Target: "a.js"}, "Node16": {Target: "b.js"}, "Node10": {Target: "c.js"}, "NoSuch": {}}}
	tests := []struct{ version, want string }{
		{"5.278.0", "Node20_1"},
		{"3.230.2", "Node20_1"},
		{"3.230.1", "Node16"},
		{"2.206.1", "Node16"},
		{"2.206.0", "Node10"},
		{"2.144.0", "Node10"},
		{"2.143.0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.version, func(t *testing.T) {
			t.Parallel()
			if got, _, _ := d.chooseHandler(tt.version); got != tt.want {
				t.Errorf("chooseHandler(%q) = %q, want %q", tt.version, got, tt.want)
			}
		})
	}
}

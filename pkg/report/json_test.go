package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// compileSchema makes a validator of the schema; strict refuses members that it does not know, which readers do not.
func compileSchema(t testing.TB, strict bool) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		forbidUnknown(document)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("report.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// forbidUnknown closes each object that lists its required members.
func forbidUnknown(node any) {
	switch node := node.(type) {
	case map[string]any:
		if _, lists := node["required"]; lists && node["type"] == "object" {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			forbidUnknown(child)
		}
	case []any:
		for _, child := range node {
			forbidUnknown(child)
		}
	}
}

func writeJSON(t testing.TB, r Run) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func validate(t testing.TB, schema *jsonschema.Schema, data []byte) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("the report does not fit its schema: %v\n%s", err, data)
	}
	if err := CheckSums(data); err != nil {
		t.Errorf("the numbers do not agree: %v", err)
	}
}

func TestJSONGolden(t *testing.T) {
	t.Parallel()
	runs := map[string]func(func(string) string) Run{
		"full": sampleRun, "dry": dryRun, "cancelled": cancelledRun, "empty": emptyRun,
		"none": func(func(string) string) Run { return Run{GeneratedAt: sampleTime, Collection: collection} },
	}
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := writeJSON(t, run(same))
			validate(t, compileSchema(t, true), data)
			golden(t, "report-"+name+".golden.json", string(data))
		})
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, changed string }{
		{"a missing member", `"dryRun":false,`, ``},
		{"a count that is text", `"plannedCount":5`, `"plannedCount":"5"`},
		{"an unknown reason", `"reason":"retriesExhausted"`, `"reason":"tired"`},
		{"an unknown state", `"state":"running"`, `"state":"walking"`},
		{"a reason of a pull request on an evaluation", `"reason":"byHand"`, `"reason":"draft"`},
		{"a re-queue without an outcome", `"outcome":"declined"`, `"outcome":null`},
		{"a result without a re-queue", `"error":null,"result":null`, `"error":null,"result":"pending"`},
		{"an error that is empty", `"identity":"Shop Build Service (contoso)"`, `"identity":""`},
		{"a date that is none", `"2026-03-04T12:00:00Z"`, `"yesterday"`},
		{"a result count alone", `"pendingCount":1`, `"unknownCount":1`},
	}
	schema := compileSchema(t, false)
	data := string(writeJSON(t, sampleRun(same)))
	for _, tt := range tests {
		changed := strings.Replace(data, tt.old, tt.changed, 1)
		if changed == data {
			t.Errorf("%s: the report does not hold %s", tt.name, tt.old)
			continue
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if err := schema.Validate(document); err == nil {
			t.Errorf("%s is accepted", tt.name)
		}
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(data, `"dryRun":false,`, `"dryRun":false,"new":1,`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("a member of a newer version is refused: %v", err)
	}
}

func TestSchemaKnowsTheWords(t *testing.T) {
	t.Parallel()
	var document struct {
		Properties struct {
			SkippedByReason struct {
				PropertyNames struct{ Enum []requeue.Reason }
			}
		}
		Defs struct {
			PullRequest struct {
				Properties struct {
					Skipped struct {
						OneOf []struct {
							Properties struct {
								Reason struct{ Enum []requeue.Reason }
							}
						}
					}
				}
			}
			Evaluation struct {
				Properties struct {
					Reason struct{ Enum []*requeue.Reason }
					State  struct{ Enum []requeue.State }
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &document); err != nil {
		t.Fatal(err)
	}
	var evaluation []requeue.Reason
	for _, reason := range document.Defs.Evaluation.Properties.Reason.Enum {
		if reason != nil {
			evaluation = append(evaluation, *reason)
		}
	}
	for _, diff := range []string{
		cmp.Diff(requeue.PullRequestReasons(), document.Defs.PullRequest.Properties.Skipped.OneOf[1].Properties.Reason.Enum),
		cmp.Diff(requeue.EvaluationReasons(), evaluation),
		cmp.Diff(allReasons(), document.Properties.SkippedByReason.PropertyNames.Enum),
	} {
		if diff != "" {
			t.Errorf("reasons (-want +got):\n%s", diff)
		}
	}
	if got, want := len(document.Defs.Evaluation.Properties.State.Enum), len(allStates()); got != want {
		t.Errorf("%d states, want %d", got, want)
	}
}

func TestCheckSumsFindsWrongNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct{ old, changed string }{
		{`"plannedCount":5`, `"plannedCount":6`},
		{`"requeuedCount":2`, `"requeuedCount":3`},
		{`"failedCount":4`, `"failedCount":1`},
		{`"skippedCount":9`, `"skippedCount":8`},
		{`"skippedPullRequestCount":2`, `"skippedPullRequestCount":1`},
		{`"pullRequestCount":7`, `"pullRequestCount":4`},
		{`"evaluationCount":14`, `"evaluationCount":15`},
		{`"pendingCount":1`, `"pendingCount":0`},
		{`"runLimit":1`, `"runLimit":2`},
		{`"outcome":"declined"`, `"outcome":"planned"`},
		{`"dryRun":false`, `"dryRun":true`},
	}
	data := string(writeJSON(t, sampleRun(same)))
	for _, tt := range tests {
		changed := strings.Replace(data, tt.old, tt.changed, 1)
		if changed == data {
			t.Errorf("the report does not hold %s", tt.old)
		} else if err := CheckSums([]byte(changed)); err == nil {
			t.Errorf("%s instead of %s is accepted", tt.changed, tt.old)
		}
	}
	if err := CheckSums([]byte("{")); err == nil {
		t.Error("half a report is accepted")
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	schema := compileSchema(f, true)
	f.Fuzz(func(t *testing.T, foreign string) {
		r := sampleRun(func(benign string) string { return benign + foreign })
		data := writeJSON(t, r)
		validate(t, schema, data)
		var wire struct{ PullRequests []pullRequestWire }
		if err := json.Unmarshal(data, &wire); err != nil {
			t.Fatal(err)
		}
		if got, want := wire.PullRequests[0].Title, "Fix the login"+toValid(foreign); got != want {
			t.Fatalf("the title came back as %q, want %q", got, want)
		}
		for _, line := range agenttest.Lines(string(data)) {
			if got := shapeOfData(line); got != "" {
				t.Fatalf("a line of the report holds %s: %s", got, line)
			}
		}
	})
}

// toValid is how encoding/json writes invalid bytes: each becomes U+FFFD.
func toValid(text string) string {
	var out strings.Builder
	for _, r := range text {
		out.WriteRune(r)
	}
	return out.String()
}

// shapeOfData says what of a line could mean something to an agent that prints it; "" for nothing.
func shapeOfData(line string) string {
	if strings.Contains(line, "##") {
		return "##"
	}
	for _, r := range line {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

func TestWords(t *testing.T) {
	t.Parallel()
	r := sampleRun(same)
	r.Words = func(err error) string { return "Advice: " + err.Error() }
	data := string(writeJSON(t, r))
	for _, want := range []string{`"error":"Advice: read the evaluations`, `"error":"Advice: re-queue: status 403`, `"error":"Advice: read the build history`} {
		if !strings.Contains(data, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	want := []agent.Variable{
		{Name: "plannedCount", Value: "5"},
		{Name: "requeuedCount", Value: "2"},
		{Name: "declinedCount", Value: "1"},
		{Name: "movedCount", Value: "1"},
		{Name: "failedCount", Value: "4"},
		{Name: "skippedCount", Value: "9"},
		{Name: "skippedPullRequestCount", Value: "2"},
		{Name: "pullRequestCount", Value: "7"},
		{Name: "evaluationCount", Value: "14"},
		{Name: "pullRequestIds", Value: "101"},
		{Name: "buildIds", Value: "4801,4802"},
		{Name: "exhaustedPullRequestIds", Value: "102"},
		{Name: "limited", Value: "true"},
		{Name: "reportPath", Value: "/temp/report.json"},
	}
	waited := append(slices.Clip(want), agent.Variable{Name: "succeededCount", Value: "1"}, agent.Variable{Name: "rejectedCount", Value: "0"}, agent.Variable{Name: "pendingCount", Value: "1"})
	if diff := cmp.Diff(want, sampleRun(same).Outputs("/temp/report.json", false)); diff != "" {
		t.Errorf("Outputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(waited, sampleRun(same).Outputs("/temp/report.json", true)); diff != "" {
		t.Errorf("Outputs with wait (-want +got):\n%s", diff)
	}
	for _, v := range (Run{}).Outputs("", true) {
		if strings.HasSuffix(v.Name, "Count") && v.Value != "0" {
			t.Errorf("%s of an empty run is %q, want 0", v.Name, v.Value)
		}
	}
}

// largeRun has that many pull requests, each with eight evaluations.
func largeRun(pullRequests int) Run {
	b := newBuilder(same)
	for i := range pullRequests {
		b.plan.PullRequests = append(b.plan.PullRequests, requeue.PullRequestPlan{PullRequest: &requeue.PullRequest{
			ID: i + 1, Repository: b.repo, Title: "A title of usual length, with a word or two more",
			SourceRefName: "refs/heads/topic", TargetRefName: "refs/heads/main", Status: "active",
		}})
		pr := &b.plan.PullRequests[i]
		for j := range 8 {
			pr.Evaluations = append(pr.Evaluations, requeue.EvaluationPlan{
				Decision:   &requeue.Decision{State: requeue.StateExpired, Requeue: j == 0, Pipeline: "web-ci"},
				Evaluation: &requeue.Evaluation{Details: &requeue.Details{BuildID: 1000 + i}, Policy: &requeue.Policy{ID: j, DisplayName: "CI", PipelineID: 4, TypeName: "Build"}},
			})
			if j > 0 {
				pr.Evaluations[j].Reason = requeue.RunLimit
			}
		}
	}
	r := Run{GeneratedAt: sampleTime, Collection: collection, DryRun: true, Plan: b.finish()}
	r.Summary = requeue.Summarize(r.Plan)
	return r
}

func BenchmarkWriteJSON(b *testing.B) {
	r := largeRun(10_000)
	var size countingWriter
	if err := r.WriteJSON(&size); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := r.WriteJSON(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

type countingWriter int

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(len(p))
	return len(p), nil
}

// A report is written in pieces, each about as large as one pull request or the buffer.
func TestJSONIsStreamed(t *testing.T) {
	t.Parallel()
	var w recordingWriter
	if err := largeRun(500).WriteJSON(&w); err != nil {
		t.Fatal(err)
	}
	for _, piece := range w.writes {
		if len(piece) > 128<<10 {
			t.Errorf("a piece of %d bytes", len(piece))
		}
	}
	if len(w.writes) < 10 {
		t.Errorf("%d pieces", len(w.writes))
	}
}

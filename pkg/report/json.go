package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// schemaVersion changes when a reader of the report would have to.
const schemaVersion = 1

// The report's members, in the order in which they are written. report.schema.json says what each may hold.
type (
	headWire struct {
		SchemaVersion   int                    `json:"schemaVersion"`
		GeneratedAt     string                 `json:"generatedAt"`
		Collection      string                 `json:"collection"`
		Identity        *string                `json:"identity"`
		DryRun          bool                   `json:"dryRun"`
		Counts          countsWire             `json:"counts"`
		SkippedByReason map[requeue.Reason]int `json:"skippedByReason"`
		Errors          []errorWire            `json:"errors"`
		Findings        []findingWire          `json:"findings"`
	}
	errorWire struct {
		Project    string `json:"project"`
		Repository string `json:"repository"`
		Message    string `json:"message"`
	}
	skippedWire struct {
		Reason requeue.Reason `json:"reason"`
		Detail string         `json:"detail"`
	}
	pullRequestWire struct {
		ID           int              `json:"id"`
		Project      string           `json:"project"`
		Repository   string           `json:"repository"`
		Title        string           `json:"title"`
		URL          string           `json:"url"`
		SourceBranch string           `json:"sourceBranch"`
		TargetBranch string           `json:"targetBranch"`
		Author       string           `json:"author"`
		Draft        bool             `json:"draft"`
		AutoComplete bool             `json:"autoComplete"`
		Skipped      *skippedWire     `json:"skipped"`
		Error        *string          `json:"error"`
		Evaluations  []evaluationWire `json:"evaluations"`
	}
	evaluationWire struct {
		EvaluationID uuid.UUID            `json:"evaluationId"`
		PolicyID     int                  `json:"policyId"`
		Policy       string               `json:"policy"`
		PipelineID   *int                 `json:"pipelineId"`
		Pipeline     *string              `json:"pipeline"`
		Blocking     bool                 `json:"blocking"`
		State        requeue.State        `json:"state"`
		Action       string               `json:"action"`
		Reason       *requeue.Reason      `json:"reason"`
		Detail       string               `json:"detail"`
		Outcome      *requeue.OutcomeKind `json:"outcome"`
		BuildBefore  *int                 `json:"buildBefore"`
		BuildAfter   *int                 `json:"buildAfter"`
		Error        *string              `json:"error"`
		Result       *requeue.Result      `json:"result"`
	}
)

// countsWire keeps the counts in their order.
type countsWire []count

// MarshalJSON makes an object of them.
func (c countsWire) MarshalJSON() ([]byte, error) {
	out := []byte("{")
	for i, each := range c {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "%q:%d", each.name, each.value)
	}
	return append(out, '}'), nil
}

// orNull is what stands for an absent value.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// numberOrNull takes 0 for absent, and so what no number of a pipeline or build can be.
func numberOrNull(n int) *int { return orNull(max(n, 0)) }

// WriteJSON writes the report, pull request by pull request and one to a line, so that a large one needs no memory.
//
// Foreign text is data here and kept as it is. It is written in such a way, though, that a later step may print the
// file: no "##" and no control or format character is in it but as a JSON escape.
func (r Run) WriteJSON(w io.Writer) error {
	out := &jsonWriter{w: bufio.NewWriterSize(w, 64<<10)}
	out.encoder = json.NewEncoder(&out.buffer)
	out.encoder.SetEscapeHTML(false)

	head := headWire{
		SchemaVersion: schemaVersion, GeneratedAt: r.GeneratedAt.UTC().Format(time.RFC3339), Collection: r.Collection,
		Identity: orNull(r.Identity), DryRun: r.DryRun, Counts: counts(r.Summary.Counts),
		SkippedByReason: map[requeue.Reason]int{}, Errors: []errorWire{}, Findings: findingsWire(r.Findings),
	}
	if r.Waited {
		head.Counts = append(head.Counts, resultCounts(r.Summary.Counts)...)
	}
	for reason, n := range r.Summary.SkippedByReason {
		if n > 0 {
			head.SkippedByReason[reason] = n
		}
	}
	for _, f := range r.Failures {
		head.Errors = append(head.Errors, errorWire{f.Project, f.Repository, r.message(f)})
	}
	out.value(head)
	out.buffer.Truncate(max(0, out.buffer.Len()-1)) // the brace that ends the object
	out.flush()
	out.text(",\n\"pullRequests\":[")
	for i, pr := range r.Plan.PullRequests {
		if i > 0 {
			out.text(",")
		}
		out.text("\n")
		out.value(r.pullRequest(pr))
		out.flush()
		if out.err != nil {
			break
		}
	}
	out.text("\n]}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write the JSON report: %w", out.err)
	}
	return nil
}

func (r Run) pullRequest(plan requeue.PullRequestPlan) pullRequestWire {
	pr := plan.PullRequest
	wire := pullRequestWire{
		ID: pr.ID, Project: pr.Repository.Project.Name, Repository: pr.Repository.Name, Title: pr.Title, URL: pr.URL(),
		SourceBranch: requeue.ShortBranch(pr.SourceRefName), TargetBranch: requeue.ShortBranch(pr.TargetRefName),
		Author: cmp.Or(pr.Author.DisplayName, pr.Author.UniqueName), Draft: pr.Draft, AutoComplete: pr.AutoComplete,
		Error: orNull(r.words(pr.Err)), Evaluations: make([]evaluationWire, len(plan.Evaluations)),
	}
	if plan.Skipped != "" {
		wire.Skipped = &skippedWire{plan.Skipped, plan.Detail}
	}
	for j, e := range plan.Evaluations {
		wire.Evaluations[j] = r.evaluation(e)
		if e.Requeue {
			r.fill(&wire.Evaluations[j], *e.Outcome)
		}
	}
	return wire
}

func (r Run) evaluation(e requeue.EvaluationPlan) evaluationWire {
	v := e.Evaluation
	wire := evaluationWire{
		EvaluationID: v.ID, PolicyID: v.Policy.ID, Policy: policyName(e), PipelineID: numberOrNull(v.Policy.PipelineID),
		Pipeline: orNull(e.Pipeline), Blocking: v.Policy.Blocking, State: e.State, Action: "skip", Reason: orNull(e.Reason),
		Detail: e.Detail, BuildBefore: numberOrNull(v.BuildID), Error: orNull(r.words(e.Err)),
	}
	if e.Err != nil {
		wire.Outcome = orNull(requeue.OutcomeFailed)
	}
	return wire
}

// fill says what became of a planned evaluation.
func (r Run) fill(wire *evaluationWire, o requeue.Outcome) {
	wire.Action, wire.Outcome, wire.BuildAfter, wire.Result = "requeue", &o.Kind, numberOrNull(o.BuildAfter), orNull(o.Result)
	wire.Detail = join("; ", wire.Detail, o.Detail, o.ResultDetail)
	if o.Kind == requeue.OutcomeMoved {
		wire.Reason = orNull(requeue.Moved)
	}
	if o.Err != nil {
		wire.Error = orNull(r.words(o.Err))
	}
}

// harmless reports whether a JSON text holds nothing but printable ASCII and no "##".
func harmless(text []byte) bool {
	for _, c := range text {
		if c > '~' {
			return false
		}
	}
	return !bytes.Contains(text, []byte("##"))
}

// jsonWriter keeps the first error.
type jsonWriter struct {
	w       *bufio.Writer
	buffer  bytes.Buffer
	encoder *json.Encoder
	err     error
}

func (j *jsonWriter) text(s string) {
	if j.err == nil {
		_, j.err = j.w.WriteString(s)
	}
}

func (j *jsonWriter) bytes(b []byte) {
	if j.err == nil {
		_, j.err = j.w.Write(b)
	}
}

// value encodes into the buffer, without the line's end.
func (j *jsonWriter) value(v any) {
	j.buffer.Reset()
	if err := j.encoder.Encode(v); err != nil && j.err == nil {
		j.err = err
	}
	j.buffer.Truncate(max(0, j.buffer.Len()-1))
}

// flush writes the buffer in the form that is safe to print. What it replaces occurs within JSON strings only.
func (j *jsonWriter) flush() {
	text := j.buffer.Bytes()
	if harmless(text) { // nearly always
		j.bytes(text)
		return
	}
	from := 0 // what is not written yet
	escape := func(at, size int, r rune) {
		j.bytes(text[from:at])
		from = at + size
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			j.text(fmt.Sprintf(`\u%04x\u%04x`, high, low))
			return
		}
		j.text(fmt.Sprintf(`\u%04x`, r))
	}
	hash := false
	for at := 0; at < len(text); {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[at:])
		}
		if r == '#' && hash || r > '~' && agent.Invisible(r) {
			escape(at, size, r)
			hash = false
		} else {
			hash = r == '#'
		}
		at += size
	}
	j.bytes(text[from:])
}

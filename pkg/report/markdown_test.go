package report

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// inert reports the first thing in a text that could mean something to a Markdown renderer, to HTML or to what looks for
// mentions in the raw text; "" if the text is plain. It knows nothing of how the package escapes but for the references.
func inert(text string) string {
	known := []string{
		"amp", "lt", "gt", "num", "commat", "excl", "vert", "grave", "ast", "lowbar", "lsqb", "rsqb", "rpar", "lcub", "rcub",
		"bsol", "plus", "equals", "colon", "dollar", "Hat", "period",
	}
	digits := true
	last := rune(0)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return fmt.Sprintf("the character %U", r)
		case r == '&':
			name, _, found := strings.Cut(text[i+1:], ";")
			if !found || !slices.Contains(known, name) {
				return "an ampersand"
			}
			size = len(name) + 2
			r = 0
		case r == '\\':
			if next := text[i+1:]; next == "" || next[0] != '~' && next[0] != '-' {
				return "a backslash"
			}
			size = 2
		case r == '-' && (last >= utf8.RuneSelf || !unicode.IsLetter(last) && !unicode.IsDigit(last)):
			return "a hyphen that may begin something"
		case r == '.' && digits:
			return "a list number"
		case r == '.' && i+1 < len(text) && text[i+1] != ' ' && (text[i+1] < '0' || text[i+1] > '9'):
			return "the dot of an address"
		case r == '/' && last == '/':
			return "the slashes of an address"
		case r == ')' && digits:
			return "a list number"
		case r == ':' && i+1 < len(text) && text[i+1] != ' ':
			return "a colon that may begin something"
		case strings.ContainsRune("<>#@!|`*_[]{}+=$^~\t\r\n", r):
			return fmt.Sprintf("%q", r)
		case i == 0 && r == ' ':
			return "a blank at the beginning"
		}
		digits = digits && '0' <= r && r <= '9'
		last = r
		i += size
	}
	return ""
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"words", "Fix the login, please", "Fix the login, please"},
		{"a hyphen within a word", "pre-commit", "pre-commit"},
		{"HTML", "<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"},
		{"a comment of ours", CommentMarker, `&lt;&excl;\-\- reschedule-pull-request-evaluations \-\-&gt;`},
		{"a link", "[x](javascript:alert(1))", "&lsqb;x&rsqb;(javascript&colon;alert(1))"},
		{"a bare address", "see https://evil.example", "see https&colon;/ /evil&period;example"},
		{"a bare address without scheme", "www.evil.example", "www&period;evil&period;example"},
		{"a table", "a|b", "a&vert;b"},
		{"a mention", "@jo and jo@contoso.com", "&commat;jo and jo&commat;contoso&period;com"},
		{"a work item and a pull request", "#12 !34", "&num;12 &excl;34"},
		{"a second line", "a\n# b\r\n", "a &num; b"},
		{"code", "`rm`", "&grave;rm&grave;"},
		{"a list", "- a", `\- a`},
		{"an emoji", ":smile: note: x:", "&colon;smile: note: x:"},
		{"another numbered list", "12) a (b)", "12&rpar; a (b)"},
		{"a numbered list", "1. a 2.5.", "1&period; a 2.5."},
		{"a reference", "&#35;12 &amp;", "&amp;&num;35;12 &amp;amp;"},
		{"a backslash", `\#1`, "&bsol;&num;1"},
		{"a rule", "--- === ~~~ ***", `\-\-\- &equals;&equals;&equals; \~\~\~ &ast;&ast;&ast;`},
		{"hidden characters", "a\u202e\u200bb", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := inMarkdown(tt.text)
			if got != tt.want {
				t.Errorf("inMarkdown(%q) = %q, want %q", tt.text, got, tt.want)
			}
			if found := inert(got); found != "" {
				t.Errorf("inMarkdown(%q) = %q holds %s", tt.text, got, found)
			}
		})
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := inMarkdown(text)
		if found := inert(got); found != "" {
			t.Fatalf("inMarkdown(%q) = %q holds %s", text, got, found)
		}
		shown := html.UnescapeString(strings.NewReplacer(`\~`, "~", `\-`, "-").Replace(got))
		want := strings.ReplaceAll(strings.Join(strings.Fields(agent.Clean(text)), " "), "//", "/ /")
		want = strings.ReplaceAll(want, "//", "/ /")
		if shown != want {
			t.Fatalf("inMarkdown(%q) is shown as %q, want %q", text, shown, want)
		}
	})
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ address, want string }{
		{"https://dev.azure.com/contoso/A%20B/_git/web/pullrequest/1", "https://dev.azure.com/contoso/A%20B/_git/web/pullrequest/1"},
		{"https://dev.azure.com/contoso/A B (old)/_git/web", "https://dev.azure.com/contoso/A%20B%20%28old%29/_git/web"},
		{"http://tfs:8080/tfs/C/P/_build/results?buildId=4&view=logs", "http://tfs:8080/tfs/C/P/_build/results?buildId=4&view=logs"},
		{"https://dev.azure.com/contoso/a|b`c*d[e]<f>\"g'!h@i#12", "https://dev.azure.com/contoso/a%7Cb%60c%2Ad%5Be%5D%3Cf%3E%22g%27%21h%40i"},
		{"javascript:alert(1)", ""},
		{"JavaScript://dev.azure.com/%0aalert(1)", ""},
		{"data:text/html,x", ""},
		{"//evil.example/x", ""},
		{"https:evil", ""},
		{"https://user:password@dev.azure.com/", ""},
		{"", ""},
		{"https://dev.azure.com/a\nb", "https://dev.azure.com/a%20b"},
		{"https://[::1", ""},
	}
	for _, tt := range tests {
		if got := safeURL(tt.address); got != tt.want {
			t.Errorf("safeURL(%q) = %q, want %q", tt.address, got, tt.want)
		}
	}
}

var (
	linkTarget = regexp.MustCompile(`^https?://[-._/:?=&,%A-Za-z0-9]+$`)
	reference  = regexp.MustCompile(`&[^;]*;?`)
	ownMarkup  = regexp.MustCompile("`[A-Za-z]+(?:: [A-Za-z]+)?`|\\*\\*|\\*Reschedule pull request evaluations\\*|\\[([^][]*)\\]\\(([^() ]*)\\)")
	ownLink    = regexp.MustCompile(`^\Q` + troubleshooting + `\E(#[a-z]*)?$`)
)

// outline reads a document of ours strictly and returns what it is made of, foreign text left out: the kind of each
// line, its cells, its links. It fails the test where something else could be seen.
func outline(t *testing.T, document string) []string {
	t.Helper()
	var all []string
	columns := 0
	for line := range strings.SplitSeq(document, "\n") {
		switch {
		case line == "" || line == CommentMarker:
			columns = 0
			all = append(all, line)
		case strings.HasPrefix(line, "### "):
			all = append(all, line) // headings are ours
		case strings.HasPrefix(line, "|") && strings.Trim(line, "|- ") == "":
			if got := strings.Count(line, "|") - 1; got != columns {
				t.Fatalf("%d columns under %d heads", got, columns)
			}
			all = append(all, "table")
		case strings.HasPrefix(line, "| "):
			cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
			if columns == 0 {
				columns = len(cells)
			}
			if len(cells) != columns || strings.Count(line, "|") != columns+1 {
				t.Fatalf("a row of %d cells in a table of %d columns: %s", len(cells), columns, line)
			}
			for _, cell := range cells {
				all = append(all, "cell"+inline(t, cell))
			}
		case strings.HasPrefix(line, "- "):
			all = append(all, "item"+inline(t, line[2:]))
		default:
			all = append(all, "text"+inline(t, line))
		}
	}
	return all
}

// inline reads the inside of a line: links, code and emphasis of ours, between them inert text.
func inline(t *testing.T, text string) string {
	t.Helper()
	found := ""
	rest := ownMarkup.ReplaceAllStringFunc(text, func(match string) string {
		parts := ownMarkup.FindStringSubmatch(match)
		if parts[2] == "" {
			found += " " + match
			return ""
		}
		if why := inert(parts[1]); why != "" {
			t.Fatalf("the text of the link %s holds %s", match, why)
		}
		if ownLink.MatchString(parts[2]) {
			found += " " + match
			return ""
		}
		address, err := url.Parse(parts[2])
		if err != nil || !linkTarget.MatchString(parts[2]) || address.Host != "dev.azure.com" {
			t.Fatalf("the link %s leads elsewhere", match)
		}
		found += " link"
		return ""
	})
	// What is left begins within a line, and our own words may hold brackets, colons and the like.
	for _, r := range rest {
		if strings.ContainsRune("<>#@!|`*_[]{}+=$^~\t\r", r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Fatalf("the line %q holds %q", text, r)
		}
	}
	for _, live := range []string{"//", "www.", "javascript:", "mailto:"} {
		if strings.Contains(strings.ToLower(rest), live) {
			t.Fatalf("the line %q holds %q", text, live)
		}
	}
	for _, match := range reference.FindAllString(rest, -1) {
		if inert(match) != "" {
			t.Fatalf("the line %q holds %q", text, match)
		}
	}
	return found
}

func writeSummary(t *testing.T, r Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteSummary(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSummaryGolden(t *testing.T) {
	t.Parallel()
	runs := map[string]func(func(string) string) Run{
		"full": sampleRun, "dry": dryRun, "cancelled": cancelledRun, "empty": emptyRun,
	}
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := writeSummary(t, run(same))
			outline(t, text)
			golden(t, "summary-"+name+".golden.md", text)
		})
	}
}

// comments are the texts for each pull request of a run, in both modes.
func comments(r Run) string {
	var all strings.Builder
	for _, always := range []bool{false, true} {
		for _, pr := range r.Plan.PullRequests {
			all.WriteString(CommentText(pr, r.Collection, always, Author{Pipeline: r.Identity, URL: collection + "/Shop/_build/results?buildId=9"}))
		}
	}
	return all.String()
}

func TestCommentGolden(t *testing.T) {
	t.Parallel()
	text := comments(sampleRun(same))
	outline(t, text)
	golden(t, "comments.golden.md", text)
	if again := comments(sampleRun(same)); again != text {
		t.Error("the same outcomes give another comment")
	}
}

func TestNoComment(t *testing.T) {
	t.Parallel()
	r := sampleRun(same)
	if got := CommentText(r.Plan.PullRequests[0], collection, false, Author{}); got != "" {
		t.Errorf("a comment although no retries are used up:\n%s", got)
	}
	if got := CommentText(r.Plan.PullRequests[2], collection, true, Author{}); got != "" {
		t.Errorf("a comment although nothing was re-queued:\n%s", got)
	}
	if got := CommentText(r.Plan.PullRequests[1], collection, false, Author{}); !strings.HasPrefix(got, CommentMarker+"\n") {
		t.Errorf("the comment does not begin with its marker:\n%s", got)
	}
}

// TestCommentQuotesIssuesOnly: who reads a comment need not be allowed to see the build.
func TestCommentQuotesIssuesOnly(t *testing.T) {
	t.Parallel()
	const secret = "connect to db-7.internal as admin"
	for _, tt := range []struct {
		name  string
		match requeue.Match
		want  string
		quote bool
	}{
		{"an issue", requeue.Match{Pattern: "/x/", Step: "Test", Issue: true, Text: secret}, "was failed with an error that matches /x/: \"" + inMarkdown(secret) + "\",", true},
		{"a line of a log", requeue.Match{Pattern: "/x/", Step: "Test", Line: 3, Log: true, Text: secret}, "was failed with an error that matches /x/,", false},
		{"why it could not run", requeue.Match{Pattern: "/x/", Text: secret}, "was failed with an error that matches /x/,", false},
		{"no pattern", requeue.Match{Issue: true, Text: secret}, "was failed,", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBuilder(same)
			b.pullRequest(101, "Fix the login")
			e := b.build(requeue.StateFailed, 4701)
			e.Requeue, e.Match, e.Detail = true, &tt.match, "retryOnlyIf "+tt.match.String()
			refused := b.build(requeue.StateFailed, 4702)
			refused.Reason, refused.Match, refused.Detail = requeue.ErrorNotRetryable, &tt.match, "neverRetryIf "+tt.match.String()
			plan := b.finish()
			setOutcomes(plan, requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: 4801})
			got := CommentText(plan.PullRequests[0], collection, true, Author{})
			if !strings.Contains(got, tt.want) || strings.Contains(got, inMarkdown(secret)) != tt.quote || strings.Contains(got, "4702") {
				t.Errorf("want %q, the text quoted: %t; got\n%s", tt.want, tt.quote, got)
			}
		})
	}
}

func FuzzSummary(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, foreign string) {
		for _, run := range []func(func(string) string) Run{sampleRun, dryRun, cancelledRun} {
			want := outline(t, writeSummary(t, run(same))+comments(run(same)))
			r := run(func(benign string) string { return benign + foreign })
			for i := range r.Plan.PullRequests {
				pr := r.Plan.PullRequests[i].PullRequest
				repository := *pr.Repository
				if repository.URL += "/" + foreign; safeURL(repository.URL) != "" {
					pr.Repository = &repository
				}
			}
			got := outline(t, writeSummary(t, r)+comments(r))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("foreign text changed the document (-want +got):\n%s", diff)
			}
		}
		// An address that is foreign altogether is either harmless or no link.
		r := sampleRun(same)
		for i := range r.Plan.PullRequests {
			pr := r.Plan.PullRequests[i].PullRequest
			repository := *pr.Repository
			repository.URL = foreign
			pr.Repository = &repository
		}
		if u, err := url.Parse(agent.Clean(foreign)); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			outline(t, writeSummary(t, r)+comments(r))
		}
	})
}

func TestSummaryIsBounded(t *testing.T) {
	t.Parallel()
	r := largeRun(3000)
	r.DryRun = false
	for i, a := range r.Plan.Actions() {
		o := requeue.Outcome{Kind: requeue.OutcomeDeclined, Detail: strings.Repeat("long ", 100)}
		if i%2 == 0 {
			o = requeue.Outcome{Kind: requeue.OutcomeFailed, Err: fmt.Errorf("error %d", i)}
		}
		*a.Outcome = o
	}
	r.Summary = requeue.Summarize(r.Plan)
	text := writeSummary(t, r)
	outline(t, text)
	if len(text) > 200<<10 {
		t.Errorf("a summary of %d bytes", len(text))
	}
	for _, want := range []string{"… and 2800 more", "… and 2850 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
}

func TestHeldByHand(t *testing.T) {
	t.Parallel()
	plan := func(change func(b *builder, pr *requeue.PullRequestPlan)) requeue.PullRequestPlan {
		b := newBuilder(same)
		b.pullRequest(1, "x").PullRequest.AutoComplete = true
		b.build(requeue.StateSucceeded, 1)
		b.reviewers(requeue.StateRunning, requeue.ByHand)
		change(b, &b.plan.PullRequests[0])
		return b.plan.PullRequests[0]
	}
	tests := []struct {
		name   string
		change func(b *builder, pr *requeue.PullRequestPlan)
		want   string
	}{
		{"only the reviewers are missing", func(*builder, *requeue.PullRequestPlan) {}, "Minimum number of reviewers"},
		{"found only by the pull request's own reason", func(_ *builder, pr *requeue.PullRequestPlan) {
			pr.Skipped, pr.Evaluations[1].Reason = requeue.OtherBlockers, ""
		}, "Minimum number of reviewers"},
		{"without auto-complete nobody waits", func(_ *builder, pr *requeue.PullRequestPlan) { pr.PullRequest.AutoComplete = false }, ""},
		{"a draft does not wait either", func(_ *builder, pr *requeue.PullRequestPlan) { pr.Skipped = requeue.Draft }, ""},
		{"a build holds it back as well", func(b *builder, _ *requeue.PullRequestPlan) { b.build(requeue.StateRunning, 2) }, ""},
		{"an optional build does not", func(b *builder, _ *requeue.PullRequestPlan) {
			b.build(requeue.StateRunning, 2).Evaluation.Policy.Blocking = false
		}, "Minimum number of reviewers"},
		{"nothing holds it back", func(_ *builder, pr *requeue.PullRequestPlan) { pr.Evaluations[1].State = requeue.StateSucceeded }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := heldByHand(plan(tt.change)); got != tt.want {
				t.Errorf("heldByHand = %q, want %q", got, tt.want)
			}
		})
	}
}

// held is a run whose candidates train mode holds back, each in its way.
func held(details ...string) Run {
	b := newBuilder(same)
	b.pullRequest(101, "Fix the login")
	for i, detail := range details {
		skipped(b.build(requeue.StateExpired, 4701+i), requeue.BranchBusy, detail)
	}
	r := Run{GeneratedAt: sampleTime, Collection: collection, Plan: b.finish()}
	r.Summary = requeue.Summarize(r.Plan)
	return r
}

// TestLimitsSay: a limit is reached only where nothing else is in the way.
func TestLimitsSay(t *testing.T) {
	t.Parallel()
	r := held("", requeue.TakesNoPlace, "it is to come together with A, which waits: coolingDown")
	l, out := newLog(agent.LogOptions{})
	l.Plan(r.Plan, false)
	var summary strings.Builder
	if err := r.WriteSummary(&summary); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The limit `maxInFlightPerBranch` is reached (branchBusy): 1 evaluation left for a later run.",
		"The limit `maxInFlightPerBranch` keeps what a pull request needs together (branchBusy): 1 evaluation left for a later run.",
		"The limit `maxInFlightPerBranch` gives no place (branchBusy): 1 evaluation left until somebody sets auto-complete or approves.",
		"and this one has neither\n",
		"something has to happen first; a later run looks at it again (it is to come together with A, which waits: coolingDown)",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, out)
		}
	}
	if want := "): 1 evaluation left until somebody sets auto-complete or approves."; !strings.Contains(summary.String(), want) {
		t.Errorf("the summary lacks %q:\n%s", want, summary.String())
	}
}

// TestAdvice: the instruction for a refusal is of use to its end, and nobody else's link becomes one.
func TestAdvice(t *testing.T) {
	t.Parallel()
	page := TopicURL("TF401027")
	instruction := strings.Repeat("TF401027: You need a permission. ", 12) + "Allow it on Project settings > Repositories > (repository) > Security."
	whole := strings.ReplaceAll(strings.TrimSuffix(instruction, "."), ">", "&gt;") + ". See [troubleshooting](" + page + ")."
	for _, tt := range []struct{ name, text, want string }{
		{"no link", "status 500: <b>", "status 500: &lt;b&gt;"},
		{"ours", instruction + " See " + page, whole},
		{"long words", strings.Repeat("x", 5000) + " See " + page, strings.Repeat("x", maxAdvice-1) + "… See [troubleshooting](" + page + ")."},
		{"of words that mean something", "[a](b) @you See " + page, "&lsqb;a&rsqb;(b) &commat;you See [troubleshooting](" + page + ")."},
		{"not at the end", "See " + page + " or else", inMarkdown("See " + page + " or else")},
		{"with more behind it", "x See " + page + ")[y](z", inMarkdown("x See " + page + ")[y](z")},
		{"another page", "x See https://evil.example/docs/troubleshooting.md#tf401027", inMarkdown("x See https://evil.example/docs/troubleshooting.md#tf401027")},
		{"cut without a link", strings.Repeat("x", 500), strings.Repeat("x", maxDetail-1) + "…"},
	} {
		if got := advice(tt.text, maxDetail); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	r := sampleRun(same)
	r.Words = func(err error) string { return instruction + " See " + page }
	summary := writeSummary(t, r)
	for _, want := range []string{"| **failed**: " + whole + " |", "- **Failed**: "} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary lacks %q:\n%s", want, summary)
		}
	}
	for line := range strings.Lines(summary) {
		if strings.HasPrefix(line, "- **Failed**") && !strings.Contains(line, "not found") && !strings.HasSuffix(line, "Security. See [troubleshooting]("+page+").\n") {
			t.Errorf("the line %q", line)
		}
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	limited := emptyRun(same)
	limited.Summary.Limited = true
	tests := []struct {
		name string
		run  Run
		want string
	}{
		{"full", sampleRun(same), "2 evaluations of 1 pull request were re-queued; 1 succeeded; 1 without a result yet; 1 declined by the service; 1 left alone because of a change in the meantime; 4 could not be handled; 1 not found or not readable."},
		{"dry", dryRun(same), "Dry run: 5 evaluations of 2 pull requests would be re-queued, nothing was changed; 3 could not be handled; 1 not found or not readable."},
		{"cancelled", cancelledRun(same), "The run was cancelled. 1 evaluation of 1 pull request was re-queued; 3 of the plan were not begun; 4 could not be handled; 1 not found or not readable."},
		{"empty", emptyRun(same), "There was nothing to re-queue."},
		{"limited", limited, "Nothing was re-queued; the limits leave the rest to a later run."},
		{"no place is free", held(""), "Nothing was re-queued; the limits leave the rest to a later run."},
		{"none takes a place", held(requeue.TakesNoPlace), "Nothing was re-queued; candidates wait for auto-complete or an approval."},
		{"each waits for another", held("it is to come together with A"), "Nothing was re-queued; candidates wait for other evaluations of their pull requests."},
		{"in two ways", held("it is to come together with A", requeue.TakesNoPlace), "Nothing was re-queued; candidates wait for other evaluations of their pull requests or for auto-complete or an approval."},
		{"in two ways, one of which a later run ends", held(requeue.TakesNoPlace, ""), "Nothing was re-queued; the limits leave the rest to a later run."},
	}
	for _, tt := range tests {
		if got := tt.run.headline(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

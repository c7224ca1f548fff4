package main

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const root = "../.."

// read returns a page of the repository.
func read(t testing.TB, page string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// markdown returns every page that people read.
func markdown(t testing.TB) []string {
	t.Helper()
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(docs) == 0 {
		t.Fatalf("find docs: %v, %d pages", err, len(docs))
	}
	all := []string{"README.md", "overview.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", ".github/PULL_REQUEST_TEMPLATE.md"}
	for _, doc := range docs {
		all = append(all, "docs/"+filepath.Base(doc))
	}
	return all
}

func theDefinition(t testing.TB) definition {
	t.Helper()
	d, err := readDefinition(filepath.Join(root, "task", "task.json"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPagesAreGenerated(t *testing.T) {
	t.Parallel()
	if err := run(root, true); err != nil {
		t.Error(err)
	}
}

// TestChangelogNamesEveryInput: people learn from it that there is a new one.
func TestChangelogNamesEveryInput(t *testing.T) {
	t.Parallel()
	changes := read(t, "CHANGELOG.md")
	for _, in := range theDefinition(t).Inputs {
		if !strings.Contains(changes, "`"+in.Name) {
			t.Errorf("CHANGELOG.md does not mention the input %s", in.Name)
		}
	}
}

// TestPagesHaveEveryPart: a page from which a part's markers vanished would not drift.
func TestPagesHaveEveryPart(t *testing.T) {
	t.Parallel()
	for _, page := range theDefinition(t).pages() {
		for name := range page.parts {
			if strings.Count(read(t, page.file), beginMark+name+closeMark) != 1 {
				t.Errorf("%s does not have the part %q once", page.file, name)
			}
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	parts := map[string]string{"a": "new\n"}
	for _, tc := range []struct{ name, page, want, wantErr string }{
		{name: "no part", page: "text\n", want: "text\n"},
		{
			name: "a part twice",
			page: "1\n<!-- begin generated: a -->\nold\n<!-- end generated: a -->\n2\n<!-- begin generated: a --><!-- end generated: a -->\n",
			want: "1\n<!-- begin generated: a -->\nnew\n<!-- end generated: a -->\n2\n<!-- begin generated: a -->\nnew\n<!-- end generated: a -->\n",
		},
		{name: "unknown", page: "<!-- begin generated: b -->\n<!-- end generated: b -->", wantErr: `"b" names no part`},
		{name: "open", page: "<!-- begin generated: a -->\nold\n", wantErr: `"a" does not end`},
		{name: "torn", page: "<!-- begin generated: a", wantErr: "names no part"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := fill(tc.page, parts)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("fill: %v; want an error with %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
			again, err := fill(got, parts)
			if err != nil || again != got {
				t.Errorf("filling a filled page changes it: %v", err)
			}
		})
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	d := definition{
		Name: "Some-Task", FriendlyName: "Some task", Description: "Does something.",
		Groups: []group{{Name: "g", DisplayName: "A group"}, {Name: "h", DisplayName: "Another", VisibleRule: "when != never"}},
		Inputs: []input{
			{Name: "when", Label: "When", Type: "pickList", DefaultValue: "now", Options: options{{"now", "Now"}, {"never", "Never"}}, GroupName: "g", HelpMarkDown: "a | b"},
			{Name: "names", Label: "Names.", Type: "multiLine", GroupName: "h", HelpMarkDown: "one\n\ntwo\nthree. Allowed: `a.b` (first; best), `c`. One per line. Blank or `0`: all of a.b. Example: `a.b` or `c`."},
			{Name: "fast", Label: "Fast", Type: "boolean", DefaultValue: false, GroupName: "h", HelpMarkDown: "h"},
			{Name: "where", Label: "Where", Type: "connectedService:AzureRM", GroupName: "h", HelpMarkDown: "h", VisibleRule: "fast = true"},
		},
		OutputVariables: []output{{Name: "count", Description: "How many."}},
	}
	d.Version.Major = "3"
	wantInputs := "| input | value, default | meaning |\n| --- | --- | --- |\n" +
		"| **A group** | |  |\n" +
		"| `when` | `now` (default), `never` | a \\| b |\n" +
		"| **Another** | | shown in the editor when `when != never` |\n" +
		"| `names` | list, blank | one<br>two three. Allowed: `a.b` (first; best), `c`. One per line. Blank or `0`: all of a.b. Example: `a.b` or `c`. |\n" +
		"| `fast` | boolean, `false` | h |\n" +
		"| `where` | service connection (AzureRM), blank | h |\n"
	if diff := cmp.Diff(wantInputs, d.inputsTable()); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	wantSnippet := "```yaml\n# Some task\n# Does something.\n- task: Some-Task@3\n" +
		"  name: requeue # needed to read the output variables\n  inputs:\n" +
		"    # A group\n" +
		"    when: 'now' # 'now' | 'never'. When. Default: now.\n" +
		"\n    # Another\n" +
		"    #names: # list. Names. Allowed: a.b, c. One per line. Used if `when != never`. Blank: all of a.b. Example: 'a.b' or 'c'.\n" +
		"    #fast: false # boolean. Fast. Used if `when != never`. Default: false.\n" +
		"    #where: # service connection (AzureRM). Where. Used if `when != never`. Used if `fast = true`.\n" +
		"```\n"
	if diff := cmp.Diff(wantSnippet, d.snippet()); diff != "" {
		t.Errorf("snippet (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("| output variable | value |\n| --- | --- |\n| `count` | How many. |\n", d.outputsTable()); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

// TestSetsCanBeCopied reads the page of the named sets as somebody does who copies an expression from it: it must find the
// example below it.
func TestSetsCanBeCopied(t *testing.T) {
	t.Parallel()
	entry := regexp.MustCompile("(?m)^- \\*\\*(.+)\\*\\*: `([^`]+)`<br>\n((?:  .+\n)+)")
	example := regexp.MustCompile("  (`+)(.+?)`+(?:<br>$| \\(\\[seen\\])")
	entries := entry.FindAllStringSubmatch(read(t, "docs/patterns.md"), -1)
	for _, m := range entries {
		var lines []string
		for line := range strings.Lines(m[3]) {
			if one := example.FindStringSubmatch(strings.TrimSuffix(line, "\n")); one != nil {
				lines = append(lines, one[2])
			}
		}
		if re, err := regexp.Compile(m[2]); err != nil || !re.MatchString(strings.Join(lines, "\n")) {
			t.Errorf("%s: %v, or it does not find %q", m[1], err, lines)
		}
	}
	if len(entries) != len(requeue.KnownErrors()) {
		t.Errorf("the page has %d entries of %d", len(entries), len(requeue.KnownErrors()))
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := preview(&b, root); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	d := theDefinition(t)
	for _, g := range d.Groups {
		checkRule(t, d, "group "+g.Name, g.VisibleRule)
		tag := `<details data-rule="` + html.EscapeString(g.VisibleRule) + `"`
		if g.IsExpanded {
			tag += " open"
		}
		if want := tag + "><summary>" + html.EscapeString(g.DisplayName) + "</summary>"; strings.Count(page, want) != 1 {
			t.Errorf("the preview does not have the group %s once, as %s", g.Name, want)
		}
	}
	for _, in := range d.Inputs {
		checkRule(t, d, "input "+in.Name, in.VisibleRule)
		if strings.Count(page, `name="`+in.Name+`"`) != 1 {
			t.Errorf("the preview does not have one field for %s", in.Name)
		}
		if n := utf8.RuneCountInString(in.Label); n == 0 || n > 40 {
			t.Errorf("%s has a label of %d characters; allowed: 1 to 40", in.Name, n)
		}
	}
}

var comparison = regexp.MustCompile(`^\s*(\w+)\s*(?:==|=|!=)\s*\S+\s*$`)

// checkRule reports a visible rule that the page's script, and the editor, would not understand.
func checkRule(t *testing.T, d definition, of, rule string) {
	t.Helper()
	if rule == "" {
		return
	}
	for _, term := range regexp.MustCompile(`&&|\|\|`).Split(rule, -1) {
		m := comparison.FindStringSubmatch(term)
		if m == nil || !slices.ContainsFunc(d.Inputs, func(in input) bool { return in.Name == m[1] }) {
			t.Errorf("the visible rule %q of %s compares no input: %q", rule, of, term)
		}
	}
}

func TestPreviewEscapes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	task := `{"friendlyName": "<b>&", "instanceNameFormat": "</script>$(x)", "groups": [{"name": "g", "displayName": "<i>"}],
		"inputs": [{"name": "x", "label": "<u>", "type": "pickList", "defaultValue": "\"><s>", "options": {"\"><s>": "<s>"}, "groupName": "g",
		"helpMarkDown": "<em> ` + "`<tt>`" + `", "visibleRule": "x != \"><s>"}]}`
	for name, text := range map[string]string{"task.json": task, "icon.png": "no picture"} {
		if err := os.MkdirAll(filepath.Join(dir, "task"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "task", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	if err := preview(&b, dir); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"<b>", "<i>", "<u>", "<s>", "<em>", "<tt>"} {
		if strings.Contains(b.String(), tag) {
			t.Errorf("the preview holds %s as it is", tag)
		}
	}
	if n := strings.Count(b.String(), "</script>"); n != 1 {
		t.Errorf("the preview ends its script %d times", n)
	}
	if !strings.Contains(b.String(), "<code>&lt;tt&gt;</code>") {
		t.Error("the preview does not show what the help quotes as code")
	}
}

// TestHelp: each help ends in an example, and says what blank means where nothing is the default.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, in := range theDefinition(t).Inputs {
		if !examplePart.MatchString(in.HelpMarkDown) {
			t.Errorf("the help of %s has no example", in.Name)
		}
		if in.DefaultText() == "" && !blankPart.MatchString(in.HelpMarkDown) {
			t.Errorf("the help of %s does not say what blank means", in.Name)
		}
		list := in.Type == "multiLine"
		if !list && in.DefaultText() != "" && !allowedPart.MatchString(in.HelpMarkDown) {
			t.Errorf("the help of %s does not say what is allowed", in.Name)
		}
	}
}

// TestEveryInputHasAGroup: an input without one would be in no table.
func TestEveryInputHasAGroup(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	shown := 0
	for _, g := range d.Groups {
		shown += len(d.InputsOf(g))
	}
	if shown != len(d.Inputs) || shown == 0 {
		t.Errorf("%d of %d inputs are in a group", shown, len(d.Inputs))
	}
}

// TestEveryReasonIsExplained: log and summary link each reason to its entry in docs/troubleshooting.md.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	readme, page := read(t, "README.md"), read(t, "docs/troubleshooting.md")
	for _, reason := range slices.Concat(requeue.PullRequestReasons(), requeue.EvaluationReasons()) {
		entry := "[`" + string(reason) + "`](docs/troubleshooting.md#" + strings.ToLower(string(reason)) + ")"
		if strings.Count(readme, "| "+entry+" |") != 1 {
			t.Errorf("README.md has no entry, or several, for the reason %s", reason)
		}
		if strings.Count(page, "\n### "+string(reason)+"\n") != 1 {
			t.Errorf("docs/troubleshooting.md has no entry, or several, for the reason %s", reason)
		}
	}
}

func TestReasonsAreInTheOrderOfTheTests(t *testing.T) {
	t.Parallel()
	var got []requeue.Reason
	entry := regexp.MustCompile("(?m)^\\| \\[`([A-Za-z]+)`\\]\\(docs/troubleshooting")
	for _, m := range entry.FindAllStringSubmatch(read(t, "README.md"), -1) {
		got = append(got, requeue.Reason(m[1]))
	}
	want := slices.Concat(requeue.PullRequestReasons(), requeue.EvaluationReasons())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons of README.md (-want +got):\n%s", diff)
	}
}

func TestEveryOutcomeIsExplained(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/troubleshooting.md")
	for _, word := range []string{
		string(requeue.OutcomePlanned), string(requeue.OutcomeRequeued), string(requeue.OutcomeDeclined),
		string(requeue.OutcomeMoved), string(requeue.OutcomeFailed),
		string(requeue.ResultSucceeded), string(requeue.ResultRejected), string(requeue.ResultPending),
	} {
		if strings.Count(page, "\n### "+word+"\n") != 1 {
			t.Errorf("docs/troubleshooting.md has no entry, or several, for the outcome %s", word)
		}
	}
}

// TestPlatforms: what is built is what the launcher starts, what the package lists, and what the pages say it needs.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	target := regexp.MustCompile(`\b(windows|linux|darwin)[-/](amd64|arm64|arm)\b`)
	targets := func(text string) []string {
		found := target.FindAllString(strings.ReplaceAll(text, "/", "-"), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	build := regexp.MustCompile(`(?m)^readonly targets='(.*)'$`).FindStringSubmatch(read(t, "build.sh"))
	if build == nil {
		t.Fatal("build.sh has no targets")
	}
	launcher := read(t, "task/launcher.js")
	if diff := cmp.Diff(targets(build[1]), targets(launcher)); diff != "" {
		t.Errorf("targets of the launcher (-built +started):\n%s", diff)
	}
	unix := slices.DeleteFunc(targets(build[1]), func(name string) bool { return strings.HasPrefix(name, "windows") })
	if diff := cmp.Diff(unix, targets(read(t, "vss-extension.json"))); diff != "" {
		t.Errorf("programs of vss-extension.json that need a content type (-built +listed):\n%s", diff)
	}
	for page, words := range map[string][]string{
		"task/launcher.js": {"Windows 10", "Windows Server 2016", "64 bits", "macOS 12", "Linux 3.2", "Windows 11"},
		"docs/install.md":  {"Windows 10", "Windows Server 2016", "32-bit Windows", "| macOS | 12 |", "kernel 3.2", "Windows 11"},
		"README.md":        {"Windows 10", "Server 2016", "32-bit Windows", "macOS 12", "Linux 3.2"},
	} {
		text := read(t, page)
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s does not say %q", page, word)
			}
		}
	}
}

// TestReadmeBeginsWithTheFirstPipeline: README.md begins with numbered steps, in this order; the first has the address that
// the Marketplace gives the extension, and the version of Go is that of go.mod.
func TestReadmeBeginsWithTheFirstPipeline(t *testing.T) {
	t.Parallel()
	var extension struct {
		ID        string `json:"id"`
		Publisher string `json:"publisher"`
	}
	if err := json.Unmarshal([]byte(read(t, "vss-extension.json")), &extension); err != nil {
		t.Fatal(err)
	}
	version := goVersion(t, "go.mod")
	text := read(t, "README.md")
	rest := text
	for _, want := range []string{
		"\n\nAn Azure Pipelines task ", "An *evaluation* is ", "calls it a policy or a check",
		"\n## First pipeline in five minutes\n",
		"\n1. **Install** the extension from the [Marketplace](https://marketplace.visualstudio.com/items?itemName=" + extension.Publisher + "." + extension.ID + ")",
		"\n2. **New YAML file**", "\n3. **New pipeline**", "\n4. **Grant the permissions**", "\n5. **First run**", "\n6. **Then the schedule**",
		"\n### What a run costs\n", "`fetchDepth: 1`", "`checkout: none`",
		"\n### Try it on a stand-in\n", "with Go " + version + " or newer", "./build.sh demo dryRun=true",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Errorf("README.md does not say %q in its place", want)
			continue
		}
		rest = after
	}
	if begin, _, _ := strings.Cut(text, "\n## "); strings.Count(begin, "\n\n") > 2 {
		t.Error("something stands before the first steps")
	}
}

// TestLauncherPointsAtAnEntry: its errors name a part of a page.
func TestLauncherPointsAtAnEntry(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/troubleshooting.md")
	links := regexp.MustCompile(`docs/troubleshooting\.md#([a-z-]+)`).FindAllStringSubmatch(read(t, "task/launcher.js"), -1)
	if len(links) == 0 {
		t.Error("the launcher links to nothing")
	}
	for _, link := range links {
		heading := "### " + strings.ReplaceAll(link[1], "-", " ") + "\n"
		if !strings.Contains(strings.ToLower(page), "\n"+heading) {
			t.Errorf("docs/troubleshooting.md has no %q", heading)
		}
	}
}

// TestEveryServiceCodeIsExplained looks for the codes that pkg/azdo knows.
func TestEveryServiceCodeIsExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "pkg", "azdo", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, "docs/troubleshooting.md")
	codes := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`= +"((?:TF|VS)[0-9]{5,6})"`).FindAllStringSubmatch(string(data), -1) {
			codes[m[1]] = true
			if !strings.Contains(page, "\n### "+m[1]+"\n") {
				t.Errorf("docs/troubleshooting.md has no entry for %s, which pkg/azdo knows", m[1])
			}
		}
	}
	if len(codes) < 5 {
		t.Errorf("pkg/azdo was found to know %d codes only; does this test look in the right place?", len(codes))
	}
}

// TestEveryRefusalIsExplained holds the anchors that others may link to: a code of the service, or what an answer is.
func TestEveryRefusalIsExplained(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/troubleshooting.md")
	found := slugs(page)
	for _, anchor := range []string{
		"tf24668", "tf200016", "tf215106", "tf400733", "tf400813", "tf401019", "tf401027", "vs800075",
		"status-401", "status-403-or-404", "status-407", "a-sign-in-page-or-a-redirect", "certificates",
	} {
		if !slices.Contains(found, anchor) {
			t.Errorf("docs/troubleshooting.md has no heading with the anchor #%s", anchor)
		}
	}
	slices.Sort(found)
	if twice := len(found) - len(slices.Compact(slices.Clone(found))); twice > 0 {
		t.Errorf("docs/troubleshooting.md has %d anchors twice: %v", twice, found)
	}
	entry := regexp.MustCompile(`(?m)^### (.+)\n\n(#|\z)`)
	for _, m := range entry.FindAllStringSubmatch(page, -1) {
		t.Errorf("docs/troubleshooting.md says nothing under %s", m[1])
	}
}

// TestPicturesAreInThePackage: the Marketplace shows a picture only if the package serves it.
func TestPicturesAreInThePackage(t *testing.T) {
	t.Parallel()
	var extension struct {
		Files []struct {
			Path        string `json:"path"`
			Addressable bool   `json:"addressable"`
		} `json:"files"`
	}
	if err := json.Unmarshal([]byte(read(t, "vss-extension.json")), &extension); err != nil {
		t.Fatal(err)
	}
	pictures := regexp.MustCompile(`!\[([^\]]+)\]\(([^)\s]+)\)`).FindAllStringSubmatch(read(t, "overview.md"), -1)
	if len(pictures) == 0 {
		t.Error("overview.md shows no picture")
	}
	for _, m := range pictures {
		served := false
		for _, file := range extension.Files {
			served = served || file.Addressable && file.Path == m[2]
		}
		if !served {
			t.Errorf("overview.md shows %s, which is no addressable file of vss-extension.json", m[2])
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// slugs returns the anchors that a page has for its headings.
func slugs(page string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
				return r
			}
			return -1
		}, strings.ToLower(m[1]))
		all = append(all, slug)
	}
	return all
}

const home = "https://github.com/pr-evaluations/reschedule"

// TestLinksLeadSomewhere follows every link into the repository, written as a path or with the project's address.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, page := range markdown(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := m[1]
			switch {
			case strings.HasPrefix(target, home+"/blob/main/"):
				target = "/" + strings.TrimPrefix(target, home+"/blob/main/")
			case strings.HasPrefix(target, home+"#"):
				target = "/README.md" + strings.TrimPrefix(target, home)
			case strings.Contains(target, "://"):
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			switch {
			case file == "":
				file = page
			case strings.HasPrefix(file, "/"):
				file = file[1:]
			default:
				file = filepath.ToSlash(filepath.Join(filepath.Dir(page), file))
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if anchor != "" && anchor != "readme" && !slices.Contains(slugs(read(t, file)), anchor) {
				t.Errorf("%s links to %s, but %s has no such heading", page, m[1], file)
			}
		}
	}
}

// TestWordsOfARunAreExplained: what a run says of the odder cases, in the code's own words, is on the page that helps.
func TestWordsOfARunAreExplained(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/troubleshooting.md")
	for _, tc := range []struct{ file, said, explained string }{
		{"pkg/execute/lane.go", `"not sent: refused for pull request %d"`, "\n### not sent: refused for pull request N\n"},
		{"pkg/execute/confirm.go", "accepted, no build seen yet", "Accepted, no build seen yet"},
		{"pkg/execute/confirm.go", "the project shows no pipeline %d any more", "the project shows no pipeline N any more"},
		{"pkg/execute/confirm.go", `lacks the permission \"Queue builds\"`, `lacks the permission "Queue builds"`},
		{"pkg/execute/outcome.go", "result not known", "Result not known"},
		{"pkg/discover/screener.go", "The list of policies of project %s lacks policy %d", "\n### The list of policies lacks a policy\n"},
		{"pkg/discover/odd.go", "This server does not report whether a build has expired", "\n### The server does not report expiry\n"},
		{"pkg/requeue/decide.go", "its build is gone", "its build is gone"},
		{"pkg/requeue/decide.go", "neverRetryIf cannot be ruled out", "neverRetryIf cannot be ruled out"},
		{"pkg/requeue/errortexts.go", "the build has no timeline", "| the build has no timeline |"},
		{"pkg/requeue/errortexts.go", "step %q keeps %d of its %d errors", "keeps 10 of its 12 errors |"},
		{"pkg/requeue/errortexts.go", "the log of step %q cannot be read", "| the log of step"},
		{"pkg/requeue/errortexts.go", "%d steps failed, and the logs of %d were read", "steps failed, and the logs of 5 were read |"},
		{"pkg/requeue/errortexts.go", "the preview of the build's errors was not understood", "| the preview of the build's errors was not understood |"},
	} {
		if !strings.Contains(read(t, tc.file), tc.said) {
			t.Errorf("%s does not say %q any more; what does docs/troubleshooting.md explain then?", tc.file, tc.said)
		}
		if !strings.Contains(page, tc.explained) {
			t.Errorf("docs/troubleshooting.md does not explain what %s says: no %q", tc.file, tc.explained)
		}
	}
}

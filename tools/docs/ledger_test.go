package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

const ledgerPage = "docs/service.md"

// entry is what the ledger says of one request.
type entry struct{ heading, text string }

// ledger returns the entries of one part of the page, "The requests".
func ledger(t *testing.T) []entry {
	t.Helper()
	_, part, found := strings.Cut(read(t, ledgerPage), "\n## The requests\n")
	if !found {
		t.Fatalf("%s has no part with the requests", ledgerPage)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	var all []entry
	for section := range strings.SplitSeq("\n"+part, "\n### ") {
		if heading, text, ok := strings.Cut(section, "\n"); ok && heading != "" {
			all = append(all, entry{heading, text})
		}
	}
	return all
}

// rows are the rows of the tables that begin with a column, cell by cell.
func (e entry) rows(column string) [][]string {
	var all [][]string
	inside := false
	for line := range strings.SplitSeq(e.text, "\n") {
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case cells[0] == column:
			inside = true
		case inside && !strings.HasPrefix(cells[0], "---"):
			all = append(all, cells)
		}
	}
	return all
}

// about is the text of a line in the table at the top of an entry.
func (e entry) about(name string) string {
	m := regexp.MustCompile(`(?m)^\| ` + name + ` \| (.*) \|$`).FindStringSubmatch(e.text)
	if m == nil {
		return ""
	}
	return m[1]
}

var (
	codeLink  = regexp.MustCompile(`\]\(\.\./pkg/azdo/([a-z]+\.go)\)`)
	ids       = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	inCode    = regexp.MustCompile("`([^`]+)`")
	testLink  = regexp.MustCompile("\\[`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`\\]\\(\\.\\./([a-zA-Z0-9_/]+_test\\.go)\\)((?:,? \"[^\"]+\")*)")
	quotation = regexp.MustCompile(`"([^"]+)"`)
	caseLink  = regexp.MustCompile(`\]\(\.\./cmd/task/testdata/[a-z-]+\.txtar\)`)
)

func matches(re *regexp.Regexp, text string) []string {
	var all []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		all = append(all, m[len(m)-1])
	}
	return sortedUnique(all)
}

// TestEveryRequestHasAnEntry holds the ledger against the code: what it can send, from where, with which parameters.
func TestEveryRequestHasAnEntry(t *testing.T) {
	t.Parallel()
	sent := readSource(t).requests(t)
	if len(sent) < 20 {
		t.Errorf("pkg/azdo was found to send %d requests only; does this test look in the right place?", len(sent))
	}
	entries := ledger(t)
	for _, r := range sent {
		i := slices.IndexFunc(entries, r.isIn)
		if i < 0 {
			t.Errorf("%s has no entry for %s, which %v can send", ledgerPage, r.name, r.files)
			continue
		}
		e := entries[i]
		entries = slices.Delete(entries, i, i+1)
		var parameters []string
		for _, row := range e.rows("parameter") {
			parameters = append(parameters, matches(inCode, row[0])...)
		}
		for what, diff := range map[string]string{
			"code":       cmp.Diff(r.files, matches(codeLink, e.about("code"))),
			"location":   cmp.Diff(r.locations, matches(ids, e.about("location"))),
			"parameters": cmp.Diff(r.parameters, sortedUnique(parameters)),
		} {
			if diff != "" {
				t.Errorf("%s, %s: %s (-code +entry)\n%s", ledgerPage, e.heading, what, diff)
			}
		}
	}
	for _, e := range entries {
		t.Errorf("%s has an entry for %s, which nothing sends", ledgerPage, e.heading)
	}
}

// isIn says whether an entry is this request's. What a library sends is known by its method and the parameters alone.
func (r sentRequest) isIn(e entry) bool {
	if strings.Contains(r.name, " ") {
		return e.heading == r.name
	}
	return strings.HasPrefix(e.heading, r.name+" ") && e.about("location") == "" && slices.Equal(r.files, matches(codeLink, e.about("code"))) &&
		(len(r.parameters) > 0) == (len(e.rows("parameter")) > 0)
}

// TestEveryEntryIsWhole: how often it is sent, what the description says, and for each conclusion a test that shows it.
func TestEveryEntryIsWhole(t *testing.T) {
	t.Parallel()
	for _, e := range ledger(t) {
		for _, name := range []string{"request", "code", "described", "how often"} {
			if e.about(name) == "" {
				t.Errorf("%s, %s does not say its %s", ledgerPage, e.heading, name)
			}
		}
		answers := e.rows("answer")
		if len(answers) < 2 {
			t.Errorf("%s, %s has %d answers: at least one and its absence", ledgerPage, e.heading, len(answers))
		}
		checkShown(t, e.heading, answers, 3)
	}
}

// checkShown wants a test in the last of so many cells of each row.
func checkShown(t *testing.T, of string, rows [][]string, cells int) {
	t.Helper()
	for _, row := range rows {
		if last := row[len(row)-1]; len(row) != cells || !testLink.MatchString(last) && !caseLink.MatchString(last) {
			t.Errorf("%s, %s: a row without a test, or without %d cells: %s", ledgerPage, of, cells, strings.Join(row, " | "))
		}
	}
}

// TestDescribedOperationsExist looks each operation up in the official description, whose folder the tests of the stand-in
// compare with, too.
func TestDescribedOperationsExist(t *testing.T) {
	t.Parallel()
	folder := os.Getenv(azdotest.DescriptionVariable)
	if folder == "" && os.Getenv("RESCHEDULE_REQUIRE_DESCRIPTION") == "1" {
		t.Fatalf("%s does not name the folder of the service's description, which must be here", azdotest.DescriptionVariable)
	}
	if folder == "" {
		t.Skipf("%s does not name the folder of the service's description: no operation is looked up", azdotest.DescriptionVariable)
	}
	found := 0
	for _, e := range ledger(t) {
		quoted := inCode.FindAllStringSubmatch(e.about("described"), -1)
		if len(quoted) < 2 {
			continue // it says that it is not described
		}
		data, err := os.ReadFile(filepath.Join(folder, quoted[0][1]))
		if err != nil {
			t.Error(err)
			continue
		}
		var description struct {
			Paths map[string]map[string]struct {
				OperationID string `json:"operationId"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(data, &description); err != nil {
			t.Fatal(err)
		}
		method, _, _ := strings.Cut(e.heading, " ")
		for _, name := range quoted[1:] {
			exists := false
			for _, operations := range description.Paths {
				exists = exists || operations[strings.ToLower(method)].OperationID == name[1]
			}
			if !exists {
				t.Errorf("%s, %s: %s has no operation %s %s", ledgerPage, e.heading, quoted[0][1], method, name[1])
			}
			found++
		}
	}
	if found < 15 {
		t.Errorf("%d operations were looked up only", found)
	}
}

// TestNamedTestsExist: each test is in the file that is linked, and so is the case of it that is named.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	named := testLink.FindAllStringSubmatch(read(t, ledgerPage), -1)
	if len(named) < 50 {
		t.Errorf("%d tests are named only; does this test know how they are written?", len(named))
	}
	for _, m := range named {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m[2])))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(data), "\nfunc "+m[1]+"(") {
			t.Errorf("%s names %s, which is not in %s", ledgerPage, m[1], m[2])
		}
		for _, name := range quotation.FindAllString(m[3], -1) {
			if !strings.Contains(string(data), name) {
				t.Errorf("%s names the case %s of %s, which is not in %s", ledgerPage, name, m[1], m[2])
			}
		}
	}
	if loose := regexp.MustCompile("[^\\[]`(?:Test|Fuzz)[A-Z]").FindString(read(t, ledgerPage)); loose != "" {
		t.Errorf("%s names a test without its file: %s", ledgerPage, loose)
	}
}

// TestEveryOpenQuestionIsListed: what the stand-in can answer in more than one way, with every answer.
func TestEveryOpenQuestionIsListed(t *testing.T) {
	t.Parallel()
	_, part, _ := strings.Cut(read(t, ledgerPage), "\n## Open questions\n")
	rows := entry{text: part}.rows("question")
	checkShown(t, "open questions", rows, 4)
	for _, choice := range azdotest.Choices() {
		i := slices.IndexFunc(rows, func(row []string) bool { return strings.Contains(row[0], "`"+choice.Name+"`") })
		if i < 0 {
			t.Errorf("%s does not list the question %s: %s", ledgerPage, choice.Name, choice.Question)
			continue
		}
		for _, value := range choice.Values {
			if !strings.Contains(rows[i][1], "`"+value+"`") {
				t.Errorf("%s, %s: the answer %s is missing", ledgerPage, choice.Name, value)
			}
		}
		rows = slices.Delete(rows, i, i+1)
	}
	for _, row := range rows {
		if strings.Contains(row[0], "`") {
			t.Errorf("%s lists a question that the stand-in does not know: %s", ledgerPage, row[0])
		}
	}
}

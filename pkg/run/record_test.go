package run

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/identity"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/webapi"

	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/record"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// sdkMembers are the members of the answers that the SDK reads into its own types for package azdo, by the names of their
// fields. A name that several types have leads to one member, as they are all named alike.
func sdkMembers() map[string]string {
	members := map[string]string{}
	for _, of := range []any{
		location.ConnectionData{},
		identity.Identity{},
		core.TeamProjectReference{},
		core.WebApiTagDefinition{},
		webapi.IdentityRef{},
		git.GitRepository{},
		git.GitPullRequest{},
		git.IdentityRefWithVote{},
		git.GitCommitRef{},
		git.GitPullRequestIteration{},
		git.GitPullRequestCommentThread{},
		git.Comment{},
		policy.PolicyEvaluationRecord{},
		policy.PolicyConfiguration{},
		policy.PolicyTypeRef{},
		build.Build{},
		build.DefinitionReference{},
		build.BuildDefinitionReference{},
		build.BuildRequestValidationResult{},
		build.BuildLog{},
		build.Timeline{},
		build.TimelineRecord{},
		build.Issue{},
	} {
		for field := range reflect.TypeOf(of).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			members[field.Name] = name
		}
	}
	return members
}

// TestRecordingsHoldWhatIsRead: every member and every header that package azdo reads passes into a recording, or a replay
// would decide on less than the run did.
func TestRecordingsHoldWhatIsRead(t *testing.T) {
	t.Parallel()
	members, headers, selected := map[string]bool{}, map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join("..", "azdo", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "federation.go" { // which speaks to others
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				selected[n.Sel.Name] = true
			case *ast.Field:
				if n.Tag != nil {
					tag, _ := strconv.Unquote(n.Tag.Value)
					members[reflect.StructTag(tag).Get("json")] = true
				}
			case *ast.CallExpr:
				if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Get" && len(n.Args) == 1 {
					if name, ok := n.Args[0].(*ast.BasicLit); ok {
						header, _ := strconv.Unquote(name.Value)
						headers[header] = true
					}
				}
			}
			return true
		})
	}
	for name, member := range sdkMembers() {
		if selected[name] {
			members[member] = true
		}
	}
	delete(headers, "json")                  // the tags of the wire types
	headers["X-MS-ContinuationToken"] = true // a constant of the SDK
	if len(members) < 60 || len(headers) < 8 {
		t.Fatalf("%d members and %d headers were found", len(members), len(headers))
	}
	values := map[string]string{"Content-Type": "application/json", "Date": "Mon, 02 Mar 2026 12:00:00 GMT", "Location": "/"}
	for name := range members {
		if line := recorded(t, record.Exchange{Body: fmt.Appendf(nil, `{%q:1}`, name)}); !strings.Contains(line, fmt.Sprintf(`{%q:1}`, name)) {
			t.Errorf("member %s is dropped: %s", name, line)
		}
	}
	for name := range headers {
		header := func(asked string) string {
			if asked != name {
				return ""
			}
			if value, ok := values[name]; ok {
				return value
			}
			return "1"
		}
		if line := recorded(t, record.Exchange{Header: header}); !strings.Contains(line, fmt.Sprintf("%q:", name)) {
			t.Errorf("header %s is dropped: %s", name, line)
		}
	}
}

// TestRecordingsHoldWhatIsAsked: every parameter that package azdo sends passes into a recording.
func TestRecordingsHoldWhatIsAsked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"$top", "$skip", "continuationToken", "artifactId", "includeNotApplicable", "policyType", "definitionIds", "definitions", "branchName", "statusFilter",
		"queryOrder", "deletedFilter", "searchCriteria.status", "searchCriteria.includeLinks", "stateFilter", "startLine",
	} {
		if line := recorded(t, record.Exchange{Query: url.Values{name: {"1"}}}); !strings.Contains(line, fmt.Sprintf("%q:", name)) {
			t.Errorf("parameter %s is dropped: %s", name, line)
		}
	}
}

func recorded(t *testing.T, e record.Exchange) string {
	t.Helper()
	var out bytes.Buffer
	e.Path = "_apis/projects"
	if err := record.New(&out).Add(e); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestTold: a recording says what the run was told.
func TestTold(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("6f1e2c3d-0000-4000-8000-000000000001")
	r := &run{started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), process: Process{Version: "1.2.3"}}
	r.config = config.Config{
		Project: requeue.Project{ID: id, Name: "Shop"}, RunRepository: config.RunRepository{ID: "1", Name: "web", Project: requeue.Project{Name: "Shop"}},
		ValidatesPullRequest: 7, Inputs: []config.Input{{Name: "when", Value: "failed"}},
	}
	r.config.Rules.OwnPipeline.ID, r.config.Rules.Slice = 55, requeue.Slice{Position: 1, Total: 3}
	want := record.Run{
		Version: "1.2.3", At: r.started, Project: record.Project{ID: id.String(), Name: "Shop"},
		Repository: record.Repository{ID: "1", Name: "web", Project: record.Project{Name: "Shop"}},
		Validates:  7, Pipeline: 55, Position: 1, Total: 3, Inputs: []record.Input{{Name: "when", Value: "failed"}},
	}
	if diff := cmp.Diff(want, r.told()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.config.Project, r.config.Connection.Organization = requeue.Project{}, "https://dev.azure.com/other"
	if told := r.told(); !told.Foreign || told.Project != (record.Project{}) {
		t.Errorf("in another organization: %+v", told)
	}
}

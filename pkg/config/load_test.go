package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sethvargo/go-envconfig"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func options() []cmp.Option {
	return []cmp.Option{
		cmp.Comparer(func(a, b *regexp.Regexp) bool { return a.String() == b.String() }),
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.EquateEmpty(),
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	blanks := variables{}
	for _, f := range new(inputs).fields() {
		blanks[f.env] = " \t\r\n"
	}
	want := Config{
		CollectionURL: "https://dev.azure.com/fabrikam",
		Project:       requeue.Project{ID: guid(projectID), Name: "Fabrikam"},
		Token:         jobToken,
		Secrets:       []agent.Secret{jobToken},
		Agent:         true,
		RunRepository: RunRepository{ID: webID, Name: "web", Project: requeue.Project{ID: guid(projectID), Name: "Fabrikam"}},
		Rules: requeue.Rules{
			Drafts:              requeue.DraftsSkip,
			When:                []requeue.State{requeue.StateExpired},
			Enforcement:         requeue.EnforcementAll,
			ManualPolicies:      requeue.ManualSkip,
			OutdatedAfter:       12 * time.Hour,
			ExpiringWithin:      8 * time.Hour,
			MaxRetriesPerCommit: 2,
			Cooldown:            10 * time.Minute,
			MaxPerRun:           20,
			Order:               []requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderStalest},
			WaitForTargetBranch: requeue.TargetBranchIgnore,
		},
		WaitTimeout:   45 * time.Minute,
		Results:       requeue.ResultRules{OnNothing: requeue.OnNothingIgnore, OnError: requeue.OnErrorFail},
		Comment:       CommentNever,
		TempDirectory: "/agent/_work/_temp",
		Concurrency:   8,
		Effective: []string{
			"Scope: active pull requests in repository web of project Fabrikam",
			"Re-queue: evaluations that are expired",
			"Limits: at most 20 re-queues in this run, no limit per target branch",
		},
	}
	given := map[string][]Input{"no inputs": {{"when", "expired"}, {"dryRun", "False"}}} // as an agent hands over defaults
	for name, env := range map[string]variables{"no inputs": job(), "all blank": job(blanks)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := want
			want.Inputs = given[name]
			diff(t, want, mustLoad(t, env), options()...)
		})
	}
}

func TestEveryInputIsRead(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, job(variables{
		"INPUT_REPOSITORIES":         "web, Other/*\n!legacy",
		"INPUT_PULLREQUESTIDS":       "7,9\n7, 010",
		"INPUT_TARGETBRANCHES":       "main,refs/heads/release/*",
		"INPUT_SOURCEBRANCHES":       "!bot/*",
		"INPUT_LABELS":               "ready,!on hold",
		"INPUT_AUTHORS":              "Fry, Philip\n!*bot*",
		"INPUT_TITLES":               "!*wip*",
		"INPUT_DRAFTS":               "INCLUDE",
		"INPUT_CREATEDWITHIN":        "30d",
		"INPUT_REQUIRE":              "noOtherBlockers,AUTOCOMPLETE,approved",
		"INPUT_WHEN":                 "Outdated,notstarted\nBROKEN,failed,expired,failed",
		"INPUT_POLICIES":             "4711\n!Slow, very",
		"INPUT_ENFORCEMENT":          "Required",
		"INPUT_MANUALPOLICIES":       "only",
		"INPUT_OUTDATEDAFTER":        "0",
		"INPUT_MAXRETRIESPERCOMMIT":  "0",
		"INPUT_COOLDOWN":             "1h30m",
		"INPUT_RETRYONLYIF":          `(?i)lost, found` + "\r\n" + `\$\(Agent\)`,
		"INPUT_NEVERRETRYIF":         "@DISK\nx$",
		"INPUT_MAXPERRUN":            "2147483647",
		"INPUT_MAXINFLIGHTPERBRANCH": "3",
		"INPUT_ORDER":                "newest, oldest,APPROVED,newest",
		"INPUT_WAITFORTARGETBRANCH":  "TRUE",
		"INPUT_DRYRUN":               "True",
		"INPUT_WAIT":                 "true",
		"INPUT_WAITTIMEOUT":          "2h",
		"INPUT_FAILONREJECTED":       "tRuE",
		"INPUT_ONNOTHING":            "Warn",
		"INPUT_ONERROR":              "WARN",
		"INPUT_COMMENT":              "exhausted",
		"INPUT_REPORTPATH":           "out/report.json",
		"INPUT_CONCURRENCY":          "64",
	}, federated()))

	branches, _ := requeue.NewBranchPatterns([]string{"main", "release/*"})
	sources, _ := requeue.NewBranchPatterns([]string{"!bot/*"})
	labels, _ := requeue.NewPatterns([]string{"ready", "!on hold"})
	authors, _ := requeue.NewPatterns([]string{"Fry, Philip", "!*bot*"})
	titles, _ := requeue.NewPatterns([]string{"!*wip*"})
	policies, _ := requeue.NewPolicyPatterns([]string{"4711", "!Slow, very"})
	want := requeue.Rules{
		TargetBranches: branches, SourceBranches: sources, Labels: labels, Authors: authors, Titles: titles,
		Drafts: requeue.DraftsInclude, CreatedWithin: 30 * 24 * time.Hour,
		RequireAutoComplete: true, RequireApproved: true, RequireNoOtherBlockers: true,
		When: []requeue.State{
			requeue.StateExpired, requeue.StateFailed, requeue.StateBroken, requeue.StateNotStarted, requeue.StateOutdated,
		},
		Policies: policies, Enforcement: requeue.EnforcementRequired, ManualPolicies: requeue.ManualOnly,
		ExpiringWithin: 8 * time.Hour, Cooldown: 90 * time.Minute,
		RetryOnlyIf: errorPatterns(t, `(?i)lost, found`, `\$\(Agent\)`), NeverRetryIf: errorPatterns(t, "@disk", "x$"),
		MaxPerRun: largest, MaxInFlightPerBranch: 3,
		Order:               []requeue.OrderKey{requeue.OrderNewest, requeue.OrderOldest, requeue.OrderApproved},
		WaitForTargetBranch: requeue.TargetBranchAwait, ExamineBeyondLimits: true,
	}
	diff(t, want, c.Rules, options()...)
	diff(t, []int{7, 9, 10}, c.PullRequestIDs)
	diff(t, []requeue.RepositoryItem{
		{Text: "web", Repository: "web"},
		{Text: "Other/*", Project: "Other", Repository: "*"},
		{Text: "legacy", Exclude: true, Repository: "legacy"},
	}, c.Repositories.Items)
	if !c.DryRun || !c.Wait || c.WaitTimeout != 2*time.Hour || !c.Results.FailOnRejected || c.Results.OnNothing != requeue.OnNothingWarn ||
		c.Results.OnError != requeue.OnErrorWarn || c.Comment != CommentExhausted || c.Concurrency != 64 {
		t.Errorf("the inputs of the group run are not read: %+v", c)
	}
	if want := filepath.FromSlash("out/report.json"); !strings.HasSuffix(c.ReportPath, want) {
		t.Errorf("report path %q, want %q", c.ReportPath, want)
	}
	diff(t, &ServiceConnection{
		ID: azureID, TenantID: "99999999-0000-0000-0000-000000000000", ClientID: "88888888-0000-0000-0000-000000000000",
		AuthorityURL: "https://login.microsoftonline.com/",
	}, c.Connection.ServiceConnection)
	if !strings.HasPrefix(c.Connection.OIDCRequestURI, "https://dev.azure.com/fabrikam/") || c.Connection.Organization != "" {
		t.Errorf("connection %+v", c.Connection)
	}
}

// TestInputFaults has the triggers; the near misses are TestDefaults, TestEveryInputIsRead and TestAccepted.
func TestInputFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	tests := []struct{ input, value, want string }{
		{"repositories", "!", `"!" excludes nothing`},
		{"repositories", "a/b/c", `"a/b/c" is not`},
		{"repositories", "/web", `is not "repository" or "project/repository"`},
		{"pullRequestIds", "abc", `"abc" is not the number of a pull request; allowed: 1 to 2147483647`},
		{"pullRequestIds", "0", `"0" is not the number`},
		{"pullRequestIds", "-4", `"-4" is not the number`},
		{"pullRequestIds", "2147483648", `"2147483648" is not the number`},
		{"pullRequestIds", "#42", `"#42" is not the number`},
		{"pullRequestIds", "1 2", `"1 2" is not the number`},
		{"pullRequestIds", "$(System.PullRequest.PullRequestId)", `condition: eq(variables['Build.Reason'], 'PullRequest')`},
		{"targetBranches", "main,!", `"!" excludes nothing`},
		{"sourceBranches", "! ", `"!" excludes nothing`},
		{"labels", "!", `"!" excludes nothing`},
		{"authors", "!", `"!" excludes nothing`},
		{"titles", "!", `"!" excludes nothing`},
		{"titles", "fix $(Build.Reason)", `still contains "$(Build.Reason)"`},
		{"titles", "broken $(", `still contains "$("`},
		{"drafts", "yes", `"yes" is not known; allowed: skip, include, only`},
		{"createdWithin", "30", `"30" is not a duration; allowed: 0, or whole numbers with the units d, h, m, s`},
		{"createdWithin", "36501d", `"36501d" is too long; allowed`},
		{"require", "approved,green", `"green" is not known; allowed: autoComplete, approved, noOtherBlockers`},
		{"when", "expired;failed", `"expired;failed" is not known; allowed: expired, failed, broken, notStarted, outdated`},
		{"when", "running", `"running" is not known`},
		{"policies", "0", `"0" is no pipeline ID`},
		{"policies", "!99999999999", `"99999999999" is no pipeline ID`},
		{"enforcement", "blocking", `"blocking" is not known; allowed: all, required, optional`},
		{"manualPolicies", "true", `"true" is not known; allowed: skip, include, only`},
		{"outdatedAfter", "1.5h", `"1.5h" is not a duration`},
		{"maxRetriesPerCommit", "-1", `"-1" is not a whole number; allowed: 0 to 2147483647`},
		{"cooldown", "-10m", `"-10m" is not a duration`},
		{"retryOnlyIf", "(unclosed", `"(unclosed" is not usable: missing closing ): "(unclosed"; allowed: regular expressions in RE2 syntax of at most 1000 characters`},
		{"retryOnlyIf", "(?=ahead)", `invalid or unsupported Perl syntax`},
		{"retryOnlyIf", strings.Repeat("é", 1001), "it has 1001 characters"},
		{"retryOnlyIf", "(a{1000}){1000}", "is not usable"},
		{"retryOnlyIf", `ends$(?:\n|x)`, `write \$\(`},
		{"neverRetryIf", `\$(Agent.Name)`, `still contains "$(Agent.Name)"`},
		{"neverRetryIf", "a**", `"a**" is not usable`},
		{"neverRetryIf", "a**", `, and the sets @agent, @network, @registry, @disk, @infrastructure, one a line`},
		{"retryOnlyIf", "@networks", `"@networks" is not usable: it names no set; for an expression of that text write [@]word; allowed: regular expressions in RE2 syntax of at most 1000 characters, and the sets @agent, @network, @registry, @disk, @infrastructure, one a line`},
		{"neverRetryIf", "@" + long, `…" is not usable: it names no set`},
		{"retryOnlyIf", "@agent, @network", `"@agent, @network" is not usable: it names several sets; write one a line`},
		{"retryOnlyIf", "@babel/core(", `"@babel/core(" is not usable: missing closing )`},
		{"maxPerRun", "2147483648", `"2147483648" is out of range; allowed: 0 to 2147483647`},
		{"maxPerRun", long, `"` + strings.Repeat("x", quoted) + `…" is not`},
		{"maxInFlightPerBranch", "0x1", `"0x1" is not a whole number`},
		{"order", "stalest,youngest", `"youngest" is not known; allowed: autoComplete, approved, stalest, oldest, newest, label:<pattern>`},
		{"order", "label:", `"label:" names no label; allowed: label: and a pattern without !`},
		{"order", "stalest, Label: , oldest", `"Label:" names no label`},
		{"order", "label:!wip", `"label:!wip" excludes a label, which is no order; allowed: label: and a pattern without !`},
		{"order", "label", `"label" is not known`},
		{"pauseAfterFailures", "1", `"1" is out of range; allowed: 0, or 3 to 2147483647`},
		{"pauseAfterFailures", "2", `"2" is out of range; allowed: 0, or 3 to 2147483647`},
		{"pauseAfterFailures", "-3", `"-3" is not a whole number; allowed: 0, or 3 to 2147483647`},
		{"expiringWithin", "0", `"0" is no time at all; allowed: whole numbers above 0`},
		{"expiringWithin", "0h0m", `"0h0m" is no time at all`},
		{"expiringWithin", "soon", `"soon" is not a duration`},
		{"when", "recovered", `allowed: expired, failed, broken, notStarted, outdated, expiring, targetRecovered`},
		{"maxInFlightPerBranch", "automatic", `"automatic" is not a whole number; allowed: 0 to 2147483647, auto`},
		{"maxInFlightPerBranch", "-1", `"-1" is not a whole number; allowed: 0 to 2147483647, auto`},
		{"waitForTargetBranch", "yes", `"yes" is not known; allowed: false, true, probe`},
		{"sliceAcrossJobs", "1", `"1" is neither true nor false`},
		{"dryRun", "no", `"no" is neither true nor false`},
		{"dryRun", "$(dryRun)", `still contains "$(dryRun)"`},
		{"wait", "0", `"0" is neither true nor false`},
		{"waitTimeout", "45", `"45" is not a duration`},
		{"failOnRejected", "on", `"on" is neither true nor false`},
		{"onNothing", "error", `"error" is not known; allowed: ignore, warn, fail`},
		{"onError", "ignore", `"ignore" is not known; allowed: fail, warn`},
		{"comment", "true", `"true" is not known; allowed: never, exhausted, always`},
		{"reportPath", "$(Build.ArtifactStagingDirectory)/x", `still contains "$(Build.ArtifactStagingDirectory)"`},
		{"reportPath", "a\nb", `"a\nb" holds a control character`},
		{"recordPath", "$(Build.ArtifactStagingDirectory)/x", `still contains "$(Build.ArtifactStagingDirectory)"`},
		{"recordPath", "a\nb", `"a\nb" holds a control character`},
		{"concurrency", "0", `"0" is out of range; allowed: 1 to 64`},
		{"concurrency", "65", `"65" is out of range; allowed: 1 to 64`},
		{"concurrency", "8.0", `"8.0" is not a whole number; allowed: 1 to 64`},
		{"azureSubscription", "my connection", `"my connection" is not a service connection`},
		{"azureSubscription", azureID + "," + azureID, "is not a service connection"},
		{"labels", "\xff", "is not valid UTF-8"},
	}
	for _, tc := range tests {
		t.Run(tc.input+"="+tc.value, func(t *testing.T) {
			t.Parallel()
			_, found := load(t, job(variables{"INPUT_" + strings.ToUpper(tc.input): tc.value}))
			expect(t, found, tc.input+": "+tc.want)
		})
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	tests := []struct{ input, value string }{
		{"repositories", "*/*"},
		{"repositories", " , "},
		{"pullRequestIds", "2147483647,1,1"},
		{"pullRequestIds", ",\n,"},
		{"titles", "costs $5 (net)"},
		{"titles", "a,b"},
		{"when", ", ,"},
		{"order", ","},
		{"retryOnlyIf", `\$\(Build.Reason\)`},
		{"retryOnlyIf", strings.Repeat("é", 1000)},
		{"neverRetryIf", `(end)$`},
		{"retryOnlyIf", "@agent\n@NETWORK\r\n @Registry \n@disk\n@infrastructure\ntime ?out"},
		{"retryOnlyIf", "@babel/core"},
		{"neverRetryIf", "[@]babel"},
		{"maxPerRun", " 0\n"},
		{"maxPerRun", "007"},
		{"concurrency", "1"},
		{"waitTimeout", "0"},
		{"createdWithin", "0"},
	}
	for _, tc := range tests {
		t.Run(tc.input+"="+tc.value, func(t *testing.T) {
			t.Parallel()
			c := mustLoad(t, job(variables{"INPUT_" + strings.ToUpper(tc.input): tc.value}))
			if len(c.Rules.When) != 1 || len(c.Rules.Order) != 2 {
				t.Errorf("a list of separators only must mean the default: %v, %v", c.Rules.When, c.Rules.Order)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, fault string }{
		{"unresolved", "$(x)", "still contains"},
		{"not UTF-8", "\xff", "not valid UTF-8"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := variables{}
			var want []string
			for _, f := range new(inputs).fields() {
				env[f.env] = tc.value
				want = append(want, f.name+": "+tc.fault)
			}
			_, found := load(t, env)
			expect(t, found, append(want, "hands over no token", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI is not set")...)
		})
	}

	// Of every kind at once: patterns, numbers, durations, words, booleans, expressions, and what a run lacks.
	_, found := load(t, variables{
		"INPUT_REPOSITORIES": "!,a//b", "INPUT_PULLREQUESTIDS": "x,y", "INPUT_WHEN": "green", "INPUT_RETRYONLYIF": "(\n[\n@nobody",
		"INPUT_COOLDOWN": "soon", "INPUT_MAXPERRUN": "-1", "INPUT_WAIT": "perhaps", "INPUT_CONCURRENCY": "0",
		"INPUT_AZURESUBSCRIPTION": "x", "VSTS_PUBLIC_VARIABLES": "[",
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/a", "ENDPOINT_URL_SYSTEMVSSCONNECTION": "https://dev.azure.com/b",
	})
	expect(t, found, "repositories: excludes nothing", "repositories: is not", "pullRequestIds: x", "pullRequestIds: y", "when: green",
		"cooldown: soon", "retryOnlyIf: missing", "retryOnlyIf: missing", "retryOnlyIf: names no set", "maxPerRun: -1", "wait: perhaps", "concurrency: 0",
		"azureSubscription: x", "no token", "another scheme", "VSTS_PUBLIC_VARIABLES", "SYSTEM_TEAMPROJECT is not set")
}

func TestManyFaultsOfOneListAreCut(t *testing.T) {
	t.Parallel()
	items := make([]string, 500)
	for i := range items {
		items[i] = fmt.Sprintf("pr%d", i)
	}
	_, found := load(t, job(variables{"INPUT_PULLREQUESTIDS": strings.Join(items, ","), "INPUT_WHEN": "a,b"}))
	if len(found) != perInput+3 {
		t.Fatalf("%d faults: %v", len(found), found)
	}
	diff(t, "pullRequestIds: 490 more items are wrong in the same way", found[perInput].Error())
	diff(t, "when", found[perInput+1].Input)
}

func TestFaultsOfOtherErrors(t *testing.T) {
	t.Parallel()
	if got := Faults(nil); got != nil {
		t.Errorf("Faults(nil) = %v", got)
	}
	if got := Faults(context.Canceled); got != nil {
		t.Errorf("Faults of another error = %v", got)
	}
	one := Fault{Input: "when", Message: "x"}
	diff(t, []Fault{one}, Faults(fmt.Errorf("read inputs: %w", one)))
	diff(t, []Fault{one, one}, Faults(fmt.Errorf("read inputs: %w", errors.Join(one, one))))
	if _, err := Load(t.Context(), nil); !errors.Is(err, envconfig.ErrLookuperNil) {
		t.Errorf("Load without an environment: %v", err)
	}
}

func TestSlice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		position, total string
		want            requeue.Slice
		fault           string
	}{
		{"not parallel", "", "", requeue.Slice{}, ""},
		{"one job", "1", "1", requeue.Slice{}, ""},
		{"one job without position", "", "1", requeue.Slice{}, ""},
		{"third of three", "3", "3", requeue.Slice{Position: 3, Total: 3}, ""},
		{"position above total", "4", "3", requeue.Slice{}, `SYSTEM_JOBPOSITIONINPHASE is "4" and SYSTEM_TOTALJOBSINPHASE is "3"`},
		{"position zero", "0", "3", requeue.Slice{}, "share cannot be told"},
		{"no position", "", "3", requeue.Slice{}, "share cannot be told"},
		{"no number", "1", "many", requeue.Slice{}, "share cannot be told"},
		{"total zero", "1", "0", requeue.Slice{}, "share cannot be told"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := variables{"INPUT_SLICEACROSSJOBS": "true", "SYSTEM_JOBPOSITIONINPHASE": tc.position, "SYSTEM_TOTALJOBSINPHASE": tc.total}
			c, found := load(t, job(env))
			if tc.fault != "" {
				expect(t, found, "sliceAcrossJobs: "+tc.fault)
				return
			}
			expect(t, found)
			diff(t, tc.want, c.Rules.Slice)
		})
	}
	_, found := load(t, job(variables{"INPUT_SLICEACROSSJOBS": "true", "INPUT_MAXINFLIGHTPERBRANCH": "1"}))
	expect(t, found, "sliceAcrossJobs: cannot be true together with maxInFlightPerBranch")
	_, found = load(t, job(variables{"INPUT_SLICEACROSSJOBS": "true", "INPUT_MAXINFLIGHTPERBRANCH": "Auto"}))
	expect(t, found, "sliceAcrossJobs: cannot be true together with maxInFlightPerBranch auto")
	c := mustLoad(t, job(variables{"SYSTEM_JOBPOSITIONINPHASE": "2", "SYSTEM_TOTALJOBSINPHASE": "3", "INPUT_MAXINFLIGHTPERBRANCH": "1"}))
	diff(t, requeue.Slice{}, c.Rules.Slice)
	c = mustLoad(t, job(variables{"INPUT_MAXINFLIGHTPERBRANCH": "AUTO"}))
	diff(t, []any{true, 0}, []any{c.Rules.AutoInFlight, c.Rules.MaxInFlightPerBranch})
}

func TestPaths(t *testing.T) {
	t.Parallel()
	if filepath.Separator != '/' {
		t.Skip("the rows are written for POSIX paths")
	}
	tests := []struct{ path, base, want string }{
		{"", "/s", ""},
		{"a.json", "/s", "/s/a.json"},
		{"./x/../a.json", "/s", "/s/a.json"},
		{"../a.json", "/s/t", "/s/a.json"},
		{"/abs//a.json", "/s", "/abs/a.json"},
		{"a b/ü.json", "/s", "/s/a b/ü.json"},
		{"a.json", "", "a.json"},
		{"a.json", "relative", "a.json"},
	}
	for _, tc := range tests {
		c := mustLoad(t, job(variables{"INPUT_REPORTPATH": tc.path, "INPUT_RECORDPATH": tc.path, "SYSTEM_DEFAULTWORKINGDIRECTORY": tc.base}))
		if c.ReportPath != tc.want || c.RecordPath != tc.want {
			t.Errorf("%q in %q is %q and %q, want %q", tc.path, tc.base, c.ReportPath, c.RecordPath, tc.want)
		}
	}
}

func TestAgentFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		variable, value string
		agent, debug    bool
	}{
		{"TF_BUILD", "", false, false},
		{"TF_BUILD", "false", false, false},
		{"SYSTEM_DEBUG", "True", true, true},
		{"SYSTEM_DEBUG", "1", true, true},
		{"SYSTEM_DEBUG", "no", true, false},
	}
	for _, tc := range tests {
		c := mustLoad(t, job(variables{tc.variable: tc.value}))
		if c.Agent != tc.agent || c.Debug != tc.debug {
			t.Errorf("%s=%q: agent %t, debug %t", tc.variable, tc.value, c.Agent, c.Debug)
		}
	}
}

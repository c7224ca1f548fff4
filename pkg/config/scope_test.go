package config

import (
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func own() requeue.Project { return requeue.Project{ID: guid(projectID), Name: "Fabrikam"} }

func TestValidation(t *testing.T) {
	t.Parallel()
	pipeline := requeue.PipelineRef{ProjectID: guid(projectID), ID: 7}
	tests := []struct {
		name     string
		changes  variables
		validate int
		ids      []int
		guarded  bool
		faults   []string
	}{
		{name: "blank means that pull request", validate: 42, guarded: true},
		{name: "any case", changes: variables{"BUILD_REASON": "pullrequest", "BUILD_REPOSITORY_PROVIDER": "tfsgit"}, validate: 42, guarded: true},
		{name: "whatever repositories says", changes: variables{"INPUT_REPOSITORIES": "*/*"}, validate: 42, guarded: true},
		{name: "a repository without ID and name", changes: variables{"BUILD_REPOSITORY_ID": "", "BUILD_REPOSITORY_NAME": ""}, validate: 42, guarded: true},
		{name: "numbers win, the guard stays", changes: variables{"INPUT_PULLREQUESTIDS": "7"}, ids: []int{7}, guarded: true},
		{name: "numbers win over a missing number", changes: variables{"INPUT_PULLREQUESTIDS": "7", "SYSTEM_PULLREQUEST_PULLREQUESTID": ""}, ids: []int{7}, guarded: true},
		{name: "another reason", changes: variables{"BUILD_REASON": "Manual"}},
		{name: "a pull request on GitHub", changes: variables{"BUILD_REPOSITORY_PROVIDER": "GitHub", "INPUT_REPOSITORIES": "web"}},
		{name: "a release of a validation's build", changes: variables{"SYSTEM_HOSTTYPE": "release"}},
		{name: "a deployment group's job of such a release", changes: variables{"SYSTEM_HOSTTYPE": "deployment"}},
		{name: "its gates", changes: variables{"SYSTEM_HOSTTYPE": "Gates"}},
		{name: "a build in any case", changes: variables{"SYSTEM_HOSTTYPE": "Build"}, validate: 42, guarded: true},
		{
			name: "the pipeline's code lives in another project", changes: variables{"BUILD_REPOSITORY_URI": "https://dev.azure.com/fabrikam/Other/_git/web"},
			validate: 42, guarded: true,
		},
		{name: "another organization", changes: variables{"INPUT_ORGANIZATION": "https://dev.azure.com/contoso", "INPUT_REPOSITORIES": "p/r"}},
		{
			name: "no number", changes: variables{"SYSTEM_PULLREQUEST_PULLREQUESTID": ""},
			faults: []string{`pullRequestIds: SYSTEM_PULLREQUEST_PULLREQUESTID, which is "", does not tell its number`},
		},
		{
			name: "not a number", changes: variables{"SYSTEM_PULLREQUEST_PULLREQUESTID": "$(x)"},
			faults: []string{`pullRequestIds: SYSTEM_PULLREQUEST_PULLREQUESTID, which is "$(x)"`},
		},
		{name: "no pipeline", changes: variables{"SYSTEM_DEFINITIONID": ""}, faults: []string{"SYSTEM_DEFINITIONID is"}},
		{name: "no project ID", changes: variables{"SYSTEM_TEAMPROJECTID": ""}, faults: []string{"SYSTEM_TEAMPROJECTID is not set"}},
		{
			name: "no guard though numbers are given", changes: variables{"INPUT_PULLREQUESTIDS": "7", "SYSTEM_DEFINITIONID": "x", "SYSTEM_TEAMPROJECTID": ""},
			faults: []string{`SYSTEM_DEFINITIONID is "x"`, "SYSTEM_TEAMPROJECTID is not set"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := job(validation(), tc.changes)
			if env["INPUT_ORGANIZATION"] != "" {
				env = job(env, federated())
			}
			c, found := load(t, env)
			expect(t, found, tc.faults...)
			if len(tc.faults) > 0 {
				return
			}
			if c.ValidatesPullRequest != tc.validate {
				t.Errorf("validates %d, want %d", c.ValidatesPullRequest, tc.validate)
			}
			diff(t, tc.ids, c.PullRequestIDs)
			want := requeue.PipelineRef{}
			if tc.guarded {
				want = pipeline
			}
			diff(t, want, c.Rules.OwnPipeline)
		})
	}
}

func TestRunRepository(t *testing.T) {
	t.Parallel()
	const otherID = "99999999-aaaa-bbbb-cccc-dddddddddddd"
	release := variables{
		"SYSTEM_HOSTTYPE": "release", "BUILD_REPOSITORY_PROVIDER": "", "BUILD_REPOSITORY_ID": "", "BUILD_REPOSITORY_NAME": "", "BUILD_REPOSITORY_URI": "",
	}
	tests := []struct {
		name  string
		env   variables
		want  RunRepository
		fault string
	}{
		{name: "of the run", env: job(), want: RunRepository{webID, "web", own()}},
		{name: "any case", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "TFSGIT"}), want: RunRepository{webID, "web", own()}},
		{name: "without a URL", env: job(variables{"BUILD_REPOSITORY_URI": ""}), want: RunRepository{webID, "web", own()}},
		{
			name: "of another project", env: job(variables{"BUILD_REPOSITORY_URI": "https://dev.azure.com/Fabrikam/Other%20one/_git/web"}),
			want: RunRepository{webID, "web", requeue.Project{Name: "Other one"}},
		},
		{
			name: "of another project by ID", env: job(variables{"BUILD_REPOSITORY_URI": "https://fabrikam.visualstudio.com/DefaultCollection/" + otherID + "/_git/web"}),
			want: RunRepository{webID, "web", requeue.Project{ID: guid(otherID)}},
		},
		{
			name: "named as its project", env: job(variables{"BUILD_REPOSITORY_URI": "https://fabrikam.visualstudio.com/_git/fabrikam"}),
			want: RunRepository{webID, "web", own()},
		},
		{
			name: "a URL in another organization says nothing", env: job(variables{"BUILD_REPOSITORY_URI": "https://dev.azure.com/contoso/Other/_git/web"}),
			want: RunRepository{webID, "web", own()},
		},
		{
			name: "TFVC", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "TfsVersionControl"}),
			fault: `repositories: not in Azure Repos (its provider is "TfsVersionControl"); name the repositories`,
		},
		{name: "GitHub", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "GitHub"}), fault: `repositories: its provider is "GitHub"`},
		{name: "another Git", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "Git"}), fault: `repositories: its provider is "Git"`},
		{name: "another Git in a build that carries a type", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "Git", "BUILD_TYPE": "Git"}), fault: `repositories: its provider is "Git"`},
		{
			name: "a laptop", env: variables{"SYSTEM_ACCESSTOKEN": "x", "SYSTEM_TEAMPROJECT": "p", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/o"},
			fault: "repositories: this run has no repository of its own; name the repositories",
		},
		{name: "neither ID nor name", env: job(variables{"BUILD_REPOSITORY_ID": "", "BUILD_REPOSITORY_NAME": ""}), fault: "repositories: no repository of its own"},
		{name: "GitHub, but named", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "GitHub", "INPUT_REPOSITORIES": "*"})},
		{name: "GitHub, but numbers", env: job(variables{"BUILD_REPOSITORY_PROVIDER": "GitHub", "INPUT_PULLREQUESTIDS": "3"})},
		{name: "release without an artifact", env: job(release), fault: "repositories: this release has no primary artifact from Azure Repos"},
		{name: "release without an artifact, but named", env: job(release, variables{"INPUT_REPOSITORIES": "web"})},
		{
			name: "release of a build",
			env: job(release, variables{
				"BUILD_REPOSITORY_PROVIDER": "TfsGit", "BUILD_REPOSITORY_ID": webID, "BUILD_REPOSITORY_NAME": "web", "BUILD_TYPE": "Build",
				"BUILD_PROJECTID": projectID, "BUILD_PROJECTNAME": "Fabrikam",
			}),
			want: RunRepository{webID, "web", own()},
		},
		{
			name: "deployment group's job of a release of a build",
			env: job(release, variables{
				"SYSTEM_HOSTTYPE": "deployment", "BUILD_REPOSITORY_PROVIDER": "TfsGit", "BUILD_REPOSITORY_ID": webID,
				"BUILD_PROJECTID": otherID, "BUILD_PROJECTNAME": "Other",
			}),
			want: RunRepository{webID, "", requeue.Project{ID: guid(otherID), Name: "Other"}},
		},
		{
			name:  "gates without an artifact",
			env:   job(release, variables{"SYSTEM_HOSTTYPE": "gates"}),
			fault: "repositories: this release has no primary artifact from Azure Repos",
		},
		{
			name: "release of another project's build",
			env: job(release, variables{
				"BUILD_REPOSITORY_PROVIDER": "TfsGit", "BUILD_REPOSITORY_ID": webID, "BUILD_PROJECTID": otherID, "BUILD_PROJECTNAME": "Other",
			}),
			want: RunRepository{webID, "", requeue.Project{ID: guid(otherID), Name: "Other"}},
		},
		{
			name: "release of an artifact by alias",
			env: job(release, variables{
				"RELEASE_PRIMARYARTIFACTSOURCEALIAS": "_web ci.main-x", "RELEASE_ARTIFACTS__WEB_CI_MAIN-X_TYPE": "Build",
				"RELEASE_ARTIFACTS__WEB_CI_MAIN-X_REPOSITORY_PROVIDER": "TfsGit", "RELEASE_ARTIFACTS__WEB_CI_MAIN-X_REPOSITORY_ID": webID,
				"RELEASE_ARTIFACTS__WEB_CI_MAIN-X_REPOSITORY_NAME": "web", "RELEASE_ARTIFACTS__WEB_CI_MAIN-X_PROJECTID": otherID,
			}),
			want: RunRepository{webID, "web", requeue.Project{ID: guid(otherID)}},
		},
		{
			name: "release of a repository",
			env: job(release, variables{
				"RELEASE_PRIMARYARTIFACTSOURCEALIAS": "_web", "RELEASE_ARTIFACTS__WEB_TYPE": "Git", "RELEASE_ARTIFACTS__WEB_DEFINITIONID": webID,
				"RELEASE_ARTIFACTS__WEB_DEFINITIONNAME": "web",
			}),
			want: RunRepository{webID, "web", own()},
		},
		{
			name:  "release of another Git",
			env:   job(release, variables{"BUILD_TYPE": "ExternalGit", "BUILD_REPOSITORY_PROVIDER": "Git", "BUILD_REPOSITORY_ID": "x"}),
			fault: `repositories: its provider is "Git"`,
		},
		{
			name:  "release of a build from another Git",
			env:   job(release, variables{"BUILD_TYPE": "Build", "BUILD_REPOSITORY_PROVIDER": "Git", "BUILD_REPOSITORY_ID": "x"}),
			fault: `repositories: its provider is "Git"`,
		},
		{
			name: "release of a build from GitHub", env: job(release, variables{"BUILD_REPOSITORY_PROVIDER": "GitHub", "BUILD_REPOSITORY_NAME": "a/b"}),
			fault: `repositories: its provider is "GitHub"`,
		},
		{
			name: "an artifact that is not the primary one",
			env: job(release, variables{
				"RELEASE_PRIMARYARTIFACTSOURCEALIAS": "_x", "RELEASE_ARTIFACTS__WEB_REPOSITORY_PROVIDER": "TfsGit", "RELEASE_ARTIFACTS__WEB_REPOSITORY_ID": webID,
			}),
			fault: "repositories: no primary artifact",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, found := load(t, tc.env)
			if tc.fault != "" {
				expect(t, found, tc.fault)
				return
			}
			expect(t, found)
			diff(t, tc.want, c.RunRepository)
			if tc.want != (RunRepository{}) && c.Project != own() {
				t.Errorf("the run's own project is %v", c.Project)
			}
		})
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, job(variables{"SYSTEM_TEAMPROJECTID": ""}))
	diff(t, requeue.Project{Name: "Fabrikam"}, c.Project)
	c = mustLoad(t, job(variables{"SYSTEM_TEAMPROJECT": ""}))
	diff(t, requeue.Project{ID: guid(projectID)}, c.Project)
	_, found := load(t, job(variables{"SYSTEM_TEAMPROJECT": "", "SYSTEM_TEAMPROJECTID": ""}))
	expect(t, found, "SYSTEM_TEAMPROJECT is not set")
	_, found = load(t, job(variables{"SYSTEM_TEAMPROJECTID": "seven"}))
	expect(t, found, `SYSTEM_TEAMPROJECTID is "seven"`)
}

func TestLaptop(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, variables{
		"SYSTEM_ACCESSTOKEN": "eyJlaptop", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/fabrikam", "SYSTEM_TEAMPROJECT": "Fabrikam",
		"INPUT_REPOSITORIES": "*", "INPUT_DRYRUN": "true",
	})
	if c.Agent || c.Token != "eyJlaptop" || c.CollectionURL != "https://dev.azure.com/fabrikam" || !c.DryRun {
		t.Errorf("config of a laptop: %+v", c)
	}
	diff(t, "Scope: active pull requests in all visible repositories of project Fabrikam", c.Effective[0])
}

func TestEffective(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  variables
		want []string
	}{
		{
			"what equals the default is not told",
			job(variables{"INPUT_ORDER": "AutoComplete\nstalest", "INPUT_WAIT": "FALSE", "INPUT_CONCURRENCY": "08", "INPUT_COOLDOWN": "10m"}),
			[]string{
				"Scope: active pull requests in repository web of project Fabrikam", "Re-queue: evaluations that are expired",
				"Limits: at most 20 re-queues in this run, no limit per target branch",
			},
		},
		{
			"what differs is told",
			job(variables{
				"INPUT_REPOSITORIES": "web,!old", "INPUT_WHEN": "failed,expired", "INPUT_MAXPERRUN": "0", "INPUT_MAXINFLIGHTPERBRANCH": "2",
				"INPUT_TARGETBRANCHES": "main\r\nrelease/*", "INPUT_DRYRUN": "True", "INPUT_REPORTPATH": "007", "INPUT_TITLES": strings.Repeat("x", 500),
			}),
			[]string{
				"Scope: active pull requests in the repositories web, !old", "Re-queue: evaluations that are expired, failed",
				"Limits: no limit for the run, at most 2 pull requests in flight per target branch",
				"targetBranches: main, release/*", "titles: " + strings.Repeat("x", 160) + "…", "dryRun: True", "reportPath: 007",
			},
		},
		{
			"a validation", job(validation()),
			[]string{
				"Scope: pull request 42, which this run validates", "Re-queue: evaluations that are expired",
				"Limits: at most 20 re-queues in this run, no limit per target branch",
			},
		},
		{
			"numbers", job(variables{
				"INPUT_PULLREQUESTIDS": "9,7", "INPUT_SLICEACROSSJOBS": "true", "SYSTEM_JOBPOSITIONINPHASE": "2", "SYSTEM_TOTALJOBSINPHASE": "5",
			}),
			[]string{
				"Scope: pull requests 9, 7 in any visible repository of project Fabrikam", "Re-queue: evaluations that are expired",
				"Limits: at most 20 re-queues in this run, no limit per target branch, share 2 of 5 of the pull requests", "sliceAcrossJobs: true",
			},
		},
		{
			"numbers in repositories", job(variables{"INPUT_PULLREQUESTIDS": "9", "INPUT_REPOSITORIES": "web"}),
			[]string{
				"Scope: pull requests 9 in the repositories web", "Re-queue: evaluations that are expired",
				"Limits: at most 20 re-queues in this run, no limit per target branch",
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			diff(t, tc.want, mustLoad(t, tc.env).Effective)
		})
	}
}

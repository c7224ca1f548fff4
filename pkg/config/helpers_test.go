package config

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	jobToken  = "eyJ0eXAiOiJKV1QifQ.payload.signature"
	projectID = "11111111-2222-3333-4444-555555555555"
	webID     = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	azureID   = "0f0f0f0f-1111-2222-3333-444444444444"
)

// variables are an environment; the empty text unsets a variable of the base.
type variables map[string]string

// job is an ordinary pipeline run on a branch, with changes.
func job(changes ...variables) variables {
	env := variables{
		"TF_BUILD":                           "True",
		"SYSTEM_HOSTTYPE":                    "build",
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/fabrikam/",
		"ENDPOINT_URL_SYSTEMVSSCONNECTION":   "https://dev.azure.com/fabrikam/",
		"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": jobToken,
		"SYSTEM_TEAMPROJECT":              "Fabrikam",
		"SYSTEM_TEAMPROJECTID":            projectID,
		"SYSTEM_DEFINITIONID":             "7",
		"SYSTEM_DEFAULTWORKINGDIRECTORY":  "/agent/_work/1/s",
		"AGENT_TEMPDIRECTORY":             "/agent/_work/_temp",
		"BUILD_REASON":                    "Schedule",
		"BUILD_REPOSITORY_PROVIDER":       "TfsGit",
		"BUILD_REPOSITORY_ID":             webID,
		"BUILD_REPOSITORY_NAME":           "web",
		"VSTS_PUBLIC_VARIABLES":           `["system.hostType","system.teamProject","Build.Reason"]`,
		"VSTS_SECRET_VARIABLES":           `["system.accessToken"]`,
		"SECRET_SYSTEM_ACCESSTOKEN":       jobToken,
		"INPUT_REPOSITORIES":              "",
		"INPUT_DRYRUN":                    "False", // as the agent writes the default
		"INPUT_WHEN":                      "expired",
		"SYSTEM_OIDCREQUESTURI":           "https://dev.azure.com/fabrikam/" + projectID + "/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken",
		"SYSTEM_PULLREQUEST_ISFORK":       "False",
		"SYSTEM_JOBPOSITIONINPHASE":       "1",
		"SYSTEM_TOTALJOBSINPHASE":         "1",
		"BUILD_REPOSITORY_URI":            "https://fabrikam@dev.azure.com/fabrikam/Fabrikam/_git/web",
		"SYSTEM_PULLREQUEST_SOURCEBRANCH": "",
	}
	for _, change := range changes {
		maps.Copy(env, change)
	}
	return env
}

// validation turns a job into the validation of pull request 42.
func validation() variables {
	return variables{"BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_PULLREQUESTID": "42"}
}

// federated is a service connection that the task accepts.
func federated() variables {
	return variables{
		"INPUT_AZURESUBSCRIPTION":                                    azureID,
		"ENDPOINT_AUTH_SCHEME_" + azureID:                            "WorkloadIdentityFederation",
		"ENDPOINT_AUTH_PARAMETER_" + azureID + "_TENANTID":           "99999999-0000-0000-0000-000000000000",
		"ENDPOINT_AUTH_PARAMETER_" + azureID + "_SERVICEPRINCIPALID": "88888888-0000-0000-0000-000000000000",
		"ENDPOINT_DATA_" + azureID + "_ENVIRONMENTAUTHORITYURL":      "https://login.microsoftonline.com/",
	}
}

func load(t *testing.T, env variables) (Config, []Fault) {
	t.Helper()
	c, err := Load(t.Context(), agent.Variables(env))
	found := Faults(err)
	if err != nil && len(found) == 0 {
		t.Fatalf("Load: %v", err)
	}
	return c, found
}

func mustLoad(t *testing.T, env variables) Config {
	t.Helper()
	c, found := load(t, env)
	if len(found) > 0 {
		t.Fatalf("unexpected faults: %v", found)
	}
	return c
}

// expect compares the faults with the wanted ones: "input: part of the message", or "part" for the environment.
func expect(t *testing.T, found []Fault, want ...string) {
	t.Helper()
	var lines []string
	for _, fault := range found {
		lines = append(lines, fault.Error())
	}
	if len(found) != len(want) {
		t.Fatalf("got %d faults, want %d:\n%s", len(found), len(want), strings.Join(lines, "\n"))
	}
	for i, text := range want {
		input, part, isInput := strings.Cut(text, ": ")
		if !isInput {
			input, part = "", text
		}
		if found[i].Input != input || !strings.Contains(found[i].Message, part) {
			t.Errorf("fault %d is %q, want %q", i, lines[i], text)
		}
	}
}

func diff(t *testing.T, want, got any, options ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, options...); d != "" {
		t.Errorf("mismatch (-want +got):\n%s", d)
	}
}

func errorPatterns(t *testing.T, items ...string) []requeue.ErrorPattern {
	t.Helper()
	made := make([]requeue.ErrorPattern, len(items))
	for i, item := range items {
		p, err := requeue.NewErrorPattern(item)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = p
	}
	return made
}

func guid(text string) uuid.UUID { return uuid.MustParse(text) }

package config

import (
	"reflect"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// inputs are the task's inputs as the agent hands them over, in the order of task.json. The names and the defaults stand
// in task.json a second time; a test keeps both equal. list says what separates the items: "comma" takes commas and new
// lines, "line" new lines only.
type inputs struct {
	Repositories   string `env:"INPUT_REPOSITORIES" input:"repositories" list:"comma"`
	PullRequestIDs string `env:"INPUT_PULLREQUESTIDS" input:"pullRequestIds" list:"comma"`
	TargetBranches string `env:"INPUT_TARGETBRANCHES" input:"targetBranches" list:"comma"`
	SourceBranches string `env:"INPUT_SOURCEBRANCHES" input:"sourceBranches" list:"comma"`
	Labels         string `env:"INPUT_LABELS" input:"labels" list:"comma"`
	Authors        string `env:"INPUT_AUTHORS" input:"authors" list:"line"`
	Titles         string `env:"INPUT_TITLES" input:"titles" list:"line"`
	Drafts         string `env:"INPUT_DRAFTS,default=skip" input:"drafts"`
	CreatedWithin  string `env:"INPUT_CREATEDWITHIN" input:"createdWithin"`
	Require        string `env:"INPUT_REQUIRE" input:"require" list:"comma"`

	When           string `env:"INPUT_WHEN,default=expired" input:"when" list:"comma"`
	Policies       string `env:"INPUT_POLICIES" input:"policies" list:"line"`
	Enforcement    string `env:"INPUT_ENFORCEMENT,default=all" input:"enforcement"`
	ManualPolicies string `env:"INPUT_MANUALPOLICIES,default=skip" input:"manualPolicies"`
	OutdatedAfter  string `env:"INPUT_OUTDATEDAFTER,default=12h" input:"outdatedAfter"`
	ExpiringWithin string `env:"INPUT_EXPIRINGWITHIN,default=8h" input:"expiringWithin"`

	MaxRetriesPerCommit string `env:"INPUT_MAXRETRIESPERCOMMIT,default=2" input:"maxRetriesPerCommit"`
	Cooldown            string `env:"INPUT_COOLDOWN,default=10m" input:"cooldown"`
	RetryOnlyIf         string `env:"INPUT_RETRYONLYIF" input:"retryOnlyIf" list:"line"`
	NeverRetryIf        string `env:"INPUT_NEVERRETRYIF" input:"neverRetryIf" list:"line"`
	PauseAfterFailures  string `env:"INPUT_PAUSEAFTERFAILURES,default=0" input:"pauseAfterFailures"`

	MaxPerRun            string `env:"INPUT_MAXPERRUN,default=20" input:"maxPerRun"`
	MaxInFlightPerBranch string `env:"INPUT_MAXINFLIGHTPERBRANCH,default=0" input:"maxInFlightPerBranch"`
	Order                string `env:"INPUT_ORDER,default=autoComplete,stalest" input:"order" list:"comma"`
	WaitForTargetBranch  string `env:"INPUT_WAITFORTARGETBRANCH,default=false" input:"waitForTargetBranch"`
	SliceAcrossJobs      string `env:"INPUT_SLICEACROSSJOBS,default=false" input:"sliceAcrossJobs"`

	DryRun         string `env:"INPUT_DRYRUN,default=false" input:"dryRun"`
	Wait           string `env:"INPUT_WAIT,default=false" input:"wait"`
	WaitTimeout    string `env:"INPUT_WAITTIMEOUT,default=45m" input:"waitTimeout"`
	FailOnRejected string `env:"INPUT_FAILONREJECTED,default=false" input:"failOnRejected"`
	OnNothing      string `env:"INPUT_ONNOTHING,default=ignore" input:"onNothing"`
	OnError        string `env:"INPUT_ONERROR,default=fail" input:"onError"`
	Comment        string `env:"INPUT_COMMENT,default=never" input:"comment"`
	ReportPath     string `env:"INPUT_REPORTPATH" input:"reportPath"`
	Concurrency    string `env:"INPUT_CONCURRENCY,default=8" input:"concurrency"`
	RecordPath     string `env:"INPUT_RECORDPATH" input:"recordPath"`

	Organization      string `env:"INPUT_ORGANIZATION" input:"organization"`
	AzureSubscription string `env:"INPUT_AZURESUBSCRIPTION" input:"azureSubscription"`
}

// environment is what the service says about the run, and what stands in for it on a laptop. What the agent is to every
// task is not among it, see agent.Environment.
type environment struct {
	CollectionURI  string `env:"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"`
	OIDCRequestURI string `env:"SYSTEM_OIDCREQUESTURI"`

	HostType      string `env:"SYSTEM_HOSTTYPE"`
	Project       string `env:"SYSTEM_TEAMPROJECT"`
	ProjectID     string `env:"SYSTEM_TEAMPROJECTID"`
	DefinitionID  string `env:"SYSTEM_DEFINITIONID"`
	PullRequestID string `env:"SYSTEM_PULLREQUEST_PULLREQUESTID"`
	JobPosition   string `env:"SYSTEM_JOBPOSITIONINPHASE"`
	TotalJobs     string `env:"SYSTEM_TOTALJOBSINPHASE"`
	BuildReason   string `env:"BUILD_REASON"`
	Repository    struct {
		Provider string `env:"BUILD_REPOSITORY_PROVIDER"`
		ID       string `env:"BUILD_REPOSITORY_ID"`
		Name     string `env:"BUILD_REPOSITORY_NAME"`
		URI      string `env:"BUILD_REPOSITORY_URI"`
	}
	PrimaryArtifact string `env:"RELEASE_PRIMARYARTIFACTSOURCEALIAS"`

	DefaultWorkingDirectory string `env:"SYSTEM_DEFAULTWORKINGDIRECTORY"`
	TempDirectory           string `env:"AGENT_TEMPDIRECTORY"`
}

// field is one input seen by its tags.
type field struct {
	name         string // as people type it
	env          string
	defaultValue string
	list         string // "", "comma" or "line"
	value        *string
}

// fields returns every input in order. The values point into in.
func (in *inputs) fields() []field {
	structure := reflect.ValueOf(in).Elem()
	fields := make([]field, structure.NumField())
	for i := range fields {
		tag := structure.Type().Field(i).Tag
		env, option, _ := strings.Cut(tag.Get("env"), ",")
		fields[i] = field{
			name:         tag.Get("input"),
			env:          env,
			defaultValue: strings.TrimPrefix(option, "default="),
			list:         tag.Get("list"),
			value:        structure.Field(i).Addr().Interface().(*string),
		}
	}
	return fields
}

// blankIsUnset hides blank variables from envconfig, which takes an empty variable for a set one. A list of nothing but
// separators is blank, too.
func blankIsUnset(env agent.Environment) envconfig.Lookuper {
	commaLists := make(map[string]bool)
	for _, f := range new(inputs).fields() {
		commaLists[f.env] = f.list == "comma"
	}
	return envconfig.LookuperFunc(func(key string) (string, bool) {
		value, found := env.Lookup(key)
		if commaLists[key] && len(splitList(value, "comma")) == 0 {
			return "", false
		}
		return value, found
	})
}

// Code generated from task/task.json by ./build.sh docs; DO NOT EDIT.

package config

// inputs are the task's inputs as the agent hands them over. list says what separates the items: "comma" takes commas
// and new lines, "line" new lines only.
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

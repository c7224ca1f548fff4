package azdotest

// Choice is a question about the service that no document and no recording answers, and the answers that it may turn out to
// have. A program that is right under each of them is right, whichever it is.
type Choice struct {
	Name     string // the member of Behaviour, as a world file has it
	Question string
	Values   []string // the first is the default

	member   func(*Behaviour) *string
	duration bool // Values are examples of durations
}

// Set answers the question.
func (c Choice) Set(b *Behaviour, value string) { *c.member(b) = value }

// Choices returns every open question.
func Choices() []Choice {
	const list = "the pull requests of a project"
	return []Choice{
		{"requeueAnswer", "what the 200 of a re-queue holds", []string{"newBuild", "unchanged", "withoutBuild"}, func(b *Behaviour) *string { return &b.RequeueAnswer }, false},
		{"requeueReason", "the reason of a build that a re-queue starts", []string{"pullRequest", "manual"}, func(b *Behaviour) *string { return &b.RequeueReason }, false},
		{"recordNumber", "whether an evaluation keeps its ID when it is re-queued", []string{"kept", "new"}, func(b *Behaviour) *string { return &b.RecordNumber }, false},
		{"decline", "what a re-queue leaves behind that starts nothing", []string{"unchanged", "queued", "broken"}, func(b *Behaviour) *string { return &b.Decline }, false},
		{"startedDate", "whether a new build moves startedDate", []string{"first", "build"}, func(b *Behaviour) *string { return &b.StartedDate }, false},
		{"lag", "how long a record lags behind its build", []string{"0s", "2s"}, func(b *Behaviour) *string { return &b.Lag }, true},
		{"buildsLag", "how long the list of builds lags behind", []string{"0s", "2s"}, func(b *Behaviour) *string { return &b.BuildsLag }, true},
		{"refusal", "what a missing permission to queue looks like", []string{"403", "ignored"}, func(b *Behaviour) *string { return &b.Refusal }, false},
		{"closedPullRequest", "what a re-queue does for a pull request that is closed", []string{"refused", "ignored", "started"}, func(b *Behaviour) *string { return &b.ClosedPullRequest }, false},
		{"deletedPolicy", "what a re-queue does for a policy that is deleted or disabled", []string{"ignored", "refused", "started"}, func(b *Behaviour) *string { return &b.DeletedPolicy }, false},
		{"hiddenRepositories", "whether " + list + " are refused where some are hidden", []string{"filtered", "refused"}, func(b *Behaviour) *string { return &b.HiddenRepositories }, false},
		{"visibility", "whether hidden ones leave " + list + " before or after the page is cut", []string{"beforeCut", "afterCut"}, func(b *Behaviour) *string { return &b.Visibility }, false},
		{"notApplicable", "whether evaluations that do not apply leave the list before or after the page is cut", []string{"beforeCut", "afterCut"}, func(b *Behaviour) *string { return &b.NotApplicable }, false},
		{"iterations", "whether iterations can be read", []string{"listed", "missing"}, func(b *Behaviour) *string { return &b.Iterations }, false},
		{"disabledRepositories", "whether the pull requests of a disabled repository can be read", []string{"readable", "refused"}, func(b *Behaviour) *string { return &b.DisabledRepositories }, false},
		{"hiddenProject", "the status of a project that is hidden", []string{"404", "403"}, func(b *Behaviour) *string { return &b.HiddenProject }, false},
		{"immediateExpiry", "how an evaluation looks that expired immediately", []string{"queued", "rejected"}, func(b *Behaviour) *string { return &b.ImmediateExpiry }, false},
		{"neverRunContext", "the context of an evaluation that never ran", []string{"withoutBuild", "null", "absent"}, func(b *Behaviour) *string { return &b.NeverRunContext }, false},
		{"buildSource", "where a build names its source commit", []string{"parameters", "triggerInfo", "none"}, func(b *Behaviour) *string { return &b.BuildSource }, false},
		{"deletedBuilds", "whether the list has builds that retention has removed", []string{"listed", "hidden", "always"}, func(b *Behaviour) *string { return &b.DeletedBuilds }, false},
		{"deletedTimeline", "the status of the timeline of such a build", []string{"204", "404"}, func(b *Behaviour) *string { return &b.DeletedTimeline }, false},
		{"statusLists", "what a filter makes of several values", []string{"understood", "ignored", "empty"}, func(b *Behaviour) *string { return &b.StatusLists }, false},
		{"logLines", "whether the lines of a log count from one", []string{"fromOne", "fromZero"}, func(b *Behaviour) *string { return &b.LogLines }, false},
	}
}

func (r *resolver) behaviour(b *Behaviour) {
	for _, c := range Choices() {
		if c.duration {
			r.lasts(c.Name, c.member(b), c.Values[0])
		} else {
			r.oneOf(c.Name, c.member(b), c.Values...)
		}
	}
	if b.IssueLimit == 0 {
		b.IssueLimit = 10
	}
}

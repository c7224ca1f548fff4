// Code generated from task/task.json by ./build.sh docs; DO NOT EDIT.

package command

// groups are the inputs of the task as the editor groups them.
func groups() []group {
	return []group{
		{"Which pull requests", []input{
			{name: "repositories", kind: "list", def: "", label: "Repositories", help: "Names, IDs or patterns of repositories."},
			{name: "pullRequestIds", kind: "list", def: "", label: "Pull request numbers", help: "Only the pull requests with these numbers, from any visible repository of the project if no repositories are given. Allowed: whole numbers from 1, separated by commas."},
			{name: "targetBranches", kind: "list", def: "", label: "Target branches", help: "Patterns of branches that pull requests go to; main and refs/heads/main mean the same."},
			{name: "sourceBranches", kind: "list", def: "", label: "Source branches", help: "Patterns of branches that pull requests come from."},
			{name: "labels", kind: "list", def: "", label: "Labels", help: "Patterns of labels: one of the including ones must be there, and none of the excluding ones."},
			{name: "authors", kind: "list", def: "", label: "Authors", help: "Patterns of authors, by unique name or display name."},
			{name: "titles", kind: "list", def: "", label: "Titles", help: "Patterns of titles."},
			{name: "drafts", kind: "word", def: "skip", label: "Drafts", help: "What to do with draft pull requests. Allowed: skip, include, only.", words: []string{"skip", "include", "only"}},
			{name: "createdWithin", kind: "text", def: "", label: "Created within", help: "Leave pull requests alone that were created longer ago. Allowed: durations such as 90s, 30m, 12h, 2d or 1h30m."},
			{name: "require", kind: "list", def: "", label: "Required of a pull request", help: "Conditions that must all hold. Allowed: autoComplete, approved, noOtherBlockers.", words: []string{"autoComplete", "approved", "noOtherBlockers"}},
		}},
		{"Which evaluations", []input{
			{name: "when", kind: "list", def: "expired", label: "Re-queue evaluations that are", help: "States to re-queue. Allowed: expired, failed, broken, notStarted, outdated, expiring, targetRecovered.", words: []string{"expired", "failed", "broken", "notStarted", "outdated", "expiring", "targetRecovered"}},
			{name: "policies", kind: "list", def: "", label: "Build policies", help: "Patterns of build policies, by the policy's display name or its pipeline's name; digits only are the pipeline's ID."},
			{name: "enforcement", kind: "word", def: "all", label: "Required or optional policies", help: "Which policies count. Allowed: all, required, optional.", words: []string{"all", "required", "optional"}},
			{name: "manualPolicies", kind: "word", def: "skip", label: "Policies with trigger \"Manual\"", help: "What to do with policies that somebody has to start by hand. Allowed: skip, include, only.", words: []string{"skip", "include", "only"}},
			{name: "outdatedAfter", kind: "text", def: "12h", label: "Outdated after", help: "For the state outdated: the green build started at least this long ago. Allowed: durations such as 90s, 30m, 12h, 2d or 1h30m."},
			{name: "expiringWithin", kind: "text", def: "8h", label: "Expiring within", help: "For the state expiring: the green build of a policy that expires \"after n hours\" does so within this time, so that it is green again before people come to work. Allowed: durations above 0 such as 90s, 30m, 12h, 2d or 1h30m."},
		}},
		{"Retrying failures", []input{
			{name: "maxRetriesPerCommit", kind: "text", def: "2", label: "Retries per commit", help: "How often a failed build of the same source commit is tried again. Allowed: whole numbers."},
			{name: "cooldown", kind: "text", def: "10m", label: "Wait after a failure", help: "Least time between the end of a failed or broken evaluation and its retry; one that was never started waits as long after the last push, since the service may be about to start it. Allowed: durations such as 90s, 30m, 12h, 2d or 1h30m."},
			{name: "retryOnlyIf", kind: "list", def: "", label: "Retry only if an error matches", help: "What must be in an error of the build of a failed evaluation, or in the end of a failed step's log, for it to be retried, one per line: a named set of what infrastructure prints when it fails, @agent, @network, @registry, @disk or @infrastructure, or a regular expression of at most 1,000 characters."},
			{name: "neverRetryIf", kind: "list", def: "", label: "Never retry if an error matches", help: "What must not be in an error of the build of a failed evaluation or in the end of a failed step's log, one per line: regular expressions of at most 1,000 characters and the sets @agent, @network, @registry, @disk and @infrastructure, as above."},
			{name: "pauseAfterFailures", kind: "text", def: "0", label: "Pause after failures", help: "While the newest this many finished builds of a pipeline for pull requests, of at least three of them, have all failed, only one failure of that pipeline is retried in a run, to find out. Allowed: 0, or whole numbers from 3."},
		}},
		{"Limits and order", []input{
			{name: "maxPerRun", kind: "text", def: "20", label: "Re-queues per run", help: "At most this many evaluations are re-queued in one run; the next run goes on. Allowed: whole numbers."},
			{name: "maxInFlightPerBranch", kind: "text", def: "0", label: "In flight per target branch", help: "At most this many pull requests of one repository and target branch have a selected evaluation in progress; one that takes a place gets all of its evaluations at once. Allowed: whole numbers."},
			{name: "order", kind: "list", def: "autoComplete,stalest", label: "Order", help: "Who goes first, most important first. Allowed: autoComplete, approved, stalest, oldest, newest, label:<pattern>.", words: []string{"autoComplete", "approved", "stalest", "oldest", "newest"}},
			{name: "waitForTargetBranch", kind: "word", def: "false", label: "Wait for a green target branch", help: "Leave an evaluation alone while the same pipeline's last finished run on the target branch failed. Allowed: false, true, probe.", words: []string{"false", "true", "probe"}},
			{name: "sliceAcrossJobs", kind: "bool", def: "false", label: "Share the work of parallel jobs", help: "In a job with strategy: parallel, each job takes its own share of the pull requests."},
		}},
		{"Running and reporting", []input{
			{name: "dryRun", kind: "bool", def: "false", label: "Dry run", help: "Plan and report only; nothing is written, no comment either, and nothing is waited for."},
			{name: "wait", kind: "bool", def: "false", label: "Wait for the results", help: "Follow what was re-queued to its end."},
			{name: "waitTimeout", kind: "text", def: "45m", label: "Wait at most", help: "How long to wait for the results; what is still open then is reported as pending. Allowed: durations such as 90s, 30m, 12h, 2d or 1h30m."},
			{name: "failOnRejected", kind: "bool", def: "false", label: "Fail if one is rejected", help: "Fail the step if an evaluation that was re-queued and waited for is rejected."},
			{name: "onNothing", kind: "word", def: "ignore", label: "If there is nothing to re-queue", help: "The result of a run without anything to re-queue. Allowed: ignore, warn, fail.", words: []string{"ignore", "warn", "fail"}},
			{name: "onError", kind: "word", def: "fail", label: "If something could not be handled", help: "The result if a pull request or an evaluation could not be read or re-queued; all others are handled first. Allowed: fail, warn.", words: []string{"fail", "warn"}},
			{name: "comment", kind: "word", def: "never", label: "Comment on pull requests", help: "One comment thread for each pull request, kept up to date. Allowed: never, exhausted, always.", words: []string{"never", "exhausted", "always"}},
			{name: "reportPath", kind: "path", def: "", label: "Report file", help: "Where to write the report in JSON, relative to $(System.DefaultWorkingDirectory); folders are made."},
			{name: "concurrency", kind: "text", def: "8", label: "Requests at once", help: "How many requests are under way at once. Allowed: 1 to 64."},
			{name: "recordPath", kind: "path", def: "", label: "Recording file", help: "Where to record what the service answers, for a bug report or a test; every name and text is replaced."},
		}},
		{"Another organization", []input{
			{name: "organization", kind: "text", def: "", label: "Organization", help: "Work in another organization; needs a service connection and repositories with their project. Allowed: https://dev.azure.com/<name> or https://<name>.visualstudio.com."},
			{name: "azureSubscription", kind: "text", def: "", label: "Azure service connection", help: "Use the identity of this Azure Resource Manager service connection instead of the job's token."},
		}},
	}
}

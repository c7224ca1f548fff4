// Package agent is what an Azure Pipelines agent is to a task: it hands over inputs, variables and connections by
// environment variables, and reads commands out of what the task prints.
//
// [Environment] reads what is handed over: inputs and variables by their own names, service connections, the job's token,
// proxies and certificates. Blank is unset everywhere. What must not be shown has the type [Secret], which no print shows.
//
// [Log] is the one writer of a task. Titles, branches and error texts are written by anybody, and an agent looks for its
// commands anywhere in a line. So there are two ways through a Log: lines for people, each neutralised when it is
// finished, and commands and formatting tags, whose foreign parts are escaped. Nothing else in a task may print, neither
// to stdout nor to stderr, for the agent reads both.
//
// The package knows the agent alone: it must not know Azure Repos, HTTP, or what a task does. Nothing in it is global:
// the writer and the environment are handed in. Package agenthttp beside it makes an HTTP transport of [Network], and
// package agenttest is an agent for tests.
//
// # A task in Go
//
// An agent starts Node. A task in Go has a launcher that starts its program and ends with its exit code; the folder
// examples holds two whole tasks with theirs. What an agent makes of a task is worth knowing:
//
//   - The exit code alone says that a task has failed. A task.complete with the result Failed would outlive a retry of the
//     step that succeeds. [Log.CompleteWithIssues] is for success with issues.
//   - The first ten errors and the first ten warnings of a step become issues; [Log.FlushIssues] lets the tenth stand for
//     the rest.
//   - A file for [Log.UploadSummary] belongs into the folder that the variable Agent.TempDirectory names, under a name of
//     its own, and stays there: the agent reads it after the step. It masks its log alone, so whatever goes into a file
//     goes through [Log.Hide] first.
//   - Later steps put output variables into scripts. Foreign text does not belong into them.
//   - On agents before 5.277 a variable of the run replaces the input of the same name; [Environment.PublicVariables] tells
//     which there are.
package agent

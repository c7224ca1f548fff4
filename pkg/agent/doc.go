// Package agent is what an Azure Pipelines agent is to a task: it hands over inputs, variables and connections by
// environment variables, and reads commands out of what the task prints.
//
// [Environment] reads what is handed over: inputs and variables by their own names, service connections, the job's token,
// proxies and certificates. Blank is unset everywhere. What must not be shown has the type [Secret], which no print shows.
//
// [Log] is the one writer of a task. Titles, branches and error texts are written by anybody, and an agent looks for its
// commands anywhere in a line. So there are two ways through a Log: lines for people, each neutralised when it is
// finished, and commands and formatting tags, whose foreign parts are escaped. Nothing else in a task may print.
//
// The package knows the agent alone: it must not know Azure Repos, HTTP, or what a task does. Nothing in it is global:
// the writer and the environment are handed in.
package agent

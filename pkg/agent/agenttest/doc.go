// Package agenttest is an Azure Pipelines agent for tests: it runs the task the way an agent's worker runs a step.
//
// A [Step] names the task's folder and what a pipeline would say about it: inputs, variables, the job it sits in.
// [Step.Run] reads task.json, chooses the handler that an agent of the given version would choose, builds the
// environment that the handler gets, starts the launcher (or the program itself), and treats its output as the agent
// does. The [Result] is what a person would see in the browser: the step's result, its issues, the log without the
// commands in it, output variables, the summary.
//
// # What it reproduces
//
//   - Handlers: Node, Node10, Node16, Node20_1 and Node24 by priority, each only from the agent version on that knows it.
//   - Nodes: which one runs a handler, by version, system and switches, with the warnings and errors that come with it;
//     their wording is our own.
//   - Inputs: defaults, trimming, macros from variables (secret ones included) and then from the agent's own environment,
//     neither recursive; what cannot be resolved stays. Types filePath and connectedService.
//   - Environment: INPUT_*, public variables, SECRET_*, VSTS_PUBLIC_VARIABLES and VSTS_SECRET_VARIABLES, ENDPOINT_* for
//     SystemVssConnection and for service connections; before 5.277.0 a variable replaces an input of the same name.
//   - Output: both streams are parsed for commands; an unknown area is a warning, an unknown event or a command that
//     fails makes the step Failed; restrictions of task.json and of the step; ten issues of a kind; secrets are masked.
//   - Result: the exit code, task.complete merged, the failures of commands merged in at the end.
//   - Cancellation: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL, to the started process alone. On Windows Ctrl+C and Ctrl+Break,
//     to all that take part in its console; see [Helper].
//
// # What it leaves out
//
// Containers, secure files, task variables of other stages, retries, conditions, and what the service does with the
// result. Keys of the environment compare case-sensitively on every system. Where the agent leaves an order to chance
// (two variables that turn into one name), the last one in alphabetical order wins.
//
// It must not know the product: it imports the standard library only, and everything about the task comes from task.json.
package agenttest

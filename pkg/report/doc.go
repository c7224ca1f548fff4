// Package report is everything that people and later steps get to see: log lines, agent commands, output variables,
// the JSON report, the Markdown summary and the text of pull request comments.
//
// Titles, branches, policy names and error texts are written by anybody, and an agent reads its commands out of what a
// task prints. So there is one writer, Log, with two ways through it: lines for people, each neutralised when it is
// finished, and our own commands and formatting tags, whose foreign parts are escaped. Nothing else in the product may
// print.
//
// The package stands at the end of the line. It knows the vocabulary of requeue and the agent's wire format; it must
// not know the SDK, the environment or how anything was found out.
package report

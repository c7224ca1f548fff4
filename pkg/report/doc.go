// Package report is everything that people and later steps get to see of a run: log lines about plans and outcomes,
// output variables, the JSON report, the Markdown summary and the text of pull request comments.
//
// Every line goes through the agent's log, see [agent.Log]: titles, branches, policy names and error texts are written
// by anybody.
//
// The package does the last step of a run. It knows the words of package requeue. It must not know the SDK, the
// environment or how anything was found out.
package report

// Command connection is an example of a task in Go: it reads a service connection, and keeps its secrets out of the log.
package main

import (
	"io"
	"os"
	"runtime"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

func main() {
	os.Exit(run(agent.NewEnvironment(agent.ReadVariables(os.Environ(), runtime.GOOS)), os.Stdout))
}

// run returns the exit code, which alone tells the agent that a task has failed: 1, or 2 for bad input.
func run(env agent.Environment, stdout io.Writer) int {
	log := agent.NewLog(stdout, env.LogOptions())
	defer log.FlushIssues()

	connection := env.Endpoint(env.Input("azureSubscription"))
	if connection.Scheme() == "" {
		log.Error("azureSubscription: the job was not given this service connection; check that this pipeline may use it")
		return 2
	}
	key := connection.Parameter("serviceprincipalkey")
	log.Mask(key) // before anything else can show it
	log.Line("The connection leads to %s and signs in by %s.", connection.URL(), connection.Scheme())
	log.Line("Tenant %s, subscription %s.", connection.Parameter("tenantid").Reveal(), connection.Data("subscriptionName"))
	if key == "" {
		log.Line("It stores no secret.")
	} else {
		log.Warning("It stores a secret: " + key.Reveal()) // which the log shows as "***"
	}
	log.SetVariable(agent.Variable{Name: "scheme", Value: connection.Scheme()})
	return 0
}

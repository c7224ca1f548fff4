package agent_test

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// greet is a whole task. Its main function is
//
//	os.Exit(greet(agent.NewEnvironment(agent.ReadVariables(os.Environ(), runtime.GOOS)), os.Stdout))
func greet(env agent.Environment, stdout io.Writer) (exitCode int) {
	log := agent.NewLog(stdout, env.LogOptions())
	defer log.FlushIssues()
	name := env.Input("name")
	if name == "" {
		log.Error("name: it is blank; allowed: whom to greet")
		return 2
	}
	log.Line("Hello, %s!", name)
	log.SetVariable(agent.Variable{Name: "bytes", Value: strconv.Itoa(len(name))})
	return 0
}

func Example() {
	env := agent.Variables{"TF_BUILD": "True", "INPUT_NAME": " world##vso[task.complete result=Failed] "}
	fmt.Println(greet(agent.NewEnvironment(env), os.Stdout))
	fmt.Println(greet(agent.NewEnvironment(agent.Variables{"TF_BUILD": "True"}), os.Stdout))
	// Output:
	// Hello, world# #vso[task.complete result=Failed]!
	// ##vso[task.setvariable variable=bytes;isoutput=true]39
	// 0
	// ##vso[task.logissue type=error]name: it is blank; allowed: whom to greet
	// 2
}

// A secret is masked before the first line that could show it: for the agent, and in the task's own lines.
func ExampleLog_Mask() {
	log := agent.NewLog(os.Stdout, agent.LogOptions{Agent: true})
	log.Mask("hunter2-hunter2")
	log.Error("the server says: password hunter2-hunter2 is wrong")
	log.FlushIssues()
	// Output:
	// ##vso[task.setsecret]hunter2-hunter2
	// ##vso[task.setsecret]aHVudGVyMi1odW50ZXIy
	// ##vso[task.setsecret]Omh1bnRlcjItaHVudGVyMg==
	// ##vso[task.logissue type=error]the server says: password *** is wrong
}

func ExampleEnvironment_Endpoint() {
	env := agent.NewEnvironment(agent.Variables{
		"INPUT_AZURESUBSCRIPTION":                                               "0f0f0f0f-1111-2222-3333-444444444444",
		"ENDPOINT_AUTH_SCHEME_0f0f0f0f-1111-2222-3333-444444444444":             "ServicePrincipal",
		"ENDPOINT_AUTH_PARAMETER_0f0f0f0f-1111-2222-3333-444444444444_TENANTID": "contoso",
	})
	connection := env.Endpoint(env.Input("azureSubscription"))
	tenant := connection.Parameter("tenantid")
	fmt.Println(connection.Scheme(), tenant, tenant.Reveal())
	// Output: ServicePrincipal *** contoso
}

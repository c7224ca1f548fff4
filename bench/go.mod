module github.com/pr-evaluations/reschedule/bench

go 1.26.8

require (
	github.com/microsoft/azure-devops-go-api/azuredevops/v7 v7.1.0
	github.com/pr-evaluations/reschedule v0.0.0
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/pr-evaluations/reschedule => ../

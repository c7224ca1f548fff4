// Package model is a repository in Azure Repos as a discrete-event simulation: people open, review and fix pull requests,
// agents build them, the target branch moves and breaks, and auto-complete merges. What decides about re-queues in it is
// the program itself: requeue.Rules and execute run on the model's state under simulated time.
//
// The model knows what the service is documented to do (world.go, service rules in builtin.go) and what its records look
// like (record.go). It must not know the rules that it measures. The same load, strategy and seed give the same Result.
package model

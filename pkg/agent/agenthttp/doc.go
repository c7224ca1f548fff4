// Package agenthttp makes an HTTP transport that reaches addresses the way the agent does: through its proxy and past it,
// with its certificate authorities and its client certificate. See [agent.Network].
//
// It stands beside package agent, so that a task which sends nothing does not carry HTTP. It must not know whom a task
// speaks to.
package agenthttp

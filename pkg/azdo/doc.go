// Package azdo speaks to Azure DevOps, on Services and on Server. It knows the SDK and its quirks, the REST routes,
// paging, retries, the service's rate limits, the token, the network's proxies and certificates, and the shapes that
// refusals take. Answers come out as the values of package requeue, failures as *Error.
//
// It must not know which evaluation deserves a re-queue, how anything is printed, or where a setting comes from.
//
// The official SDK makes the requests: its table of routes, its negotiation of versions (5.0 to 7.2), its headers, and
// for every call about one subject its typed method (sdk.go). Each file named after a subject holds those methods, what
// the service sends and how that becomes a value of package requeue. Three lists are decoded here instead (answer.go,
// values.go): pull requests and evaluations, of which there are thousands, and policies, whose typed method cannot turn
// the page.
//
// Everything that keeps a run safe sits in one transport below the SDK (transport.go): the number of requests under way,
// the shared pace, time-outs, retries of reads, the token and the origin it may go to. A request that changes something
// is sent once and never repeated there; Error.Lost says that its fate is unknown. An answer goes back through the SDK to
// whoever asked. The transport has read it whole by then, has seen that it is JSON, and has taken out of it what a typed
// method would fail at (fit.go).
package azdo

// Package azdo speaks to Azure DevOps, on Services and on Server. It knows the SDK and its quirks, the REST routes,
// paging, retries, the service's rate limits, the token, the network's proxies and certificates, and the shapes that
// refusals take. Answers come out as the values of package requeue, failures as *Error.
//
// It must not know which evaluation deserves a re-queue, how anything is printed, or where a setting comes from.
//
// The SDK's client is used for what it does well: the table of routes that each server publishes, the negotiation of
// versions (5.0 to 7.2), and the headers. Its typed methods are not used, since they decode every list three times
// through interface{}, cannot tell a list without its array from an empty one, and fail a whole list for one field of an
// unexpected type. Answers are decoded once, in one pass, into the narrow structs beside the methods that ask for them.
//
// Everything that keeps a run safe sits in one transport below the SDK (transport.go): the number of requests under way,
// the shared pace, time-outs, retries of reads, the token and the origin it may go to. A request that changes something
// is sent once and never repeated there; Error.Lost says that its fate is unknown.
package azdo

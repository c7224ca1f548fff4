// Package azdotest is a stand-in for Azure DevOps: a real HTTP server with the routes, shapes, pages, versions and
// refusals that this product meets, over a World that a small JSON file describes. It serves the tests of package azdo,
// the end-to-end tests, the benchmarks and cmd/demo.
//
// It knows wire JSON and how Azure DevOps behaves. It must not know the product's rules, and imports none of its packages.
//
// # What it does
//
// Start gives a test a server on loopback; New does so without a test. A request passes the same gates as with the real
// service: token, route, API version (against the location table that OPTIONS _apis sends), project, repository. PATCH on
// a build evaluation cancels the build that is in progress and starts another, which begins and ends by itself. Everything
// is counted: Requests, Writes, Starts, MaxUnderWay. A route or a query parameter that no client of ours should use
// becomes one of Problems, and fails the test.
//
// Where the environment variable RESCHEDULE_DESCRIPTION names the folder of the service's own description, every request
// and every answer is checked against it (package openapi), and what does not fit is one of Problems. Left out is what a
// fault has spoilt, what a world makes wrong by "raw" or by a status that does not exist, and what a test excepts by
// Server.Except.
//
// What no document and no recording tells about Azure DevOps is one of Choices and a switch in Behaviour, so that a test can show that the
// product does right either way. What goes wrong is a Fault; what other people do meanwhile is a Change.
//
// A connection that is cut before any byte of the answer makes net/http repeat a GET by itself, where the connection had
// been used before. A fault closeBefore with times 1 may therefore go unnoticed by the program under test.
//
// Official clients are understood in their ways: a GET may leave the version to the server, OPTIONS _apis/{area} shows a part
// of the location table, values of enumerations may be numbers, and the body of a re-queue may be null.
//
// The two lists of policies answer as the official description has it: policy/configurations holds the whole project's,
// git/policy/configurations what is enforced at the place that its parameters name, which without a branch is no branch
// policy.
//
// # World files
//
// Everything may be left out but the names of projects, repositories and pipelines. IDs are made from names, so that they
// are the same in every run; numbers are handed out in order. Branches may be short ("main") or full. Times are RFC 3339,
// "now", "2h ago" or "in 5m"; durations are such as "90s", "1h30m", "2d". References (policy, pipeline, repository) take
// an ID or a name. The smallest world with something to do:
//
//	{"projects": [{"name": "Shop", "repositories": [
//	  {"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"state": "expired"}]}]}
//	]}]}
//
// A larger one:
//
//	{
//	  "collectionPath": "/tfs/DefaultCollection",
//	  "style": "services",
//	  "version": "7.2",
//	  "tokens": ["secret"],
//	  "identity": "Shop Build Service (contoso)",
//	  "latency": "20ms",
//	  "pages": {"pullRequests": 100, "evaluations": 100},
//	  "behaviour": {"requeueAnswer": "unchanged", "lag": "2s", "refusal": "ignored"},
//	  "projects": [{
//	    "name": "Shop",
//	    "pipelines": [
//	      {"id": 55, "name": "web-ci", "requeue": {"outcome": "failed", "startsAfter": "1s", "takes": "3s"}},
//	      {"name": "old-ci", "queueStatus": "disabled"}
//	    ],
//	    "policies": [
//	      {"id": 12, "displayName": "CI", "pipeline": "web-ci", "expires": "12h",
//	       "scopes": [{"repository": "web", "branch": "main"}, {"branch": "release/", "match": "Prefix"}]},
//	      {"id": 13, "pipeline": "old-ci", "optional": true, "manualQueueOnly": true, "expires": "immediately"},
//	      {"id": 14, "type": "Minimum reviewers"},
//	      {"id": 15, "type": "File size"},
//	      {"id": 16, "pipeline": "web-ci", "hidden": true},
//	      {"id": 17, "pipeline": "web-ci", "typeless": true}
//	    ],
//	    "repositories": [
//	      {"name": "web", "pullRequests": [
//	        {"id": 7, "title": "Add gift cards", "author": "Ada <ada@shop.example>", "target": "main", "autoComplete": true,
//	         "votes": [10], "labels": ["urgent"], "created": "3d ago", "pushed": "1d ago",
//	         "evaluations": [
//	           {"policy": 12, "state": "failed", "started": "2h ago", "history": ["failed"],
//	            "steps": [{"name": "Test", "errors": ["Bash exited with code '1'."], "log": ["dial tcp: i/o timeout", "##[error]exit"]}]},
//	           {"policy": 13, "state": "expired", "requeue": {"outcome": "declines"}},
//	           {"policy": 14, "status": "queued"}
//	         ]},
//	        {"id": 8, "draft": true, "evaluations": [{"state": "expired", "raw": {"context": {"isExpired": "yes"}}}]}
//	      ]},
//	      {"name": "secret", "hidden": true}
//	    ],
//	    "builds": [{"pipeline": "web-ci", "branch": "main", "result": "failed", "finished": "1h ago", "errors": ["feed timed out"]},
//	               {"pipeline": "web-ci", "pullRequest": 7, "result": "failed", "deleted": true},
//	               {"pipeline": "web-ci", "branch": "main", "result": "failed", "timeline": "204",
//	                "validationResults": [{"message": "/azure-pipelines.yml: unexpected value"}]}]
//	  }],
//	  "faults": [
//	    {"match": {"route": "evaluations", "pullRequest": 8}, "fault": "500"},
//	    {"match": {"route": "requeue", "nth": 2, "times": 1}, "fault": "closeAfter"},
//	    {"match": {"method": "GET", "times": 1}, "retryAfter": 2}
//	  ],
//	  "changes": [
//	    {"match": {"route": "pullRequest", "times": 1}, "pullRequest": 7, "set": {"status": "completed"}},
//	    {"match": {"route": "evaluation", "nth": 2, "times": 1}, "pullRequest": 8, "policy": 12, "set": {"state": "running"}}
//	  ]
//	}
//
// A member "raw" is laid over the answer as it is sent, member by member, for records that are hostile or of a wrong type;
// the value "<absent>" takes a member out, and a value that is no object replaces the whole record.
package azdotest

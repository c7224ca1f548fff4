package requeue_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func errorPattern(t testing.TB, item string) requeue.ErrorPattern {
	t.Helper()
	p, err := requeue.NewErrorPattern(item)
	if err != nil {
		t.Fatalf("NewErrorPattern(%q): %v", item, err)
	}
	return p
}

// allSets are the sets by name.
func allSets(t testing.TB) map[requeue.ErrorSet]requeue.ErrorPattern {
	t.Helper()
	sets := map[requeue.ErrorSet]requeue.ErrorPattern{}
	for _, set := range requeue.ErrorSets() {
		sets[set] = errorPattern(t, string(set))
	}
	return sets
}

// TestKnownErrors: each row is found by its expression, its set and the set of all, on its own and within a log; what
// looks like it is found by no set.
func TestKnownErrors(t *testing.T) {
	t.Parallel()
	sets := allSets(t)
	for _, row := range requeue.KnownErrors() {
		t.Run(string(row.Set)+" "+row.What, func(t *testing.T) {
			t.Parallel()
			re, err := regexp.Compile(row.Expression)
			if err != nil {
				t.Fatal(err)
			}
			if n := utf8.RuneCountInString(row.Expression); n > 1000 {
				t.Errorf("the expression has %d characters", n)
			}
			if prefix, _ := re.LiteralPrefix(); len(prefix) < 4 {
				t.Errorf("the expression begins with %q only; a search through a long log needs more plain text to skip to", prefix)
			}
			within := "##[section]Starting: Build\r\nStep 1 of 2\r\n   " + strings.ReplaceAll(row.Example, "\n", "\r\n") + "\r\n##[section]Finishing: Build\r\n"
			for _, text := range []string{row.Example, within, "x " + row.Example + " y"} {
				own := errorPattern(t, row.Expression)
				if !own.Match(text) || !sets[row.Set].Match(text) || !sets[requeue.InfrastructureErrors].Match(text) {
					t.Errorf("found by the expression: %t, by %s: %t, by %s: %t; in %q", own.Match(text), row.Set, sets[row.Set].Match(text),
						requeue.InfrastructureErrors, sets[requeue.InfrastructureErrors].Match(text), text)
				}
			}
			for _, set := range requeue.ErrorSets() {
				if sets[set].Match(row.NearMiss) {
					t.Errorf("%s finds the near miss %q", set, row.NearMiss)
				}
			}
		})
	}
}

// TestKnownErrorsAreComplete: every row says everything once, and every set has enough of them.
func TestKnownErrorsAreComplete(t *testing.T) {
	t.Parallel()
	count := map[requeue.ErrorSet]int{}
	seen := map[string]bool{}
	for _, row := range requeue.KnownErrors() {
		count[row.Set]++
		for _, once := range []string{"example " + row.Example, "near miss " + row.NearMiss, "expression " + row.Expression, string(row.Set) + " " + row.What} {
			if seen[once] {
				t.Errorf("twice: %s", once)
			}
			seen[once] = true
		}
		if row.What == "" || row.Example == "" || row.NearMiss == "" || !strings.HasPrefix(row.Source, "https://github.com/") {
			t.Errorf("the row is not complete: %+v", row)
		}
		if row.Example != strings.TrimSpace(row.Example) && !strings.HasPrefix(row.Example, "  - ") {
			t.Errorf("blanks around %q", row.Example)
		}
	}
	for _, set := range requeue.ErrorSets() {
		if n := count[set]; set != requeue.InfrastructureErrors && n < 8 {
			t.Errorf("%s has %d expressions only", set, n)
		}
	}
	if len(count) != len(requeue.ErrorSets())-1 {
		t.Errorf("rows of %d sets: %v", len(count), count)
	}
}

// TestSetsAreApart: a set finds nothing that only another one is about.
func TestSetsAreApart(t *testing.T) {
	t.Parallel()
	sets := allSets(t)
	for text, want := range map[string][]requeue.ErrorSet{
		"The agent did not connect within the alloted time of 45 minute(s).": {requeue.AgentErrors},
		"curl: (6) Could not resolve host: github.com":                       {requeue.NetworkErrors},
		"npm ERR! code E503": {requeue.RegistryErrors},
		"tar: ./out.bin: Wrote only 2048 of 10240 bytes\ntar: Error is not recoverable: No space left on device": {requeue.DiskErrors},
		`E: Failed to fetch http://azure.archive.ubuntu.com/x.deb  Connection failed [IP: 1.2.3.4 80]`:           {requeue.RegistryErrors},
	} {
		var got []requeue.ErrorSet
		for _, set := range requeue.ErrorSets() {
			if sets[set].Match(text) {
				got = append(got, set)
			}
		}
		if diff := cmp.Diff(append(want, requeue.InfrastructureErrors), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// TestMoreOfTheSame: spellings that other versions of the same programs print.
func TestMoreOfTheSame(t *testing.T) {
	t.Parallel()
	sets := allSets(t)
	for set, texts := range map[requeue.ErrorSet][]string{
		requeue.AgentErrors: {
			"We stopped hearing from agent NetCorePublic-Pool 48. Verify the agent machine is running and has a healthy network connection.",
			"The hosted runner: GitHub Actions 339 lost communication with the server. Anything in your workflow that terminates the runner process, starves it for CPU/Memory, or blocks its network access can cause this error.",
			"The agent did not connect within the allotted time of 45 minute(s).",
			"We stopped hearing from agent build-1.",
			"The agent lost communication with the server",
			"The hosted runner lost communication with the server.",
			"An error occurred while provisioning resources (Error Type: Disconnect).",
			"error: RPC failed; HTTP 500 curl 56 Recv failure: Connection reset by peer",
			"error: RPC failed; curl 18 transfer closed with outstanding read data remaining",
			"error: RPC failed; curl 92 HTTP/2 stream 0 was not closed cleanly: CANCEL (err 8)",
			"fatal: the remote end hung up unexpectedly",
			"fatal: Unable to create 'C:/agent/_work/12/s/.git/index.lock': File exists.",
			"E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1719 (apt-get)",
		},
		requeue.NetworkErrors: {
			"No such host is known. (api.nuget.org:443)",
			"getaddrinfo EAI_AGAIN registry.npmjs.org:443",
			"dial tcp: lookup proxy.golang.org on 127.0.0.53:53: read udp 127.0.0.1:34839->127.0.0.53:53: i/o timeout",
			"dial tcp 255.255.255.255:443: connect: network is unreachable",
			`Get "https://mcr.microsoft.com/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
			"curl: (28) Operation timed out after 300001 milliseconds with 0 out of 0 bytes received",
			"curl: (52) Empty reply from server",
			"curl: (92) HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
			"curl: (22) The requested URL returned error: 503 Service Unavailable",
			"fatal: unable to access 'https://fabrikam@dev.azure.com/fabrikam/Fabrikam/_git/web/': Could not resolve host: dev.azure.com",
			"fatal: unable to access 'https://github.com/dotnet/runtime/': Failure when receiving data from the peer",
			"fatal: unable to access 'https://dev.azure.com/fabrikam/_git/web/': The requested URL returned error: 503",
			"Response status code does not indicate success: 502 (Bad Gateway).",
			"The remote server returned an error: (503) Server Unavailable.",
			"Error: connect EHOSTUNREACH 20.42.65.92:443",
			"read ECONNRESET",
		},
		requeue.RegistryErrors: {
			"npm error code ECONNRESET",
			"npm ERR! code ERR_SOCKET_TIMEOUT",
			"npm ERR! code E429",
			`error An unexpected error occurred: "https://registry.npmjs.org/classnames/-/classnames-2.2.5.tgz: Request failed \"503 Service Unavailable\"".`,
			`error An unexpected error occurred: "https://registry.yarnpkg.com/pg: ETIMEDOUT".`,
			" ERR_PNPM_META_FETCH_FAIL  GET https://registry.npmjs.org/eslint: request to https://registry.npmjs.org/eslint failed",
			// MSBuild puts the place and the code before each line of NuGet's message.
			"/src/web.csproj : error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json. [/src/web.sln]\n/src/web.csproj : error NU1301:   Resource temporarily unavailable (api.nuget.org:443) [/src/web.sln]",
			"NuGet.targets(128,5): error : Unable to load the service index for source https://api.nuget.org/v3/index.json. [myProj.csproj]\nNuGet.targets(128,5): error :   Resource temporarily unavailable [myProj.csproj]",
			"NuGet.targets(119,5): error : Failed to retrieve information about 'Microsoft.TargetingPack' from remote source 'https://dotnetfeed.blob.core.windows.net/x/index.json'. [netfx.depproj]\nNuGet.targets(119,5): error :   A connection attempt failed because the connected party did not properly respond",
			"Unable to load the service index for source https://api.nuget.org/v3/index.json.\r\n  The HTTP request to 'GET https://api.nuget.org/v3/index.json' has timed out after 100000ms.",
			"error : The feed. Unable to load the service index for source https://api.nuget.org/v3/index.json.\n  The SSL connection could not be established, see inner exception.\n  Authentication failed because the remote party has closed the transport stream.",
			"Could not transfer artifact info.picocli:picocli:jar:4.6.3 from/to central (https://repo.maven.apache.org/maven2): transfer failed for https://repo.maven.apache.org/maven2/info/picocli/picocli/4.6.3/picocli-4.6.3.jar: Connect to repo.maven.apache.org:443 [repo.maven.apache.org/146.75.28.215] failed: Connection timed out -> [Help 1]",
			"Could not transfer artifact org.apache.maven.surefire:surefire-api:jar:2.21.0 from/to central (https://repo.maven.apache.org/maven2): Transfer failed for https://repo.maven.apache.org/maven2/x.jar: Connection reset -> [Help 1]",
			"Could not transfer artifact com.fabrikam:core:pom:1.0 from/to feed (https://pkgs.dev.azure.com/fabrikam/maven/v1): status code: 503, reason phrase: Service Unavailable (503)",
			"Could not transfer artifact a:b:jar:1 from/to central (https://repo.maven.apache.org/maven2): Connection timed out (Read failed) ->",
			"Could not HEAD 'https://repo.grails.org/x.module'. Received status code 503 from server: Service unavailable",
			"unexpected status from HEAD request to https://mcr.microsoft.com/v2/dotnet/sdk/manifests/8.0: 503 Service Unavailable",
			`Error response from daemon: Head "https://mcr.microsoft.com/v2/mssql/server/manifests/2022-latest": read tcp 10.0.0.39:39838->204.79.197.219:443: read: connection reset by peer`,
			"E: Failed to fetch http://azure.archive.ubuntu.com/ubuntu/pool/libsbc1_1.5-3build2_amd64.deb  Unable to connect to azure.archive.ubuntu.com:http: [IP: 52.252.75.106 80]",
			"E: Failed to fetch http://azure.archive.ubuntu.com/x.deb  Could not connect to azure.archive.ubuntu.com:80 (40.119.46.219), connection timed out",
			"Gem::RemoteFetcher::FetchError: Errno::ECONNRESET: Connection reset by peer - SSL_connect (https://rubygems.org/gems/ice_nine-0.11.1.gem)",
		},
		requeue.DiskErrors: {
			"System.IO.IOException: No space left on device",
			"/usr/bin/ld: final link failed: No space left on device",
			"OSError: [Errno 28] No space left on device",
			"npm error nospc ENOSPC: no space left on device, write",
			"error MSB3021: Unable to copy file \"a.dll\" to \"b.dll\". There is not enough space on the disk.",
			"error CS0016: Could not write to output file 'a.dll' -- 'There is not enough space on the disk.'",
		},
	} {
		for _, text := range texts {
			if !sets[set].Match(text) {
				t.Errorf("%s does not find %q", set, text)
			}
		}
	}
}

// TestOrdinaryFailures: what a build says of its own mistakes is in no set.
func TestOrdinaryFailures(t *testing.T) {
	t.Parallel()
	failures := []string{
		// Assertions and test names that speak of networks, disks and agents.
		"expected 503 but got 200",
		"Expected: 502\nActual:   200",
		"AssertionError: expected 'ECONNRESET' to equal 'ETIMEDOUT'",
		"✗ reports 'connection reset' to the user (34 ms)",
		"--- FAIL: TestRetry/connection_reset_by_peer (0.02s)",
		"--- FAIL: TestDownload/no_space_left_on_device (0.00s)",
		"Failed Orders.Tests.ClientTests.Throws_when_the_connection_was_reset [45 ms]",
		"Failed Storage.Tests.DiskFullTests.Writes_nothing_when_there_is_not_enough_space [12 ms]",
		"FAILED tests/test_client.py::test_read_timeout - AssertionError: assert 3 == 2",
		"E   requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: http://localhost:8000/orders",
		"Assert.Equal() Failure: Expected: TaskCanceledException, Actual: TimeoutException",
		"Expected string to be \"socket hang up\", but found \"read timeout\".",
		"Error: socket hang up\n    at connResetException (node:internal/errors:717:14)\n    at Test.assert (supertest/lib/test.js:172:7)",
		"Error: connect ECONNREFUSED ::1:27017",
		"TimeoutError: locator.click: Timeout 30000ms exceeded.",
		"Error: Timeout of 2000ms exceeded. For async tests and hooks, ensure \"done()\" is called",
		"java.net.SocketTimeoutException: Read timed out\n\tat com.fabrikam.orders.ClientTest.readsInTime(ClientTest.java:41)",
		"org.opentest4j.AssertionFailedError: expected: <java.net.SocketException: Connection reset> but was: <null>",
		"Selenium.WebDriverTimeoutException : Timed out after 10 seconds",
		"panic: test timed out after 10m0s",
		"Tests failed: 3, passed: 1207. Timed out: 0. Network tests: 12.",
		"There are one or more test failures detected in result files. Detailed summary of published test results can be viewed in the Tests tab.",
		// Compilers and linkers.
		"Client.cs(12,9): error CS0246: The type or namespace name 'TimeoutException' could not be found (are you missing a using directive or an assembly reference?)",
		"src/net.ts(3,10): error TS2305: Module '\"./errors\"' has no exported member 'ConnectionResetError'.",
		"network.go:17:2: undefined: ErrConnectionReset",
		"fatal error: network/retry.h: No such file or directory",
		"error[E0432]: unresolved import `std::io::NoSpaceLeft`",
		"error: could not compile `registry-client` (lib) due to 2 previous errors",
		"LINK : fatal error LNK1104: cannot open file 'disk.lib'",
		"collect2: error: ld returned 1 exit status",
		"error MSB3073: The command \"npm run build\" exited with code 1.",
		"error MSB4018: The \"CopyToDisk\" task failed unexpectedly.",
		"[ERROR] COMPILATION ERROR : agent/Agent.java:[10,8] class Agent is public, should be declared in a file named Agent.java",
		"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
		"java.lang.OutOfMemoryError: Java heap space",
		// Linters.
		"network.go:44:6: func `retryOnReset` is unused (unused)",
		"  12:5  error  'agentTimeout' is assigned a value but never used  no-unused-vars",
		"src/disk.py:3:1: F401 'errno.ENOSPC' imported but unused",
		// Packages that are missing, wrong or forbidden.
		"error NU1101: Unable to find package Fabrikam.Core. No packages exist with this id in source(s): nuget.org",
		"error NU1102: Unable to find package Fabrikam.Core with version (>= 2.0.0)",
		"error NU1301: Unable to load the service index for source https://pkgs.dev.azure.com/fabrikam/_packaging/feed/nuget/v3/index.json.\nerror NU1301:   Response status code does not indicate success: 401 (Unauthorized).",
		"error NU1301: Unable to load the service index for source https://pkgs.dev.azure.com/fabrikam/_packaging/feed/nuget/v3/index.json.\nerror NU1301:   The SSL connection could not be established, see inner exception.\nerror NU1301:   The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
		"npm ERR! code E401\nnpm ERR! Unable to authenticate, your authentication token seems to be invalid.",
		"npm ERR! code E403\nnpm ERR! 403 Forbidden - GET https://pkgs.dev.azure.com/fabrikam/_packaging/feed/npm/registry/core",
		"npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync.",
		"error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
		"ERROR: Could not find a version that satisfies the requirement nump (from versions: none)",
		"ERROR: No matching distribution found for nump",
		"[ERROR] Could not find artifact com.fabrikam:core:jar:2.0 in central (https://repo.maven.apache.org/maven2)",
		"> Could not find com.fabrikam:core:2.0.",
		"> Could not GET 'https://plugins.gradle.org/m2/com/fabrikam/core-2.0.pom'. Received status code 404 from server: Not Found",
		"Error response from daemon: pull access denied for fabrikam/web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
		"ERROR: failed to solve: fabrikam.azurecr.io/web:1: failed to resolve source metadata for fabrikam.azurecr.io/web:1: not found",
		"go: github.com/fabrikam/core@v9.9.9: invalid version: unknown revision v9.9.9",
		"error: no matching package named `serd` found",
		"Could not find gem 'rials' in rubygems repository https://rubygems.org/ or installed locally.",
		// Permissions, settings, people, limits of time.
		"bash: ./build.sh: Permission denied",
		"mkdir: cannot create directory '/opt/cache': Read-only file system",
		"error MSB3021: Unable to copy file \"a.dll\" to \"b.dll\". Access to the path 'b.dll' is denied.",
		"TF401027: You need the Git 'GenericContribute' permission to perform this action.",
		"remote: TF401019: The Git repository with name or identifier web does not exist or you do not have permissions for the operation you are attempting.",
		"fatal: Authentication failed for 'https://dev.azure.com/fabrikam/Fabrikam/_git/web/'",
		"Git fetch failed with exit code: 128",
		"Bash exited with code '137'.",
		"Bash exited with code '1'.",
		"The process '/usr/bin/dotnet' failed with exit code 1",
		"The task has timed out.",
		"The job running on agent Azure Pipelines 2 ran longer than the maximum time of 60 minutes.",
		"The operation was canceled.",
		"The pipeline is not valid. Job build: Step references task Gradl at version 2 which could not be found.",
		"curl: (22) The requested URL returned error: 403",
		"curl: (7) Failed to connect to 127.0.0.1 port 5000 after 0 ms: Connection refused",
		// What somebody tried again.
		"Retrying 'FindPackagesByIdAsync' for source 'https://api.nuget.org/v3-flatcontainer/scrutor/index.json'.",
		"npm http fetch GET https://registry.npmjs.org/eslint attempt 1 failed with ECONNRESET",
		"info There appears to be trouble with your network connection. Retrying...",
		"##[warning]Git fetch failed with exit code 128, back off 2.551 seconds before retry.",
		"Retrying fetcher due to error (2/4): Bundler::HTTPError Could not fetch specs from https://rubygems.org/",
	}
	if len(failures) < 40 {
		t.Errorf("%d ordinary failures only", len(failures))
	}
	for set, p := range allSets(t) {
		for _, text := range failures {
			if p.Match(text) {
				t.Errorf("%s finds %q", set, text)
			}
		}
		if text := strings.Join(failures, "\n"); p.Match(text) {
			t.Errorf("%s finds something in all of them together, which make one log", set)
		}
	}
}

func TestNewErrorPattern(t *testing.T) {
	t.Parallel()
	const agentText, networkText = "The agent has received a shutdown signal.", "curl: (6) Could not resolve host: x"
	for _, tc := range []struct {
		name, item, finds, not string
		errContains            []string
	}{
		{name: "a set", item: "@agent", finds: agentText, not: networkText},
		{name: "in any case", item: "@NetWork", finds: networkText, not: agentText},
		{name: "all of them", item: "@infrastructure", finds: networkText, not: "@infrastructure"},
		{name: "an expression", item: "time ?out", finds: "a timeout", not: "a Timeout"},
		{name: "an expression that begins with @", item: "@babel/core", finds: "Cannot find @babel/core", not: agentText},
		{name: "with a digit", item: "@angular2", finds: "@angular2", not: agentText},
		{name: "@ alone", item: "@", finds: "a@b", not: "ab"},
		{name: "a set's name within an expression", item: "see @agent", finds: "see @agent", not: agentText},
		{name: "that text as an expression", item: "[@]agent", finds: "an @agent", not: agentText},
		{name: "not at the beginning", item: "!@agent", finds: "!@agent", not: agentText},
		{name: "alternatives are an expression", item: "@agent|@network", finds: "@network", not: agentText},
		{name: "unknown", item: "@networks", errContains: []string{"names no set", "[@]word"}},
		{name: "unknown, of other letters", item: "@réseau", errContains: []string{"names no set"}},
		{name: "several", item: "@agent, @Disk", errContains: []string{"several sets", "one a line"}},
		{name: "several, and something else", item: "@agent, @foo", finds: "@agent, @foo", not: agentText},
		{name: "not RE2", item: "@(", errContains: []string{"missing closing )"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := requeue.NewErrorPattern(tc.item)
			if len(tc.errContains) > 0 {
				for _, part := range tc.errContains {
					if err == nil || !strings.Contains(err.Error(), part) {
						t.Errorf("error %v does not say %q", err, part)
					}
				}
				if p.Match("") || p.Match(tc.item) {
					t.Error("a pattern that is none matches")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !p.Match(tc.finds) || p.Match(tc.not) {
				t.Errorf("finds %q: %t, finds %q: %t", tc.finds, p.Match(tc.finds), tc.not, p.Match(tc.not))
			}
		})
	}
}

func TestErrorSetNames(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`\A@[a-z]+\z`)
	sets := requeue.ErrorSets()
	if diff := cmp.Diff([]requeue.ErrorSet{"@agent", "@network", "@registry", "@disk", "@infrastructure"}, sets); diff != "" {
		t.Errorf("sets (-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(sets, func(s requeue.ErrorSet) bool { return !word.MatchString(string(s)) }) {
		t.Errorf("a set's name is no \"@\" and letters: %v", sets)
	}
}

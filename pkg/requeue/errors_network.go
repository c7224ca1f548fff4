package requeue

// networkErrors are what programs and runtimes print when a name does not resolve, a connection breaks, or a server says
// that it cannot at the moment. Names without a dot and addresses of the machine itself are left out: those are the
// services of a test.
func networkErrors() []KnownError {
	return append(systemNetworkErrors(), toolNetworkErrors()...)
}

// systemNetworkErrors come from operating systems and runtimes, whatever program runs on them.
func systemNetworkErrors() []KnownError {
	return []KnownError{
		{
			What:       "Linux: name did not resolve",
			Expression: `Temporary failure in name resolution`,
			Example:    "java.net.UnknownHostException: raw.githubusercontent.com: Temporary failure in name resolution",
			Source:     "https://github.com/jenkins-x/jx/issues/2101",
			NearMiss:   `expected "EAI_AGAIN" to be called a temporary failure of name resolution`,
		},
		{
			What:       ".NET, Linux: name did not resolve",
			Expression: `Name or service not known \([\w-]+\.[\w.-]+:\d+\)`,
			Example:    "error : HttpRequestException: Name or service not known (dotnetcli.azureedge.net:443)",
			Source:     "https://github.com/dotnet/source-build/issues/4727",
			NearMiss:   "SocketException: Name or service not known (db:5432)",
		},
		{
			What:       ".NET, Linux: name did not resolve just then",
			Expression: `Resource temporarily unavailable \([\w-]+\.[\w.-]+:\d+\)`,
			Example:    "Runner connect error: Resource temporarily unavailable (pipelines.actions.githubusercontent.com:443).",
			Source:     "https://github.com/actions/runner/issues/1802",
			NearMiss:   "fork: retry: Resource temporarily unavailable",
		},
		{
			What:       ".NET, macOS: name did not resolve",
			Expression: `nodename nor servname provided, or not known \([\w-]+\.[\w.-]+:\d+\)`,
			Example:    "System.Net.Http.HttpRequestException: nodename nor servname provided, or not known (vsblobprodcus3.vsblob.visualstudio.com:443)",
			Source:     "https://github.com/dotnet/runtime/issues/96798",
			NearMiss:   "HttpRequestException: nodename nor servname provided, or not known (redis:6379)",
		},
		{
			What:       "Windows: name did not resolve",
			Expression: `No such host is known\.`,
			Example:    `error :   No such host is known. [D:\a\1\s\external\winrt\winrt.depproj]`,
			Source:     "https://github.com/dotnet/corefx/issues/36948",
			NearMiss:   "dial tcp: lookup redis on 127.0.0.11:53: no such host",
		},
		{
			What:       ".NET Framework: name did not resolve",
			Expression: `The remote name could not be resolved: '[\w-]+\.[\w.-]+'`,
			Example:    "System.Net.WebException: The remote name could not be resolved: 'management.azure.com'",
			Source:     "https://github.com/liprec/vsts-release-aas/issues/97",
			NearMiss:   "System.Net.WebException: The remote name could not be resolved: 'api'",
		},
		{
			What:       "Node: name did not resolve",
			Expression: `getaddrinfo (?:EAI_AGAIN|ENOTFOUND) [\w-]+\.[\w.-]+`,
			Example:    "Could not fetch access token for AAD. Error: getaddrinfo ENOTFOUND dev.azure.com",
			Source:     "https://github.com/dotnet/dnceng/issues/3456",
			NearMiss:   "Error: getaddrinfo ENOTFOUND postgres",
		},
		{
			What:       "Java: name did not resolve",
			Expression: `java\.net\.UnknownHostException: [\w-]+\.[\w.-]+`,
			Example:    `Exception in thread "main" java.net.UnknownHostException: services.gradle.org`,
			Source:     "https://github.com/tronprotocol/documentation/issues/301",
			NearMiss:   "expected: <java.net.UnknownHostException> but was: <java.net.ConnectException>",
		},
		{
			What:       "Windows: no answer",
			Expression: `A connection attempt failed because the connected party did not properly respond`,
			Example:    "NuGet.targets(119,5): error :   A connection attempt failed because the connected party did not properly respond after a period of time, or established connection failed because connected host has failed to respond.",
			Source:     "https://github.com/dotnet/corefx/issues/37185",
			NearMiss:   `Assert.Contains() Failure: Sub-string not found. String: "A connection attempt failed"`,
		},
		{
			What:       "Node: no answer",
			Expression: `connect E(?:TIMEDOUT|HOSTUNREACH|NETUNREACH) `,
			Example:    "Script failed with error: Error: connect ETIMEDOUT 13.107.42.20:443",
			Source:     "https://github.com/dotnet/dnceng/issues/3680",
			NearMiss:   "Error: connect ECONNREFUSED 127.0.0.1:5432",
		},
		{
			What:       "Go: no answer",
			Expression: `dial tcp[^\n]*: (?:i/o timeout|server misbehaving|connect: (?:connection timed out|network is unreachable|no route to host))`,
			Example:    `Get "https://mcr.microsoft.com/v2/": dial tcp 204.79.197.219:443: i/o timeout`,
			Source:     "https://github.com/microsoft/containerregistry/issues/139",
			NearMiss:   "dial tcp 127.0.0.1:5432: connect: connection refused",
		},
		{
			What:       "Go: no answer in time",
			Expression: `"https://[^"\n]*": (?:net/http: request canceled[^(\n]*|context deadline exceeded )\(Client\.Timeout exceeded while awaiting headers\)`,
			Example:    `Error response from daemon: Get "https://mcr.microsoft.com/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
			Source:     "https://github.com/microsoft/containerregistry/issues/145",
			NearMiss:   `client_test.go:41: Get "http://127.0.0.1:43210": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
		},
		{
			What:       ".NET: no answer in time",
			Expression: `The request was canceled due to the configured HttpClient\.Timeout of \d+ seconds elapsing`,
			Example:    "Failed to push to the output registry: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing",
			Source:     "https://github.com/Azure/azure-dev/issues/3225",
			NearMiss:   "CS0246: The type or namespace name 'TimeoutException' could not be found (are you missing a using directive or an assembly reference?)",
		},
		{
			What:       "Go: broken TLS handshake",
			Expression: `net/http: TLS handshake timeout`,
			Example:    `https fetch: Get "https://honnef.co/go/tools?go-get=1": net/http: TLS handshake timeout`,
			Source:     "https://github.com/awslabs/mountpoint-s3-csi-driver/pull/828",
			NearMiss:   "--- FAIL: TestTLSHandshakeTimeout (0.01s)",
		},
		{
			What:       "Windows: connection reset",
			Expression: `An existing connection was forcibly closed by the remote host`,
			Example:    "Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host.",
			Source:     "https://github.com/NuGet/NuGetGallery/issues/9103",
			NearMiss:   "Expected the existing connection to be closed by the remote host, but it is still open.",
		},
		{
			What:       ".NET: connection reset",
			Expression: `Unable to read data from the transport connection: Connection (?:reset by peer|timed out)`,
			Example:    "Unable to read data from the transport connection: Connection reset by peer.",
			Source:     "https://github.com/NuGet/Home/issues/10287",
			NearMiss:   "Assert.Throws() Failure: expected IOException (Connection reset by peer), but no exception was thrown",
		},
		{
			What:       ".NET Framework: connection closed",
			Expression: `The underlying connection was closed: An unexpected error occurred on a (?:send|receive)`,
			Example:    "The underlying connection was closed: An unexpected error occurred on a send.",
			Source:     "https://github.com/NuGet/NuGetGallery/issues/9103",
			NearMiss:   "The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel.",
		},
		{
			What:       "Node: connection reset",
			Expression: `read ECONNRESET`,
			Example:    "Error checking Azure version: read ECONNRESET, feature flag 'ShowWarningOnOlderAzureModules' has been set",
			Source:     "https://github.com/microsoft/azure-pipelines-tasks/issues/21341",
			NearMiss:   "✕ retries when the socket reports ECONNRESET (12 ms)",
		},
		{
			What:       "Go: connection reset",
			Expression: `read tcp \S+:443: read: connection reset by peer`,
			Example:    `ERROR: failed to do request: Head "https://mcr.microsoft.com/v2/dotnet/sdk/manifests/7.0-bullseye-slim": read tcp 172.18.0.2:43780->204.79.197.219:443: read: connection reset by peer`,
			Source:     "https://github.com/microsoft/containerregistry/issues/148",
			NearMiss:   "server_test.go:88: read tcp 127.0.0.1:40122->127.0.0.1:39811: read: connection reset by peer",
		},
		{
			What:       "Python: connection reset",
			Expression: `ConnectionResetError: \[Errno 104\] Connection reset by peer`,
			Example:    "ConnectionResetError: [Errno 104] Connection reset by peer",
			Source:     "https://github.com/freedomofpress/securedrop/issues/4898",
			NearMiss:   "E   Failed: DID NOT RAISE <class 'ConnectionResetError'>",
		},
	}
}

// toolNetworkErrors come from programs that fetch things, and from servers that say no.
func toolNetworkErrors() []KnownError {
	return []KnownError{
		{
			What:       "curl: name did not resolve",
			Expression: `curl: \(6\) `,
			Example:    "curl: (6) Couldn't resolve host 'dotnet.microsoft.com'",
			Source:     "https://github.com/dotnet/runtime/issues/65621",
			NearMiss:   "curl: (3) URL rejected: No host part in the URL",
		},
		{
			What:       "curl: no connection",
			Expression: `curl: \(7\) Failed to connect to (?:[\w-]+\.)+[A-Za-z]{2,} port`,
			Example:    "curl: (7) Failed to connect to releases.llvm.org port 80: Timed out",
			Source:     "https://github.com/coala/coala/issues/4126",
			NearMiss:   "curl: (7) Failed to connect to localhost port 8080 after 0 ms: Connection refused",
		},
		{
			What:       "curl: server not available",
			Expression: `curl: \(22\) The requested URL returned error: (?:429|50[234])`,
			Example:    "curl: (22) The requested URL returned error: 503",
			Source:     "https://github.com/dtolnay/install/pull/4",
			NearMiss:   "curl: (22) The requested URL returned error: 404",
		},
		{
			What:       "curl: timeout or broken TLS handshake",
			Expression: `curl: \((?:28|35)\) `,
			Example:    "curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to mcr.microsoft.com:443",
			Source:     "https://github.com/microsoft/containerregistry/issues/132",
			NearMiss:   "curl: (60) SSL certificate problem: unable to get local issuer certificate",
		},
		{
			What:       "curl: transfer broke off",
			Expression: `curl: \((?:16|18|52|55|56|92)\) `,
			Example:    "curl: (56) Recv failure: Connection reset by peer",
			Source:     "https://github.com/npm/registry-issue-archive/issues/124",
			NearMiss:   "curl: (23) Failed writing body (0 != 16384)",
		},
		{
			What:       "wget: name did not resolve",
			Expression: `wget: unable to resolve host address \S[\w-]+\.[\w.-]+`,
			Example:    "wget: unable to resolve host address 'vm-118-138-240-228.erc.monash.edu.au'",
			Source:     "https://github.com/markziemann/dee2/issues/24",
			NearMiss:   "wget: unable to resolve host address 'time'",
		},
		{
			What:       "wget of BusyBox: no answer in time",
			Expression: `wget: download timed out`,
			Example:    "wget: download timed out",
			Source:     "https://github.com/padthaitofuhot/apkfastestmirror/pull/2",
			NearMiss:   "wget: server returned error: HTTP/1.1 403 Forbidden",
		},
		{
			What:       "git: server not reached",
			Expression: `fatal: unable to access '[^'\n]*': (?:Could not resolve host|Failed to connect to|Couldn't connect to server|(?:Operation|Connection) timed out|Failure when receiving data|Recv failure|Send failure|Empty reply|OpenSSL SSL_(?:connect|read)|SSL_ERROR_SYSCALL|gnutls_handshake|GnuTLS recv error|schannel: failed to receive handshake|HTTP/2 stream|The requested URL returned error: (?:429|50[0234]))`,
			Example:    "fatal: unable to access 'https://github.com/oppia/oppia/': Failed to connect to github.com port 443 after 134448 ms: Connection timed out",
			Source:     "https://github.com/oppia/oppia/issues/20940",
			NearMiss:   "fatal: unable to access 'https://dev.azure.com/fabrikam/Fabrikam/_git/web/': The requested URL returned error: 403",
		},
		{
			What:       "Node: the server hung up",
			Expression: `request to https://\S+ failed, reason: (?:socket hang up|read ECONNRESET|network timeout|Client network socket disconnected before secure TLS connection was established)`,
			Example:    "npm ERR! network request to https://registry.npmjs.org/@gulp-sourcemaps%2fidentity-map failed, reason: socket hang up",
			Source:     "https://github.com/npm/registry-issue-archive/issues/184",
			NearMiss:   "FetchError: request to http://localhost:3000/health failed, reason: socket hang up",
		},
		{
			What:       "Python: retries in vain",
			Expression: `HTTPSConnectionPool\(host='(?:[\w-]+\.)+[A-Za-z]+', port=\d+\): Max retries exceeded with url: [^\n]*\(Caused by (?:NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProtocolError|ResponseError\('too many 50[0234])`,
			Example:    `requests.exceptions.ConnectionError: HTTPSConnectionPool(host='files-staging.kernelci.org', port=443): Max retries exceeded with url: /kbuild-gcc-12-arm-multi_v5_defconfig-6827085c91d956dc68a98c6d/metadata.json (Caused by NameResolutionError("<urllib3.connection.HTTPSConnection object at 0x7f3403ce4a50>: Failed to resolve 'files-staging.kernelci.org' ([Errno -2] Name or service not known)"))`,
			Source:     "https://github.com/kernelci/kernelci-pipeline/issues/1156",
			NearMiss:   "requests.exceptions.ConnectionError: HTTPConnectionPool(host='localhost', port=8080): Max retries exceeded with url: /health (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))",
		},
		{
			What:       "Python: no answer in time",
			Expression: `requests\.exceptions\.(?:Read|Connect)Timeout: HTTPSConnectionPool\(host='(?:[\w-]+\.)+[A-Za-z]+', `,
			Example:    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='app.statuscake.com', port=443): Read timed out. (read timeout=10)",
			Source:     "https://github.com/trbs/statuscake/issues/28",
			NearMiss:   "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='127.0.0.1', port=32400): Read timed out. (read timeout=30)",
		},
		{
			What:       "Azure Resource Manager: no answer in time",
			Expression: `The gateway did not receive a response from '[^'\n]+' within the specified time period`,
			Example:    "Failed to restart App Service 'appServiceName-staging'. Error: The gateway did not receive a response from 'Microsoft.Web' within the specified time period. (CODE: 504)",
			Source:     "https://github.com/microsoft/azure-pipelines-tasks/issues/6757",
			NearMiss:   "Failed to restart App Service 'appServiceName-staging'. Error: Conflict (CODE: 409)",
		},
		{
			What:       "a task's request: no answer in time",
			Expression: `Request timeout: /\S*_apis/`,
			Example:    "Error: Request timeout: /dnceng/_apis/Location",
			Source:     "https://github.com/dotnet/dnceng/issues/3116",
			NearMiss:   `AssertionError: expected "Request timeout: /orders" to equal "OK"`,
		},
		{
			What:       "an agent's request: no answer in time",
			Expression: `The HTTP request timed out after \d\d:\d\d:\d\d`,
			Example:    "The HTTP request timed out after 00:01:40.",
			Source:     "https://github.com/microsoft/vscode-python/issues/8752",
			NearMiss:   "Expected the HTTP request to time out after 00:01:40, but it succeeded.",
		},
		{
			What:       ".NET: server not available",
			Expression: `Response status code does not indicate success: (?:429|50[234]) `,
			Example:    "Response status code does not indicate success: 503 (Service Unavailable)",
			Source:     "https://github.com/dotnet/arcade/issues/11239",
			NearMiss:   "Response status code does not indicate success: 404 (Not Found).",
		},
		{
			What:       ".NET Framework: server not available",
			Expression: `The remote server returned an error: \((?:429|50[234])\)`,
			Example:    "The remote server returned an error: (429) Too Many Requests.",
			Source:     "https://github.com/dotnet/dnceng/issues/3069",
			NearMiss:   "The remote server returned an error: (404) Not Found.",
		},
		{
			What:       "Java: server not available",
			Expression: `Server returned HTTP response code: (?:429|50[234]) for URL: https://`,
			Example:    "Attempt 1/1 failed. Reason: Server returned HTTP response code: 503 for URL: https://services.gradle.org/distributions/gradle-9.7.0-bin.zip",
			Source:     "https://github.com/basecamp/basecamp-sdk/issues/729",
			NearMiss:   "java.io.IOException: Server returned HTTP response code: 403 for URL: https://api.fabrikam.com/v1/orders",
		},
		{
			What:       "Azure Front Door has nobody behind it",
			Expression: `Our services aren't available right now`,
			Example:    "Our services aren't available right now",
			Source:     "https://github.com/dotnet/dnceng/issues/3069",
			NearMiss:   "expected 503 but got 200",
		},
	}
}

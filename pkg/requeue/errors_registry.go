package requeue

// registryErrors are what package managers print when a package or an image, which may well be there, could not be
// fetched this time. That it is missing or forbidden (400, 401, 403, 404) is nobody's infrastructure.
func registryErrors() []KnownError {
	return append(packageErrors(), imageErrors()...)
}

// nugetCause is why NuGet could not load something, as far as it can pass: the lines below its complaint.
const nugetCause = `(?:Response status code does not indicate success: (?:429|50[0234])|The HTTP request to '|` +
	`No such host|Name or service not known|nodename nor servname|Resource temporarily unavailable|` +
	`Connection (?:reset|refused|timed out)|A connection attempt failed|An error occurred while sending the request|` +
	`Unable to read data from|The remote name could not be resolved|The response ended prematurely|` +
	`The SSL connection could not be established, see inner exception\.(?: \[[^\n]*)?\s+` + nugetPrefix +
	`(?:Unable to read data from|Authentication failed because the remote party|Received an unexpected EOF))`

// nugetPrefix is what MSBuild puts before each further line of an error.
const nugetPrefix = `(?:\S[^\n]*rror(?: NU1301)? ?: +)?`

// packageErrors are those of package managers, by language and then by system.
func packageErrors() []KnownError {
	return []KnownError{
		{
			What:       "NuGet: service index not loaded",
			Expression: `Unable to load the service index for source \S+(?: \[[^\n]*)?\s+` + nugetPrefix + nugetCause,
			Example:    "[dotnet-public] Unable to load the service index for source https://pkgs.dev.azure.com/dnceng/public/_packaging/dotnet-public/nuget/v3/index.json.\n  Response status code does not indicate success: 503 (Service Unavailable).",
			Source:     "https://github.com/dotnet/dnceng/issues/3491",
			NearMiss:   "error NU1301: Unable to load the service index for source https://pkgs.dev.azure.com/fabrikam/_packaging/feed/nuget/v3/index.json.\n  Response status code does not indicate success: 401 (Unauthorized).",
		},
		{
			What:       "NuGet: package not downloaded",
			Expression: `Failed to (?:download package|retrieve information about) '[^'\n]+' from (?:remote source )?'[^'\n]+'\.(?: \[[^\n]*)?\s+` + nugetPrefix + nugetCause,
			Example:    "NuGet.targets(132,5): Error : Failed to download package 'Microsoft.AspNetCore.Cryptography.Internal.2.2.0' from 'https://api.nuget.org/v3-flatcontainer/microsoft.aspnetcore.cryptography.internal/2.2.0/microsoft.aspnetcore.cryptography.internal.2.2.0.nupkg'.\nThe SSL connection could not be established, see inner exception.\n  Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host..",
			Source:     "https://github.com/NuGet/NuGetGallery/issues/9218",
			NearMiss:   "error NU1301: Failed to retrieve information about 'Fabrikam.Core' from remote source 'https://api.nuget.org/v3-flatcontainer/fabrikam.core/index.json'.\n  The SSL connection could not be established, see inner exception.\n  The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
		},
		{
			What:       "npm: registry not reached",
			Expression: `npm (?:ERR!|error) code (?:ECONNRESET|ECONNABORTED|ETIMEDOUT|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH)`,
			Example:    "npm ERR! code ECONNRESET",
			Source:     "https://github.com/npm/cli/issues/8015",
			NearMiss:   "npm ERR! code ERESOLVE",
		},
		{
			What:       "npm: registry not available",
			Expression: `npm (?:ERR!|error) code E(?:429|50[0234])`,
			Example:    "npm ERR! code E503",
			Source:     "https://github.com/npm/registry-issue-archive/issues/388",
			NearMiss:   "npm ERR! code E404\nnpm ERR! 404 Not Found - GET https://registry.npmjs.org/left-padd - Not found",
		},
		{
			What:       "Yarn: registry not reached",
			Expression: `error An unexpected error occurred: "https://[^"\n]*: (?:ESOCKETTIMEDOUT|ETIMEDOUT|ECONNRESET|read ECONNRESET|connect E|getaddrinfo E|socket hang up|Request failed \\"(?:429|50[0234]))`,
			Example:    `error An unexpected error occurred: "https://registry.yarnpkg.com/rxjs/-/rxjs-5.4.0.tgz: ESOCKETTIMEDOUT".`,
			Source:     "https://github.com/microsoft/azuredatastudio/pull/13347",
			NearMiss:   `error An unexpected error occurred: "https://registry.yarnpkg.com/left-padd: Not found".`,
		},
		{
			What:       "pnpm: registry not available",
			Expression: `ERR_PNPM_(?:META_FETCH_FAIL|FETCH_(?:429|50[0234]))`,
			Example:    "ERR_PNPM_FETCH_429  GET https://registry.npmjs.org/pnpm: Too Many Requests - 429",
			Source:     "https://github.com/pnpm/pnpm/issues/8953",
			NearMiss:   "ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/left-padd: Not Found - 404",
		},
		{
			What:       "pip: download broke off",
			Expression: `pip\._vendor\.(?:urllib3|requests|requests\.packages\.urllib3)\.exceptions\.(?:ReadTimeoutError|ConnectTimeoutError|NewConnectionError|ProtocolError|IncompleteRead|ConnectionError|ConnectTimeout|ReadTimeout|ChunkedEncodingError): `,
			Example:    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.pythonhosted.org', port=443): Read timed out.",
			Source:     "https://github.com/conbench/conbench/issues/815",
			NearMiss:   `WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)")': /simple/numpy/`,
		},
		{
			What:       "pip: packages not downloaded",
			Expression: `ERROR: Could not install packages due to an (?:OSError|EnvironmentError): HTTPSConnectionPool\([^\n]*(?:NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProtocolError|Read timed out)`,
			Example:    "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='files.pythonhosted.org', port=443): Max retries exceeded with url: /packages/e4/40/3c4d9862bebcd3c7d54c06e3bdff0a2ab503d2df98d8c15b337c7b864f0a/uv-0.1.45-py3-none-manylinux_2_17_x86_64.whl (Caused by NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7654e7c077c0>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution'))",
			Source:     "https://github.com/rapidsai/ci-imgs/pull/233",
			NearMiss:   "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/usr/local/lib/python3.12'",
		},
		{
			What: "Maven: artifact not transferred",
			Expression: `Could not transfer (?:artifact|metadata) \S+ from/to \S+ \([^)\n]*\): (?:[Tt]ransfer failed for \S+ ?)?` +
				`(?:Connect(?:ion)? (?:reset|timed out)|Connect to \S+ \[[^\n]*\] failed: Connect(?:ion)? (?:reset|timed out)|` +
				`Read timed out|Remote host terminated the handshake|Premature end of|Unknown host |(?:[\w-]+\.)+[A-Za-z]+: (?:Temporary failure|Name or service)|` +
				`(?:status code: )?(?:429|50[0234])\b)`,
			Example:  "[ERROR] Plugin org.apache.maven.plugins:maven-resources-plugin:3.3.0 or one of its dependencies could not be resolved: Could not transfer artifact org.apache.maven.plugins:maven-resources-plugin:pom:3.3.0 from/to central (https://repo.maven.apache.org/maven2): Connection reset -> [Help 1]",
			Source:   "https://github.com/hapifhir/org.hl7.fhir.core/pull/1205",
			NearMiss: "[ERROR] Could not transfer artifact com.fabrikam:core:pom:1.0 from/to feed (https://pkgs.dev.azure.com/fabrikam/_packaging/feed/maven/v1): status code: 401, reason phrase: Unauthorized (401)",
		},
		{
			What:       "Gradle: repository not available",
			Expression: `Could not (?:GET|HEAD|PUT) '[^'\n]*'\. Received status code (?:429|50[0234]) from server`,
			Example:    "> Could not GET 'https://jcenter.bintray.com/com/google/errorprone/error_prone_annotations/2.0.18/error_prone_annotations-2.0.18.pom'. Received status code 504 from server: Gateway Time-out",
			Source:     "https://github.com/flutter/flutter/issues/38915",
			NearMiss:   "> Could not GET 'https://pkgs.dev.azure.com/fabrikam/_packaging/feed/maven/v1/core-1.0.pom'. Received status code 401 from server: Unauthorized",
		},
		{
			What:       "Gradle: repository not reached",
			Expression: `Could not (?:GET|HEAD) '[^'\n]*'\.\s+(?:> )?(?:Read timed out|Connect(?:ion)? (?:reset|timed out)|Connect to \S+ \[[^\n]*\] failed: (?:Read|Connect(?:ion)?) (?:reset|timed out)|Remote host terminated the handshake|SSL peer shut down incorrectly|Unexpected end of file)`,
			Example:    "> Could not HEAD 'https://jitpack.io/network/bisq/bisq-p2p/-SNAPSHOT/maven-metadata.xml'.\n   > Read timed out",
			Source:     "https://github.com/gradle/gradle/issues/4629",
			NearMiss:   "> Could not GET 'https://nexus.fabrikam.com/core-1.0.pom'.\n   > PKIX path building failed: unable to find valid certification path to requested target",
		},
		{
			What:       "Gradle itself not downloaded",
			Expression: `Downloading from https://\S+ failed: timeout`,
			Example:    `Exception in thread "main" java.io.IOException: Downloading from https://services.gradle.org/distributions/gradle-6.5-bin.zip failed: timeout`,
			Source:     "https://github.com/google/tsunami-security-scanner/issues/91",
			NearMiss:   "Downloading https://services.gradle.org/distributions/gradle-6.5-bin.zip",
		},
		{
			What:       "Go: module not downloaded",
			Expression: `https://proxy\.golang\.org/\S+: (?:dial tcp|read tcp|net/http: |EOF|unexpected EOF|stream error|50[0234] )`,
			Example:    `github.com/microsoft/go-infra/goinstallscript@v0.0.0-20250210150554-f31015b54477: Get "https://proxy.golang.org/github.com/microsoft/go-infra/goinstallscript/@v/v0.0.0-20250210150554-f31015b54477.zip": dial tcp 142.251.218.81:443: i/o timeout`,
			Source:     "https://github.com/microsoft/go/issues/2460",
			NearMiss:   "go: github.com/fabrikam/missing@v1.0.0: reading https://proxy.golang.org/github.com/fabrikam/missing/@v/v1.0.0.mod: 404 Not Found",
		},
		{
			What:       "Cargo: crate not downloaded",
			Expression: `Caused by:\s+\[(?:5|6|7|16|18|28|35|52|55|56|92)\] `,
			Example:    "Caused by:\n  [28] Timeout was reached (Operation too slow. Less than 10 bytes/sec transferred the last 30 seconds)",
			Source:     "https://github.com/rust-lang/simpleinfra/issues/341",
			NearMiss:   "warning: spurious network error (3 tries remaining): [28] Timeout was reached (failed to download any data for `fyroxed v0.14.1` within 30s)",
		},
		{
			What:       "Cargo: registry not available",
			Expression: `failed to get (?:200|successful HTTP) response from .https://[^\n]*, got (?:429|50[0234])`,
			Example:    "failed to get 200 response from `https://crates.io/api/v1/crates/core-foundation/0.6.4/download`, got 502",
			Source:     "https://github.com/kbknapp/cargo-outdated/issues/212",
			NearMiss:   "failed to get 200 response from `https://crates.io/api/v1/crates/nope/0.1.0/download`, got 404",
		},
		{
			What:       "RubyGems: gem not downloaded",
			Expression: `Gem::RemoteFetcher::FetchError: (?:too many connection resets|Errno::E(?:CONNRESET|TIMEDOUT|HOSTUNREACH)|Net::(?:Open|Read)Timeout|SocketError|bad response [^\n]*50[0234])`,
			Example:    "Gem::RemoteFetcher::FetchError: too many connection resets (http://rubygems-china.oss.aliyuncs.com/gems/mail_view-2.0.4.gem)",
			Source:     "https://github.com/rubygems/bundler/issues/4545",
			NearMiss:   "Gem::RemoteFetcher::FetchError: bad response Not Found 404 (https://rubygems.org/gems/nope-1.0.gem)",
		},
		{
			What:       "PowerShell: gallery not reached",
			Expression: `Unable to resolve package source 'https://www\.powershellgallery\.com/`,
			Example:    "WARNING: Unable to resolve package source 'https://www.powershellgallery.com/api/v2'.",
			Source:     "https://github.com/PowerShell/PowerShellGallery/issues/332",
			NearMiss:   "Install-Package: No match was found for the specified search criteria and module name 'Pesterr'.",
		},
		{
			What:       "apt: package not fetched",
			Expression: `E: Failed to fetch \S+ +(?:429 |50[0234] |Could not connect to|Unable to connect to|Could not resolve|Temporary failure resolving|Connection (?:failed|timed out)|Error reading from server|Read error|Hash Sum mismatch|File has unexpected size)`,
			Example:    "E: Failed to fetch http://azure.archive.ubuntu.com/ubuntu/pool/main/z/zlib/lib32z1_1.2.11.dfsg-0ubuntu2_amd64.deb  503  Service Unavailable [IP: 52.177.174.250 80]",
			Source:     "https://github.com/actions/runner-images/issues/683",
			NearMiss:   "E: Failed to fetch http://azure.archive.ubuntu.com/ubuntu/pool/main/c/curl/libcurl4_7.81.0-1ubuntu1.7_amd64.deb  404  Not Found [IP: 52.252.75.106 80]",
		},
		{
			What:       "dnf, yum: repository not reached",
			Expression: `- Curl error \((?:6|7|16|18|28|35|52|55|56|92)\): `,
			Example:    "  - Curl error (16): Error in the HTTP2 framing layer for https://mirrors.fedoraproject.org/metalink?repo=updates-released-modular-f35&arch=x86_64 []",
			Source:     "https://github.com/googleapis/google-cloud-cpp/issues/9448",
			NearMiss:   "  - Curl error (37): Couldn't read a file:// file for file:///non/existent/repo/repodata/repomd.xml",
		},
		{
			What:       "dnf, yum: repository not available",
			Expression: `Status code: (?:429|50[0234]) for https?://`,
			Example:    "  - Status code: 503 for https://mirrors.fedoraproject.org/metalink?repo=updates-released-modular-f35&arch=x86_64 (IP: 152.19.134.142)",
			Source:     "https://github.com/googleapis/google-cloud-cpp/issues/9448",
			NearMiss:   "  - Status code: 404 for https://packages.fabrikam.com/rhel/9/repodata/repomd.xml (IP: 10.0.0.4)",
		},
		{
			What:       "apk: repository not available",
			Expression: `: temporary error \(try again later\)`,
			Example:    "ERROR: http://dl-cdn.alpinelinux.org/alpine/v3.4/main: temporary error (try again later)",
			Source:     "https://github.com/gliderlabs/docker-alpine/issues/264",
			NearMiss:   "ERROR: unable to select packages:\n  bash5 (no such package):",
		},
	}
}

// imageErrors are those of container registries.
func imageErrors() []KnownError {
	return []KnownError{
		{
			What:       "Docker: too many pulls",
			Expression: `toomanyrequests: `,
			Example:    "Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
			Source:     "https://github.com/docker/hub-feedback/issues/2429",
			NearMiss:   "denied: requested access to the resource is denied",
		},
		{
			What:       "BuildKit: too many pulls",
			Expression: `pulling from host \S+ failed with status code \[[^\]\n]*\]: (?:429|50[0234]) `,
			Example:    "ERROR: pulling from host mcr.microsoft.com failed with status code [manifests 8.0]: 429 Too Many Requests",
			Source:     "https://github.com/microsoft/containerregistry/issues/140",
			NearMiss:   "ERROR: pulling from host mcr.microsoft.com failed with status code [manifests 99.0]: 404 Not Found",
		},
		{
			What:       "Docker: registry not available",
			Expression: `received unexpected HTTP status: (?:429|50[0234]) `,
			Example:    "Error response from daemon: received unexpected HTTP status: 503 Service Unavailable",
			Source:     "https://github.com/microsoft/containerregistry/issues/169",
			NearMiss:   "Error response from daemon: manifest for node:99 not found: manifest unknown: manifest unknown",
		},
		{
			What:       "BuildKit: registry not available",
			Expression: `unexpected status (?:code|from [A-Z]+ request to) https://\S+: (?:429|50[0234]) `,
			Example:    "ERROR: failed to solve: failed to compute cache key: failed to copy: httpReadSeeker: failed open: unexpected status code https://mcr.microsoft.com/v2/dotnet/sdk/blobs/sha256:30ea495b602b5919488ec57d1f5fbaaa46fafc6a805176fe7b562cce482d4dbf: 503 Service Unavailable",
			Source:     "https://github.com/microsoft/containerregistry/issues/179",
			NearMiss:   "failed to fetch anonymous token: unexpected status from GET request to https://mcrprod.azurecr.io/oauth2/token?service=mcrprod.azurecr.io: 401 Unauthorized",
		},
		{
			What:       "Docker: registry not reached",
			Expression: `Error response from daemon: (?:Get|Head) "?https://\S+: (?:EOF|unexpected EOF|dial tcp|read tcp|net/http: |context deadline exceeded)`,
			Example:    `Error response from daemon: Get "https://mcr.microsoft.com/v2/": EOF`,
			Source:     "https://github.com/microsoft/containerregistry/issues/132",
			NearMiss:   `Error response from daemon: Head "https://fabrikam.azurecr.io/v2/agent/manifests/latest": unauthorized: authentication required`,
		},
		{
			What:       "BuildKit: registry not reached",
			Expression: `failed to do request: (?:Get|Head) "?https://\S+: (?:EOF|unexpected EOF|dial tcp|read tcp|net/http: |context deadline exceeded|malformed MIME header)`,
			Example:    `failed to solve: mcr.microsoft.com/dotnet/aspnet:7.0: failed to do request: Head "https://mcr.microsoft.com/v2/dotnet/aspnet/manifests/7.0": malformed MIME header: missing colon: "correctly after a period of time or connection failure".`,
			Source:     "https://github.com/microsoft/containerregistry/issues/145",
			NearMiss:   `failed to do request: Head "https://registry.fabrikam.com/v2/web/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
		},
	}
}

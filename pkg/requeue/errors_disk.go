package requeue

// diskErrors are what systems, compilers and package managers print when there is no room left.
func diskErrors() []KnownError {
	return []KnownError{
		{
			What:       "Linux, macOS: no space left",
			Expression: `No space left on device`,
			Example:    "No space left on device : '/agent/_diag/Worker_20240228-003108-utc.log'",
			Source:     "https://github.com/YannickRe/azuredevops-buildagents/issues/79",
			NearMiss:   "touch: cannot touch 'report.xml': Read-only file system",
		},
		{
			What:       "Docker, Go, Node: no space left",
			Expression: `: no space left on device`,
			Example:    "Error response from daemon: Error processing tar file(exit status 1): write /server-runtime-keycloak/target/dirigible-server-runtime-keycloak/WEB-INF/lib/rocksdbjni-5.18.4.jar: no space left on device",
			Source:     "https://github.com/eclipse-dirigible/dirigible/issues/769",
			NearMiss:   "Error: ENOSPC: System limit for number of file watchers reached, watch '/src'",
		},
		{
			What:       "Windows: no space left",
			Expression: `There is not enough space on the disk`,
			Example:    `NuGet.targets(119,5): error : There is not enough space on the disk. : 'C:\Users\dotnet-bot\.nuget\packages\transport.runtime.win-x86.microsoft.netcore.runtime.coreclr\3.0.0-preview6-27624-71\tools\crossgen.pdb'`,
			Source:     "https://github.com/dotnet/coreclr/issues/24266",
			NearMiss:   "You are running out of disk space. The runner will stop working when the machine runs out of disk space. Free space left: 99 MB",
		},
		{
			What:       "Linux, macOS: disk quota used up",
			Expression: `Disk quota exceeded`,
			Example:    "spacy/gold.cpp:52603:1: fatal error: error writing to /tmp/ccrBOyZN.s: Disk quota exceeded",
			Source:     "https://github.com/mikeizbicki/cmc-csci143/issues/193",
			NearMiss:   "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'",
		},
		{
			What:       "Docker, Go, Node: disk quota used up",
			Expression: `: disk quota exceeded`,
			Example:    "ApplyLayer exit status 1 stdout:  stderr: write /tmp/pagila-hw/.git/modules/pagila/objects/pack/pack-1ead750f63194c1efa562e88cfd3664bd4e5df32.pack: disk quota exceeded",
			Source:     "https://github.com/mikeizbicki/cmc-csci143/issues/276",
			NearMiss:   "--- FAIL: TestWriter/disk_quota_exceeded (0.00s)",
		},
		{
			What:       "npm: no space left",
			Expression: `npm (?:ERR!|error) nospc `,
			Example:    "npm ERR! nospc There appears to be insufficient space on your system to finish.",
			Source:     "https://github.com/Rich-Harris/packd/issues/159",
			NearMiss:   "npm ERR! enoent ENOENT: no such file or directory, open 'package.json'",
		},
		{
			What:       "Microsoft linker: no space left",
			Expression: `fatal error LNK1180: `,
			Example:    `D:\a\lance\lance\rust\target\debug\deps\lance-f6d472ae34a42458.exe : fatal error LNK1180: insufficient disk space to complete link`,
			Source:     "https://github.com/lance-format/lance/pull/905",
			NearMiss:   "LINK : fatal error LNK1181: cannot open input file 'thirdparty.lib'",
		},
		{
			What:       "Apple's linker: no space left",
			Expression: `ld: not enough disk space for writing '`,
			Example:    "ld: not enough disk space for writing '/Users/iojs/build/workspace/node-test-commit-osx/nodes/osx1010/out/Release/node' for architecture x86_64",
			Source:     "https://github.com/nodejs/build/issues/899",
			NearMiss:   "ld: library not found for -lcrypto",
		},
		{
			What:       "macOS: no space left",
			Expression: `because the volume .{1,80} is out of space`,
			Example:    "You can’t save the file “WebDriverAgentRunner-56348E4E-CA0F-4324-9BE1-E7298748AE0A.xctestconfiguration” because the volume “Macintosh HD” is out of space.",
			Source:     "https://github.com/appium/appium/issues/14398",
			NearMiss:   "You can’t save the file “settings.plist” because the volume “Macintosh HD” is read only.",
		},
		{
			What:       "apt: no space left",
			Expression: `E: You don't have enough free space in `,
			Example:    "E: You don't have enough free space in /var/cache/apt/archives/.",
			Source:     "https://github.com/AbdBarho/stable-diffusion-webui-docker/issues/666",
			NearMiss:   "E: Unable to locate package libfoo-dev",
		},
		{
			What:       "Kubernetes: no space left on the node",
			Expression: `The node was low on resource: ephemeral-storage`,
			Example:    "The node was low on resource: ephemeral-storage. Container hush-house-worker was using 73712Ki, which exceeds its request of 0.",
			Source:     "https://github.com/concourse/hush-house/issues/8",
			NearMiss:   "The node was low on resource: memory. Container agent was using 7811236Ki, which exceeds its request of 0.",
		},
	}
}

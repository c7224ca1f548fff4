// Command wine runs the tests as Windows programs on a Linux machine, under Wine.
//
// It compiles each package's tests for Windows, starts them in the package's folder, and holds them to a list of what is
// left out: a test that is left out without being named there is a failure, and so is a name without a test. What Wine
// lacks it puts in place; see [forwarder], [overlay] and [goServer].
//
// Wine itself, its prefix and the Windows builds of Node are the business of .ci/windows.
package main

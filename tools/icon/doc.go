// Command icon draws the icons of the task and the extension: a commit that goes round once more and ends in a tick.
// The shapes below are the only source of both pictures; "./build.sh icons" writes them, and a test compares.
//
// It must not know anything but shapes and colours.
package main

// Package config turns the environment of a step into one typed Config: the first stop on the line.
//
// It knows the name and the default of every variable that the task reads: its own inputs (INPUT_*), what the agent and
// the service set, and the job's connection. Everything is decoded as text first and parsed afterwards, so that one look
// at the log shows every fault there is; with a single fault nothing is sent.
//
// Blank means unset: the agent hands over every declared input, empty ones too.
//
// It must not know HTTP, the SDK, files or how anything is printed. It only says what is wrong with what somebody typed
// and with what a job variable may have replaced.
package config

// Package config turns the environment of a step into one typed Config. It is the first step of a run.
//
// It knows the name and the default of every variable that the task reads: its own inputs (INPUT_*), what the agent and
// the service set, and the job's connection. Everything is decoded as text first and parsed afterwards, so that the log
// shows every fault at once. If there is a fault, nothing is sent.
//
// Blank means unset: the agent hands over every declared input, empty ones too.
//
// It must not know HTTP, the SDK, files or how anything is printed. It only says what is wrong with what somebody typed
// and with what a job variable may have replaced.
package config

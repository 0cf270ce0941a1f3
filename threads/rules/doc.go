// Package rules decides which of an admin's rules hold and in which order they
// act: triggers when something changed, automations when time has passed. It
// knows no conversation: what a rule looks at is asked of [Facts], and what it
// does is left to a [Host]. It does no I/O, reads no clock and draws no lots,
// so that the same facts always have the same rules act.
package rules

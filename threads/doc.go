// Package threads is about conversations: when one begins, who has it, when it
// is solved, how long it stays open to the customer and when it closes.
//
// [Decide] holds the rules: a pure, total, deterministic function from a state
// and an input to the next state and its effects. [Service] is the way around
// it: load, decide, commit, and again when somebody else was faster. What it
// needs of a database is the interface [Store].
//
// The contract is the lifecycle specification; docs/lifecycle.md explains it.
package threads

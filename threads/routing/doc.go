// Package routing decides who gets a conversation that waits.
//
// The core is pure: a [Floor] of agents, the queues and the settings, and a
// conversation that waits, give a decision with its reasons. The same input has
// the same answer, in whatever order it is given. [Dispatcher] asks it, has what
// it decides carried out and looks again when somebody else was faster.
package routing

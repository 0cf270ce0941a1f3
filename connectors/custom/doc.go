// Package custom is the declarative connector: a platform that nobody wrote code
// for, described by a channel's settings alone.
//
// The settings say how webhooks prove their origin, how a handshake is answered,
// how a body is read and what its items mean, which calls send a message, and
// how their answers are read. Values are expressions (package expression) and
// structural templates: JSON, forms and XML are built and then written, so that
// no value ever becomes markup.
//
// Settings are compiled when they are saved; what is wrong is told by field,
// column and remedy. Compiled settings hold no secret, are kept by their content
// and shared by all channels that have the same.
package custom

// Package memory is a server of MongoDB's protocol for tests. It keeps
// everything in memory and gives what a store may rely on, and no more:
//
//   - A single document changes atomically, and unique indexes hold.
//   - Whatever concerns several documents is done one after the other, and other
//     commands come in between: an update of many, a delete of many, a bulk of
//     inserts, a find that reads further. The server lets them in on purpose.
//   - A find sees each document as it is when the find comes to it. One that
//     moves in the index meanwhile may be seen twice, or not at all.
//
// It says that it is a single server without sessions, so drivers neither begin
// transactions nor repeat writes by themselves.
//
// It knows the commands, options and operators that the store uses, and their
// next of kin. What it does not know it refuses, with MongoDB's code: nothing is
// passed over in silence.
//
// Facts are from the MongoDB manual: the wire protocol, the comparison order of
// BSON types, query and update operators, and the error codes.
package memory

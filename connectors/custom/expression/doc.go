// Package expression runs the expressions of declarative connectors: CEL, held
// to bounds under which no expression, whoever wrote it and whatever it is given,
// takes more than a moment or more than a little memory.
//
// The bounds are laid where each is exact:
//
//   - When an expression is compiled: its length, its depth, which names it may
//     use and the fields they have, and operations whose price cannot be known
//     beforehand (comparing lists and objects, joining lists, patterns that are
//     not written out). These are refused with the place and what to write
//     instead.
//   - When it runs: a cost limit per evaluation, a [Budget] for all evaluations
//     that serve one call, answer or item of a webhook ([Items]), and a deadline
//     for each looked at in every round of every loop, which is the last resort.
//   - What functions and results may hold: see the constants Max….
//
// An expression sees the values it is given and nothing else: no clock, network,
// files, randomness or environment.
package expression

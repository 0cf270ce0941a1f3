// Package archtest holds the tree to its own rules: who may import whom, who
// may use which library or call out, and a few habits.
//
// The rules are data (rules.go); the checks read the sources themselves, so
// that no build cache can hide a change. To add a package, add its line to
// the table: a package without one fails the test.
package archtest

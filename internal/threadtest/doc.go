// Package threadtest holds conversations to docs/lifecycle.md: threads.Service
// over any store, on a clock that the test moves.
//
// [Scripts] plays the scripts of testdata/threads, whose language
// testdata/threads/README.md describes. [Model] compares random histories with a
// plain model of the lifecycle that knows nothing of package threads' decisions.
package threadtest

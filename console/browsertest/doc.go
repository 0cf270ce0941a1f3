// Package browsertest holds the tests of the console in a real browser: the
// real program, simulated platforms, and Chromium driven over its protocol.
// Without Chromium they are skipped, but where CI is set that is a failure.
package browsertest

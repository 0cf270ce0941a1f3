//go:build !race

package main_test

// raceDetector tells whether the tests run with it.
const raceDetector = false

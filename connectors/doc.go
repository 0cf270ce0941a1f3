// Package connectors is what a social platform has to provide to be a channel:
// the [Kind] that describes it and the [Connector] that speaks its dialect.
//
// A connector does no I/O and reads no clock: bytes in, events out; message
// in, calls out; answer in, verdict out. The hub carries the calls (package
// internal/egress), so that one transport gives every platform the same
// guards, limits, redaction and metrics, and each connector is tested with
// files alone. Adding a platform is one folder and one line in connectors/all.
package connectors

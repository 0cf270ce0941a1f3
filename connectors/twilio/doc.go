// Package twilio connects numbers and senders of Twilio Programmable Messaging:
// SMS and MMS, WhatsApp, and RCS where it comes in over the same webhook.
//
// Twilio posts a form for each message and for each step of what we sent, signed
// over the public address and the form together. It signs no time and sends
// none. An SMS channel and a WhatsApp channel differ in what they can carry, so
// that each describes itself ([connectors.Capable]).
package twilio

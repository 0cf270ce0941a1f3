// Package viber connects a Viber bot through its REST API.
//
// Source of the platform facts: Viber's REST API documentation, as collected in
// platforms/viber; comments name the part of it ("platforms/viber: section 4").
//
// Identifiers it mints are Viber's own: a PeerID is the person's id (base64,
// another one for each bot), a PlatformID the 64-bit message token in decimal.
//
// Viber reports the press of a button as a text, the one that the button says
// it stands for, and hands back with it the tracking data of our latest
// message. So each button stands for its title, which is what the person then
// sees in the chat, and the tracking data tells its id.
//
// In the same way a link's referral reaches the first message: Viber tells it
// when the chat is opened, which is no message yet, and the welcome that
// answers that call carries it as tracking data.
package viber

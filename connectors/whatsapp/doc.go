// Package whatsapp speaks the WhatsApp Business Cloud API: webhooks of Meta's
// Graph API in, calls to its messages endpoint out.
//
// Three things shape it. One app secret signs for every number of the app, so
// that events name the number they are for (Event.Account). People may hide
// their phone number behind a business-scoped user id, so that a peer is known
// by that id where there is one and by the number otherwise, each being an
// alias of the other. And a POST holds up to a thousand updates, any of which
// may be of a kind nobody has seen yet, so that each is decoded by itself and
// what cannot be read becomes an Unknown event beside its neighbours.
//
// Facts about the platform are from Meta's Cloud API documentation; comments
// name the part of it ("webhooks", "error codes").
package whatsapp

// Package webchat is the connector of the hub's own web chat. There is no
// platform: visitors talk to the hub itself, at /webchat/{channel_id}/
// (package internal/webchat), which journals what they do as a [Delivery]. The
// connector reads those, renders nothing, since visitors fetch what is written
// to them from the hub ([connectors.Local]), and holds what a channel's admin
// configured: allowed origins, looks, and how a site vouches for its users.
package webchat

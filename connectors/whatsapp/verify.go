package whatsapp

import (
	"time"

	"threadhub/connectors"
	"threadhub/connectors/meta"
)

// Verify checks Meta's signature over the raw body.
func (c *connector) Verify(req *connectors.Request, _ time.Time) error {
	return meta.Verify(req, c.appSecrets)
}

// Handshake answers Meta's proof that the webhook's address is ours.
func (c *connector) Handshake(req *connectors.Request) (connectors.Reply, bool) {
	return meta.Handshake(req, c.verifyToken)
}
